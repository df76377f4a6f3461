"""The page of a list: ranked places as cards, the map, and the links that ask it otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from aggregator.order import CONTRACT, Section, Sort
from aggregator.question import Question
from aggregator.search import Answer, Found, first_slot, origin, outlook, refreshed, search, slot_filter
from aggregator.snapshot import Snapshot
from aggregator.web import languages, questions, tracks, words
from aggregator.web.cards import Cards
from aggregator.web.kept import keep
from aggregator.web.languages import gettext, language, lazy_gettext
from aggregator.web.links import asking, path_to
from aggregator.web.maps import map_of
from aggregator.web.questions import Asked
from aggregator.web.rendered import RenderedList
from aggregator.web.site import Site
from aggregator.web.ways_on import ways_on

PAGE_SIZE = 20
HIDDEN_WORDS = {
    "need": lazy_gettext("qui n’ont que d’autres créneaux"),
    "seen": lazy_gettext("sans créneau vu"),
    "walk_in": lazy_gettext("qui demandent un rendez-vous"),
    "access": lazy_gettext("dont l’accès en fauteuil n’est pas indiqué"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading, as HTML; "" on a list by distance."""

    heading: str
    cards: tuple[Markup, ...]


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
    """All that a page of a list depends on (design §6), to the minute: slots that have passed leave it."""
    warnings = tuple((row["slug"], row["failing_since"]) for row in site.health.get("providers", []))
    minute = site.now().strftime("%Y-%m-%dT%H:%M")
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
    beyond = asked.page > count
    page = 1 if beyond else asked.page
    shown = answer.found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    ranked = [(rank, one.place) for rank, one in enumerate(shown, (page - 1) * PAGE_SIZE + 1)]
    results = _results(site, asked, answer, facts)
    cards = Cards(site, answer, facts, results["place_query"])
    html = render_template(
        "results.html",
        **results,
        drawing=map_of(site.outlines, site.towns, ranked, origin(answer.snapshot, answer.question)),
        groups=list(_groups(site, answer, shown, (page - 1) * PAGE_SIZE + 1, cards)),
        page=page,
        page_count=count,
        beyond=asked.page if beyond else None,
        stale_reference=stale_reference,
        newer=newer,
        embedded=embedded,
    )
    return html, 404 if beyond else 400 if asked.complaints else 200


def _pinned(site: Site, asked: Asked, newest: Snapshot) -> tuple[str, Snapshot, bool]:
    """(hour, snapshot of the order, True when a reference was asked for that is no longer kept)."""
    if asked.reference is None:
        return site.epoch, newest, False
    epoch, short = asked.reference
    snapshot = site.shelf.pinned(short, site.now()) if questions.pinned_hour(epoch, site.now()) else None
    return (epoch, snapshot, False) if snapshot else (site.epoch, newest, True)


def _results(site: Site, asked: Asked, answer: Answer, facts: Snapshot) -> dict[str, Any]:
    question = answer.question

    def link(**changes: Any) -> str:
        page, ref = changes.pop("page", None), changes.pop("ref", answer.reference)
        asked_again = replace(question, **changes)
        return asking("pages.results", questions.parameters(asked_again, site.campaign, ref=ref, page=page))

    first = _first_slot_of_list(site, answer, facts)
    return {
        "asked": asked,
        "answer": answer,
        "question": question,
        "where": where(site, question),
        "centre": centre(site, question),
        "other_languages": list(languages.others(link(page=asked.page if asked.page > 1 else None))),
        "farthest": max((one.candidate.distance_m for one in answer.found), default=0),
        "nearest": min((one.candidate.distance_m for one in answer.found), default=0),
        "first": first,
        "unknown": _unknown(site, answer, facts),
        "ways_on": None if first and not answer.widened else ways_on(site, answer, link),
        "link": link,
        "absolute": lambda path: request.host_url.rstrip("/") + path,
        "feed_url": asking("feeds.results", questions.parameters(question, site.campaign)),
        "place_query": questions.parameters(question, site.campaign, ref=answer.reference),
        "filters_url": asking("pages.filters", questions.parameters(question, site.campaign)),
        "filters_set": questions.filters_set(question, site.campaign),
        "hidden": [
            {
                "count": count,
                "words": HIDDEN_WORDS[name],
                "url": asking(
                    "pages.results", questions.parameters(questions.without_filter(question, name), site.campaign)
                ),
            }
            for name, count in sorted(answer.hidden.items())
        ],
        "complaints": asked.complaints,
        "unread": tracks.unread(site),
        "old": _old(site, facts),
        "contract": CONTRACT,
        "reference": _reference(answer),
    }


def _first_slot_of_list(site: Site, answer: Answer, facts: Snapshot) -> str | None:
    """ "demain, 9 h 20", in the time and on the day of its place; never a moment that has passed."""
    now = site.now()
    fits = slot_filter(facts, answer.question, site.campaign)
    ahead = [
        (first, one.place.zone)
        for one in answer.found
        if one.first and (first := one.first if one.first > now else first_slot(facts, one.place, fits, now))
    ]
    if not ahead:
        return None
    first, zone = min(ahead, key=lambda pair: pair[0])
    return words.when(first.astimezone(zone), now.astimezone(zone).date())


def _unknown(site: Site, answer: Answer, facts: Snapshot) -> int:
    """How many places of the list have slots that nobody knows: of these it is never said that they have none."""
    fits = slot_filter(facts, answer.question, site.campaign)
    return sum(outlook(facts, one.place, fits).section is Section.UNKNOWN for one in answer.found)


def _old(site: Site, facts: Snapshot) -> datetime | None:
    age = (site.now() - facts.slots.at).total_seconds()
    return facts.slots.at if age > 2 * facts.slots.interval_s + 120 else None


def _groups(site: Site, answer: Answer, shown: Sequence[Found], first_rank: int, cards: Cards) -> Iterator[Group]:
    ranked = enumerate(shown, first_rank)
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


def _reference(answer: Answer) -> dict[str, str]:
    hour = datetime.strptime(answer.epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - shown as UTC
    short = answer.hash[:8]
    return {
        "hour": gettext("%(day)s, %(hour)s h UTC", day=words.day_with_year(hour.date()), hour=hour.hour),
        "hash": f"{short[:4]} {short[4:]}",
        "ref": answer.reference,
        "key": answer.question.key,
        "whole": answer.hash,
        "check": path_to(
            "transparency.verify",
            heure=answer.epoch,
            question=answer.question.key,
            empreinte=short,
            releve=answer.snapshot.short,
        ),
    }


def where(site: Site, question: Question) -> str:
    commune = site.gazetteer.get(question.insee or "")
    return f"{commune.name} ({commune.department})" if commune else gettext("votre position")


def centre(site: Site, question: Question) -> str:
    """What distances are measured from, in words."""
    if question.insee:
        return gettext("le centre de %(town)s", town=where(site, question))
    return gettext("votre position arrondie")
