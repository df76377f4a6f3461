"""One place from what its sources say: who is listed, what it is called, what is known of its slots."""

from __future__ import annotations

from datetime import date

import pytest

from aggregator.publish.place_record import describe, is_listed, reading_state, why_aside
from providers.records import Centre
from tests.clock import NOON


def test_a_place_is_described_by_the_official_list_first() -> None:
    read = Centre("maiia", "1", "Nom lu", insee="69123", postcode="69003", lat=45.7, lon=4.8, phone="+33100000000")
    listed = Centre(
        "official", "9", "Nom officiel", insee="69123", lat=45.75, lon=4.85, official_id="9", wheelchair=False
    )

    place = describe("p-1", "2026-11-23", [read, listed])

    assert (place["name"], place["lat"], place["phone"]) == ("Nom officiel", 45.75, "+33100000000")
    assert place["wheelchair"] is False
    assert place["sources"] == ["maiia", "official"]


@pytest.mark.parametrize(
    ("centre", "listed"),
    [
        (Centre("x", "1", "a"), True),
        (Centre("x", "1", "a", closed=True), False),
        (Centre("x", "1", "a", professionals_only=True), False),
        (Centre("x", "1", "a", closes_on=date(2026, 11, 22)), False),
        (Centre("x", "1", "a", closes_on=date(2026, 11, 23)), True),
    ],
)
def test_who_is_listed(centre: Centre, listed: bool) -> None:
    assert is_listed([centre], NOON.date()) is listed


@pytest.mark.parametrize(
    ("centre", "why"),
    [
        (Centre("x", "1", "a", professionals_only=True, closes_on=date(2026, 11, 23)), "professionals"),
        (Centre("x", "1", "a", professionals_only=True, closes_on=date(2026, 11, 22)), "closed"),
        (Centre("x", "1", "a", professionals_only=True, closed=True), "closed"),
    ],
)
def test_a_place_that_keeps_the_public_out_is_closed_from_the_day_after_its_last(centre: Centre, why: str) -> None:
    assert why_aside({"withdrawn": None}, [centre], NOON.date()) == why


@pytest.mark.parametrize(
    ("official", "other", "told"),
    [(None, None, None), (None, True, True), (None, False, False), (False, True, False), (True, False, True)],
)
def test_wheelchair_access_is_told_only_as_a_source_states_it(
    official: bool | None, other: bool | None, told: bool | None
) -> None:
    centres = [Centre("x", "1", "a", wheelchair=other), Centre("official", "9", "a", wheelchair=official)]

    assert describe("p-1", "2026-11-23", centres)["wheelchair"] is told


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"failing_since": None, "answered_at": "x", "phone_only": 0}, "none"),
        ({"failing_since": "x", "answered_at": "x", "phone_only": 0}, "unknown"),
        ({"failing_since": None, "answered_at": None, "phone_only": 0}, "unknown"),
        ({"failing_since": None, "answered_at": "x", "phone_only": 1}, "phone"),
    ],
)
def test_no_slot_and_no_answer_are_different_facts(row: dict[str, object], state: str) -> None:
    assert reading_state(row, has_slots=False) == state
