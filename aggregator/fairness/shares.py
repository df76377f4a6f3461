"""Counts -> what `/transparence` says: totals by class, shares by provider, how they stand to places, and the tie test.

Pure. What comes in of the running day by provider has been closed in steps of eleven (docs/figures.md §9), so
that nobody can read a single click from two polls; the totals alone move with every minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from aggregator.fairness.choices import Chosen
from aggregator.fairness.metrics import FORMAT as METRICS
from aggregator.fairness.metrics import MIN_FOR_SHARE
from aggregator.redirect.events import FORMAT as EVENTS
from aggregator.redirect.events import EventClass
from aggregator.redirect.rollups import STEP, Totals
from aggregator.statistics import measures, ties
from aggregator.statistics.ties import Sums

# Announced in the log before any comparison: two points, and a ratio between 0.80 and 1.25 (§8).
MARGIN_POINTS = 0.02
MARGIN_RATIO = (0.80, 1.25)
# Texts, because entries of the log hold no fractions (docs/log.md §2.1).
POLICY = {
    "margin_points": str(MARGIN_POINTS),
    "margin_ratio": f"{MARGIN_RATIO[0]:g}-{MARGIN_RATIO[1]:g}",
    "min_for_share": str(MIN_FOR_SHARE),
    "step": str(STEP),
    "figures": METRICS,
    "events": EVENTS,
}


@dataclass(frozen=True)
class Counted:
    """What a window holds. `published`: by class and provider, whole steps only; `totals`: by class, to the minute.

    `exposure`: weighted units by provider; `supply`: places and slots by provider, of the snapshot in force;
    `missed_by_provider`: of closed days; `chosen`: since Monday, see `choice`.
    """

    published: Totals
    totals: Mapping[str, int]
    exposure: Mapping[str, int] = field(default_factory=dict)
    supply: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    missed: int = 0
    missed_by_provider: Mapping[str, int] = field(default_factory=dict)
    chosen: Chosen = field(default_factory=Chosen)


def table(counted: Counted, labels: Mapping[str, str]) -> dict[str, Any]:
    """Shares are fractions; `None` where there is no denominator to speak of. Rows by number of places."""
    counts = counted.published.get(EventClass.COUNTED.value, {})
    places, slots = counted.supply.get("places", {}), counted.supply.get("slots", {})
    slugs = sorted({*places, *counts}, key=lambda slug: (-places.get(slug, 0), slug))
    step = sum(counts.values())
    amounts = {
        "places": places,
        "slots": slots,
        "exposure": counted.exposure,
        "redirects": counts,
    }
    rows = [{"slug": slug, "label": labels.get(slug, slug), **_amounts(slug, amounts)} for slug in slugs]
    _with_robots(rows, counted.published)
    compare(rows, step)
    return {
        "total": counted.totals.get(EventClass.COUNTED.value, 0),
        "step": step,
        "classes": {
            cls.value: {
                "total": counted.totals.get(cls.value, 0),
                "step": sum(counted.published.get(cls.value, {}).values()),
                "providers": counted.published.get(cls.value, {}),
            }
            for cls in EventClass
        },
        "missed": counted.missed,
        "missed_by_provider": dict(counted.missed_by_provider),
        "places": sum(places.values()),
        "slots": sum(slots.values()),
        "exposed": sum(counted.exposure.values()) > 0,
        "concentration": {
            name: measures.concentration([row[name] for row in rows]).hhi for name in ("places", "redirects")
        },
        "verdict": verdict([row["stands"] for row in rows], step),
        "needed": needed([row["places_share"] or 0.0 for row in rows]),
        "choice": choice(counted.chosen, [row["slug"] for row in rows]),
        "providers": rows,
    }


def _with_robots(rows: Sequence[dict[str, Any]], published: Totals) -> None:
    """Add the share that each would have, were the clicks of declared robots and duplicates counted too."""
    classes = (EventClass.COUNTED, EventClass.ROBOT, EventClass.DUPLICATE)
    clicks = [sum(published.get(cls.value, {}).get(row["slug"], 0) for cls in classes) for row in rows]
    for row, mine in zip(rows, clicks, strict=True):
        row["raw_share"] = share(mine, sum(clicks), MIN_FOR_SHARE)


def _amounts(slug: str, amounts: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """A provider's part of each amount, and its share of the whole. Of exposure only the share means something."""
    row: dict[str, Any] = {}
    for name, by_provider in amounts.items():
        at_least = MIN_FOR_SHARE if name == "redirects" else 1
        row[name] = by_provider.get(slug, 0)
        row[f"{name}_share"] = share(row[name], sum(by_provider.values()), at_least)
    del row["exposure"]
    return row


