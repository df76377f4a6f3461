"""The files of a snapshot: whoever reads one gets the content that its name promises, or a refusal."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import canonical
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.opendata.sources import Sources
from aggregator.snapshot.format import (
    Series,
    SnapshotError,
    body_of,
    keep,
    minutes_of,
    plain,
    read_places,
    read_slots,
    snapshot_hash,
    steps_of,
)
from aggregator.snapshot.shelf import Shelf, in_force
from aggregator.store import open_stores
from tests import tiny
from tests.clock import NOON
from tests.portal import MONDAY, Portal

GROWING = st.lists(st.integers(0, 60_000_000), unique=True, max_size=30).map(sorted)


def file_of(published: Path, sha256: str) -> Path:
    return published / "snapshots" / f"{sha256}.json.gz"


def test_a_file_is_kept_under_the_hash_of_its_content_and_read_back(tmp_path: Path) -> None:
    content = {"b": [1, 2], "a": "é"}

    name = keep(tmp_path, content)

    assert name == canonical.sha256(canonical.to_json(content))
    assert body_of(tmp_path, name) == canonical.to_json(content)
    assert plain(tmp_path, name) == content
    assert keep(tmp_path, {"a": "é", "b": [1, 2]}) == name
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


class TestDamage:
    """A file that is not what its name says is refused, however it came to be so."""

    @pytest.fixture
    def name(self, tmp_path: Path) -> str:
        return keep(tmp_path, {"offers": {f"o-{n}": "seen" for n in range(20)}})

    def test_another_content_well_packed(self, tmp_path: Path, name: str) -> None:
        tiny.damage(tmp_path, name, b"seen", b"none")

        with pytest.raises(SnapshotError, match=f"{name}.json.gz: its content does not have the hash of its name"):
            body_of(tmp_path, name)
        with pytest.raises(SnapshotError, match="hash of its name"):
            plain(tmp_path, name)

    @pytest.mark.parametrize("raw", [b"", b"{}", gzip.compress(b"{}", mtime=0)[:-4]])
    def test_no_packed_file_at_all_or_half_of_one(self, tmp_path: Path, name: str, raw: bytes) -> None:
        file_of(tmp_path, name).write_bytes(raw)

        with pytest.raises(SnapshotError, match=name):
            body_of(tmp_path, name)

    def test_a_file_that_is_gone(self, tmp_path: Path, name: str) -> None:
        file_of(tmp_path, name).unlink()

        with pytest.raises(SnapshotError, match=name):
            body_of(tmp_path, name)

    def test_any_single_bit(self, tmp_path: Path, name: str) -> None:
        """A flipped bit is refused, or it is one that changes nothing of what is read (the header's time)."""
        path, whole = file_of(tmp_path, name), body_of(tmp_path, name)
        raw, refused = path.read_bytes(), 0

        for number in range(8 * len(raw)):
            changed = bytearray(raw)
            changed[number // 8] ^= 1 << number % 8
            path.write_bytes(changed)
            try:
                assert body_of(tmp_path, name) == whole
            except SnapshotError:
                refused += 1

        assert refused > 4 * len(raw)


class TestReaders:
    """The web, the closing of days and the open data read the same files: each refuses one that is not what it says."""

    def test_the_web_keeps_the_last_good_snapshot(self, tmp_path: Path) -> None:
        tiny.publish(tmp_path, [tiny.place(1, "a")], {"o-1a": tiny.offer("none")})
        shelf = Shelf(tmp_path)
        shelf.refresh()
        good = shelf.current
        _, slots = tiny.publish(tmp_path, [tiny.place(1, "a")], {"o-1a": tiny.offer("unknown")}, NOON.replace(minute=1))
        tiny.damage(tmp_path, slots, b"unknown", b"none")

        with pytest.raises(SnapshotError, match="hash of its name"):
            shelf.refresh()

        assert good is not None
        assert shelf.current is good

    def test_the_web_takes_it_once_it_is_put_right(self, tmp_path: Path) -> None:
        """The control: nothing but the damage kept it out."""
        _, slots = tiny.publish(tmp_path, [tiny.place(1, "a")], {"o-1a": tiny.offer("unknown")})
        right = file_of(tmp_path, slots).read_bytes()
        tiny.damage(tmp_path, slots, b"unknown", b"none")
        shelf = Shelf(tmp_path)
        with pytest.raises(SnapshotError):
            shelf.refresh()

        file_of(tmp_path, slots).write_bytes(right)

        assert shelf.refresh()
        assert shelf.current is not None
        assert shelf.current.slots.sha256 == slots

    @pytest.mark.parametrize("kind", ["places", "slots"])
    def test_no_figure_of_a_day_is_made_of_it(self, portal: Portal, kind: str) -> None:
        portal.visit(3, 2)
        portal.work()
        (entry, *_) = Shelf(portal.settings.published_dir).published(NOON)
        right = file_of(portal.settings.published_dir, entry[kind]).read_bytes()
        tiny.damage(portal.settings.published_dir, entry[kind], b"doctolib" if kind == "places" else b"seen", b"none")
        portal.clock.forward(days=1)
        portal.publish()

        assert portal.work() == []
        assert not (portal.log / "metrics" / f"{MONDAY}.json").exists()
        assert portal.published("controls.json")["figures"]["ok"] is False
        assert entry[kind] in portal.published("controls.json")["figures"]["why"]

        # The control: the file is put right, and the day is closed.
        file_of(portal.settings.published_dir, entry[kind]).write_bytes(right)
        portal.clock.forward(minutes=2)
        with closing(Accounts(portal.settings)) as accounts, closing(open_stores(portal.settings.data_dir)) as stores:
            done = Closing(portal.settings, accounts, stores.catalog, portal.gazetteer.regions).close(portal.clock())
        assert done == [MONDAY]
        assert portal.published("controls.json")["figures"]["ok"] is True

    @pytest.mark.parametrize("kind", ["places", "slots"])
    def test_no_edition_is_made_of_it(self, filled: Settings, gazetteer: Gazetteer, kind: str) -> None:
        entry = in_force(filled.published_dir)
        assert entry is not None
        with closing(open_stores(filled.data_dir)) as stores, closing(Accounts(filled)) as accounts:

            def read() -> object:
                return getattr(Sources(filled, stores, accounts.rollups, gazetteer, NOON), kind)

            assert read()  # the control
            tiny.damage(filled.published_dir, entry[kind], b"doctolib" if kind == "places" else b"seen", b"none")
            with pytest.raises(SnapshotError, match="hash of its name"):
                read()


@given(GROWING)
def test_minutes_come_back_as_they_were_told(minutes: list[int]) -> None:
    steps = steps_of(np.array(minutes, dtype=np.int64))

    assert list(minutes_of(steps)) == minutes
    assert all(step >= 0 for step in steps)
    assert json.loads(json.dumps(steps)) == steps  # numbers of JSON, not of numpy


@given(st.lists(st.tuples(GROWING, st.integers(0, 3), st.integers(0, 2)), max_size=8))
def test_runs_come_back_whole_with_their_kind_and_zone(runs: list[tuple[list[int], int, int]]) -> None:
    series = Series()
    for minutes, kind, zone in runs:
        series.add(steps_of(np.array(minutes, dtype=np.int64)), kind, zone)

    numbers, kinds, zones = series.arrays()

    wanted = [(minute, kind, zone) for minutes, kind, zone in runs for minute in minutes]
    assert list(zip(numbers.tolist(), kinds.tolist(), zones.tolist(), strict=True)) == wanted
    assert len(series) == len(wanted)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text(max_size=5), st.lists).map(canonical.to_json))
