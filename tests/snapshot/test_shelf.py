"""The snapshots on the shelf: the one in force, and those of the last two hours."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.snapshot.format import SnapshotError, snapshot_hash
from aggregator.snapshot.shelf import KEPT_IN_MEMORY, KEPT_WITH_IT, Shelf, Snapshot, in_force
from tests import tiny
from tests.clock import NOON, Clock
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


class TestInForce:
    """What the worker has put in force is taken over once, whole."""

    def test_before_the_first_there_is_none(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)

        assert in_force(tmp_path) is None
        assert shelf.refresh() is False
        assert shelf.current is None
        assert shelf.pinned("abc", NOON) is None

    def test_a_new_one_is_taken_over_once(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        tiny.publish(tmp_path, [tiny.place(1, "a")])

        assert [shelf.refresh(), shelf.refresh()] == [True, False]
        assert shelf.current is not None
        assert [place.id for place in shelf.current.places.all] == ["p-1"]

    def test_its_name_is_that_of_both_its_files(self, tmp_path: Path) -> None:
        places, slots = tiny.publish(tmp_path, [tiny.place(1, "a")])
        shelf = Shelf(tmp_path)
        shelf.refresh()

        entry = in_force(tmp_path)
        assert entry is not None
        assert shelf.current is not None
        assert shelf.current.hash == snapshot_hash(places, slots) == entry["snapshot"]
        assert shelf.current.short == shelf.current.hash[:8]

    def test_places_that_have_not_changed_are_read_once(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        tiny.publish(tmp_path, [tiny.place(1, "a")])
        shelf.refresh()
        before = shelf.current
        tiny.publish(tmp_path, [tiny.place(1, "a")], {"o-1a": tiny.offer("none")}, NOON + timedelta(minutes=1))
        shelf.refresh()

        assert before is not None
        assert shelf.current is not None
        assert shelf.current is not before
        assert shelf.current.places is before.places


def test_the_list_of_an_hour_grows_and_names_all_that_was_in_force(tmp_path: Path) -> None:
    moments = [NOON, NOON + timedelta(minutes=1), NOON + timedelta(hours=1)]
    pairs = [tiny.publish(tmp_path, [tiny.place(1, "a")], at=at) for at in moments]
    shelf = Shelf(tmp_path)

    assert [(entry["places"], entry["slots"]) for entry in shelf.published(NOON)] == pairs[:2]
    assert [entry["at"] for entry in shelf.published(NOON)] == ["2026-11-23T12:00:00Z", "2026-11-23T12:01:00Z"]
    assert [entry["slots"] for entry in shelf.published(NOON + timedelta(hours=1))] == [pairs[2][1]]
    assert shelf.published(NOON - timedelta(hours=1)) == []


class TestFinding:
    """An auditor's question: the snapshot that a list names, wherever it was published within two days."""

    @pytest.fixture
    def name(self, tmp_path: Path) -> str:
        tiny.publish(tmp_path, [tiny.place(1, "a")])
        for minutes in range(1, 8):  # more than stay in memory
            tiny.publish(tmp_path, [tiny.place(1, "a")], at=NOON + timedelta(minutes=minutes))
        return Shelf(tmp_path).published(NOON)[0]["snapshot"]

    @pytest.mark.parametrize(
        ("hour", "found"),
        [("2026-11-23T12", True), ("2026-11-23T14", True), ("2026-11-25T12", True), ("2026-11-25T13", False),
         ("2026-11-23T11", False)],
    )  # fmt: skip
    def test_it_is_looked_for_in_its_hour_and_two_days_back(
        self, tmp_path: Path, name: str, hour: str, found: bool
    ) -> None:
        snapshot = Shelf(tmp_path).find(name, hour)

        assert (snapshot is not None) is found
        assert snapshot is None or snapshot.hash == name

    def test_another_name_is_none(self, tmp_path: Path, name: str) -> None:
        assert Shelf(tmp_path).find("0" * 64, "2026-11-23T12") is None

    def test_only_a_few_stay_in_memory(self, tmp_path: Path, name: str) -> None:
        shelf = Shelf(tmp_path)
        names = [entry["snapshot"] for entry in shelf.published(NOON)]

        found = [shelf.find(one, "2026-11-23T12") for one in names]

        assert [one.hash for one in found if one] == names
        assert len(shelf._loaded) == KEPT_IN_MEMORY < len(names)


class TestKept:
    """What readers have worked out of a snapshot is kept with it."""

    def test_it_is_made_once_for_each_key(self) -> None:
        snapshot, made = tiny.snapshot([]), []

        for key in ("a", "b", "a"):
            snapshot.kept(key, lambda key=key: made.append(key) or key)

        assert made == ["a", "b"]

    def test_what_was_not_asked_for_longest_goes_first(self) -> None:
        snapshot, made = tiny.snapshot([]), []

        for key in (*range(KEPT_WITH_IT + 1), 0):
            snapshot.kept(key, lambda key=key: made.append(key) or True)

        assert made == [*range(KEPT_WITH_IT + 1), 0]
