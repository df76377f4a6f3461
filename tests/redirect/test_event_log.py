"""Sealed events: what is acknowledged is on disk, nothing in them tells who clicked, nothing is lost by kill -9."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import ROOT
from aggregator.redirect.event_log import _SCHEMA, EventLog, EventLogError
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass, Sealed, commitment, commitment_v1
from aggregator.redirect.impressions import WEIGHT
from aggregator.snapshot.supply import PLACE
from tests.conftest import FIXTURES

ORACLE = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))["sealed_commitment"]
EVENT = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "doctolib")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog(tmp_path / "events.db", wait_s=5)
    yield opened
    opened.close()


def test_a_commitment_of_before_is_the_one_of_the_specification() -> None:
    nonce = bytes.fromhex(ORACLE["input"]["nonce_hex"])

    assert commitment_v1(nonce, ORACLE["input"]["event"]).hex() == ORACLE["expected"]["commitment"]


@given(st.text(), st.text(), st.text(), st.integers(0, 2**16), st.binary(min_size=16, max_size=16))
def test_an_event_is_sealed_as_anyone_would_seal_its_fields(
    basket: str, centre: str, prov: str, pos: int, nonce: bytes
) -> None:
    event = Event(basket, "2026-11-23T12", centre, EventClass.COUNTED, "a" * 32, "order/1", pos, prov)

    assert Sealed(event, nonce).commitment == commitment(nonce, event.sealed_fields())


def test_what_is_acknowledged_is_in_the_file(log: EventLog, tmp_path: Path) -> None:
    sealed, durable, _ = log.record(EVENT)

    row = (
        sqlite3.connect(tmp_path / "events.db").execute("SELECT commitment, nonce, class, prov FROM events").fetchone()
    )
    assert durable
    assert row == (sealed.commitment, sealed.nonce, "counted", "doctolib")


def test_every_event_has_a_nonce_of_its_own(log: EventLog) -> None:
    first, _, _ = log.record(EVENT)
    second, _, _ = log.record(EVENT)

    assert first.nonce != second.nonce
    assert first.commitment != second.commitment


def test_the_file_is_durable_and_forgets_for_good(log: EventLog) -> None:
    pragma = log._connection.execute

    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    assert pragma("PRAGMA secure_delete").fetchone() == (1,)


def test_an_event_has_no_field_for_a_person_and_no_time_but_the_hour() -> None:
    assert set(EVENT.sealed_fields()) == {"basket", "bin", "centre", "class", "list", "policy", "pos", "prov"}
    assert len(EVENT.bin) == len("2026-11-23T12")


def test_many_threads_share_a_commit_and_lose_nothing(log: EventLog, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: log.record(EVENT), range(400)))

    assert all(one.durable for one in answers)
    assert EventReader(tmp_path / "events.db").totals() == 400


def test_a_locked_file_keeps_nobody_waiting_and_the_event_comes_later(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db", wait_s=0.1)
    other = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    started = time.monotonic()
    _, durable, _ = log.record(EVENT)
    waited = time.monotonic() - started
    other.execute("ROLLBACK")
    log.record(EVENT)
    log.close()

    assert not durable
    assert waited < 1
    assert EventReader(tmp_path / "events.db").totals() == 2


def test_an_event_that_cannot_be_queued_is_a_miss_and_is_written_down(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db", wait_s=0.05)
    log._miss([])
    from aggregator.redirect.event_log import _Pending
    from aggregator.redirect.events import Sealed

    log._miss([_Pending(Sealed(EVENT, b"0" * 16))])
    assert log.misses == 1
    log.record(EVENT)
    log.close()

    assert EventReader(tmp_path / "events.db").missed() == 1
    assert sum(EventReader(tmp_path / "events.db").missed_by_provider("2027").values()) == 1
    assert EventReader(tmp_path / "events.db").missed_by_provider("2026-11-23T00") == {}


def test_a_file_of_the_first_version_keeps_its_counts(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "events.db")
    old.executescript(_SCHEMA + "PRAGMA user_version = 1;")
    with old:
        old.execute("INSERT INTO impressions VALUES ('2026-11-23T12', 'dep=75', 'maiia', 3, 1.5, 0.75)")
    old.close()

    EventLog(tmp_path / "events.db").close()

    shown = EventReader(tmp_path / "events.db").exposure("2026-11-23T00", "2026-11-23T23")
    assert shown == [("dep=75", "maiia", 3, round(1.5 * PLACE), round(0.75 * PLACE * WEIGHT))]


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "events.db").execute("PRAGMA user_version = 99")

    with pytest.raises(EventLogError, match="newer version"):
        EventLog(tmp_path / "events.db")


WRITER = """
import sys
from pathlib import Path
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass
log = EventLog(Path(sys.argv[1]), wait_s=5)
event = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")
early = len(sys.argv) > 2
while True:
    if early:
        print("ack", flush=True)
    sealed, durable, _ = log.record(event)
    if durable and not early:
        print("ack", flush=True)
"""


def killed_writer(path: Path, *more: str) -> tuple[int, int]:
    """(acknowledged, stored) of a writer killed with -9 while it works: after the twentieth acknowledgement."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), *more], stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
    )
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(20)]
    os.killpg(process.pid, signal.SIGKILL)
    acknowledged = len(first) + len(process.stdout.read().splitlines())
    process.wait()
    assert set(first) == {b"ack\n"}, "the writer did not write"
    return acknowledged, EventReader(path).totals()


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for number in range(5):
        acknowledged, stored = killed_writer(tmp_path / f"{number}.db")

        assert stored >= acknowledged > 1


def test_the_kill_test_would_see_an_acknowledgement_that_comes_too_early(tmp_path: Path) -> None:
    """The control: acknowledging before the commit loses events, and this very judge sees it, sooner or later."""
    results = (killed_writer(tmp_path / f"{number}.db", "early") for number in range(60))

    assert any(stored < acknowledged for acknowledged, stored in results)
