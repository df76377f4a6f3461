"""What the table of one closed day or week says, in the words of the pages: out of its own rows and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from aggregator.opendata.editions.windows import Window
from aggregator.redirect.rollups import STEP
from aggregator.statistics.measures import Z_95

Row = dict[str, Any]
EFFECT = "effect_"


def shares_of(table: Iterable[Row], window: Window, labels: Mapping[str, str]) -> dict[str, Any]:
    """As `shares.json`, out of the rows of the window's own table."""
    rows = sorted(national(table), key=lambda row: (-row["places"], row["provider"]))
    return {
        "first": window.first.isoformat(),
        "at": window.last.isoformat(),
        "step": sum(row["redirects"] for row in rows),
        "places": sum(row["places"] for row in rows),
        "slots": round(sum(row["slots"] for row in rows)),
        "providers": [
            {
                "slug": row["provider"],
                "label": labels.get(row["provider"]) or "Autres sites",
                "places": row["places"],
                "places_share": row["share_places"],
                "slots": round(row["slots"]),
                "slots_share": row["share_slots"],
                "redirects": row["redirects"],
                "redirects_share": row["share_redirects"],
                "low": row["goodman_low"],
                "high": row["goodman_high"],
                "ratio": row["dr_places"],
                "exposure_share": row["share_exposure"],
            }
            for row in rows
        ],
        "choice": choice(rows, window),
    }


def choice(rows: Sequence[Row], window: Window) -> dict[str, Any]:
    """The tie test of the window alone; without a row that tells in tables before `metrics/2`."""
    told = [row for row in rows if row.get("tie_clicks", 0) >= STEP]
    return {
        "since": window.first.isoformat(),
        "until": window.last.isoformat(),
        "clicks": sum(row["redirects"] for row in rows),
        "telling": max((row["clicks_telling"] for row in told), default=0),
        "providers": [
            {
                "slug": row["provider"],
                "clicks": row["tie_clicks"],
                "chosen": row["tie_chosen"],
                "expected": round(row["tie_expected"], 1),
                "excess": round(row["tie_chosen"] - row["tie_expected"], 1),
                "spread": round(Z_95 * sqrt(row["tie_variance"]), 1),
                "log_e": row["tie_log_e"],
            }
            for row in told
        ],
    }


def national(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["stratum_type"] == "nation" and not row["suppressed"]]


def effects(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Provider -> its terms (docs/figures.md §7); nothing where there were too few redirects for them."""
    return {
        row["provider"]: {name.removeprefix(EFFECT): row[name] for name in row if name.startswith(EFFECT)}
        for row in rows
        if row.get("effect_deviation") is not None
    }
