"""The places file in memory: records as published, found by id, by offer and by distance."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator import canonical
from aggregator.snapshot.format import SnapshotError
from aggregator.snapshot.places import Places
from tests import tiny


def read(*rows: dict[str, Any], **more: Any) -> Places:
    return Places(canonical.to_json(tiny.places_file(*rows, **more)), "0" * 64)


def test_places_are_found_by_id_and_by_the_offers_that_they_hold() -> None:
    places = read(tiny.place(1, "a"), tiny.place(2, "a", "b"))

    assert {name: places.all[number].name for name, number in places.index.items()} == {
        "p-1": "Salle 1",
        "p-2": "Salle 2",
    }
    assert {name: places.all[offer.place].id for name, offer in places.offers.items()} == {
        "o-1a": "p-1",
        "o-2a": "p-2",
        "o-2b": "p-2",
    }
    assert places.points["01053"] == (46.2, 5.22)


def test_a_place_says_what_the_file_says() -> None:
    row = tiny.place(1, "a", hours=["09:00-12:00", None, "", "", "", "", ""], wheelchair=True, tz="Indian/Reunion")
    (place,) = read(row).all

    assert place.hours == ("09:00-12:00", None, "", "", "", "", "")
    assert (place.wheelchair, place.zone, place.sources) == (True, ZoneInfo("Indian/Reunion"), ("a",))
    assert (place.offers[0].id, place.offers[0].url) == ("o-1a", "https://a.example/")


def test_a_place_without_a_position_is_kept_and_is_near_to_nothing() -> None:
    places = read(tiny.place(1, "a", lat=None, lon=None), tiny.place(2, "a"))

    numbers, metres = places.within(*tiny.LYON, 1_000)

    assert (numbers.tolist(), metres.tolist()) == ([1], [0])
    assert "p-1" in places.index
    assert read(tiny.place(1, "a", lat=None, lon=None)).within(*tiny.LYON, 1_000)[0].tolist() == []


def test_two_needs_of_one_choice_are_those_of_the_campaign_of_the_snapshot() -> None:
    places = read(campaign={"all_of": {"grippe-covid": ["grippe", "covid"]}})

    assert places.required_needs("grippe-covid") == ("grippe", "covid")
    assert places.required_needs("grippe") == ("grippe",)
    assert read().required_needs("grippe") == ("grippe",)


@pytest.mark.parametrize("missing", ["tz", "hours", "offers", "drawn"])
def test_a_place_that_lacks_a_field_is_refused_by_its_name(missing: str) -> None:
    row = tiny.place(1, "a")
    del row[missing]

    with pytest.raises(SnapshotError, match=f"a place lacks '{missing}'"):
        read(tiny.place(2), row)


def test_a_field_of_a_later_version_is_no_reason_to_refuse() -> None:
    """Web nodes are updated after the worker: what they do not know yet they leave out."""
    (place,) = read(tiny.place(1, "a", colour="blue")).all

    assert place.id == "p-1"
