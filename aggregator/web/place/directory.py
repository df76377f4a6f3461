"""Names, addresses and telephones by département: small pages that still answer when many people come at once.

Places stand by commune, in the order of postal codes; within a commune the hour's public draw decides.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from aggregator.country.finder.names import Level
from aggregator.search.order import tie_key
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find.offers import hours_of, label_of
from aggregator.web.language.links import short_address
from aggregator.web.serving.page_cache import keep
from aggregator.web.serving.platforms import draw
from aggregator.web.serving.site import Site, here
from providers.text import fold

LARGEST = 6
directory = Blueprint("directory", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One place. On paper also its `number`, hours, platforms and the short `address` of its page."""

    place: Place
    number: int
    hours_today: str
    labels: list[str]
    address: str


@directory.get("/annuaire")
def country() -> str:
    site = here()
    return render_template("directory.html", departments=departments(site), unplaced=_unplaced(site))


@directory.get("/annuaire/<code>")
def department(code: str) -> Any:
    """The places of one département and its towns, kept for all who ask within the minute; 404 for no département."""
    site = here()
    snapshot = site.snapshot
    if snapshot is None or code not in site.gazetteer.departments:
        raise NotFound
    keep()
    name = site.gazetteer.department_name(code)
    communes, towns = _communes(site, snapshot, code), _towns(site, snapshot, code)
    return render_template("directory.html", name=name, communes=communes, towns=towns)


@directory.get("/annuaire/region/<slug>")
def region(slug: str) -> Any:
    """The départements of one region with their numbers of places; 404 for no region."""
    site = here()
    area = site.finder.names.areas.get(slug)
    if area is None or area.level is not Level.REGION or site.snapshot is None:
        raise NotFound
    count = {one["code"]: one for one in departments(site)}
    within = [
        count.get(code) or {"code": code, "name": site.gazetteer.department_name(code), "n": 0}
        for code in sorted(area.departments)
    ]
    return render_template("directory.html", name=area.name, departments=within)


def departments(site: Site) -> list[dict[str, Any]]:
    """Code, name and number of places, in the order of codes; empty while nothing is published."""
    snapshot = site.snapshot
    if snapshot is None:
        return []
    count = snapshot.kept(
        "places by département", lambda: Counter(one.department for one in snapshot.places.all if one.department)
    )
    return [{"code": code, "name": site.gazetteer.department_name(code), "n": n} for code, n in sorted(count.items())]


def _unplaced(site: Site) -> list[Line]:
    """Places of which no source says where in France they are, in the hour's public draw."""
    found = [place for place in site.snapshot.places.all if not place.department] if site.snapshot else []
    seed = site.seed(site.epoch) if found else b""
    drawn = sorted(found, key=lambda place: tie_key(seed, site.epoch, "directory=", place.id))
    return [_line(site, number, place) for number, place in enumerate(drawn, 1)]


def _towns(site: Site, snapshot: Snapshot, code: str) -> list[dict[str, Any]]:
    """Towns of a département with places, and its largest without, by name: INSEE code, name, number of places."""
    known = site.gazetteer.communes
    mine = [known[place.insee] for place in snapshot.places.all if place.department == code and place.insee in known]
    # A town has the places of its arrondissements too.
    count = Counter([one.insee for one in mine] + [one.parent for one in mine if one.parent])
    wanted = set(count) | {commune.insee for commune in site.gazetteer.largest_of(code, LARGEST)}
    communes = sorted((known[insee] for insee in wanted), key=lambda one: (fold(one.name), one.insee))
    return [{"insee": one.insee, "name": one.name, "n": count[one.insee]} for one in communes]


def _communes(site: Site, snapshot: Snapshot, code: str) -> list[tuple[str, list[Line]]]:
    # Not by name: whoever begins with A would stand first in every commune, always (docs/ranking.md §1).
    seed = site.seed(site.epoch)
    mine = sorted(
        (place for place in snapshot.places.all if place.department == code),
        key=lambda place: (place.postcode, place.city, tie_key(seed, site.epoch, f"directory={code}", place.id)),
    )
    lines = [_line(site, number, place) for number, place in enumerate(mine, 1)]
    return [
        (f"{postcode} {city}", list(group))
        for (postcode, city), group in groupby(lines, key=lambda line: (line.place.postcode, line.place.city))
    ]


def _line(site: Site, number: int, place: Place) -> Line:
    today = site.now().astimezone(place.zone).date()
    # In the hour's draw, as wherever platforms are listed (docs/ranking.md §6.3).
    drawn = sorted(place.offers, key=lambda offer: draw(site, offer.provider))
    labels = list(dict.fromkeys(label_of(site, offer) for offer in drawn))
    return Line(place, number, hours_of(place, today), labels, short_address(place))
