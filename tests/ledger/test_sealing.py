"""What goes into the public log, and when: each kind of entry, once, and nothing that the clock cannot answer for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator.ledger import ids, merkle
from aggregator.ledger.log import LogError, TransparencyLog
from aggregator.ledger.notes import Signer
from aggregator.ledger.sealing import Rules, Sealer
from aggregator.ledger.seeds import SeedChain, day_seed
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.snapshot.format import keep
from tests.clock import NOON

SIGNER = Signer("portail.example/log", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
CHAIN = SeedChain(date(2026, 11, 22), b"end" * 11, links=30)
TODAY = "2026-11-23"


class Portal:
    """A log that is sealed, and the folder that it reads from and writes to."""

    def __init__(self, folder: Path) -> None:
        self.published = folder / "published"
        self.contract = folder / "contract.md"
        self.contract.write_text("la règle")
        self.hosting = folder / "hosting"
        self.hosting.mkdir()
        (self.hosting / "a.json").write_text("{}")
        self.policy = {"margin_points": "0.02"}
        self.events = EventLog(folder / "events.db", wait_s=5)
        self.log = TransparencyLog(folder / "log.db", self.published / "log", SIGNER)
        self.reader = EventReader(folder / "events.db")

    def seal(self, at: datetime = NOON, resume: bool = False) -> int:
        """With a sealer of its own each time, as after a restart."""
        rules = Rules(self.contract, self.hosting, self.policy)
        return Sealer(self.log, self.published, self.reader, CHAIN, rules).seal(at, resume)

    def click(self, prov: str = "a", cls: EventClass = EventClass.COUNTED) -> bytes:
        event = Event("dep=75", f"{TODAY}T12", "p-a", cls, "a" * 32, "order/1", 1, prov)
        return self.events.record(event)[0].commitment

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [entry for _, entry in self.log.entries(kind)]

    def file(self, name: str) -> bytes:
        return (self.published / "log" / name).read_bytes()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path)
    with closing(made.events), closing(made.log):
        yield made


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_first_sealing_states_the_rules_and_who_may_check_them(portal: Portal) -> None:
    added = portal.seal()

    digest = sha("la règle".encode())
    assert portal.entries("contract") == [
        {"t": "contract", "at": "2026-11-23T12:00:00Z", "version": "order/1", "sha256": digest}
    ]
    assert portal.file(f"contracts/{digest}.md") == "la règle".encode()
    assert portal.entries("policy") == [{"t": "policy", "at": "2026-11-23T12:00:00Z", "margin_points": "0.02"}]
    assert portal.entries("chain") == [{"t": "chain", "start": "2026-11-22", "anchor": CHAIN.anchor.hex()}]
    assert portal.file("vkey") == f"{SIGNER.vkey}\n".encode()
    assert added == portal.log.size == 6  # contract, policy, chain, one hosting sheet, two days of seeds


def test_sealing_again_adds_nothing(portal: Portal) -> None:
    portal.seal()

    assert portal.seal(NOON + timedelta(minutes=1)) == 0


def test_a_rule_that_changes_is_stated_anew_and_the_others_are_not(portal: Portal) -> None:
    portal.seal()
    portal.contract.write_text("une autre règle")
    portal.policy = {"margin_points": "0.03"}
    later = NOON + timedelta(minutes=1)

    assert portal.seal(later) == 2
    assert portal.entries("contract")[-1]["sha256"] == sha("une autre règle".encode())
    assert portal.entries("policy")[-1] == {"t": "policy", "at": "2026-11-23T12:01:00Z", "margin_points": "0.03"}
    assert len(portal.entries("chain")) == 1
    assert portal.seal(later + timedelta(minutes=1)) == 0


def test_a_hosting_sheet_is_disclosed_whenever_it_changes(portal: Portal) -> None:
    portal.seal()
    (portal.hosting / "b.json").write_text('{"b":1}')
    portal.seal(NOON + timedelta(minutes=1))
    (portal.hosting / "a.json").write_text('{"a":1}')
    portal.seal(NOON + timedelta(minutes=2))

    told = [(entry["provider"], entry["sha256"], entry["at"]) for entry in portal.entries("disclosure")]
    assert told == [
        ("a", sha(b"{}"), "2026-11-23T12:00:00Z"),
        ("b", sha(b'{"b":1}'), "2026-11-23T12:01:00Z"),
        ("a", sha(b'{"a":1}'), "2026-11-23T12:02:00Z"),
    ]
    assert portal.file(f"hosting/{sha(b'{}')}.json") == b"{}"


def test_a_seed_is_published_as_its_day_begins_and_never_before(portal: Portal) -> None:
    portal.seal()
    days = [entry["date"] for entry in portal.entries("seed")]
    portal.seal(NOON + timedelta(days=2))

    assert days == ["2026-11-22", TODAY]
    assert [entry["date"] for entry in portal.entries("seed")] == ["2026-11-22", TODAY, "2026-11-24", "2026-11-25"]
    last = portal.entries("seed")[-1]
    assert last["link"] == CHAIN.link(date(2026, 11, 25)).hex()
    assert last["seed"] == day_seed("2026-11-25", CHAIN.link(date(2026, 11, 25))).hex()
    assert last["beacon"] == "-"
    assert json.loads(portal.file("seeds/2026-11-25.json")) == last


def test_a_minute_holds_its_sealed_events_sorted_and_nothing_by_provider(portal: Portal) -> None:
    clicks = sorted(portal.click() for _ in range(3))
    portal.seal()

    (minute,) = portal.entries("minute")
    assert minute == {
        "t": "minute",
        "minute": "2026-11-23T12:00",
        "events": 3,
        "upto": 3,
        "root": merkle.root_of(map(merkle.leaf_hash, clicks)).hex(),
        "file": "minutes/2026/11/23/12-00.bin",
    }
    assert portal.file(minute["file"]) == b"".join(clicks)


def test_what_comes_later_in_a_minute_waits_for_the_next(portal: Portal) -> None:
    portal.click()
    portal.seal()
    later = portal.click()
    portal.seal(NOON + timedelta(seconds=59))
    assert len(portal.entries("minute")) == 1
    portal.seal(NOON + timedelta(seconds=60))

    second = portal.entries("minute")[1]
    assert (second["minute"], second["events"], second["upto"]) == ("2026-11-23T12:01", 1, 2)
    assert portal.file(second["file"]) == later


def test_a_finished_day_has_exact_totals_by_class_and_provider(portal: Portal) -> None:
    portal.click()
    portal.click("b", EventClass.ROBOT)
    portal.seal()
    portal.click("b")
    portal.seal(NOON + timedelta(minutes=1))
    portal.seal(NOON + timedelta(hours=11, minutes=59))
    assert portal.entries("day") == []
    portal.click("c")
    portal.seal(NOON + timedelta(hours=12))
    portal.seal(NOON + timedelta(days=1, hours=12))

    first, second = portal.entries("day")
    assert first == {
        "t": "day", "day": TODAY, "events": 3, "upto": 3, "classes": {"counted": {"a": 1, "b": 1}, "robot": {"b": 1}},
    }  # fmt: skip
    assert (second["day"], second["events"], second["upto"]) == ("2026-11-24", 1, 4)
    assert second["classes"] == {"counted": {"c": 1}}


def test_days_that_were_slept_through_are_closed_one_by_one(portal: Portal) -> None:
    for day in range(3):
        portal.click()
        portal.seal(NOON + timedelta(days=day))
    portal.seal(NOON + timedelta(days=3))

    assert [(entry["day"], entry["upto"]) for entry in portal.entries("day")] == [
        (TODAY, 1), ("2026-11-24", 2), ("2026-11-25", 3),
    ]  # fmt: skip


def test_the_snapshots_of_an_hour_have_one_root_once_it_is_over(portal: Portal) -> None:
    hours = portal.published / "hours"
    hours.mkdir()
    places = keep(portal.published, {"places": [{"id": "p-a", "drawn": TODAY}]})
    lines = [f'{{"snapshot":"{name}","places":"{places}"}}\n' for name in ("aa", "bb", "cc")]
    (hours / "2026-11-23T11.ndjson").write_text("".join(lines[:2]))
    (hours / "2026-11-23T12.ndjson").write_text(lines[2])
    portal.seal(NOON + timedelta(minutes=59))
    portal.seal(NOON + timedelta(hours=1))

    first, second = portal.entries("snapshots")
    root = merkle.root_of([merkle.leaf_hash(b"aa"), merkle.leaf_hash(b"bb")]).hex()
    chained = ids.chained("-", {("p-a", TODAY)})
    stated = {"hour": "2026-11-23T11", "count": 2, "root": root, "places": 1, "ids": chained}
    assert first == {"t": "snapshots", **stated}
    assert second["ids"] == ids.chained(chained, {("p-a", TODAY)})
    assert (second["hour"], second["count"]) == ("2026-11-23T12", 1)


def test_a_replay_that_came_out_different_is_an_incident(portal: Portal) -> None:
    replays = portal.published / "log" / "replays"
    replays.mkdir(parents=True)
    fine = {"hour": "2026-11-23T10", "lists": 5, "different": 0, "first_difference": None}
    wrong = {"hour": "2026-11-23T11", "lists": 4, "different": 2, "first_difference": "insee=75056"}
    for one in (fine, wrong):
        (replays / f"{one['hour']}.json").write_text(json.dumps(one))
    portal.seal()
    portal.seal(NOON + timedelta(minutes=1))

    assert portal.entries("replay") == [
        {"t": "replay", "hour": one["hour"], "lists": one["lists"], "different": one["different"],
         "file": f"replays/{one['hour']}.json",
         "sha256": sha(json.dumps(one).encode())}
        for one in (fine, wrong)
    ]  # fmt: skip
    assert portal.entries("incident") == [
        {"t": "incident", "at": "2026-11-23T12:00:00Z", "kind": "order", "detail": "insee=75056"}
    ]


def test_every_published_table_and_edition_is_named_with_its_hash_once(portal: Portal) -> None:
    tables, edition = portal.published / "log" / "metrics", portal.published / "data" / "2026-11-22"
    tables.mkdir(parents=True)
    edition.mkdir(parents=True)
    for name in ("2026-11-22.json", "2026-11-22.csv", "2026-11-22-service.csv"):
        (tables / name).write_text(name)
    (tables / "2026-11-2.csv").write_text("of no table")
    (edition / "SHA256SUMS").write_text("sums")
    portal.seal()
    portal.seal(NOON + timedelta(minutes=1))

    names = ("2026-11-22-service.csv", "2026-11-22.csv", "2026-11-22.json")
    assert portal.entries("metrics") == [
        {"t": "metrics", "at": "2026-11-23T12:00:00Z", "name": "2026-11-22",
         "files": {name: sha(name.encode()) for name in names}}
    ]  # fmt: skip
    assert portal.entries("release") == [
        {"t": "release", "at": "2026-11-23T12:00:00Z", "name": "2026-11-22", "sha256": sha(b"sums")}
    ]
    assert portal.file("releases/2026-11-22.sha256") == b"sums"


def test_what_operators_decided_is_taken_over_once(portal: Portal) -> None:
    decisions = [{"n": 1, "kind": "withdraw", "target": "p-a"}, {"n": 2, "kind": "restore", "target": "p-a"}]
    path = portal.published / "decisions.json"
    path.write_text(json.dumps(decisions[:1]))
    portal.seal()
    path.write_text(json.dumps(decisions))
    portal.seal(NOON + timedelta(minutes=1))

    assert portal.entries("decision") == [{"t": "decision", **row} for row in decisions]


class TestClock:
    """A clock that is wrong would reveal draws to come."""

    def test_one_that_goes_back_a_little_is_forgiven(self, portal: Portal) -> None:
        portal.click()
        portal.seal()
        portal.click()

        portal.seal(NOON - timedelta(minutes=5))

        assert len(portal.entries("minute")) == 1

    def test_one_that_goes_back_further_stops_the_log(self, portal: Portal) -> None:
        portal.click()
        portal.seal()

        with pytest.raises(LogError, match="2026-11-23 11:54 UTC and 2026-11-23T12:00 has been sealed: set it right"):
            portal.seal(NOON - timedelta(minutes=6))

    def test_one_that_jumps_ahead_stops_the_log_until_somebody_says_that_time_has_passed(self, portal: Portal) -> None:
        portal.seal()
        portal.seal(NOON + timedelta(days=7))
        later = NOON + timedelta(days=15)

        with pytest.raises(LogError, match=r"nothing has been sealed for 8 days: .*seal --resume"):
            portal.seal(later)
        assert portal.entries("seed")[-1]["date"] == "2026-11-30"
        portal.seal(later, resume=True)
        assert portal.entries("seed")[-1]["date"] == "2026-12-08"
