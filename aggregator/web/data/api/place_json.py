"""A place as JSON for the API, its fields named as in the open data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aggregator.config.datasets import Column
from aggregator.search.question import Question
from aggregator.search.slot_filter import slot_filter
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.language.links import to_places
from aggregator.web.serving.site import Site
from providers.phone import address

FIELDS = ("id", "name", "address", "postcode", "city", "insee", "department", "lat", "lon")
COLUMNS = [
    Column("id", "string", ""), Column("name", "string", ""), Column("address", "string", ""),
    Column("postcode", "string", ""), Column("city", "string", ""), Column("insee", "string", ""),
    Column("department", "string", ""), Column("lat", "number", ""), Column("lon", "number", ""),
    Column("phone", "string", ""), Column("wheelchair", "boolean", ""), Column("walk_in", "boolean", ""),
    Column("note", "string", ""), Column("first_slot", "datetime", ""), Column("page", "string", ""),
]  # fmt: skip
"""Of the CSV answer; the offers of a place are in JSON only."""


class PlainPlaces:
    """The places of one snapshot, for one request. What is the same in every list is worked out once a snapshot.

    `page` is here: whoever follows it is counted; `booking_url` of an offer is the platform's own, uncounted.
    """

    def __init__(self, site: Site, snapshot: Snapshot) -> None:
        self._site, self._snapshot = site, snapshot
        self._facts: dict[str, dict[str, Any]] = snapshot.kept("plain places", dict)
        self._page_of = to_places({}, _external=True)

    def in_list(self, place: Place, first: datetime | None) -> dict[str, Any]:
        """A place as one row of a list. `first`: the first slot that fits what the list was asked for."""
        facts = self._facts.get(place.id)
        if facts is None:
            # No lock: threads that meet here write the same.
            facts = self._facts[place.id] = _facts(self._snapshot, place)
        return {**facts, "first_slot": _moment(first), "page": self._page_of(place.id)}

    def alone(self, place: Place) -> dict[str, Any]:
        """Outside a list, with the first slot of any kind."""
        fits = slot_filter(self._snapshot, Question(), self._site.campaign)
        return self.in_list(place, fits.outlook(place).first)


def _facts(snapshot: Snapshot, place: Place) -> dict[str, Any]:
    return {
        **{name: getattr(place, name) for name in FIELDS},
        # No spreadsheet takes an address for a formula (ADR 9).
        "phone": address(place.phone),
        "hours": list(place.hours),
        "wheelchair": place.wheelchair,
        "walk_in": place.walk_in,
        "note": place.note,
        "offers": [_offer(snapshot, offer.id, offer.provider, offer.url) for offer in place.offers],
    }


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
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if at else None
