"""Counts -> what may be published of them: totals by class, and shares by provider in closed steps.

The total moves with every roll-up; a figure by provider moves only when eleven more events have come
(design §5.8), so that nobody can read a single click from two polls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from aggregator import statistics
from aggregator.ledger.events import EventClass, EventReader

STEP = 11
MIN_FOR_SHARE = 30
# Announced in the log before any verdict: two points, and a ratio between 0.80 and 1.25 (screens §8).
MARGIN_POINTS = 0.02
MARGIN_RATIO = (0.80, 1.25)


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
    rows = [
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
    ]
    compare(rows, counted["step"])
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
        "concentration": {
            "places": statistics.concentration([row["places"] for row in rows]).hhi,
            "redirects": statistics.concentration([row["redirects"] for row in rows]).hhi,
        },
        "verdict": verdict(rows, counted["step"]),
        "providers": rows,
    }


def compare(rows: list[dict[str, Any]], total: int) -> None:
    """Add to each row its simultaneous bounds, its ratio to the share of places, and how it stands to the margins."""
    bounds = statistics.goodman([row["redirects"] for row in rows]) if total >= MIN_FOR_SHARE else []
    for row, bound in zip_longest(rows, bounds):
        reference = row["places_share"]
        if bound is None or not reference:
            impossible = bool(bound is not None and not reference and row["redirects"])
            row.update(low=None, high=None, ratio=None, stands="impossible" if impossible else None)
            continue
        row.update(low=bound.low, high=bound.high, ratio=row["redirects_share"] / reference)
        row["stands"] = stands(bound.low, bound.high, reference)


def stands(low: float, high: float, reference: float) -> str:
    """ "inside" both margins, wholly "outside" one, or "open": too few redirects to say."""
    least = max(reference - MARGIN_POINTS, reference * MARGIN_RATIO[0])
    most = min(reference + MARGIN_POINTS, reference * MARGIN_RATIO[1])
    if least <= low and high <= most:
        return "inside"
    return "outside" if high < least or low > most else "open"


def verdict(rows: Iterable[Mapping[str, Any]], total: int) -> str:
    """ "too-few", "yes", "partly" (someone is outside) or "open" (nobody is outside, not everybody is inside)."""
    if total < MIN_FOR_SHARE:
        return "too-few"
    standings = {row["stands"] for row in rows if row["stands"]}
    if standings & {"outside", "impossible"}:
        return "partly"
    return "yes" if standings == {"inside"} else "open"


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
