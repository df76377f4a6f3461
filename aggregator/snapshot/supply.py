"""Counts places and slots of a snapshot by provider: the denominators of every published share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aggregator.snapshot.format import minutes_of

PLACE = 720_720
"""Units of one place, shared equally by its offers: divisible by every number of offers up to sixteen."""
MOST_SLOTS_A_DAY = 200  # a centre that opens thousands at once must not outweigh a département (docs/figures.md §1.3)

Samples = dict[tuple[str, str], list[int]]
"""(basket, provider) -> [place units, bookable place units, slots]."""


def supply_of(places: Iterable[Mapping[str, Any]], offers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Places and free slots seen, by provider. A place with m offers gives 1/m of it to each (docs/figures.md §1.3)."""
    by_place: dict[str, float] = {}
    slots: dict[str, int] = {}
    for place in places:
        for offer in place["offers"]:
            slug, state = offer["provider"], offers.get(offer["id"])
            by_place[slug] = by_place.get(slug, 0) + 1 / len(place["offers"])
            if state is not None and state["state"] == "seen":
                slots[slug] = slots.get(slug, 0) + slots_seen(state["slots"])
    return {"places": {slug: round(n, 6) for slug, n in by_place.items()}, "slots": slots}


def supply_sample(places: Mapping[str, Any], slots: Mapping[str, Any]) -> Samples:
    """One snapshot's places, places with a slot seen, and slots, by département and provider, in whole units."""
    sums: Samples = defaultdict(lambda: [0, 0, 0])
    for place in places["places"]:
        for offer in place["offers"]:
            row = sums[(f"dep={place['department']}", offer["provider"])]
            row[0] += PLACE // len(place["offers"])
            state = slots["offers"].get(offer["id"])
            # A platform that fails keeps its last slots in the file, in state "unknown": they are no supply.
            if state is not None and state["state"] == "seen":
                row[1] += PLACE // len(place["offers"])
                row[2] += slots_seen(state["slots"])
    return dict(sums)


def slots_seen(kinds: Iterable[tuple[int, list[int]]]) -> int:
    by_day: Counter[int] = Counter()
    for _, steps in kinds:
        by_day.update(minute // 1440 for minute in minutes_of(steps))
    return sum(min(n, MOST_SLOTS_A_DAY) for n in by_day.values())
