"""One place's page: how to book, days of slots, hours, map, where data go, a proof to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from aggregator.country.geography import distance_m
from aggregator.search.order import CONTRACT, list_hash, query_key, tie_key
from aggregator.search.question import Question
from aggregator.search.search import UnknownOriginError, origin
from aggregator.search.slot_filter import SlotFilter, slot_filter
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.evidence import statements
from aggregator.web.find import query
from aggregator.web.find.map import map_of
from aggregator.web.find.offers import OfferBlock, call_leads, hours_of, offer_block
from aggregator.web.find.query import Asked
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext, lazy_gettext
from aggregator.web.language.links import asking
from aggregator.web.place import linked_data
from aggregator.web.serving.platforms import unread
from aggregator.web.serving.site import Site, here

places = Blueprint("places", __name__)

DAYS_SHOWN = 10


@places.get("/centre/<place_id>")
def place(place_id: str) -> Any:
    site = here()
    snapshot = site.snapshot
    if snapshot is None or place_id not in snapshot.places.index:
        return _aside(site, place_id)
    asked = query.read(request.args, site.campaign, site.now().date())
    return render_template("place.html", **_place(site, snapshot, snapshot.places.index[place_id], asked))


def _place(site: Site, snapshot: Snapshot, number: int, asked: Asked) -> dict[str, Any]:
    where: Place = snapshot.places.all[number]
    now = site.now().astimezone(where.zone)
    question = Question(
        need=asked.question.need, step=asked.question.step, audience=asked.question.audience, radius_km=0
    )
    fits = slot_filter(snapshot, question, site.campaign)
    # A list of one place, under a key of its own (docs/ranking.md §6.3): its buttons are drawn and counted like others.
    epoch, key = site.epoch, query_key({"place": where.id})
    alone = list_hash(snapshot.hash, epoch, key, [where.id])
    site.count_list(request.environ, alone, None)  # no list was shown, but the buttons may count
    drawn = sorted(where.offers, key=lambda offer: tie_key(site.seed(epoch), epoch, key, offer.id))
    # Rank 0: the button of a place's own page (docs/log.md §5).
    blocks = [
        offer_block(site, where, offer, snapshot, fits, site.tokens.write(epoch, alone, where.id, offer.id, 0))
        for offer in drawn
    ]
    return {
        "place": where,
        "blocks": blocks,
        "days": list(_days(snapshot, where, blocks, [offer.id for offer in drawn], fits, now)),
        "today": now.date(),
        "hours": [(name, hours) for name, hours in _week(where, now.date())],
        "hours_today": hours_of(where, now.date()),
        "call_leads": call_leads(where, blocks),
        "distance": _distance(snapshot, asked.question, where),
        "back": _back(site, asked, where),
        "reference": f"{CONTRACT} · {epoch} · {alone[:16]}",
        "drawing": map_of(site.outlines, site.towns, [(1, where)], None),
        "linked_data": linked_data.of_place(where, url_for("places.place", place_id=where.id, _external=True)),
        "report": _report(site, where),
        "known_since": date.fromisoformat(where.drawn),
        "changes": [statements.change(row, site) for row in site.published("changes").get(where.id, [])],
        "unread": unread(site),
    }


def _back(site: Site, asked: Asked, where: Place) -> str | None:
    """The list that the visitor comes from, at this place's card; None for who comes from elsewhere."""
    question = asked.question
    if question.insee is None and question.lat is None:
        return None
    ref = "-".join(asked.reference) if asked.reference else None
    page = asked.page if asked.page > 1 else None
    return f"{asking('pages.results', query.parameters(question, site.campaign, ref=ref, page=page))}#{where.id}"


def _report(site: Site, where: Place) -> str | None:
    """A `mailto:` link to the operator that names the place; None when the contact is no e-mail address."""
    contact = site.campaign.operator.contact
    if "@" not in contact:
        return None
    subject = gettext("Erreur sur le lieu %(id)s (%(name)s)", id=where.id, name=where.name)
    return f"mailto:{contact}?{urlencode({'subject': subject}, quote_via=quote)}"


def _distance(snapshot: Snapshot, question: Question, where: Place) -> int | None:
    if where.lat is None or where.lon is None or not (question.insee or question.lat is not None):
        return None
    try:
        lat, lon = origin(snapshot, question)
    except UnknownOriginError:
        return None
    return distance_m(lat, lon, where.lat, where.lon)


def _aside(site: Site, place_id: str) -> Any:
    """The page of a place that has left the lists: a redirect to where it went, or why (docs/ranking.md §9)."""
    found = site.published("aside").get(place_id)
    if found is None:
        raise NotFound
    if found["state"] == "merged":
        return redirect(url_for("places.place", place_id=found["into"]), 301)
    around = url_for("pages.results", insee=found["insee"]) if found.get("insee") else url_for("pages.home")
    on = date.fromisoformat(found["on"]) if found["on"] else None
    return render_template("aside.html", place=found, on=on, around=around)


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
    # Wall-clock minutes, not instants: days of 23 and 25 hours are days like others (P20).
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


# The limits of `moment` in a question (docs/ranking.md §4.1).
PARTS: tuple[tuple[str, Callable[[int], bool]], ...] = (
    (lazy_gettext("matin"), lambda minute: minute < 720),
    (lazy_gettext("après-midi"), lambda minute: 720 <= minute < 1080),
    (lazy_gettext("soir"), lambda minute: minute >= 1080),
)


def _parts(minutes: Sequence[int]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, belongs in PARTS:
        # Several slots of one minute are printed once; the count of the day holds them all.
        times = tuple(dict.fromkeys(_time(minute) for minute in sorted(minutes) if belongs(minute)))
        if times:
            yield str(name), times


def _time(minute: int) -> str:
    return words.hour_and_minute(*divmod(minute, 60))


def _week(place: Place, today: date) -> Iterator[tuple[str, str]]:
    """The seven days from today on, as the source gives them."""
    if not place.hours:
        return
    for ahead in range(7):
        day = date.fromordinal(today.toordinal() + ahead)
        text = place.hours[day.weekday()]
        yield words.weekday(day), gettext("non renseigné") if text is None else text or gettext("fermé")
