"""The published table `metrics/2` (docs/figures.md §11): counts of a window -> rows, one for each provider.

Pure. Everything a row says besides its counts follows from the counts; `verify.py metrics` computes it again.
A share of redirects is left out under thirty redirects.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aggregator.fairness.choices import Chosen
from aggregator.redirect.impressions import WEIGHT
from aggregator.search.order import CONTRACT
from aggregator.snapshot.supply import PLACE
from aggregator.statistics import decomposition, measures
from aggregator.statistics.ties import Sums

FORMAT = "metrics/2"
MIN_FOR_SHARE = 30  # logged as `min_for_share` before any verdict (docs/log.md §3)
OTHERS = "*"
"""In place of a platform: those of a territory that may not be told apart (docs/figures.md §10)."""
OF_NATION = ("impressions", "exposure", "redirects_raw", "bots_excluded")
"""Told of the nation alone: in a territory they could be those of one visitor."""
BENCHMARKS = ("places", "bookable", "slots", "impressions", "exposure")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one provider. Places, impressions and exposure in whole units (§1.3), places over all samples."""

    places: int = 0
    bookable: int = 0
    slots: int = 0
    impressions: int = 0
    exposure: int = 0
    redirects: int = 0
    redirects_raw: int = 0
    robots: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What the rows are about. `samples`: hourly samples behind places, bookable places and slots; `chosen`: of a
    nation, the clicks that met their lists.
    """

    start: str
    end: str
    stratum_type: str
    stratum: str
    samples: int
    counts: Mapping[str, Counts]
    effects: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    chosen: Chosen | None = None
    suppressed: bool = False


def rows(window: Scope, checkpoint_size: int, demo: bool) -> list[dict[str, Any]]:
    """By provider, alphabetical; a suppressed stratum has one row without figures."""
    head = {
        "window_start": window.start,
        "window_end": window.end,
        "stratum_type": window.stratum_type,
        "stratum": window.stratum,
    }
    tail = {
        "contract": CONTRACT,
        "checkpoint_size": checkpoint_size,
        "suppressed": int(window.suppressed),
        "demo": int(demo),
    }
    if window.suppressed:
        return [{**head, "provider": "", **tail}]
    slugs = sorted(window.counts)
    table = {slug: _amounts(window.counts[slug], window.samples) for slug in slugs}
    totals = {name: sum(table[slug][name] for slug in slugs) for name in (*BENCHMARKS, "redirects")}
    whole = _whole(window, slugs, totals)
    together = measures.goodman([window.counts[slug].redirects for slug in slugs]) if whole["enough"] else []
    found = []
    for index, slug in enumerate(slugs):
        row = {**head, "provider": slug, "samples": window.samples, **table[slug]}
        row.update(_shares(table[slug], totals))
        row.update(_interval(int(totals["redirects"]), window.counts[slug].redirects))
        row["goodman_low"], row["goodman_high"] = (
            (together[index].low, together[index].high) if together else (None, None)
        )
        row.update({f"effect_{name}": window.effects.get(slug, {}).get(name) for name in decomposition.EFFECTS})
        row.update(_ties(window.chosen, slug))
        if window.stratum_type != "nation":
            row.update(dict.fromkeys([*OF_NATION, *_derived("impressions"), *_derived("exposure")]))
        found.append({**row, **{name: whole[name] for name in WHOLE}, **tail})
    return found


def _derived(benchmark: str) -> tuple[str, str]:
    return f"share_{benchmark}", f"dr_{benchmark}"


def _amounts(counts: Counts, samples: int) -> dict[str, float]:
    """Units turned into places and impressions; places as the mean of the samples."""
    per_sample = PLACE * samples if samples else 1
    return {
        "places": round(counts.places / per_sample, 6),
        "bookable": round(counts.bookable / per_sample, 6),
        "slots": round(counts.slots / (samples or 1), 6),
        "impressions": round(counts.impressions / PLACE, 6),
        "exposure": round(counts.exposure / (PLACE * WEIGHT), 6),
        "redirects": counts.redirects,
        "redirects_raw": counts.redirects_raw,
        "bots_excluded": counts.robots,
    }


def _shares(amounts: Mapping[str, float], totals: Mapping[str, float]) -> dict[str, float | None]:
    """Shares of each denominator, and the ratio of the share of redirects to each."""
    # Of the rounded amounts: whoever has the table gets the same shares from its columns.
    shares = {name: amounts[name] / totals[name] if totals[name] else None for name in BENCHMARKS}
    enough = totals["redirects"] >= MIN_FOR_SHARE
    mine = amounts["redirects"] / totals["redirects"] if enough else None
    found: dict[str, float | None] = {f"share_{name}": value for name, value in shares.items()}
    found["share_redirects"] = mine
    found.update({f"dr_{name}": mine / value if mine is not None and value else None for name, value in shares.items()})
    return found


def _interval(total: int, mine: int) -> dict[str, Any]:
    if total < MIN_FOR_SHARE:
        return {"ci_low": None, "ci_high": None, "ci_method": None}
    bounds = measures.interval(mine, total)
    return {"ci_low": bounds.low, "ci_high": bounds.high, "ci_method": bounds.method}


def _ties(chosen: Chosen | None, slug: str) -> dict[str, Any]:
    """The tie test of one provider, in sums from which anyone can go on betting (docs/figures.md §6)."""
    if chosen is None:
        return dict.fromkeys(TIES)
    sums, room = chosen.sums.get(slug, Sums()), sum(chosen.room.values())
    return {
        "share_clicked": chosen.room.get(slug, 0.0) / room if room else None,
        "clicks_listed": chosen.listed,
        "clicks_telling": chosen.telling,
        "tie_clicks": sums.clicks,
        "tie_chosen": sums.chosen,
        "tie_expected": sums.expected,
        "tie_variance": sums.variance,
        "tie_bets": " ".join(map(repr, sums.bets)),
        "tie_log_e": sums.log_e,
    }


TIES = (
    "share_clicked", "clicks_listed", "clicks_telling", "tie_clicks", "tie_chosen", "tie_expected", "tie_variance",
    "tie_bets", "tie_log_e",
)  # fmt: skip
WHOLE = ("hhi_places", "hhi_redirects", "effective_providers")


def _whole(window: Scope, slugs: list[str], totals: Mapping[str, float]) -> dict[str, Any]:
    """What is said of all providers together: how concentrated places and redirects are."""
    places = measures.concentration([window.counts[slug].places for slug in slugs])
    clicks = measures.concentration([window.counts[slug].redirects for slug in slugs])
    enough = totals["redirects"] >= MIN_FOR_SHARE
    return {
        "hhi_places": places.hhi,
        "hhi_redirects": clicks.hhi if enough else None,
        "effective_providers": clicks.effective_n if enough else None,
        "enough": enough,
    }


def as_csv(table: Iterable[Mapping[str, Any]]) -> str:
    """RFC 4180; numbers as Python writes them, so that they read back to the same bits; empty = not published."""
    table = list(table)
    columns = list(dict.fromkeys(name for row in table for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in table)
    return out.getvalue()
