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

from aggregator.search.order import tie_key
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.find.offers import hours_of, label_of
from aggregator.web.language.links import short_address
from aggregator.web.serving.page_cache import keep
from aggregator.web.serving.platforms import draw
from aggregator.web.serving.site import Site, here

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
    return render_template("directory.html", departments=departments(here()))


@directory.get("/annuaire/<code>")
def department(code: str) -> Any:
    """The places of one département, kept for all who ask within the minute; 404 for a code without places."""
    site = here()
    snapshot = site.snapshot
    if snapshot is None or code not in {place.department for place in snapshot.places.all}:
        raise NotFound
    keep()
    name = site.gazetteer.department_name(code)
    return render_template("directory.html", name=name, communes=_communes(site, snapshot, code))


def departments(site: Site) -> list[dict[str, Any]]:
    """Code, name and number of places, in the order of codes; empty while nothing is published."""
    snapshot = site.snapshot
    if snapshot is None:
        return []
    count = snapshot.kept(
        "places by département", lambda: Counter(one.department for one in snapshot.places.all if one.department)
    )
    return [{"code": code, "name": site.gazetteer.department_name(code), "n": n} for code, n in sorted(count.items())]


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
