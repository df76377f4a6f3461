"""How the reading of the providers goes, and what the lists cover: `health.json` and `coverage.json`, for everybody.

The order cannot favour a provider, but what never reaches the order can: places without an adapter, links refused and
matches undone are counted for every source alike (docs/figures.md §12).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from aggregator import instants
from aggregator.config.settings import Settings
from aggregator.store import Catalog

FETCHES = ("hour", "provider", "kind", "outcome", "fetches", "requests")


def health_of(settings: Settings, catalog: Catalog, at: datetime) -> dict[str, Any]:
    """The state of every provider: since when it has not been read, and the interval that readings reach."""
    readings: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in catalog.readings():
        readings[row["provider"]].append(row)
    hours = catalog.fetch_hours(at - timedelta(hours=24))
    labels = settings.provider_labels()
    return {
        "format": "health/1",
        "at": instants.second(at),
        "interval_s": settings.collect_every_s,
        "demo": settings.demo,
        "providers": [
            provider_health(slug, labels.get(slug, slug), readings[slug], hours, catalog, at)
            for slug in sorted(settings.campaign.providers.read)
        ],
        "fetches": [{name: row[name] for name in FETCHES} for row in hours],
        "quarantines": [
            {key: row[key] for key in ("source", "at", "reason", "known", "found")} for row in catalog.quarantines()
        ],
        "imports": [
            {
                "as_of": row["as_of"],
                "file": row["file_name"],
                "sha256": row["sha256"],
                "rows": row["row_count"],
                "sites": catalog.sites_of_import(row["import_id"]),
            }
            for row in catalog.imports()
        ],
    }


def provider_health(
    slug: str,
    label: str,
    rows: list[dict[str, Any]],
    hours: list[dict[str, Any]],
    catalog: Catalog,
    at: datetime,
) -> dict[str, Any]:
    """`failing_since`: since when the provider as a whole has not answered, that is, all that was asked last failed."""
    answered = sorted(row["answered_at"] for row in rows if row["answered_at"])
    failing = [row for row in rows if row["failing_since"]]
    ages = sorted((at - datetime.fromisoformat(moment)).total_seconds() for moment in answered)
    breaker = catalog.breaker(slug)
    down = bool(rows) and len(failing) == len(rows)
    mine = [row for row in hours if row["provider"] == slug]
    return {
        "slug": slug,
        "label": label,
        "centres": catalog.centre_count(slug),
        "offers": len(rows),
        "readable": len(rows) - len(failing),
        "seen": sum(1 for row in rows if not row["failing_since"] and row["slot_count"]),
        "slots": sum(row["slot_count"] for row in rows if not row["failing_since"]),
        "last_answer": answered[-1][:19] + "Z" if answered else None,
        "failing_since": min(row["failing_since"] for row in failing)[:19] + "Z" if down else None,
        "cause": max(row["outcome"] for row in failing) if down else None,
        "median_age_s": round(ages[len(ages) // 2]) if ages else None,
        "p95_age_s": round(ages[int(len(ages) * 0.95)]) if ages else None,
        "breaker_until": instants.second(breaker.open_until) if breaker.open_until else None,
        "requests_24h": sum(row["requests"] for row in mine),
        "fetches_24h": sum(row["fetches"] for row in mine),
        "failed_24h": sum(row["fetches"] for row in mine if row["outcome"] not in ("ok", "empty")),
    }
