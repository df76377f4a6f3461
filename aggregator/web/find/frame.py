"""The frame of a list: what stands around its cards and its map.

Lists differ in their words (a town, a number, an address) more than in their shape (what there is to say). The template
is rendered once for each shape, with holes where its words stand, and filled in for each list. So it decides by the
shape alone; of a word it may only ask whether there is one, and prints it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from flask import current_app, render_template, request
from markupsafe import Markup

from aggregator.search.order import CONTRACT, Section, Sort
from aggregator.search.search import Answer
from aggregator.search.slot_filter import first_slot, outlook, slot_filter
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find import query
from aggregator.web.find.alternatives import ways_on
from aggregator.web.find.map import Map
from aggregator.web.find.query import Asked, centre, where
from aggregator.web.language import catalogues, words
from aggregator.web.language.catalogues import gettext, language, lazy_gettext
from aggregator.web.language.links import asking, path_to
from aggregator.web.serving import platforms
from aggregator.web.serving.fragments import Fragment, hole
from aggregator.web.serving.site import Site

Words = dict[str, str]
"""By name, what a template prints and does not look at; "" where there is nothing to print."""

HIDDEN_WORDS = {
    "need": lazy_gettext("qui n’ont que d’autres créneaux"),
    "seen": lazy_gettext("sans créneau vu"),
    "walk_in": lazy_gettext("qui demandent un rendez-vous"),
    "access": lazy_gettext("dont l’accès en fauteuil n’est pas indiqué"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """All that the template decides by. Numbers that only grammar asks for are 0, 1, or 2 for more.

    `words`: the names of those there are; `empty`, `unknown`: places without a slot seen, and of unknown slots;
    `hidden`: (filter, how many places it hides).
    """

    language: str
    root: str
    embedded: bool
    words: frozenset[str]
    need: str
    radius_km: int
    sort: Sort
    filters_set: int
    count: int
    empty: int
    unknown: int
    widened: bool
    stale_reference: bool
    old: datetime | None
    unread: tuple[platforms.Unread, ...]
    hidden: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading, as HTML; "" on a list by distance."""

    heading: str
    cards: tuple[Markup, ...]


@dataclass(frozen=True)
class Listing:
    """One page of a list, and what is asked of it more than once. `beyond`: the page asked for, where there is none.

    `facts`: the snapshot that its slots come from; `newer`: there is a newer one; `stale_reference`: the list asked for
    is no longer kept.
    """

    site: Site
    asked: Asked
    answer: Answer
    facts: Snapshot
    page: int
    page_count: int
    beyond: int | None
    embedded: bool
    stale_reference: bool
    newer: bool

    @cached_property
    def first(self) -> str:
        """ "demain, 9 h 20", in the time and on the day of its place; never a moment that has passed; "" for none."""
        now = self.site.now()
        fits = slot_filter(self.facts, self.answer.question, self.site.campaign)
        ahead = [
            (first, one.place.zone)
            for one in self.answer.found
            if one.first and (first := one.first if one.first > now else first_slot(self.facts, one.place, fits, now))
        ]
        if not ahead:
            return ""
        first, zone = min(ahead, key=lambda pair: pair[0])
        return words.when(first.astimezone(zone), now.astimezone(zone).date())

    @cached_property
    def unknown(self) -> int:
        """How many places have slots that nobody knows: of these it is never said that they have none."""
        fits = slot_filter(self.facts, self.answer.question, self.site.campaign)
        return sum(outlook(self.facts, one.place, fits).section is Section.UNKNOWN for one in self.answer.found)

    @property
    def old(self) -> datetime | None:
        slots = self.facts.slots
        age = (self.site.now() - slots.at).total_seconds()
        return slots.at if age > 2 * slots.interval_s + 120 else None

    def link(self, **changes: Any) -> str:
        """The address that asks for this list again, or for what `changes` of the question; `page`, `ref`: its own."""
        page, ref = changes.pop("page", None), changes.pop("ref", self.answer.reference)
        asked = replace(self.answer.question, **changes) if changes else self.answer.question
        return asking("pages.results", query.parameters(asked, self.site.campaign, ref=ref, page=page))


def page(listing: Listing, groups: Sequence[Group], drawing: Map | None) -> Markup:
    """The page, from the fragment kept for its shape."""
    said = words_of(listing, groups, drawing)
    return filled(listing.site, shape_of(listing, said), said)


def filled(site: Site, shape: Shape, said: Words) -> Markup:
    """What `rendered` gives, from the fragment kept for its shape."""
    made = site.frames.get((shape,))
    if made is None:
        made = Fragment(rendered(shape, {name: value and hole(name) for name, value in said.items()}))
        site.frames.put((shape,), made)
    return made.fill(said)


