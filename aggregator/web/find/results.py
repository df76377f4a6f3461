"""The page of a list: the question answered, its places as cards, and the map of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import groupby

from flask import Response, render_template, request
from werkzeug.exceptions import NotFound

from aggregator.redirect.impressions import RANKS
from aggregator.search.order import Section, Sort
from aggregator.search.search import Found, Ranking, origin, refreshed, search
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find import query
from aggregator.web.find.cards import Cards
from aggregator.web.find.map import map_of
from aggregator.web.find.query import Asked
from aggregator.web.find.result_page import Group, ResultPage
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext
from aggregator.web.serving.page_cache import keep
from aggregator.web.serving.site import Site

PAGE_SIZE = RANKS  # the ranks whose showing is counted (docs/figures.md §1.2)


def page_of(site: Site, asked: Asked, embedded: bool = False) -> Response:
    """The page of a list, kept for all who ask the same within the minute, and counted each time it is shown.

    Raises UnknownOriginError.
    """
    newest = site.snapshot
    if newest is None:
        raise NotFound
    epoch, pinned, stale_reference = _pinned(site, asked, newest)
    # On a list by distance the facts are the newest; on a list by date they stay those of its headings.
    facts = newest if asked.question.sort is Sort.NEAR else pinned
    with site.expensive_work():
        answer = search(pinned, asked.question, epoch, site.seed(epoch), site.campaign)
        page = _result_page(site, asked, refreshed(answer, facts, site.campaign), embedded, stale_reference)
        # Inside the gate: one card that is rendered anew takes as long as the search (serving/fragments.py).
        html = render_template("results.html", list=page)
    # Lists shown are counted by their first page (docs/figures.md §1.2); buttons of any page may be pressed.
    shown = site.showing(answer, facts) if asked.page == 1 else None
    site.count_list(request.environ, answer.hash, shown)
    response = Response(html, 404 if page.beyond else 400 if asked.complaints else 200)
    # A page with a complaint repeats what this visitor asked: it is kept for nobody.
    if response.status_code == 200:
        keep(answer.hash, shown)
        response.set_etag(hashlib.blake2b(html.encode(), digest_size=12).hexdigest())
    return response


def _pinned(site: Site, asked: Asked, newest: Snapshot) -> tuple[str, Snapshot, bool]:
    """(hour, snapshot of the order, True for a reference that is no longer kept): docs/ranking.md §7.3."""
    if asked.reference is None:
        return site.epoch, newest, False
    epoch, short = asked.reference
    snapshot = site.shelf.pinned(short, site.now()) if query.pinned_hour(epoch, site.now()) else None
    return (epoch, snapshot, False) if snapshot else (site.epoch, newest, True)


def _result_page(site: Site, asked: Asked, answer: Ranking, embedded: bool, stale_reference: bool) -> ResultPage:
    page_count = max(1, -(-len(answer.found) // PAGE_SIZE))
    page = asked.page if asked.page <= page_count else 1
    before = (page - 1) * PAGE_SIZE
    ranked = list(enumerate(answer.found[before : before + PAGE_SIZE], before + 1))
    places = [(rank, one.place) for rank, one in ranked]
    drawing = None if embedded else map_of(site.outlines, site.towns, places, origin(answer.snapshot, answer.question))
    return ResultPage(
        site=site,
        asked=asked,
        answer=answer,
        page=page,
        page_count=page_count,
        groups=tuple(_groups(site, answer, ranked)),
        drawing=drawing,
        embedded=embedded,
        stale_reference=stale_reference,
    )


def _groups(site: Site, answer: Ranking, ranked: list[tuple[int, Found]]) -> Iterator[Group]:
    page = (ranked[0][0] - 1) // PAGE_SIZE + 1 if ranked else 1
    here = query.parameters(answer.question, site.campaign, ref=answer.reference, page=page if page > 1 else None)
    cards = Cards(site, answer, here)
    for heading, members in groupby(ranked, key=lambda pair: _heading(site, answer, pair[1])):
        yield Group(heading, tuple(cards.html(one, rank, heading != "") for rank, one in members))


def _heading(site: Site, answer: Ranking, found: Found) -> str:
    if answer.question.sort is Sort.NEAR:
        return ""
    section = found.candidate.section
    if section is Section.SEEN:
        return words.half_day_heading(found.candidate.half_day, site.now().astimezone(found.place.zone).date())
    count = sum(one.candidate.section is section for one in answer.found)
    if section is Section.UNKNOWN:
        return gettext("Créneaux inconnus (%(count)s)", count=count)
    return gettext("Aucun créneau vu (%(count)s)", count=count)
