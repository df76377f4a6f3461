"""Names, addresses and telephones by département: small pages that still answer when many people come at once.

Places stand by commune, in the order of postal codes; within a commune the hour's public draw decides.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from aggregator.search.order import tie_key
from aggregator.snapshot.places import Place, Places
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.language.catalogues import language
from aggregator.web.serving.site import Site, here

directory = Blueprint("directory", __name__)


@directory.get("/annuaire")
def country() -> str:
    return render_template("directory.html", departments=departments(here()))


@directory.get("/annuaire/<code>")
def department(code: str) -> Any:
    """Rendered once for everyone while the hour and the snapshot last."""
    site = here()
    snapshot = site.snapshot
    if snapshot is None or code not in {place.department for place in snapshot.places.all}:
        raise NotFound
    key = (site.epoch, snapshot.places.sha256, code, language())
    html = site.directories.get(key)
    if html is None:
        html = render_template(
            "directory.html", name=site.gazetteer.department_name(code), communes=_communes(site, snapshot, code)
        )
        site.directories.put(key, html)
    return html


def departments(site: Site) -> list[dict[str, Any]]:
    """Code, name and number of places, in the order of codes; empty while nothing is published."""
    if site.snapshot is None:
        return []
    count = _count(site.snapshot.places)
    return [{"code": code, "name": site.gazetteer.department_name(code), "n": n} for code, n in sorted(count.items())]


@lru_cache(maxsize=2)
def _count(places: Places) -> Counter[str]:
    return Counter(place.department for place in places.all if place.department)


def _communes(site: Site, snapshot: Snapshot, code: str) -> list[tuple[str, list[Place]]]:
    seed = site.seed(site.epoch)
    mine = sorted(
        (place for place in snapshot.places.all if place.department == code),
        key=lambda place: (place.postcode, place.city, tie_key(seed, site.epoch, f"directory={code}", place.id)),
    )
    return [
        (f"{postcode} {city}", list(group))
        for (postcode, city), group in groupby(mine, key=lambda place: (place.postcode, place.city))
    ]
