"""Gives every centre its place, with an id for life, and every place one booking link for each provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from aggregator.collect.admission import Intake
from aggregator.collect.matching import Matcher
from aggregator.store import Catalog, Doubt, How, Registry
from providers.official_list import SOURCE as OFFICIAL
from providers.records import Centre


def place_centres(registry: Registry, catalog: Catalog, intake: Intake, at: datetime) -> None:
    """Give every listed centre its place (official list first, then by first sight) and each link its offer."""
    matches = registry.matches()
    matcher = Matcher()
    centres = sorted(catalog.centres(), key=lambda centre: centre.source != OFFICIAL)
    # All known centres are added before the first new one is judged: a match in force stays as it is.
    new: list[Centre] = []
    for centre in centres:
        place_id = matches.get((centre.source, centre.source_id))
        if place_id is None:
            new.append(centre)
        else:
            matcher.add(place_id, centre, centre.insee, intake.link_of(centre))
    with registry.transaction():
        for centre in new:
            link = intake.link_of(centre)
            verdict = matcher.judge(centre, centre.insee, link)
            place_id = verdict.place_id or registry.new_place(at)
            named = (centre.source, centre.source_id)
            registry.match(named, place_id, How(verdict.method, verdict.score), at)
            if verdict.review_with:
                doubt = Doubt(verdict.review_with, verdict.score or 0.0, verdict.distance_m)
                registry.open_review(named, place_id, doubt, at)
            matcher.add(place_id, centre, centre.insee, link)  # the next new centre may be the same place
            matches[named] = place_id
        for place_id, provider, key, url in chosen_links(centres, matches, intake):
            registry.put_offer(place_id, provider, key, url, at)
    catalog.put_listed_offers(listed_offers(registry, centres, matches, intake))


def chosen_links(
    centres: Iterable[Centre], matches: dict[tuple[str, str], str], intake: Intake
) -> Iterator[tuple[str, str, str, str]]:
    """(place, provider, key, URL): one link for each place and provider; the provider's own wins over the list's."""
    chosen: dict[tuple[str, str], tuple[bool, str, str]] = {}
    for centre in centres:
        link = intake.link_of(centre)
        if link is None or centre.booking_url is None:
            continue
        where = (matches[(centre.source, centre.source_id)], link[0])
        candidate = (centre.source == OFFICIAL, link[1], centre.booking_url)
        # Ties go to the smaller key: the choice must not depend on the order in which centres arrive.
        if where not in chosen or candidate < chosen[where]:
            chosen[where] = candidate
    for (place_id, provider), (_, key, url) in chosen.items():
        yield place_id, provider, key, url


def listed_offers(
    registry: Registry, centres: Iterable[Centre], matches: dict[tuple[str, str], str], intake: Intake
) -> set[str]:
    """Ids of the offers to ask about: those that a source lists now, but for closed and professionals-only centres."""
    is_open = [centre for centre in centres if not (centre.closed or centre.professionals_only)]
    by_link = {(offer.provider, offer.link_key): offer.offer_id for offer in registry.offers()}
    links = {(provider, key) for _, provider, key, _ in chosen_links(is_open, matches, intake)}
    return {by_link[link] for link in links if link in by_link}
