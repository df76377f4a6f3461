"""What goes into the public log, and when: each kind of entry, once, and nothing that the clock cannot answer for."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import pytest

from aggregator.ledger import merkle
from aggregator.ledger.log import LogError
from aggregator.ledger.sealing import ids
from aggregator.ledger.seeds import day_seed
from aggregator.redirect.events import EventClass
from aggregator.snapshot.format import keep
from tests.clock import NOON
from tests.ledger.sealing.conftest import CHAIN, TODAY, BareLog


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_sealing_again_adds_nothing(bare: BareLog) -> None:
    bare.seal()

    assert bare.seal(NOON + timedelta(minutes=1)) == 0


def test_a_seed_is_published_as_its_day_begins_and_never_before(bare: BareLog) -> None:
    bare.seal()
    days = [entry["date"] for entry in bare.entries("seed")]
    bare.seal(NOON + timedelta(days=2))

    assert days == ["2026-11-22", TODAY]
    assert [entry["date"] for entry in bare.entries("seed")] == ["2026-11-22", TODAY, "2026-11-24", "2026-11-25"]
    last = bare.entries("seed")[-1]
    assert last["link"] == CHAIN.link(date(2026, 11, 25)).hex()
    assert last["seed"] == day_seed("2026-11-25", CHAIN.link(date(2026, 11, 25))).hex()
    assert last["beacon"] == "-"
    assert json.loads(bare.file("seeds/2026-11-25.json")) == last


def test_a_minute_holds_its_sealed_events_sorted_and_nothing_by_provider(bare: BareLog) -> None:
    clicks = sorted(bare.click() for _ in range(3))
    bare.seal()

    (minute,) = bare.entries("minute")
    assert minute == {
        "t": "minute",
        "minute": "2026-11-23T12:00",
        "events": 3,
        "upto": 3,
        "root": merkle.root_of(map(merkle.leaf_hash, clicks)).hex(),
        "file": "minutes/2026/11/23/12-00.bin",
    }
    assert bare.file(minute["file"]) == b"".join(clicks)


def test_what_comes_later_in_a_minute_waits_for_the_next(bare: BareLog) -> None:
    bare.click()
    bare.seal()
    later = bare.click()
    bare.seal(NOON + timedelta(seconds=59))
    assert len(bare.entries("minute")) == 1
    bare.seal(NOON + timedelta(seconds=60))

    second = bare.entries("minute")[1]
    assert (second["minute"], second["events"], second["upto"]) == ("2026-11-23T12:01", 1, 2)
    assert bare.file(second["file"]) == later


def test_a_finished_day_has_exact_totals_by_class_and_provider(bare: BareLog) -> None:
    bare.click()
    bare.click("b", EventClass.ROBOT)
    bare.seal()
    bare.click("b")
    bare.seal(NOON + timedelta(minutes=1))
    bare.seal(NOON + timedelta(hours=11, minutes=59))
    assert bare.entries("day") == []
    bare.click("c")
    bare.seal(NOON + timedelta(hours=12))
    bare.seal(NOON + timedelta(days=1, hours=12))

    first, second = bare.entries("day")
    assert first == {
        "t": "day", "day": TODAY, "events": 3, "upto": 3, "classes": {"counted": {"a": 1, "b": 1}, "robot": {"b": 1}},
    }  # fmt: skip
    assert (second["day"], second["events"], second["upto"]) == ("2026-11-24", 1, 4)
    assert second["classes"] == {"counted": {"c": 1}}


def test_days_that_were_slept_through_are_closed_one_by_one(bare: BareLog) -> None:
    for day in range(3):
        bare.click()
        bare.seal(NOON + timedelta(days=day))
    bare.seal(NOON + timedelta(days=3))

    assert [(entry["day"], entry["upto"]) for entry in bare.entries("day")] == [
        (TODAY, 1), ("2026-11-24", 2), ("2026-11-25", 3),
    ]  # fmt: skip


def test_the_snapshots_of_an_hour_have_one_root_once_it_is_over(bare: BareLog) -> None:
    hours = bare.published / "hours"
    hours.mkdir()
    places = keep(bare.published, {"places": [{"id": "p-a", "drawn": TODAY}]})
    lines = [f'{{"snapshot":"{name}","places":"{places}"}}\n' for name in ("aa", "bb", "cc")]
    (hours / "2026-11-23T11.ndjson").write_text("".join(lines[:2]))
    (hours / "2026-11-23T12.ndjson").write_text(lines[2])
    bare.seal(NOON + timedelta(minutes=59))
    bare.seal(NOON + timedelta(hours=1))

    first, second = bare.entries("snapshots")
    root = merkle.root_of([merkle.leaf_hash(b"aa"), merkle.leaf_hash(b"bb")]).hex()
    chained = ids.chained("-", {("p-a", TODAY)})
    stated = {"hour": "2026-11-23T11", "count": 2, "root": root, "places": 1, "ids": chained}
    assert first == {"t": "snapshots", **stated}
    assert second["ids"] == ids.chained(chained, {("p-a", TODAY)})
    assert (second["hour"], second["count"]) == ("2026-11-23T12", 1)


def test_a_replay_that_came_out_different_is_an_incident(bare: BareLog) -> None:
    replays = bare.published / "log" / "replays"
    replays.mkdir(parents=True)
    fine = {"hour": "2026-11-23T10", "lists": 5, "different": 0, "first_difference": None}
    wrong = {"hour": "2026-11-23T11", "lists": 4, "different": 2, "first_difference": "insee=75056"}
    for one in (fine, wrong):
        (replays / f"{one['hour']}.json").write_text(json.dumps(one))
    bare.seal()
    bare.seal(NOON + timedelta(minutes=1))

    assert bare.entries("replay") == [
        {"t": "replay", "hour": one["hour"], "lists": one["lists"], "different": one["different"],
         "file": f"replays/{one['hour']}.json",
         "sha256": sha(json.dumps(one).encode())}
        for one in (fine, wrong)
    ]  # fmt: skip
    assert bare.entries("incident") == [
        {"t": "incident", "at": "2026-11-23T12:00:00Z", "kind": "order", "detail": "insee=75056"}
    ]


def test_every_published_table_and_edition_is_named_with_its_hash_once(bare: BareLog) -> None:
    tables, edition = bare.published / "log" / "metrics", bare.published / "data" / "2026-11-22"
    tables.mkdir(parents=True)
    edition.mkdir(parents=True)
    for name in ("2026-11-22.json", "2026-11-22.csv", "2026-11-22-service.csv"):
        (tables / name).write_text(name)
    (tables / "2026-11-2.csv").write_text("of no table")
    (edition / "SHA256SUMS").write_text("sums")
    bare.seal()
    bare.seal(NOON + timedelta(minutes=1))

    names = ("2026-11-22-service.csv", "2026-11-22.csv", "2026-11-22.json")
    assert bare.entries("metrics") == [
        {"t": "metrics", "at": "2026-11-23T12:00:00Z", "name": "2026-11-22",
         "files": {name: sha(name.encode()) for name in names}}
    ]  # fmt: skip
    assert bare.entries("release") == [
        {"t": "release", "at": "2026-11-23T12:00:00Z", "name": "2026-11-22", "sha256": sha(b"sums")}
    ]
    assert bare.file("releases/2026-11-22.sha256") == b"sums"


def test_what_operators_decided_is_taken_over_once(bare: BareLog) -> None:
    decisions = [{"n": 1, "kind": "withdraw", "target": "p-a"}, {"n": 2, "kind": "restore", "target": "p-a"}]
    path = bare.published / "decisions.json"
    path.write_text(json.dumps(decisions[:1]))
    bare.seal()
    path.write_text(json.dumps(decisions))
    bare.seal(NOON + timedelta(minutes=1))

    assert bare.entries("decision") == [{"t": "decision", **row} for row in decisions]


class TestClock:
    """A clock that is wrong would reveal draws to come."""

    def test_one_that_goes_back_a_little_is_forgiven(self, bare: BareLog) -> None:
        bare.click()
        bare.seal()
        bare.click()

        bare.seal(NOON - timedelta(minutes=5))

        assert len(bare.entries("minute")) == 1

    def test_one_that_goes_back_further_stops_the_log(self, bare: BareLog) -> None:
        bare.click()
        bare.seal()

        with pytest.raises(LogError, match="2026-11-23 11:54 UTC and 2026-11-23T12:00 has been sealed: set it right"):
            bare.seal(NOON - timedelta(minutes=6))

    def test_one_that_jumps_ahead_stops_the_log_until_somebody_says_that_time_has_passed(self, bare: BareLog) -> None:
        bare.seal()
        bare.seal(NOON + timedelta(days=7))
        later = NOON + timedelta(days=15)

        with pytest.raises(LogError, match=r"nothing has been sealed for 8 days: .*seal --resume"):
            bare.seal(later)
        assert bare.entries("seed")[-1]["date"] == "2026-11-30"
        bare.seal(later, resume=True)
        assert bare.entries("seed")[-1]["date"] == "2026-12-08"
