"""The tour of a demonstration: six steps through the site for those who search, check, write about it or run it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from aggregator.snapshot.places import Place
from aggregator.web.evidence import edition_files
from aggregator.web.serving.site import Site, here

tour = Blueprint("tour", __name__)
"""Registered in demonstration alone (`app.py`): elsewhere the address does not exist."""

OVERSEAS = "97411"  # Saint-Denis: another clock than in Paris


@tour.get("/demonstration")
def steps() -> str:
    site = here()
    weeks = edition_files.weeks(site)
    return render_template(
        "tour.html",
        twice=on_two_platforms(site),
        overseas=OVERSEAS,
        week=weeks[0] if weeks else None,
        origin=site.settings.site or request.host_url.rstrip("/"),
    )


def on_two_platforms(site: Site) -> Place | None:
    """A place that two platforms offer, the first by its id; None where there is none."""
    places = site.snapshot.places.all if site.snapshot else ()
    twice = (place for place in places if len({offer.provider for offer in place.offers}) > 1)
    return min(twice, key=lambda place: place.id, default=None)
