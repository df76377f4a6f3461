"""Atom feeds in place of accounts: the first slots of a search or of a place. Nothing says who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import BadRequest, NotFound

from aggregator.search.question import Question
from aggregator.search.search import UnknownOriginError, search
from aggregator.search.slot_filter import slot_filter
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find import query
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.places import address_of
from aggregator.web.serving.site import Site, here

feeds = Blueprint("feeds", __name__)

MAX_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class First:
    """The first slot of a place that fits. `known`: of the snapshot, it may have passed; `ahead`: from now on."""

    place: Place
    known: datetime | None
    ahead: datetime | None


@feeds.get("/recherche.atom")
def results() -> Response:
    """The places of a list that have a slot seen, soonest first: an entry is new when its first half-day changes."""
    site = here()
    snapshot = _snapshot(site)
    asked = query.read(request.args, site.campaign, site.now().date())
    question = asked.question
    if question.insee is None and question.lat is None:
        raise BadRequest
    try:
        with site.expensive_work():
            answer = search(snapshot, question, site.epoch, site.seed(site.epoch), site.campaign)
    except UnknownOriginError as error:
        raise NotFound from error
    firsts = [First(one.place, one.first, answer.fits.first_slot(one.place, site.now())) for one in answer.found]
    commune = site.gazetteer.get(question.insee or "")
    town = f"{commune.name} ({commune.department})" if commune else ""
    title = gettext("Créneaux vus autour de %(where)s", where=town) if town else gettext("Créneaux vus près de vous")
    target = url_for("pages.results", _external=True, **query.parameters(question, site.campaign))
    return _feed(site, title, target, question.key, firsts)


@feeds.get("/centre/<place_id>.atom")
def place(place_id: str) -> Response:
    site = here()
    snapshot = _snapshot(site)
    if place_id not in snapshot.places.index:
        raise NotFound
    where = snapshot.places.all[snapshot.places.index[place_id]]
    fits = slot_filter(snapshot, Question(), site.campaign)
    first = First(where, fits.first_slot(where), fits.first_slot(where, site.now()))
    target = url_for("places.place", place_id=place_id, _external=True)
    return _feed(site, gettext("Créneaux vus, %(name)s", name=where.name), target, place_id, [first])


def _snapshot(site: Site) -> Snapshot:
    if site.snapshot is None:
        raise NotFound
    return site.snapshot


def _feed(site: Site, title: str, target: str, key: str, firsts: Sequence[First]) -> Response:
    """The feed; 304 for a reader that has it already, by its tag or by its date (serving/page_cache.py)."""
    # By instant, not by the order of the list: readers of feeds sort again anyway (docs/ranking.md §2.3).
    seen = sorted(((one.ahead, one.place) for one in firsts if one.ahead), key=lambda pair: pair[0])[:MAX_ENTRIES]
    entries = [_entry(site, place, first) for first, place in seen]
    updated = site.snapshot.slots.at if site.snapshot else site.now()
    body = render_template(
        "feed.xml", title=title, target=target, self_url=request.url, key=key, entries=entries, updated=updated
    )
    response = Response(body, mimetype="application/atom+xml")
    response.add_etag()
    response.last_modified = _changed(site, firsts, updated)
    return response


def _changed(site: Site, firsts: Sequence[First], updated: datetime) -> datetime:
    """The last moment (UTC) at which this feed may have become another one.

    Its hour draws ties anew, and a first slot that has passed gives way to the next without any new reading.
    """
    minute = site.now().replace(second=0, microsecond=0)
    if any(one.known and one.known <= minute for one in firsts):
        return minute
    return max(updated, minute.replace(minute=0), site.started)


def _entry(site: Site, place: Place, first: datetime) -> dict[str, Any]:
    local = first.astimezone(place.zone)
    return {
        # The half-day, not the minute: a reader is not told again each time that one slot is taken.
        "id": f"{place.id}:{local:%Y-%m-%d}T{int(local.hour >= 12)}",
        "title": f"{words.day_short(local.date())}, {words.clock(local)} · {place.name}",
        "url": url_for("places.place", place_id=place.id, _external=True),
        "summary": address_of(place),
    }
