"""What the worker reads of events, and their erasure after thirteen months."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.redirect.event_log import Event, EventClass, EventLog
from aggregator.redirect.event_reader import EventReader, erase

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
    sealed, _ = log.record(EVENT)
    recent, _ = log.record(replace(EVENT, bin="2026-12-23T12", centre="p-recent1234"))
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
