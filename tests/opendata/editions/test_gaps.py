"""Missed nights: every edition that the stores can still give, oldest first, and a named gap for each other."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from aggregator.opendata.editions.gaps import gaps
from aggregator.worker.editions.writing import write_editions
from tests.portal import Portal

OLDEST = date(2026, 1, 1)


def published(tmp_path: Path, heard: list[str], closed: list[str], released: list[str]) -> tuple[Path, Path]:
    for name in heard:
        (tmp_path / "hours").mkdir(exist_ok=True)
        (tmp_path / "hours" / f"{name}T12.ndjson").write_text("")
    for name in closed:
        (tmp_path / "log" / "metrics").mkdir(parents=True, exist_ok=True)
        (tmp_path / "log" / "metrics" / f"{name}.json").write_text("{}")
    for name in released:
        (tmp_path / "data" / name).mkdir(parents=True)
    return tmp_path, tmp_path / "data"


def named(found: list[dict[str, str]]) -> list[tuple[str, str]]:
    assert all(one["why"] for one in found)
    return [(one["edition"], one["cause"]) for one in found]


def test_each_missing_day_and_week_is_named_with_its_reason(tmp_path: Path) -> None:
    folders = published(
        tmp_path,
        heard=["2026-11-19", "2026-11-20", "2026-11-23", "2026-11-25"],
        closed=["2026-11-19", "2026-11-20", "2026-W47"],
        released=["2026-11-19", "2026-W47"],
    )

    assert named(gaps(*folders, OLDEST, date(2026, 11, 25))) == [
        ("2026-11-20", "lost"),
        ("2026-11-21", "silent"),
        ("2026-11-22", "silent"),
        ("2026-11-23", "open"),
        ("2026-11-24", "silent"),
    ]


def test_a_day_that_is_about_to_be_closed_is_not_missing_yet(tmp_path: Path) -> None:
    folders = published(tmp_path, heard=["2026-11-23", "2026-11-24"], closed=[], released=[])

    assert named(gaps(*folders, OLDEST, date(2026, 11, 24))) == []
    assert named(gaps(*folders, OLDEST, date(2026, 11, 25))) == [("2026-11-23", "open")]


def test_what_is_older_than_the_editions_are_kept_is_not_missing(tmp_path: Path) -> None:
    folders = published(tmp_path, heard=["2026-11-19"], closed=["2026-11-19"], released=[])

    assert named(gaps(*folders, date(2026, 11, 22), date(2026, 11, 24))) == [
        ("2026-11-22", "silent"),
        ("2026-W47", "open"),
        ("2026-11-23", "silent"),
    ]
    assert gaps(tmp_path / "nothing", tmp_path / "data", OLDEST, date(2026, 11, 23)) == []


def told(portal: Portal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal.published("data/lacunes.json")["gaps"]
    return found


def test_two_missed_nights_give_all_their_editions_oldest_first(portal: Portal) -> None:
    """The worker closed the days and wrote no edition; one snapshot is lost meanwhile."""
    portal.visit(5, 5)
    portal.work()
    closed = []
    for _ in range(3):
        portal.clock.forward(days=1)
        portal.publish()
        closed += portal.work()
    entry = json.loads((portal.settings.published_dir / "hours" / "2026-11-24T12.ndjson").read_text().splitlines()[-1])
    (portal.settings.published_dir / "snapshots" / f"{entry['slots']}.json.gz").unlink()

    made = write_editions(portal.settings, portal.gazetteer, portal.clock())

    assert closed == ["2026-11-23", "2026-11-24", "2026-11-25"]
    names = [path.name.split("-2026")[0] for path in made]
    assert names == ["2026-11-23", "2026-11-25", ".cumul", ".en-cours"]
    assert named(told(portal)) == [("2026-11-24", "lost")]
    page = portal.app.test_client().get("/donnees").text
    assert "2026-11-24 : le dernier relevé publié de cette période manque" in page.replace("\u00a0", " ")
    catalogue = portal.app.test_client().get("/donnees/catalogue.jsonld").get_json()
    told_there = catalogue["@graph"][0]["dcat:dataset"][-1]["dct:provenance"]
    assert [one["dct:identifier"] for one in told_there] == ["2026-11-24"]
    listed = portal.app.test_client().get("/api/v1/datasets").get_json()
    assert named(listed["gaps"]) == [("2026-11-24", "lost")]


def test_nights_without_any_reading_are_named_and_the_days_around_them_have_their_editions(portal: Portal) -> None:
    """The worker itself was off for two nights: what it never published cannot be had, and is said."""
    portal.visit(5, 5)
    portal.work()
    portal.clock.forward(days=3)
    portal.publish()
    assert portal.work() == ["2026-11-23"]
    portal.release()

    assert portal.settings.editions_dir.joinpath("2026-11-23").exists()
    assert named(told(portal)) == [("2026-11-24", "silent"), ("2026-11-25", "silent")]
    client = portal.app.test_client()
    assert "2026-11-24 : aucun relevé n’a été publié" in client.get("/donnees").text.replace("\u00a0", " ")
    assert "2026-11-24: no reading was published" in client.get("/donnees?langue=en").text
    assert [one["edition"] for one in client.get("/donnees/lacunes.json").get_json()["gaps"]] == [
        "2026-11-25", "2026-11-24",
    ]  # fmt: skip


def test_a_portal_that_missed_nothing_names_nothing(portal: Portal) -> None:
    """The control."""
    portal.publish()
    portal.release()

    assert told(portal) == []
    assert "Éditions qui manquent" not in portal.app.test_client().get("/donnees").text
