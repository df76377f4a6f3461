"""What leads on from a list: what is asked most, filters that hide places, and what there is where no slot is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aggregator.config.campaign import ANY
from aggregator.search.order import Sort
from aggregator.search.question import RADII_KM, Question
from aggregator.search.search import Ranking, counts, nearest, search
from aggregator.web.find import query
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext, language, lazy_gettext
from aggregator.web.language.links import asking
from aggregator.web.serving.site import Site
from providers.phone import phone_number

Link = Callable[..., str]


HIDDEN_WORDS = {
    "need": lazy_gettext("qui n’ont que d’autres créneaux"),
    "step": lazy_gettext("qui n’ont que d’autres créneaux"),
    "audience": lazy_gettext("qui n’ont que d’autres créneaux"),
    "dates": lazy_gettext("qui n’ont de créneau vu qu’à d’autres dates"),
    "moment": lazy_gettext("qui n’ont de créneau vu qu’à d’autres moments"),
    "radius": lazy_gettext("à plus de %(radius)s km"),
    "seen": lazy_gettext("sans créneau vu pour cette demande"),
    "walk_in": lazy_gettext("dont l’accueil sans rendez-vous n’est pas indiqué"),
    "access": lazy_gettext("dont l’accès en fauteuil n’est pas indiqué"),
}
UNASKED = Question()
LABELS = {
    "dates": lazy_gettext("Dates"),
    "moment": lazy_gettext("Moment"),
    "radius": lazy_gettext("Rayon"),
    "audience": lazy_gettext("Pour qui"),
    "seen": lazy_gettext("Avec un créneau vu"),
    "walk_in": lazy_gettext("Sans rendez-vous"),
    "access": lazy_gettext("Accès fauteuil"),
}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What many people ask next. `count`: the places of that list; `on`: it is this list's own, and `url` undoes it."""

    label: str
    count: int
    url: str
    on: bool


def shortcuts(site: Site, answer: Ranking, link: Link) -> tuple[Shortcut, ...]:
    """Those that lead to a place. Nothing for a list that is widened, whose places are all far away."""
    return () if answer.widened else tuple(_shortcuts(site, answer, link))


def _shortcuts(site: Site, answer: Ranking, link: Link) -> Iterator[Shortcut]:
    rows = list(_most_asked(site))
    asked = [replace(answer.question, **changes) for _, changes in rows]
    numbers = counts(answer.snapshot, asked, site.campaign)
    for (label, changes), question, number in zip(rows, asked, numbers, strict=True):
        on = question == answer.question
        if number or on:
            undone = {name: getattr(UNASKED, name) for name in changes}
            yield Shortcut(label, number, link(**(undone if on else changes), ref=None), on)


