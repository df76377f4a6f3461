"""What a list shows of each platform, in whole units: by offers, by parts of places, by rank."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.redirect.impressions import (
    OLDEST_AGE_MIN,
    RANKS,
    UNKNOWN_AGE,
    WEIGHT,
    WEIGHTS,
    Showings,
    age_minutes,
    answered,
    exposure_of,
    showing_of,
)
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.supply import PLACE
from tests import tiny
from tests.clock import NOON

NAMED = ("2026-11-23T12", "s" * 64, "insee=69123", "h" * 64)
HOUR = "2026-11-23T12"


def listed(*providers: tuple[str, ...]) -> Snapshot:
    """A list of places in this order, each at these providers; nothing was read since five to twelve."""
    places = [tiny.place(number, *names) for number, names in enumerate(providers)]
    offers = {offer["id"]: tiny.offer("none") for place in places for offer in place["offers"]}
    return tiny.snapshot(places, offers)


def test_a_rank_is_worth_the_logarithm_of_its_place() -> None:
    assert WEIGHTS[0] == WEIGHT
    assert [round(WEIGHT / log2(1 + rank)) for rank in (2, 3, 20)] == [WEIGHTS[1], WEIGHTS[2], WEIGHTS[19]]
    assert len(WEIGHTS) == RANKS == 20


def test_a_list_is_counted_by_departement_and_platform() -> None:
    places = listed(("a",), ("a", "b"), ()).places.all

    assert exposure_of(places) == {
        ("dep=69", "a"): (2, PLACE + PLACE // 2, WEIGHTS[0] * PLACE + WEIGHTS[1] * PLACE // 2),
        ("dep=69", "b"): (1, PLACE // 2, WEIGHTS[1] * PLACE // 2),
    }


def test_only_the_first_page_of_a_list_is_shown() -> None:
    places = listed(*[("a",)] * 25).places.all

    assert exposure_of(places) == exposure_of(places[:RANKS])
    assert exposure_of(places)[("dep=69", "a")][0] == RANKS


@given(st.lists(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=4), max_size=20))
def test_parts_of_places_add_up_to_whole_ones(names: list[list[str]]) -> None:
    found = exposure_of(listed(*map(tuple, names)).places.all)

    assert sum(shown for _, shown, _ in found.values()) == len(names) * PLACE
    assert sum(units for _, _, units in found.values()) == sum(WEIGHTS[: len(names)]) * PLACE
    assert sum(offers for offers, _, _ in found.values()) == sum(map(len, names))


@pytest.mark.parametrize(
    ("read_at", "minutes"),
    [
        (None, UNKNOWN_AGE), (NOON, 0), (NOON - timedelta(seconds=59), 0), (NOON - timedelta(minutes=5), 5),
        (NOON + timedelta(minutes=3), 0), (NOON - timedelta(days=90), OLDEST_AGE_MIN),
    ],
)  # fmt: skip
def test_the_age_of_a_reading_lies_between_now_and_a_week(read_at: datetime | None, minutes: int) -> None:
    assert age_minutes(read_at, NOON) == minutes


def test_a_card_that_says_unknown_tells_no_reading_however_recent() -> None:
    offers = {"o-0a": tiny.offer("unknown"), "o-1a": tiny.offer("none")}
    states = tiny.snapshot([tiny.place(0, "a"), tiny.place(1, "a")], offers).slots.offers

    assert answered(states["o-0a"]) is None
    assert answered(states["o-1a"]) == NOON - timedelta(minutes=5)
    assert answered(None) is None


class TestShowings:
    def test_a_list_shown_again_counts_again(self) -> None:
        snapshot, showings = listed(("a",), ("b",)), Showings()
        showing = showing_of(HOUR, NAMED, snapshot.places.all, snapshot)
        for _ in range(3):
            showings.add(showing, NOON)

        impressions, lists, ages = showings.take()

        assert sorted(impressions) == [
            (HOUR, "dep=69", "a", 3, 3 * PLACE, 3 * PLACE * WEIGHTS[0]),
            (HOUR, "dep=69", "b", 3, 3 * PLACE, 3 * PLACE * WEIGHTS[1]),
        ]
        assert lists == [(HOUR, *NAMED, 3)]
        assert sorted(ages) == [(HOUR, "a", 5, 3), (HOUR, "b", 5, 3)]

    def test_what_was_taken_is_not_given_again(self) -> None:
        snapshot, showings = listed(("a",)), Showings()
        showings.add(showing_of(HOUR, NAMED, snapshot.places.all, snapshot), NOON)

        assert showings.take()[1] == [(HOUR, *NAMED, 1)]
        assert showings.take() == ([], [], [])

    def test_ages_are_those_of_the_minute_in_which_it_was_shown(self) -> None:
        snapshot, showings = listed(("a",)), Showings()
        showing = showing_of(HOUR, NAMED, snapshot.places.all, snapshot)
        for minutes in (0, 0, 7):
            showings.add(showing, NOON + timedelta(minutes=minutes))

        _, lists, ages = showings.take()

        assert lists == [(HOUR, *NAMED, 3)]
        assert sorted(ages) == [(HOUR, "a", 5, 2), (HOUR, "a", 12, 1)]

    def test_two_lists_are_kept_apart(self) -> None:
        snapshot, showings = listed(("a",)), Showings()
        other = (*NAMED[:2], "insee=01053", "g" * 64)
        for named in (NAMED, other):
            showings.add(showing_of(HOUR, named, snapshot.places.all, snapshot), NOON)

        assert sorted(showings.take()[1]) == sorted([(HOUR, *NAMED, 1), (HOUR, *other, 1)])

    def test_a_showing_holds_the_first_page_alone(self) -> None:
        snapshot = listed(*[("a",)] * 25)

        showing = showing_of(HOUR, NAMED, snapshot.places.all, snapshot)

        assert len(showing.readings) == RANKS
        assert showing.facts == snapshot.hash
