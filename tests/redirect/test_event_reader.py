"""What the worker reads of events, and their erasure after thirteen months."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader, erase, replace_damaged
from aggregator.redirect.events import Event, EventClass
from tests.clock import NOON

HOUR = "2026-11-23T12"
EVENT = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "doctolib")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog(tmp_path / "events.db", wait_s=5)
    yield opened
    opened.close()


def test_impressions_add_up(log: EventLog, tmp_path: Path) -> None:
    for offers, shown, exposure in ((1, 50, 25), (2, 100, 50)):
        log.add_showings(
            [("2026-11-23T12", "dep=75", "maiia", offers, shown, exposure)],
            [("2026-11-23T12", "2026-11-23T12", "s" * 64, "insee=75056", "h" * 64, 1)],
            [("2026-11-23T12", "maiia", 4, offers)],
        )
    log.record(EVENT)

    reader = EventReader(tmp_path / "events.db")
    assert reader.exposure("2026-11-23T00", "2026-11-23T23") == [("dep=75", "maiia", 3, 150, 75)]
    assert reader.shown("2026-11-23T12") == (
        [("2026-11-23T12", "s" * 64, "insee=75056", "h" * 64, 2)],
        {"maiia": 75},
    )
    assert reader.ages("2026-11-23T00", "2026-11-23T23") == [("maiia", 4, 3)]


def test_after_thirteen_months_not_a_byte_of_an_event_is_left(log: EventLog, tmp_path: Path) -> None:
    """In the file, in its write-ahead log, and in a backup of it; the event of today stays."""
    sealed, _, _ = log.record(EVENT)
    recent, _, _ = log.record(replace(EVENT, bin="2026-12-23T12", centre="p-recent1234"))
    log.close()
    backup = tmp_path / "backup.db"
    with sqlite3.connect(tmp_path / "events.db") as source, sqlite3.connect(backup) as copy:
        source.backup(copy)
    assert sealed.nonce in backup.read_bytes()  # the control: before, it is there

    for path in (tmp_path / "events.db", backup):
        assert erase(path, "2026-12-01T00") == 1

    for path in tmp_path.iterdir():
        assert sealed.nonce not in path.read_bytes(), path
        assert sealed.commitment not in path.read_bytes(), path
    assert EventReader(backup).commitments(0) == [(2, recent.commitment)]


def test_without_secure_delete_the_bytes_would_stay(tmp_path: Path) -> None:
    """The control of the test above: the same deletion in a plain file leaves the nonce in a freed page."""
    path = tmp_path / "plain.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE events (nonce BLOB)")
    with connection:
        connection.execute("INSERT INTO events VALUES (?)", (b"n" * 16,))
    with connection:
        connection.execute("DELETE FROM events")
    connection.close()

    assert b"n" * 16 in path.read_bytes()


class TestWithoutAFile:
    """The worker asks before the first click was ever written."""

    def test_there_is_nothing_of_everything(self, tmp_path: Path) -> None:
        reader = EventReader(tmp_path / "none.db")

        assert (reader.totals(), reader.missed(), reader.missed_by_provider("2027")) == (0, 0, {})
        assert (reader.commitments(0), reader.class_totals(0, 9), reader.counts(0, 9)) == ([], {}, {})
        assert (reader.shown(HOUR), reader.hours_of_lists("2027"), reader.ages(HOUR, HOUR)) == (([], {}), [], [])
        assert (reader.exposure(HOUR, HOUR), reader.arrivals(0, 9), reader.erase("2027")) == ([], [], 0)

    def test_asking_makes_no_file(self, tmp_path: Path) -> None:
        """It is the web's to make, with its schema."""
        EventReader(tmp_path / "none.db").totals()

        assert not (tmp_path / "none.db").exists()


class TestNumbers:
    """Events are read between two numbers, the first excluded: no event twice, none left out."""

    @pytest.fixture
    def reader(self, log: EventLog, tmp_path: Path) -> EventReader:
        """a, b, a, b…: eight events, the even ones by robots."""
        for number in range(8):
            cls = EventClass.ROBOT if number % 2 else EventClass.COUNTED
            log.record(replace(EVENT, prov="ab"[number % 2], cls=cls, basket=f"dep={number // 4}"))
        return EventReader(tmp_path / "events.db")

    def test_parts_make_the_whole(self, reader: EventReader) -> None:
        parts = [reader.arrivals(after, upto) for after, upto in ((0, 3), (3, 3), (3, 8))]

        assert [len(part) for part in parts] == [3, 0, 5]
        assert [*parts[0], *parts[1], *parts[2]] == reader.arrivals(0, 8)
        assert [number for number, _ in reader.commitments(5)] == [6, 7, 8]

    def test_they_are_counted_by_class_platform_and_place(self, reader: EventReader) -> None:
        assert reader.class_totals(0, 8) == {"counted": {"a": 4}, "robot": {"b": 4}}
        assert reader.class_totals(0, 1) == {"counted": {"a": 1}}
        assert reader.counts(3, 8) == {
            ("dep=0", "b", "robot"): 1, ("dep=1", "a", "counted"): 2, ("dep=1", "b", "robot"): 2,
        }  # fmt: skip
        assert (reader.totals(), reader.totals(EventClass.FORGED)) == (4, 0)


def test_only_lists_that_were_replayed_are_forgotten(log: EventLog, tmp_path: Path) -> None:
    """What has been shown meanwhile waits for the next time."""

    def show(key: str) -> None:
        log.add_showings([], [(HOUR, HOUR, "s" * 64, key, "h" * 64, 1)], [])
        log.record(EVENT)

    show("insee=75056")
    reader = EventReader(tmp_path / "events.db")
    replayed, _ = reader.shown(HOUR)
    show("insee=75056")
    show("insee=01053")

    reader.forget_lists(HOUR, replayed)

    assert [(row[2], row[4]) for row in reader.shown(HOUR)[0]] == [("insee=01053", 1), ("insee=75056", 1)]
    assert reader.hours_of_lists("2027") == [HOUR]
    reader.forget_lists(HOUR, reader.shown(HOUR)[0])
    assert reader.hours_of_lists("2027") == []


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"no database" * 2000), cut_in_half])
def test_a_damaged_file_is_set_aside_and_departures_go_on_above_all_numbers_of_before(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "events.db"
    log = EventLog(path, wait_s=5)
    for _ in range(200):
        log.record(EVENT)
    log.close()
    spoil(path)
    damaged = path.read_bytes()

    aside = replace_damaged(path, NOON)

    assert aside is not None
    assert aside.read_bytes() == damaged
    log = EventLog(path, wait_s=5)
    assert log.record(EVENT).durable
    log.close()
    ((number, _),) = EventReader(path).commitments(after=200)
    assert number == int(NOON.timestamp() * 1000) + 1


def test_a_whole_file_and_one_that_is_not_there_are_left_alone(tmp_path: Path) -> None:
    """The control."""
    path = tmp_path / "events.db"
    assert replace_damaged(path, NOON) is None
    log = EventLog(path, wait_s=5)
    log.record(EVENT)

    assert replace_damaged(path, NOON) is None

    log.close()
    assert replace_damaged(path, NOON) is None
    assert EventReader(path).totals() == 1