def _most_asked(site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    """Label and what it changes of a question, of the filters that the campaign has."""
    facts, today = site.campaign.facts, site.now().astimezone(words.PARIS).date()
    if "dates" in facts.filters:
        tomorrow, last = today + timedelta(days=1), today + timedelta(days=6)
        yield gettext("aujourd’hui"), {"first_day": None, "last_day": today, "seen": True}
        yield gettext("demain"), {"first_day": tomorrow, "last_day": tomorrow, "seen": True}
        yield gettext("sous 7 jours"), {"first_day": None, "last_day": last, "seen": True}
    if "walk_in" in facts.filters and facts.walk_in:
        yield gettext("sans rendez-vous"), {"walk_in": True}


@dataclass(frozen=True, slots=True)
class Hidden:
    """One filter. `count`: how many places more the list has without it; `url`: that list."""

    label: str
    count: int
    why: str
    url: str


@dataclass(frozen=True, slots=True)
class Hiding:
    """What the filters of a list hide. `total`: places that they were applied to.

    `lifted`: how many places the list without any filter has, at `url`. `nearest`: of an empty list, the nearest place
    that no filter hides, {"name", "distance", "url", "radius_km", "wider"}.
    """

    total: int
    filters: tuple[Hidden, ...]
    lifted: int
    url: str
    nearest: dict[str, Any] | None


def hiding(site: Site, answer: Ranking, link: Link) -> Hiding | None:
    """None when no filter hides a place of this list."""
    if not answer.hidden:
        return None
    campaign, question = site.campaign, answer.question
    lifted = query.lifted(question)
    if answer.found:
        lifted.pop("radius", None)
    bare = query.without_filters(question, campaign)
    asked = [replace(question, **changes) for changes in (*lifted.values(), bare)]
    *numbers, without_any = counts(answer.snapshot, asked, campaign)
    filters = []
    for (name, changes), number in zip(lifted.items(), numbers, strict=True):
        label = LABELS.get(name) or campaign.said(getattr(campaign.terms, name), language())
        why = str(HIDDEN_WORDS[name]) % {"radius": question.radius_km}
        filters.append(Hidden(str(label), number - len(answer.found), why, link(**changes, ref=None)))
    return Hiding(
        total=answer.considered,
        filters=tuple(filters),
        lifted=without_any,
        url=link(**bare, ref=None),
        nearest=None if answer.found else _nearest(site, answer, link),
    )


def _nearest(site: Site, answer: Ranking, link: Link) -> dict[str, Any] | None:
    found = nearest(answer.snapshot, answer.question, site.campaign)
    if found is None:
        return None
    place, metres = found
    radius_km = next((one for one in RADII_KM if one * 1000 >= metres), None)
    return {
        "name": place.name,
        "distance": words.kilometres(metres),
        "url": asking("places.place", query.parameters(answer.question, site.campaign), place_id=place.id),
        "radius_km": radius_km,
        "wider": link(radius_km=radius_km, ref=None) if radius_km else None,
    }


@dataclass(frozen=True, slots=True)
class WaysOn:
    """What a list without a slot suggests instead.

    `farther`: the next radius with a slot seen, {"when", "radius_km", "url"}; `needs`: other needs with places;
    `phones`, `walk_ins`: how many places of the list can be called, or take people without appointment.
    """

    farther: dict[str, Any] | None
    phones: int
    walk_ins: int
    needs: tuple[dict[str, Any], ...]


def ways_on(site: Site, answer: Ranking, link: Link) -> WaysOn:
    places = [one.place for one in answer.found]
    return WaysOn(
        farther=_farther(site, answer, link),
        phones=sum(phone_number(place.phone) is not None for place in places),
        walk_ins=sum(place.walk_in for place in places),
        needs=tuple(_other_needs(site, answer, link)) if not places else (),
    )


def _farther(site: Site, answer: Ranking, link: Link) -> dict[str, Any] | None:
    now = site.now()
    for radius_km in (radius for radius in RADII_KM if radius > answer.question.radius_km):
        wider = replace(answer.question, radius_km=radius_km, sort=Sort.SOON, seen=True)
        found = search(answer.snapshot, wider, answer.epoch, site.seed(answer.epoch), site.campaign)
        # A widened list has nothing within its radius: its slots would be promised nearer than they are.
        ahead = [one for one in found.found if one.first and one.first > now] if not found.widened else []
        if ahead:
            zone = ahead[0].place.zone
            return {
                "when": words.when(ahead[0].first.astimezone(zone), now.astimezone(zone).date()),  # type: ignore[union-attr]
                "radius_km": radius_km,
                "url": link(radius_km=radius_km, sort=Sort.SOON, ref=None),
            }
    return None


def _other_needs(site: Site, answer: Ranking, link: Link) -> Iterator[dict[str, Any]]:
    needs = [one for one in site.campaign.needs if one.slug not in (answer.question.need, ANY)]
    asked = [replace(answer.question, need=one.slug) for one in needs]
    for need, number in zip(needs, counts(answer.snapshot, asked, site.campaign), strict=True):
        if number:
            yield {"label": need.label, "count": number, "url": link(need=need.slug, ref=None)}
