"""The page of a list: the question answered, its places as cards, and the map of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from flask import Response, request
from werkzeug.exceptions import NotFound

from aggregator import instants
from aggregator.search.order import Section, Sort
from aggregator.search.search import Answer, Found, origin, refreshed, search
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find import frame, query
from aggregator.web.find.cards import Cards
from aggregator.web.find.frame import Group, Listing
from aggregator.web.find.map import map_of
from aggregator.web.find.query import Asked
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext, language
from aggregator.web.serving.cache import RenderedList
from aggregator.web.serving.page_cache import keep
from aggregator.web.serving.site import Site

PAGE_SIZE = 20


def page_of(site: Site, asked: Asked, embedded: bool = False) -> Response:
    """The page of a list; made once for all who ask the same within a minute, and counted each time.

    Raises UnknownOriginError.
    """
    newest = site.snapshot
    if newest is None:
        raise NotFound
    epoch, pinned, stale_reference = _pinned(site, asked, newest)
    # On a list by distance the facts are the newest; on a list by date they stay those of its headings.
    facts = newest if asked.question.sort is Sort.NEAR else pinned
    key = _cache_key(site, asked, epoch, pinned, facts, (stale_reference, facts is not newest, embedded))
    made = site.rendered.get(key)
    if made is None:
        with site.gate.dear_work():
            answer = search(pinned, asked.question, epoch, site.seed(epoch), site.campaign)
            html, status = _render(site, asked, answer, facts, stale_reference, facts is not newest, embedded)
        made = RenderedList(site.showing(answer, facts), html.encode(), status)
        if status == 200:
            site.rendered.put(key, made)
    shown = made.showing if asked.page == 1 else None
    if shown is not None:
        site.count_list(shown)
    response = Response(made.html, made.status)
    if made.status == 200:
        keep(shown)
        response.set_etag(made.etag)
    return response


def _cache_key(
    site: Site, asked: Asked, epoch: str, pinned: Snapshot, facts: Snapshot, signs: tuple[bool, ...]
) -> tuple[Any, ...]:
    """All that a page of a list depends on, to the minute: slots that have passed leave it."""
    warnings = tuple((row["slug"], row["failing_since"]) for row in site.health.get("providers", []))
    minute = instants.minute(site.now())
    return (
        epoch,
        asked.question.key,
        asked.page,
        pinned.hash,
        facts.hash,
        minute,
        warnings,
        signs,
        language(),
        request.host_url,
    )


def _render(
    site: Site, asked: Asked, answer: Answer, facts: Snapshot, stale_reference: bool, newer: bool, embedded: bool
) -> tuple[str, int]:
    answer = refreshed(answer, facts, site.campaign)
    count = max(1, -(-len(answer.found) // PAGE_SIZE))
    beyond = asked.page if asked.page > count else None
    page = 1 if beyond else asked.page
    listing = Listing(site, asked, answer, facts, page, count, beyond, embedded, stale_reference, newer)
    before = (page - 1) * PAGE_SIZE
    ranked = list(enumerate(answer.found[before : before + PAGE_SIZE], before + 1))
    cards = Cards(site, answer, facts, query.parameters(answer.question, site.campaign, ref=answer.reference))
    places = [(rank, one.place) for rank, one in ranked]
    drawing = map_of(site.outlines, site.towns, places, origin(answer.snapshot, answer.question))
    html = frame.page(listing, list(_groups(site, answer, ranked, cards)), drawing)
    return html, 404 if beyond else 400 if asked.complaints else 200


def _pinned(site: Site, asked: Asked, newest: Snapshot) -> tuple[str, Snapshot, bool]:
    """(hour, snapshot of the order, True when a reference was asked for that is no longer kept)."""
    if asked.reference is None:
        return site.epoch, newest, False
    epoch, short = asked.reference
    snapshot = site.shelf.pinned(short, site.now()) if query.pinned_hour(epoch, site.now()) else None
    return (epoch, snapshot, False) if snapshot else (site.epoch, newest, True)


def _groups(site: Site, answer: Answer, ranked: Sequence[tuple[int, Found]], cards: Cards) -> Iterator[Group]:
    for heading, members in groupby(ranked, key=lambda pair: _heading(site, answer, pair[1])):
        yield Group(heading, tuple(cards.html(one, rank, heading != "") for rank, one in members))


def _heading(site: Site, answer: Answer, found: Found) -> str:
    if answer.question.sort is Sort.NEAR:
        return ""
    section = found.candidate.section
    if section is Section.SEEN:
        return words.half_day_heading(found.candidate.half_day, site.now().astimezone(found.place.zone).date())
    count = sum(one.candidate.section is section for one in answer.found)
    if section is Section.UNKNOWN:
        return gettext("Créneaux inconnus (%(count)s)", count=count)
    return gettext("Aucun créneau vu (%(count)s)", count=count)
