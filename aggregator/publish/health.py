"""Tells how the reading of each provider goes, by one rule for all: the content of `health.json`.

The order cannot favour a provider, but what never reaches it can: so everybody may see how each is read, and beside
it what the lists cover (`coverage.py`, docs/figures.md §12).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aggregator import instants
from aggregator.config.settings import Settings
from aggregator.store import Catalog, Stores
from providers.breaker import BreakerState
from providers.records import Outcome

FETCHES = ("hour", "provider", "kind", "outcome", "fetches", "requests")


def health_of(settings: Settings, stores: Stores, at: datetime) -> dict[str, Any]:
    """The content of `health.json`: the state of every provider, its fetches of 24 hours, quarantines and imports."""
    catalog, labels = stores.catalog, settings.provider_labels()
    hours = catalog.fetch_hours(at - timedelta(hours=24))
    watched = Watched(
        catalog=catalog,
        at=at,
        interval_s=settings.collect_every_s,
        since=catalog.first_run(),
        readings=_by_provider(catalog.readings()),
        listed=_listed(stores),
        answers=catalog.last_answers(),
        hours=hours,
    )
    return {
        "format": "health/1",
        "at": instants.second(at),
        "interval_s": settings.collect_every_s,
        "demo": settings.demo,
        "providers": [
            provider_health(slug, labels.get(slug, slug), watched) for slug in sorted(settings.campaign.providers.read)
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


def _by_provider(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["provider"]].append(row)
    return found


def _listed(stores: Stores) -> Counter[str]:
    """Provider -> number of its offers that are to be read."""
    listed = stores.catalog.listed_offers()
    return Counter(offer.provider for offer in stores.registry.offers() if offer.offer_id in listed)


@dataclass(frozen=True)
class Watched:
    """What the store knows of how providers are read, loaded once. `at`: UTC; `since`: start of the first run."""

    catalog: Catalog
    at: datetime
    interval_s: int
    since: str | None
    readings: Mapping[str, list[dict[str, Any]]]
    listed: Mapping[str, int]
    answers: Mapping[str, str]
    hours: list[dict[str, Any]]


def provider_health(slug: str, label: str, watched: Watched) -> dict[str, Any]:
    """`failing_since`: since when the provider as a whole has not been read, by one rule for all (see `unread_since`).

    `offers`: those that are to be read; `readable`: those whose last reading succeeded; `last_answer`: of any kind;
    `read_once`: it has been asked for its list and about each of them, or is left alone after failures.
    """
    rows, at = watched.readings.get(slug, []), watched.at
    answered = [row["answered_at"] for row in rows if row["answered_at"]]
    failing = [row for row in rows if row["failing_since"]]
    ages = sorted((at - datetime.fromisoformat(moment)).total_seconds() for moment in answered)
    breaker = watched.catalog.breaker(slug)
    since = unread_since(slug, rows, breaker, watched)
    mine = [row for row in watched.hours if row["provider"] == slug]
    last = max((*answered, watched.answers.get(slug, "")))
    return {
        "slug": slug,
        "label": label,
        "centres": watched.catalog.centre_count(slug),
        "offers": max(watched.listed.get(slug, 0), len(rows)),
        "readable": len(rows) - len(failing),
        "read_once": left_alone(breaker) or (bool(mine) and len(rows) >= watched.listed.get(slug, 0)),
        "seen": sum(1 for row in rows if not row["failing_since"] and row["slot_count"]),
        "slots": sum(row["slot_count"] for row in rows if not row["failing_since"]),
        # Stored times are UTC, perhaps with a fraction, and end with "+00:00"; published ones are seconds and "Z".
        "last_answer": f"{last[:19]}Z" if last else None,
        "watched_since": f"{watched.since[:19]}Z" if watched.since else None,
        "failing_since": f"{since[:19]}Z" if since else None,
        "cause": (breaker.cause or max((row["outcome"] for row in failing), default="skipped")) if since else None,
        "median_age_s": round(ages[len(ages) // 2]) if ages else None,
        "p95_age_s": round(ages[int(len(ages) * 0.95)]) if ages else None,
        "breaker_until": instants.second(breaker.open_until) if breaker.open_until else None,
        "requests_24h": sum(row["requests"] for row in mine),
        "fetches_24h": sum(row["fetches"] for row in mine),
        "failed_24h": sum(row["fetches"] for row in mine if row["outcome"] not in ("ok", "empty")),
    }


def unread_since(slug: str, rows: Iterable[Mapping[str, Any]], breaker: BreakerState, watched: Watched) -> str | None:
    """Since when a provider has not been read; None while it is. One rule for all, whatever their size.

    It is not read when its breaker is open (but for a wait that it asked for itself), when the last reading of every
    offer failed, or when nothing of it has been read for two intervals. The outage begins at its first failed reading.
    """
    rows = list(rows)
    first: list[str] = [row["failing_since"] for row in rows if row["failing_since"]]
    began = breaker.since.isoformat() if breaker.since else None
    if rows and len(first) == len(rows):
        return min([*first, *filter(None, [began])])
    if began and left_alone(breaker):
        return began
    # A provider that lists nothing yet has no failing reading: it counts as unread from its last answer of any kind.
    last = max((*(row["answered_at"] or "" for row in rows), watched.answers.get(slug, ""))) or watched.since
    if last is None or watched.at - datetime.fromisoformat(last) <= instants.unread_after(watched.interval_s):
        return None
    return min([*first, *filter(None, [began])], default=last)


def left_alone(breaker: BreakerState) -> bool:
    """After failures; a wait that the platform asked for itself is none."""
    return breaker.open_until is not None and breaker.cause != Outcome.RATE_LIMITED.value
