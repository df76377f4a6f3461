"""Places and slots by provider: the denominators of every share."""

from __future__ import annotations

from aggregator.snapshot.supply import supply_of


def test_a_place_on_two_platforms_is_half_a_place_to_each() -> None:
    places = [
        {"offers": [{"id": "1", "provider": "a"}, {"id": "2", "provider": "b"}]},
        {"offers": [{"id": "3", "provider": "a"}]},
    ]
    offers = {"1": {"state": "seen", "slots": [[0, [5, 5]]]}, "3": {"state": "unknown", "slots": [[0, [5]]]}}

    assert supply_of(places, offers) == {"places": {"a": 1.5, "b": 0.5}, "slots": {"a": 2}}
