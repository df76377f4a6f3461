"""Platforms as pages list them: same space for each, in the hour's drawn order, with those that could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator import instants
from aggregator.search.order import tie_key
from aggregator.web.serving.site import Site

AGES = ("median_age_s", "p95_age_s")
UNHEARD: dict[str, Any] = {
    **dict.fromkeys(("centres", "offers", "readable", "seen", "slots", "requests_24h", "fetches_24h", "failed_24h"), 0),
    **dict.fromkeys(("last_answer", "watched_since", "failing_since", "cause", *AGES)),
}
"""What is known of a provider of which the worker has published nothing."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A provider that the portal does not read now. `since`: UTC."""

    slug: str
    label: str
    since: datetime


def platforms(site: Site) -> list[dict[str, Any]]:
    """The label of each platform that the campaign reads, and whether it is read now; in drawn order."""
    silent = {one.slug for one in unread(site)}
    drawn = sorted(site.campaign.providers.read, key=lambda slug: draw(site, slug))
    return [{"label": site.label(slug), "read": slug not in silent} for slug in drawn]


def unread(site: Site) -> tuple[Unread, ...]:
    """Providers that the portal does not read now, in the order of the hour's public draw."""
    rows = states(site)
    return tuple(Unread(row["slug"], row["label"], row["since"]) for row in rows if row["since"])


def states(site: Site) -> list[dict[str, Any]]:
    """How each provider of the campaign is read, in the order of the hour's public draw.

    What the worker last published, and `since`: since when a provider has not been read, None while it is. `since`
    compares with the present time: a worker that has died cannot publish that nothing is read any more.
    """
    known = {row["slug"]: row for row in site.health.get("providers", [])}
    age_s = _published_s_ago(site)
    rows = []
    for slug in sorted(site.campaign.providers.read, key=lambda slug: draw(site, slug)):
        row = {**UNHEARD, "slug": slug, **known.get(slug, {}), "label": site.label(slug)}
        row["since"] = _since(site, row)
        for name in AGES:
            row[name] = None if row[name] is None else round(row[name] + age_s)
        rows.append(row)
    return rows


def _published_s_ago(site: Site) -> float:
    """Seconds since the worker published; the ages that it published have grown by as much."""
    at = site.health.get("at")
    return max((site.now() - datetime.fromisoformat(at)).total_seconds(), 0) if at else 0


def _since(site: Site, row: Mapping[str, Any]) -> datetime | None:
    if row["failing_since"]:
        return datetime.fromisoformat(row["failing_since"])
    text = row["last_answer"] or row["watched_since"]
    last = datetime.fromisoformat(text) if text else site.started
    return last if site.now() - last > instants.unread_after(site.interval_s) else None


def draw(site: Site, slug: str) -> str:
    """The sort key of a platform where platforms themselves are listed (docs/ranking.md §6.3)."""
    return tie_key(site.seed(site.epoch), site.epoch, "platforms", slug)


def fan(branches: int) -> Iterator[dict[str, Any]]:
    """SVG curves of the home page's drawing: one line that splits into equal branches, one a platform."""
    height = 44
    middle = height * branches / 2
    for number in range(branches):
        y = height * number + height / 2
        yield {"path": f"M60 {middle:g} C105 {middle:g} 105 {y:g} 150 {y:g}", "y": y, "middle": middle}
