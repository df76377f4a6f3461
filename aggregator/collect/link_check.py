"""Follows a random sample of booking links, as many of each platform, and counts where they lead.

A link that lands on a page of its platform is "landed"; a page that is gone is "dead"; one that redirects to a site
that is not declared is "foreign". A platform that refuses or does not answer says nothing of the link: "unknown".
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.snapshot.places import Offer
from aggregator.snapshot.shelf import Shelf
from providers.base import ProviderConfig
from providers.errors import ForeignRedirectError, GoneError, ProviderError
from providers.http import FetchClient

SAMPLE = 20
VERDICTS = ("landed", "dead", "foreign", "unknown")


def check_links(settings: Settings, at: datetime, draw: random.Random) -> dict[str, Any]:
    """Follow a new sample, and publish how it went (`landings.json`). Returns what was published."""
    shelf = Shelf(settings.published_dir)
    shelf.refresh()
    offers = shelf.current.places.offers.values() if shelf.current else ()
    configs = settings.provider_configs()
    by_provider = {slug: [offer for offer in offers if offer.provider == slug] for slug in sorted(configs)}
    content = {
        "format": "landings/1",
        "at": instants.second(at),
        "sample": SAMPLE,
        "providers": [
            {"slug": slug, **follow(sampled(mine, draw), visitor_of(settings, configs[slug]))}
            for slug, mine in by_provider.items()
        ],
    }
    files.write_whole(settings.published_dir / "landings.json", canonical.to_json(content))
    return content


def sampled(offers: Sequence[Offer], draw: random.Random) -> list[Offer]:
    """`SAMPLE` offers drawn at random, or all of them when there are fewer."""
    return draw.sample(list(offers), min(SAMPLE, len(offers)))


def visitor_of(settings: Settings, config: ProviderConfig) -> Callable[[str], None]:
    """A function that fetches a booking page under our User-Agent, from the platform's booking sites only."""
    mine = [origin for origin, slug in settings.booking_sites().owners.items() if slug == config.slug]
    client = FetchClient(mine, config.user_agent, headers={"Accept": "text/html"}, limits=config.limits)

    def visit(url: str) -> None:
        client.get(url)

    return visit


def follow(offers: Sequence[Offer], visit: Callable[[str], None]) -> Mapping[str, int]:
    """How many offers got each verdict; a verdict that none got is 0."""
    counts: Counter[str] = Counter(dict.fromkeys(VERDICTS, 0))  # a published row names all four
    counts.update(landing(offer.url, visit) for offer in offers)
    return dict(counts)


def landing(url: str, visit: Callable[[str], None]) -> str:
    try:
        visit(url)
    except GoneError:
        return "dead"
    except ForeignRedirectError:
        return "foreign"
    except ProviderError:
        return "unknown"
    return "landed"
