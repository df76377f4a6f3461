"""Counts -> what may be published of them: totals by class, and shares by provider in closed steps.

The total moves with every roll-up; a figure by provider moves only when eleven more events have come
(design §5.8), so that nobody can read a single click from two polls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aggregator.ledger.events import EventClass, EventReader

STEP = 11
MIN_FOR_SHARE = 30


def published_shares(
    reader: EventReader, supply: Mapping[str, Mapping[str, float]], labels: Mapping[str, str], at: datetime
) -> dict[str, Any]:
    """The file that `/transparence` prints. Shares are fractions; `None` where there is no denominator to speak of."""
    by_class: dict[str, Any] = {}
    for cls in EventClass:
        total = reader.totals(cls)
        step = total // STEP * STEP
        by_class[cls.value] = {"total": total, "step": step, "providers": reader.first_by_provider(cls, step)}
    counted = by_class[EventClass.COUNTED.value]
    places, slots = supply.get("places", {}), supply.get("slots", {})
    slugs = sorted(set(labels) & (set(places) | set(counted["providers"])))
    return {
        "format": "shares/1",
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "since": reader.first_bin(),
        "total": counted["total"],
        "step": counted["step"],
        "classes": by_class,
        "missed": reader.missed(),
        "places": sum(places.values()),
        "slots": sum(slots.values()),
        "providers": [
            {
                "slug": slug,
                "label": labels[slug],
                "places": places.get(slug, 0),
                "places_share": share(places.get(slug, 0), sum(places.values())),
                "slots": slots.get(slug, 0),
                "slots_share": share(slots.get(slug, 0), sum(slots.values())),
                "redirects": counted["providers"].get(slug, 0),
                "redirects_share": share(counted["providers"].get(slug, 0), counted["step"], MIN_FOR_SHARE),
            }
            for slug in sorted(slugs, key=lambda slug: (-places.get(slug, 0), slug))
        ],
    }


def supply_of(places: Iterable[Mapping[str, Any]], offers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Places and free slots seen, by provider. A place with m offers gives 1/m of a place to each (spec 2.1)."""
    by_place: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    for place in places:
        for offer in place["offers"]:
            by_place[offer["provider"]] += 1 / len(place["offers"])  # type: ignore[assignment]
            state = offers.get(offer["id"])
            if state is not None and state["state"] == "seen":
                slots[offer["provider"]] += sum(len(deltas) for _, deltas in state["slots"])
    return {"places": {slug: round(n, 6) for slug, n in by_place.items()}, "slots": dict(slots)}


def share(part: float, whole: float, at_least: int = 1) -> float | None:
    return part / whole if whole >= at_least else None
