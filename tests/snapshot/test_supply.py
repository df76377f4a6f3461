"""Places and slots by provider: the denominators of every share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.snapshot.supply import MOST_SLOTS_A_DAY, PLACE, slots_seen, supply_of, supply_sample
from tests import tiny

MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_place_on_two_platforms_is_half_a_place_to_each() -> None:
    places = [
        {"offers": [{"id": "1", "provider": "a"}, {"id": "2", "provider": "b"}]},
        {"offers": [{"id": "3", "provider": "a"}]},
    ]
    offers = {"1": {"state": "seen", "slots": [[0, [5, 5]]]}, "3": {"state": "unknown", "slots": [[0, [5]]]}}

    assert supply_of(places, offers) == {"places": {"a": 1.5, "b": 0.5}, "slots": {"a": 2}}


def test_two_hundred_slots_a_day_count_in_the_running_table_as_in_the_closed_ones() -> None:
    minutes = [MORNING + timedelta(minutes=number) for number in range(250)]
    place = tiny.place(1, "a")
    offers = {"o-1a": tiny.offer("seen", (0, minutes))}

    assert supply_of([place], offers)["slots"] == {"a": MOST_SLOTS_A_DAY}
    assert supply_sample({"places": [place]}, {"offers": offers})["dep=69", "a"][2] == MOST_SLOTS_A_DAY


def test_a_sample_counts_places_bookable_places_and_slots_by_departement() -> None:
    places = {"places": [tiny.place(1, "a", "b"), tiny.place(2, "a", department="01"), tiny.place(3)]}
    offers = {"o-1a": tiny.offer("seen", (0, [MORNING]), (1, [MORNING])), "o-2a": tiny.offer("none")}

    found = supply_sample(places, {"offers": offers})

    assert found == {
        ("dep=69", "a"): [PLACE // 2, PLACE // 2, 2],
        ("dep=69", "b"): [PLACE // 2, 0, 0],
        ("dep=01", "a"): [PLACE, 0, 0],
    }


def test_slots_that_could_not_be_read_again_are_not_counted_as_seen() -> None:
    """A platform that fails keeps its last slots in the file; they are no supply."""
    places = {"places": [tiny.place(1, "a")]}
    slots = (0, [MORNING])

    assert supply_sample(places, {"offers": {"o-1a": tiny.offer("unknown", slots)}}) == {("dep=69", "a"): [PLACE, 0, 0]}
    assert supply_sample(places, {"offers": {"o-1a": tiny.offer("seen", slots)}}) == {
        ("dep=69", "a"): [PLACE, PLACE, 1]
    }
    assert supply_of(places["places"], {"o-1a": tiny.offer("unknown", slots)})["slots"] == {}


def test_two_hundred_slots_a_day_of_an_offer_count_at_most() -> None:
    """One centre that opens five thousand at once does not outweigh a département."""
    many = [MORNING + timedelta(minutes=number) for number in range(MOST_SLOTS_A_DAY + 50)]
    next_day = [MORNING + timedelta(days=1)]

    found = [
        tiny.offer("seen", *kinds)["slots"] for kinds in ([(0, many)], [(0, many), (1, many)], [(0, many + next_day)])
    ]

    assert [slots_seen(one) for one in found] == [MOST_SLOTS_A_DAY, MOST_SLOTS_A_DAY, MOST_SLOTS_A_DAY + 1]


@given(st.integers(1, 16))
def test_a_place_is_shared_by_its_offers_to_the_last_unit(offers: int) -> None:
    names = [chr(ord("a") + number) for number in range(offers)]

    found = supply_sample({"places": [tiny.place(1, *names)]}, {"offers": {}})

    assert sum(row[0] for row in found.values()) == PLACE
    assert sum(supply_of([tiny.place(1, *names)], {})["places"].values()) == pytest.approx(1, abs=1e-5)
