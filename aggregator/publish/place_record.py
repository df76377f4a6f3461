"""Makes the record of one place in the places file from the centres that its sources list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from aggregator.country.gazetteer import department_of, time_zone
from providers.official_list import SOURCE as OFFICIAL
from providers.phone import contact
from providers.records import Centre


def is_listed(centres: Iterable[Centre], today: date) -> bool:
    """True while one source of a place says that the public may come (docs/ranking.md §3). `today`: UTC day."""
    return any(
        not centre.closed and not centre.professionals_only and not (centre.closes_on and centre.closes_on < today)
        for centre in centres
    )


def why_aside(row: Mapping[str, Any], centres: Sequence[Centre], today: date) -> str:
    """Why a place is not listed: "withdrawn" by an operator, "closed", "professionals" only, "gone" from every list."""
    if row["withdrawn"]:
        return "closed" if row["withdrawn"] == "closed" else "withdrawn"
    if not centres:
        return "gone"
    still_open = [c for c in centres if not c.closed and not (c.closes_on and c.closes_on < today)]
    return "professionals" if still_open else "closed"


def describe(place_id: str, drawn_on: str, centres: list[Centre]) -> dict[str, Any]:
    """The record but for offers. Each field: the official list's, else that of the source that listed it first."""
    ordered = sorted(centres, key=lambda centre: centre.source != OFFICIAL)

    def first(name: str) -> Any:
        return next((value for c in ordered if (value := getattr(c, name)) not in (None, "", ())), None)

    # A measured position before the commune's point, even when the official list has only the latter.
    positioned = [c for c in ordered if c.lat is not None and "position" not in c.flags] or [
        c for c in ordered if c.lat is not None
    ]
    insee, postcode = first("insee"), first("postcode")
    department = department_of(insee or postcode or "")
    return {
        "id": place_id,
        "drawn": drawn_on,
        "name": ordered[0].name,
        "address": first("address") or "",
        "postcode": postcode or "",
        "city": first("city") or "",
        "insee": insee,
        "department": department,
        "lat": round(positioned[0].lat or 0.0, 6) if positioned else None,
        "lon": round(positioned[0].lon or 0.0, 6) if positioned else None,
        "exact": bool(positioned) and "position" not in positioned[0].flags,
        "tz": time_zone(department),
        "phone": contact(*(centre.phone for centre in ordered)),
        "hours": list(first("hours") or ()),
        "wheelchair": first("wheelchair"),
        "walk_in": any(centre.walk_in for centre in ordered),
        "note": first("note") or "",
        "site": first("booking_site"),
        "kind": ordered[0].kind,
        "sources": sorted({centre.source for centre in ordered}),
        "official_id": first("official_id"),
    }


def reading_state(row: Mapping[str, Any], has_slots: bool) -> str:
    """The state of an offer in the slots file: "unknown", "phone", "seen" or "none" (docs/ranking.md §7.1)."""
    # Failure comes first: the slots kept from an earlier reading must not be told as seen.
    if row["failing_since"] is not None or row["answered_at"] is None:
        return "unknown"
    if row["phone_only"]:
        return "phone"
    return "seen" if has_slots else "none"
