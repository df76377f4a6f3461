"""The citizen's pages: home, results, filters, one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from aggregator.gazetteer import Commune
from aggregator.geography import distance_m
from aggregator.order import CONTRACT, Section, Sort, list_hash, query_key, tie_key
from aggregator.search import (
    RADII_KM,
    Answer,
    Found,
    Moment,
    Question,
    SlotFilter,
    UnknownOriginError,
    first_slot,
    origin,
    refreshed,
    search,
)
from aggregator.snapshot import Place, Snapshot
from aggregator.web import questions, words
from aggregator.web.cards import Card, OfferBlock, card, hours_of, offer_block
from aggregator.web.questions import Asked
from aggregator.web.site import Site, here

pages = Blueprint("pages", __name__)

PAGE_SIZE = 20
DAYS_SHOWN = 10
MOMENTS = {
    Moment.MORNING: "matin",
    Moment.AFTERNOON: "après-midi",
    Moment.EVENING: "soir",
    Moment.WEEK_END: "week-end",
}
HIDDEN_WORDS = {
    "need": "qui n’ont que d’autres créneaux",
    "seen": "sans créneau vu",
    "walk_in": "qui demandent un rendez-vous",
    "access": "dont l’accès en fauteuil n’est pas indiqué",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading; "" on a list by distance."""

    heading: str
    cards: tuple[Card, ...]


@pages.get("/")
def home() -> str:
    site = here()
    return render_template("home.html", **_home(site))


@pages.get("/recherche")
def results() -> Any:
    site = here()
    asked = questions.read(request.args, site.campaign, site.now().date())
    if site.snapshot is None:
        return render_template("home.html", **_home(site), text=asked.text), 503
    question = asked.question
    if question.insee is None and question.lat is None:
        if not asked.text:
            return render_template("home.html", **_home(site), error="empty"), 400
        communes = site.gazetteer.find(asked.text)
        point = site.addresses.locate(asked.text) if site.addresses and not communes else None
        if point is not None:
            question = replace(question, lat=point.lat, lon=point.lon)
        elif len(communes) == 1:
            question = replace(question, insee=communes[0].insee)
        else:
            return _ask_which(site, asked, communes)
    return _list(site, replace(asked, question=question))


@pages.get("/filtres")
def filters() -> Any:
    site = here()
    asked = questions.read(request.args, site.campaign, site.now().date())
    if asked.question.insee is None and asked.question.lat is None:
        return redirect(url_for("pages.home"), 303)
    return render_template(
        "filters.html",
        question=asked.question,
        where=_where(site, asked.question),
        radii=RADII_KM,
        moments=MOMENTS,
        parameters=questions.parameters(asked.question, site.campaign),
    )


@pages.get("/centre/<place_id>")
def place(place_id: str) -> Any:
    site = here()
    snapshot = site.snapshot
    if snapshot is None or place_id not in snapshot.places.index:
        raise NotFound
    asked = questions.read(request.args, site.campaign, site.now().date())
    return render_template("place.html", **_place(site, snapshot, snapshot.places.index[place_id], asked))


def address(endpoint: str, values: dict[str, Any]) -> str:
    return url_for(endpoint, **values)


