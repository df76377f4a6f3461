"""The platforms themselves where a page lists them: equal tracks in the order of the hour's draw, and who is unread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.search.order import tie_key
from aggregator.web.serving.site import Site


@dataclass(frozen=True, slots=True)
class Unread:
    """A provider that the portal does not read now. `since`: UTC."""

    slug: str
    label: str
    since: datetime


def platforms(site: Site) -> list[dict[str, Any]]:
    """Those that the campaign reads, by label, and whether each answers now."""
    silent = {one.slug for one in unread(site)}
    drawn = sorted(site.campaign.providers.read, key=lambda slug: draw(site, slug))
    return [{"label": site.label(slug), "read": slug not in silent} for slug in drawn]


def unread(site: Site) -> tuple[Unread, ...]:
    """Providers that the portal does not read now, in the order of the hour's public draw."""
    failing = [row for row in site.health.get("providers", []) if row["failing_since"]]
    drawn = sorted(failing, key=lambda row: draw(site, row["slug"]))
    return tuple(Unread(row["slug"], row["label"], datetime.fromisoformat(row["failing_since"])) for row in drawn)


def draw(site: Site, slug: str) -> str:
    """The place of a platform in the hour's public draw, for the few lists of platforms themselves."""
    return tie_key(site.seed(site.epoch), site.epoch, "platforms", slug)


def fan(branches: int) -> Iterator[dict[str, Any]]:
    """SVG curves of the home page's drawing: one line that splits into equal branches, one a platform."""
    height = 44
    middle = height * branches / 2
    for number in range(branches):
        y = height * number + height / 2
        yield {"path": f"M60 {middle:g} C105 {middle:g} 105 {y:g} 150 {y:g}", "y": y, "middle": middle}
