"""What is published of counts: a total that moves, figures by provider in closed steps only."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.ledger.events import Event, EventClass, EventLog, EventReader
from aggregator.shares import STEP, compare, published_shares, share, stands, supply_of, verdict
from tests.conftest import NOON

LABELS = {"a": "Un", "b": "Deux"}
SUPPLY = {"places": {"a": 30.0, "b": 10.0}, "slots": {"a": 5}}


def click(prov: str, cls: EventClass = EventClass.COUNTED) -> Event:
    return Event("dep=75", "2026-11-23T12", "p-a", cls, "a" * 32, "order/1", 1, prov)


def test_no_poll_shows_the_provider_of_a_single_click(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db", wait_s=5)
    reader = EventReader(tmp_path / "events.db")
    seen: list[tuple[int, ...]] = []

    for number in range(40):
        log.record(click("a" if number % 3 else "b"))
        totals = published_shares(reader, SUPPLY, LABELS, NOON)
        assert totals["total"] == number + 1
        seen.append(tuple(sorted((row["slug"], row["redirects"]) for row in totals["providers"])))
        assert sum(row["redirects"] for row in totals["providers"]) == (number + 1) // STEP * STEP
    log.close()

    assert len(set(seen)) == 40 // STEP + 1  # forty polls, four pictures


def test_no_share_of_redirects_is_printed_under_thirty(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db", wait_s=5)
    for _ in range(29):
        log.record(click("a"))
    few = published_shares(EventReader(tmp_path / "events.db"), SUPPLY, LABELS, NOON)
    for _ in range(20):
        log.record(click("a"))
    log.close()
    enough = published_shares(EventReader(tmp_path / "events.db"), SUPPLY, LABELS, NOON)

    assert [row["redirects_share"] for row in few["providers"]] == [None, None]
    assert [row["redirects_share"] for row in enough["providers"]] == [1.0, 0.0]
    assert [row["places_share"] for row in few["providers"]] == [0.75, 0.25]


@pytest.mark.parametrize(
    ("low", "high", "reference", "wanted"),
    [
        (0.745, 0.755, 0.75, "inside"),
        (0.60, 0.70, 0.75, "outside"),
        (0.72, 0.76, 0.75, "open"),
        (0.021, 0.024, 0.02, "inside"),
        (0.029, 0.031, 0.021, "outside"),  # within two points, but half as much again
    ],
)
def test_who_stands_inside_the_margins(low: float, high: float, reference: float, wanted: str) -> None:
    assert stands(low, high, reference) == wanted


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [((7, 3), "too-few"), ((75_000, 25_000), "yes"), ((90_000, 10_000), "partly"), ((31, 9), "open")],
)
def test_the_verdict_needs_numbers_and_can_be_against_us(counts: tuple[int, int], wanted: str) -> None:
    total = sum(counts)
    rows = [
        {"places_share": share_, "redirects": n, "redirects_share": share(n, total, 30)}
        for n, share_ in zip(counts, (0.75, 0.25), strict=True)
    ]
    compare(rows, total)

    assert verdict(rows, total) == wanted


def test_a_redirect_without_a_place_is_a_fault_to_look_into() -> None:
    rows = [
        {"places_share": 1.0, "redirects": 40, "redirects_share": 0.8},
        {"places_share": 0.0, "redirects": 10, "redirects_share": 0.2},
    ]
    compare(rows, 50)

    assert rows[1]["stands"] == "impossible"
    assert verdict(rows, 50) == "partly"


def test_classes_are_published_apart_and_never_added_to_the_redirects(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db", wait_s=5)
    for cls in EventClass:
        log.record(click("a", cls))
    log.close()

    totals = published_shares(EventReader(tmp_path / "events.db"), SUPPLY, LABELS, NOON)

    assert totals["total"] == 1
    assert {name: row["total"] for name, row in totals["classes"].items()} == {cls.value: 1 for cls in EventClass}


def test_without_a_single_event_everything_is_zero_and_nothing_divides(tmp_path: Path) -> None:
    totals = published_shares(EventReader(tmp_path / "none.db"), {}, LABELS, NOON)

    assert (totals["total"], totals["since"], totals["providers"]) == (0, None, [])


@pytest.mark.parametrize(("part", "whole", "least", "wanted"), [(1, 4, 1, 0.25), (0, 0, 1, None), (3, 29, 30, None)])
def test_a_share_needs_a_denominator(part: int, whole: int, least: int, wanted: float | None) -> None:
    assert share(part, whole, least) == wanted


def test_a_place_on_two_platforms_is_half_a_place_to_each() -> None:
    places = [
        {"offers": [{"id": "1", "provider": "a"}, {"id": "2", "provider": "b"}]},
        {"offers": [{"id": "3", "provider": "a"}]},
    ]
    offers = {"1": {"state": "seen", "slots": [[0, [5, 5]]]}, "3": {"state": "unknown", "slots": [[0, [5]]]}}

    assert supply_of(places, offers) == {"places": {"a": 1.5, "b": 0.5}, "slots": {"a": 2}}
