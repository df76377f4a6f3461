"""A place as the API says it: facts, by the words of the data sets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import request, url_for

from aggregator.datasets import Column
from aggregator.search import Question, SlotFilter, first_slot
from aggregator.snapshot import Place, Snapshot
from aggregator.web.site import Site

FIELDS = ("id", "name", "address", "postcode", "city", "insee", "department", "lat", "lon")
ANY_PLACE, PAGE = "p-aaaaaaaaaa", "aiguillage.page_of_a_place"
COLUMNS = [
    Column("id", "string", ""), Column("name", "string", ""), Column("address", "string", ""),
    Column("postcode", "string", ""), Column("city", "string", ""), Column("insee", "string", ""),
    Column("department", "string", ""), Column("lat", "number", ""), Column("lon", "number", ""),
    Column("phone", "string", ""), Column("wheelchair", "boolean", ""), Column("walk_in", "boolean", ""),
    Column("note", "string", ""), Column("first_slot", "datetime", ""), Column("page", "string", ""),
]  # fmt: skip
"""Of the CSV answer; the offers of a place are in JSON only."""


def plain_place(site: Site, snapshot: Snapshot, place: Place, first: datetime | None = None) -> dict[str, Any]:
    """`page` is here: whoever follows it is counted; `booking_url` of an offer is the platform's own, uncounted."""
    if first is None:
        first = first_slot(snapshot, place, SlotFilter(snapshot.slots, Question(radius_km=0), site.campaign))
    return {
        **{name: getattr(place, name) for name in FIELDS},
        "phone": f"tel:{place.phone}" if place.phone else None,
        "hours": list(place.hours),
        "wheelchair": place.wheelchair,
        "walk_in": place.walk_in,
        "note": place.note,
        "first_slot": _moment(first),
        "page": _page().replace(ANY_PLACE, place.id),
        "offers": [_offer(snapshot, offer.id, offer.provider, offer.url) for offer in place.offers],
    }


def _page() -> str:
    """The address of a place's page with a stand-in for its id: made once a request, not once a place."""
    environ = request.environ
    if PAGE not in environ:
        environ[PAGE] = url_for("places.place", place_id=ANY_PLACE, _external=True)
    return cast(str, environ[PAGE])


def _offer(snapshot: Snapshot, offer_id: str, provider: str, url: str) -> dict[str, Any]:
    state = snapshot.slots.offers.get(offer_id)
    return {
        "id": offer_id,
        "provider": provider,
        "booking_url": url,
        "state": state.state if state else "unknown",
        "answered_at": _moment(state.answered) if state else None,
        "slots": state.last - state.first if state and state.state in ("seen", "none") else None,
    }


def _moment(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
