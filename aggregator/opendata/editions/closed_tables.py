"""The figures' material of a closed day or week, out of its own table and those before it, and of nothing else.

What the pages print of the running days moves on after midnight; a table does not. So whoever has an edition finds
each number of its figures in its `metrics.csv`, whose hash is in the public log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from aggregator.opendata.charts import WEEKS
from aggregator.opendata.editions.windows import Window
from aggregator.opendata.sources import Row, Sources
from aggregator.redirect.rollups import STEP
from aggregator.statistics.measures import Z_95

SERVICE_DAYS = 7
EFFECT = "effect_"


def shares(sources: Sources, window: Window) -> dict[str, Any]:
    """As `shares.json`, of the window."""
    labels = sources.settings.provider_labels()
    rows = sorted(national(table_of(sources, window)), key=lambda row: (-row["places"], row["provider"]))
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


def closed(sources: Sources, window: Window) -> dict[str, Any]:
    """As `closed.json`, of the window and of the weeks that had been closed by its end."""
    mine = national(table_of(sources, window))
    # A day's edition says what the thirteen weeks up to it were; a week's too, whatever rows its own tables leave out.
    weeks = [(name, table) for name, table in sources.tables_until(window.last) if "W" in name][-WEEKS:]
    tables = [table for _, table in sources.tables_until(window.last)]
    service = [row for table in tables for row in table.get("service", ()) if window.holds(row["day"])]
    days = sorted({row["day"] for row in service})[-SERVICE_DAYS:]
    return {
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "effects": effects(mine),
        "redirects": sum(row["redirects"] for row in mine),
        "weeks": [{"name": name, "rows": list(national(table["rows"]))} for name, table in weeks],
        "territory": [row for row in weeks[-1][1]["rows"] if row["stratum_type"] != "nation"] if weeks else [],
        "service": [row for row in service if row["day"] in days],
    }


def table_of(sources: Sources, window: Window) -> list[Row]:
    """The rows of the window's own table."""
    return next((table["rows"] for name, table in sources.tables_until(window.last) if name == window.name), [])


def national(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["stratum_type"] == "nation" and not row["suppressed"]]


def effects(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Provider -> its terms (docs/figures.md §7); nothing where there were too few redirects for them."""
    return {
        row["provider"]: {name.removeprefix(EFFECT): row[name] for name in row if name.startswith(EFFECT)}
        for row in rows
        if row.get("effect_deviation") is not None
    }


def last_week(sources: Sources) -> tuple[str | None, dict[tuple[str, str], int], set[str]]:
    """(its name, (département, provider or "all") -> redirects, départements published with others)."""
    weeks = [(name, rows) for name, rows in sources.closed if "W" in name]
    if not weeks:
        return None, {}, set()
    name, rows = weeks[-1]
    clicks: Counter[tuple[str, str]] = Counter()
    suppressed = set()
    for row in rows:
        if row["stratum_type"] == "department":
            if row["suppressed"]:
                suppressed.add(row["stratum"])
            else:
                clicks[row["stratum"], row["provider"]] += row["redirects"]
                clicks[row["stratum"], "all"] += row["redirects"]
    return name, dict(clicks), suppressed