def _list(site: Site, asked: Asked) -> Any:
    newest = site.snapshot
    if newest is None:
        raise NotFound
    epoch, pinned, stale_reference = _pinned(site, asked, newest)
    try:
        answer = search(pinned, asked.question, epoch, site.seed(epoch), site.campaign)
    except UnknownOriginError:
        return render_template("home.html", **_home(site), error="unknown", text=asked.text, near=[]), 404
    # On a list by distance the facts are the newest; on a list by date they stay those of its headings.
    facts = newest if asked.question.sort is Sort.NEAR else pinned
    if asked.page == 1:
        site.count_list(answer, facts)
    answer = refreshed(answer, facts, site.campaign)
    count = max(1, -(-len(answer.found) // PAGE_SIZE))
    beyond = asked.page > count
    page = 1 if beyond else asked.page
    shown = answer.found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    status = 404 if beyond else 400 if asked.complaints else 200
    html = render_template(
        "results.html",
        **_results(site, asked, answer, facts),
        groups=list(_groups(site, answer, shown, facts, (page - 1) * PAGE_SIZE + 1)),
        page=page,
        page_count=count,
        beyond=asked.page if beyond else None,
        stale_reference=stale_reference,
        newer=facts is not newest,
    )
    return Response(html, status)


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
        page = changes.pop("page", None)
        asked_again = replace(question, **changes)
        return address(
            "pages.results", questions.parameters(asked_again, site.campaign, ref=answer.reference, page=page)
        )

    return {
        "asked": asked,
        "answer": answer,
        "question": question,
        "where": _where(site, question),
        "farthest": max((one.candidate.distance_m for one in answer.found), default=0),
        "nearest": min((one.candidate.distance_m for one in answer.found), default=0),
        "first": _first_slot_of_list(site, answer, facts),
        "link": link,
        "place_query": urlencode(questions.parameters(question, site.campaign, ref=answer.reference)),
        "filters_url": address("pages.filters", questions.parameters(question, site.campaign)),
        "filters_set": questions.filters_set(question, site.campaign),
        "hidden": [
            {
                "count": count,
                "words": HIDDEN_WORDS[name],
                "url": address(
                    "pages.results", questions.parameters(questions.without_filter(question, name), site.campaign)
                ),
            }
            for name, count in sorted(answer.hidden.items())
        ],
        "complaints": asked.complaints,
        "unread": unread(site),
        "old": _old(site, facts),
        "contract": CONTRACT,
        "reference": _reference(answer),
    }


def _first_slot_of_list(site: Site, answer: Answer, facts: Snapshot) -> str | None:
    """ "demain, 9 h 20", in the time and on the day of its place; never a moment that has passed."""
    now = site.now()
    fits = SlotFilter(facts.slots, answer.question, site.campaign)
    ahead = [
        (first, one.place.zone)
        for one in answer.found
        if one.first and (first := one.first if one.first > now else first_slot(facts, one.place, fits, now))
    ]
    if not ahead:
        return None
    first, zone = min(ahead, key=lambda pair: pair[0])
    return words.when(first.astimezone(zone), now.astimezone(zone).date())


def unread(site: Site) -> list[dict[str, Any]]:
    """Providers that the portal does not read now, in the order of the hour's public draw."""
    failing = [row for row in site.health.get("providers", []) if row["failing_since"]]
    drawn = sorted(failing, key=lambda row: draw(site, row["slug"]))
    return [{**row, "since": datetime.fromisoformat(row["failing_since"])} for row in drawn]


def draw(site: Site, slug: str) -> str:
    """The place of a platform in the hour's public draw, for the few lists of platforms themselves."""
    return tie_key(site.seed(site.epoch), site.epoch, "platforms", slug)


def _old(site: Site, facts: Snapshot) -> datetime | None:
    age = (site.now() - facts.slots.at).total_seconds()
    return facts.slots.at if age > 2 * facts.slots.interval_s + 120 else None


def _groups(site: Site, answer: Answer, shown: Sequence[Found], facts: Snapshot, first_rank: int) -> Iterator[Group]:
    fits = SlotFilter(facts.slots, answer.question, site.campaign)
    whole, key = answer.hash, answer.question.key
    cards = [
        (one, card(site, one, rank, facts, fits, answer.epoch, key, whole))
        for rank, one in enumerate(shown, first_rank)
    ]
    for heading, members in groupby(cards, key=lambda pair: _heading(site, answer, pair[0])):
        yield Group(heading, tuple(one for _, one in members))


def _heading(site: Site, answer: Answer, found: Found) -> str:
    if answer.question.sort is Sort.NEAR:
        return ""
    section = found.candidate.section
    if section is Section.SEEN:
        return words.half_day_heading(found.candidate.half_day, site.now().astimezone(found.place.zone).date())
    count = sum(one.candidate.section is section for one in answer.found)
    return f"Créneaux inconnus ({count})" if section is Section.UNKNOWN else f"Aucun créneau vu ({count})"


def _reference(answer: Answer) -> dict[str, str]:
    hour = datetime.strptime(answer.epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - shown as UTC
    short = answer.hash[:8]
    return {
        "hour": f"{words.day_with_year(hour.date())}, {hour.hour}{words.NBSP}h UTC",
        "hash": f"{short[:4]} {short[4:]}",
        "ref": answer.reference,
        "key": answer.question.key,
        "whole": answer.hash,
        "check": url_for(
            "transparency.verify",
            heure=answer.epoch,
            question=answer.question.key,
            empreinte=short,
            releve=answer.snapshot.short,
        ),
    }


def _ask_which(site: Site, asked: Asked, communes: Sequence[Commune]) -> Any:
    """Homonyms and shared postal codes are asked about; a name that nobody bears gets its neighbours."""
    if not communes:
        near = site.gazetteer.suggest(asked.text) or site.gazetteer.near_misses(asked.text)
        choices = [_choice(site, asked, commune) for commune in near]
        return render_template("home.html", **_home(site), error="unknown", text=asked.text, near=choices), 404
    departments = sorted({commune.department for commune in communes})
    return render_template(
        "choose.html",
        text=asked.text,
        choices=[_choice(site, asked, commune) for commune in communes],
        departments=[site.gazetteer.department_name(code) for code in departments],
        is_postcode=asked.text.replace(" ", "").isdigit(),
    )


def _choice(site: Site, asked: Asked, commune: Commune) -> dict[str, str]:
    question = replace(asked.question, insee=commune.insee)
    return {
        "name": commune.name,
        "department": commune.department,
        "department_name": site.gazetteer.department_name(commune.department),
        "url": address("pages.results", questions.parameters(question, site.campaign)),
    }


def _home(site: Site) -> dict[str, Any]:
    campaign, today = site.campaign, site.now().date()
    providers = [
        {"label": site.label(slug), "read": not any(row["slug"] == slug for row in unread(site))}
        for slug in sorted(campaign.providers.read, key=lambda slug: draw(site, slug))
    ]
    return {
        "campaign": campaign,
        "phase": campaign.phase(today),
        "platforms": providers,
        "fan": list(fan(len(providers))),
        "places": len(site.snapshot.places.all) if site.snapshot else 0,
        "waiting": site.snapshot is None,
    }


def fan(branches: int) -> Iterator[dict[str, Any]]:
    """The curves of the points: one line arrives, equal lines leave (screens §4)."""
    height = 44
    middle = height * branches / 2
    for number in range(branches):
        y = height * number + height / 2
        yield {"path": f"M60 {middle:g} C105 {middle:g} 105 {y:g} 150 {y:g}", "y": y, "middle": middle}


def _where(site: Site, question: Question) -> str:
    commune = site.gazetteer.get(question.insee or "")
    return f"{commune.name} ({commune.department})" if commune else "votre position"


def _place(site: Site, snapshot: Snapshot, number: int, asked: Asked) -> dict[str, Any]:
    where: Place = snapshot.places.all[number]
    now = site.now().astimezone(where.zone)
    question = Question(
        need=asked.question.need, step=asked.question.step, audience=asked.question.audience, radius_km=0
    )
    fits = SlotFilter(snapshot.slots, question, site.campaign)
    epoch, key = site.epoch, query_key({"place": where.id})
    alone = list_hash(snapshot.hash, epoch, key, [where.id])
    drawn = sorted(where.offers, key=lambda offer: tie_key(site.seed(epoch), epoch, key, offer.id))
    blocks = [
        offer_block(site, where, offer, snapshot, fits, site.tokens.write(epoch, alone, where.id, offer.id, 0))
        for offer in drawn
    ]
    back = questions.parameters(asked.question, site.campaign) if asked.question.insee or asked.question.lat else None
    ref = {"ref": "-".join(asked.reference)} if asked.reference else {}
    return {
        "place": where,
        "blocks": blocks,
        "days": list(_days(snapshot, where, blocks, [offer.id for offer in drawn], fits, now)),
        "today": now.date(),
        "hours": [(name, hours) for name, hours in _week(where, now.date())],
        "hours_today": hours_of(where, now.date()),
        "distance": _distance(snapshot, asked.question, where),
        "back": address("pages.results", {**back, **ref}) if back else None,
        "reference": f"{CONTRACT} · {epoch} · {alone[:8]}",
        "unread": unread(site),
    }


def _distance(snapshot: Snapshot, question: Question, where: Place) -> int | None:
    if where.lat is None or where.lon is None or not (question.insee or question.lat is not None):
        return None
    try:
        lat, lon = origin(snapshot, question)
    except UnknownOriginError:
        return None
    return distance_m(lat, lon, where.lat, where.lon)


@dataclass(frozen=True, slots=True)
class DayOfSlots:
    """One day of a place: its times by platform, and by part of the day."""

    day: date
    count: int
    first: str
    last: str
    columns: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]


def _days(
    snapshot: Snapshot,
    place: Place,
    blocks: Sequence[OfferBlock],
    offers: Sequence[str],
    fits: SlotFilter,
    now: datetime,
) -> Iterator[DayOfSlots]:
    by_day: dict[int, dict[str, list[int]]] = {}
    wall_now = (now.date() - date(1970, 1, 1)).days * 1440 + now.hour * 60 + now.minute
    for block, offer_id in zip(blocks, offers, strict=True):
        state = snapshot.slots.offers.get(offer_id)
        if state is None or state.state != "seen":
            continue
        for minute in fits.local_minutes(state).tolist():
            if minute > wall_now:
                by_day.setdefault(minute // 1440, {}).setdefault(block.label, []).append(minute % 1440)
    for day in sorted(by_day)[:DAYS_SHOWN]:
        everything = sorted(minute for times in by_day[day].values() for minute in times)
        yield DayOfSlots(
            day=date.fromordinal(date(1970, 1, 1).toordinal() + day),
            count=len(everything),
            first=_time(everything[0]),
            last=_time(everything[-1]),
            columns=tuple((label, tuple(_parts(times))) for label, times in by_day[day].items()),
        )


PARTS: tuple[tuple[str, Callable[[int], bool]], ...] = (
    ("matin", lambda minute: minute < 720),
    ("après-midi", lambda minute: 720 <= minute < 1080),
    ("soir", lambda minute: minute >= 1080),
)


def _parts(minutes: Sequence[int]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, belongs in PARTS:
        times = tuple(dict.fromkeys(_time(minute) for minute in sorted(minutes) if belongs(minute)))
        if times:
            yield name, times


def _time(minute: int) -> str:
    return f"{minute // 60}{words.NBSP}h{words.NBSP}{minute % 60:02d}"


def _week(place: Place, today: date) -> Iterator[tuple[str, str]]:
    """The seven days from today on, as the source gives them."""
    if not place.hours:
        return
    for ahead in range(7):
        day = date.fromordinal(today.toordinal() + ahead)
        text = place.hours[day.weekday()]
        yield words.weekday(day), "non renseigné" if text is None else text or "fermé"