def rendered(shape: Shape, said: Words) -> str:
    """The page, from its template."""
    return render_template(
        "results.html",
        **said,
        shape=shape,
        contract=CONTRACT,
        other_languages=[{**one, "url": said[f"in_{one['code']}"]} for one in catalogues.others("")],
        hidden=[
            {"n": count, "why": HIDDEN_WORDS[name], "shown": said[f"hidden_{name}"], "url": said[f"without_{name}"]}
            for name, count in shape.hidden
        ],
    )


def shape_of(listing: Listing, said: Words) -> Shape:
    site, answer, question = listing.site, listing.answer, listing.answer.question
    silent = not said["first"]
    return Shape(
        language=language(),
        root=request.script_root,
        embedded=listing.embedded,
        words=frozenset(name for name, value in said.items() if value),
        need=question.need,
        radius_km=question.radius_km,
        sort=question.sort,
        filters_set=query.filters_set(question, site.campaign),
        count=_grammar(len(answer.found)),
        empty=_grammar(len(answer.found) - listing.unknown) if silent else 0,
        unknown=_grammar(listing.unknown) if silent else 0,
        widened=answer.widened,
        stale_reference=listing.stale_reference,
        old=listing.old,
        unread=platforms.unread(site),
        hidden=tuple((name, _grammar(count)) for name, count in sorted(answer.hidden.items())),
    )


def words_of(listing: Listing, groups: Sequence[Group], drawing: Map | None) -> Words:
    site, answer, question = listing.site, listing.answer, listing.answer.question
    count, here = len(answer.found), listing.link(page=listing.page)
    far = [one.candidate.distance_m for one in answer.found] if answer.widened else []
    return {
        "where": where(site, question),
        "centre": centre(site, question),
        "count": words.number(count),
        "nearest": words.kilometres(min(far)) if far else "",
        "farthest": words.kilometres(max(far)) if far else "",
        "first": listing.first,
        "empty": "" if listing.first else words.number(count - listing.unknown),
        "unknown": "" if listing.first else words.number(listing.unknown),
        "beyond": str(listing.beyond or ""),
        "page": str(listing.page),
        "page_before": str(listing.page - 1),
        "page_after": str(listing.page + 1),
        "page_count": str(listing.page_count) if listing.page_count > 1 else "",
        **_parts(listing, groups, drawing),
        **_hidden(site, answer),
        **_addresses(listing, here),
        **_reference(answer),
    }


def _parts(listing: Listing, groups: Sequence[Group], drawing: Map | None) -> Words:
    """What is made anew for each list, as HTML."""
    site, answer = listing.site, listing.answer
    parts: Any = current_app.jinja_env.get_template("_list.html").module
    leading = ways_on(site, answer, listing.link) if answer.widened or not listing.first else None
    return {
        "complaints": parts.complaints(listing.asked.complaints) if listing.asked.complaints else "",
        "ways_on": parts.ways_on(leading, bool(answer.found), answer.question, listing.link) if leading else "",
        "groups": parts.groups(groups),
        "plan": parts.plan(drawing, centre(site, answer.question)) if drawing and not listing.embedded else "",
    }


def _hidden(site: Site, answer: Answer) -> Words:
    """How many places a filter hides, and the address of the list without it."""
    said: Words = {}
    for name, count in answer.hidden.items():
        asked = query.without_filter(answer.question, name)
        said[f"hidden_{name}"] = words.number(count)
        said[f"without_{name}"] = asking("pages.results", query.parameters(asked, site.campaign))
    return said


def _addresses(listing: Listing, here: str) -> Words:
    question, campaign = listing.answer.question, listing.site.campaign
    parameters = query.parameters(question, campaign)
    others = catalogues.others(listing.link(page=listing.asked.page if listing.asked.page > 1 else None))
    return {
        "here_url": here,
        "sms_text": quote(request.host_url.rstrip("/") + here),
        "near_url": listing.link(sort=Sort.NEAR),
        "soon_url": listing.link(sort=Sort.SOON),
        "newest_url": listing.link(ref=None) if listing.newer else "",
        "before_url": listing.link(page=listing.page - 1) if listing.page > 1 else "",
        "after_url": listing.link(page=listing.page + 1) if listing.page < listing.page_count else "",
        "feed_url": asking("feeds.results", parameters),
        "filters_url": asking("pages.filters", parameters),
        **{f"in_{other['code']}": other["url"] for other in others},
    }


def _reference(answer: Answer) -> Words:
    hour = datetime.strptime(answer.epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - shown as UTC
    short = answer.hash[:8]
    return {
        "hour": gettext("%(day)s, %(hour)s h UTC", day=words.day_with_year(hour.date()), hour=hour.hour),
        "hash": f"{short[:4]} {short[4:]}",
        "check_url": path_to(
            "transparency.verify",
            heure=answer.epoch,
            question=answer.question.key,
            empreinte=short,
            releve=answer.snapshot.short,
        ),
    }


def _grammar(count: int) -> int:
    """All that singular and plural depend on, in the languages of this site."""
    return min(count, 2)