def compare(rows: Sequence[dict[str, Any]], total: int) -> None:
    """Add simultaneous bounds, the ratio to the share of places, and how the row stands to it.

    `differs`: the share of places lies outside the bounds. `stands`: to the margins announced (`stands`), which is
    another question: a difference may be certain and small.
    """
    bounds = measures.goodman([row["redirects"] for row in rows]) if total >= MIN_FOR_SHARE else []
    for row, bound in zip_longest(rows, bounds):
        reference = row["places_share"]
        row.update(low=bound and bound.low, high=bound and bound.high, ratio=None, differs=None, stands=None)
        if bound is None:
            continue
        if reference:
            row["ratio"] = row["redirects_share"] / reference
            row["differs"] = not bound.low <= reference <= bound.high
            row["stands"] = stands(bound.low, bound.high, reference)
        elif reference == 0 and row["redirects"]:
            row["stands"] = "impossible"


def stands(low: float, high: float, reference: float) -> str:
    """ "inside" both margins, wholly "outside" one, or "open": too few redirects to say."""
    # The narrower margin on each side: two points bind large shares, the ratio binds small ones.
    least = max(reference - MARGIN_POINTS, reference * MARGIN_RATIO[0])
    most = min(reference + MARGIN_POINTS, reference * MARGIN_RATIO[1])
    if least <= low and high <= most:
        return "inside"
    return "outside" if high < least or low > most else "open"


def verdict(standings: Iterable[str | None], total: int) -> str:
    """ "too-few", "yes", "partly" (someone is outside) or "open" (nobody is outside, not everybody is inside)."""
    if total < MIN_FOR_SHARE:
        return "too-few"
    found = {one for one in standings if one}
    if found & {"outside", "impossible"}:
        return "partly"
    return "yes" if found == {"inside"} else "open"


def needed(places: Sequence[float]) -> int | None:
    """How many redirects "yes" needs, when they follow places exactly; None where a margin leaves no room at all."""
    drawn = [one for one in places if one > 0]
    if len(drawn) < 2:
        return None
    for n in _numbers():
        bounds = measures.goodman([round(n * one) for one in drawn])
        if all(stands(b.low, b.high, one) == "inside" for b, one in zip(bounds, drawn, strict=True)):
            return n
    return None


def _numbers() -> Iterator[int]:
    """100, 110, 120 … each about a tenth more than the one before, up to ten million."""
    n = 100
    while n <= 10_000_000:
        yield n
        n += max(10, n // 10 // 10 * 10)


def choice(chosen: Chosen, slugs: Sequence[str]) -> dict[str, Any]:
    """The tie test (§6) by provider, and whether any of them is beyond what ranks alone explain.

    `excess`: clicks on it beyond those expected, `spread`: half of their 95 % interval. Nothing is said of the site:
    that the order was the drawn one is a control of its own.
    """
    limit = ties.threshold(len(slugs))
    rows = []
    for slug in slugs:
        sums = chosen.sums.get(slug, Sums())
        told = sums.clicks >= STEP
        rows.append(
            {
                "slug": slug,
                "clicks": sums.clicks,
                "chosen": sums.chosen if told else None,
                "expected": round(sums.expected, 1) if told else None,
                "excess": round(sums.chosen - sums.expected, 1) if told else None,
                "spread": round(sums.spread, 1) if told else None,
                "log_e": sums.log_e if told else None,
                "beyond": told and sums.log_e >= limit,
            }
        )
    return {
        "clicks": chosen.clicks,
        "listed": chosen.listed,
        "telling": chosen.telling,
        "threshold": limit,
        "found": any(row["beyond"] for row in rows),
        "providers": rows,
    }


def share(part: float, whole: float, at_least: int = 1) -> float | None:
    return part / whole if whole >= at_least else None
