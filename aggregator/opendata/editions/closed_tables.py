"""The figures' material of a closed day or week, out of its own table and those before it, and of nothing else.

What the pages print of the running days moves on after midnight; a table does not. So whoever has an edition finds
each number of its figures in its `metrics.csv`, whose hash is in the public log.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from aggregator.opendata.charts import WEEKS
from aggregator.opendata.editions.one_table import effects, national, shares_of
from aggregator.opendata.editions.windows import Window
from aggregator.opendata.sources import Row, Sources

SERVICE_DAYS = 7


def shares(sources: Sources, window: Window) -> dict[str, Any]:
    """As `shares.json`, of the window."""
    return shares_of(table_of(sources, window), window, sources.settings.provider_labels())


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
