"""A snapshot of one place with one offer, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from aggregator import canonical
from aggregator.snapshot.places import Offer, Places
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import Slots


def one_offer() -> tuple[Snapshot, Offer]:
    offer = {"id": "o-aaaaaaaaaa", "provider": "x", "url": "https://example.org/"}
    place = {
        "id": "p-aaaaaaaaaa", "drawn": "2026-11-23", "name": "A", "address": "", "postcode": "69003", "city": "Lyon",
        "insee": "69383", "department": "69", "lat": 45.76, "lon": 4.85, "exact": True, "tz": "Europe/Paris",
        "phone": None, "hours": [], "wheelchair": None, "walk_in": False, "note": "", "site": None, "kind": "",
        "sources": ["x"], "official_id": None, "offers": [offer],
    }  # fmt: skip
    places = Places(canonical.to_json({"campaign": {}, "communes": [], "places": [place]}), "p" * 64)
    at = datetime(2026, 11, 23, 12, tzinfo=UTC).isoformat()
    empty = {"places": "p" * 64, "at": at, "until": "", "interval_s": 300, "kinds": [], "offers": {}}
    slots = Slots(canonical.to_json(empty), "s" * 64, places)
    return Snapshot(places, slots, "h" * 64), places.offers["o-aaaaaaaaaa"]
