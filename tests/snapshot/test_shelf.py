"""The snapshots on the shelf: the one in force, and those of the last two hours."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from aggregator.config.settings import Settings
from aggregator.snapshot.format import SnapshotError
from aggregator.snapshot.shelf import Shelf, Snapshot
from tests.clock import Clock
from tests.published import Publish


def test_a_file_that_is_not_what_its_name_says_is_refused(snapshot: Snapshot, settings: Settings) -> None:
    path = settings.published_dir / "snapshots" / f"{snapshot.slots.sha256}.json.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"seen", b"none", 1)))

    with pytest.raises(SnapshotError, match="hash"):
        Shelf(settings.published_dir).refresh()


def test_an_older_snapshot_answers_for_two_hours(
    snapshot: Snapshot, publish: Publish, settings: Settings, clock: Clock
) -> None:
    clock.forward(minutes=90)
    publish()
    shelf = Shelf(settings.published_dir)
    shelf.refresh()

    assert shelf.current is not None
    assert shelf.current.hash != snapshot.hash
    pinned = shelf.pinned(snapshot.short, clock.at)
    assert pinned is not None
    assert pinned.hash == snapshot.hash
    assert shelf.pinned("00000000", clock.at) is None
    assert Shelf(settings.published_dir).pinned(snapshot.short, clock.at + timedelta(minutes=40)) is None