def test_what_is_no_file_of_a_snapshot_is_refused_as_such(body: bytes) -> None:
    for read in (read_places, read_slots):
        with pytest.raises(SnapshotError, match="not a file of a snapshot"):
            read(body)


@pytest.mark.parametrize("row", [None, 5, {}, {**tiny.offer("seen"), "slots": [[0, "soon"]]}])
def test_an_offer_of_an_unknown_shape_is_refused_as_such(row: Any) -> None:
    body = canonical.to_json(tiny.slots_file("0" * 64, {"o-1": row}, (tiny.ANY_KIND,), NOON))

    with pytest.raises(SnapshotError, match="not a file of a snapshot"):
        list(read_slots(body).rows())


def test_a_pair_has_one_name_that_both_files_make() -> None:
    assert snapshot_hash("a", "b") == canonical.sha256(b"aiguillage-snapshot/v1\na\nb\n")
    assert len({snapshot_hash("a", "b"), snapshot_hash("b", "a"), snapshot_hash("a", "c")}) == 3


def test_a_day_later_the_same_places_are_the_same_file(tmp_path: Path) -> None:
    """Places are kept once: a places file holds no time."""
    first, _ = tiny.publish(tmp_path, [tiny.place(1, "a")])
    again, _ = tiny.publish(tmp_path, [tiny.place(1, "a")], at=NOON + timedelta(days=1))

    assert first == again
    assert len(list((tmp_path / "snapshots").iterdir())) == 3
