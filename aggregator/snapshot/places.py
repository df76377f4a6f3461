"""Holds a places file in memory: records by number, numbers by id, offers by id, and positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from aggregator.country.geography import Points
from aggregator.snapshot.format import SnapshotError, read_places


# gc=False: offers and places are in no cycle, and the garbage collector need not visit thousands of them.
class Offer(msgspec.Struct, frozen=True, gc=False):
    id: str
    provider: str
    url: str
    place: int


class Place(msgspec.Struct, frozen=True, gc=False):
    """A place as the published file says it. `lat` and `lon` in degrees; None: known by its address only."""

    id: str
    drawn: str
    name: str
    address: str
    postcode: str
    city: str
    insee: str | None
    department: str
    lat: float | None
    lon: float | None
    exact: bool
    tz: str
    phone: str | None
    hours: tuple[str | None, ...]
    wheelchair: bool | None
    walk_in: bool
    note: str
    site: str | None
    kind: str
    sources: tuple[str, ...]
    official_id: str | None
    offers: tuple[Offer, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)


class Places:
    """A loaded places file. A place's number is its index in `all`; `points`: commune code -> (lat, lon)."""

    def __init__(self, body: bytes, sha256: str) -> None:
        """Raises SnapshotError when `body` is no places file."""
        content = read_places(body)
        self.sha256 = sha256
        self.campaign = content.campaign
        self.all: tuple[Place, ...] = tuple(_place(number, row) for number, row in enumerate(content.rows()))
        self.index = {place.id: number for number, place in enumerate(self.all)}
        self.offers = {offer.id: offer for place in self.all for offer in place.offers}
        self.points = {insee: (lat, lon) for insee, lat, lon in content.communes}
        located = [(n, place.lat, place.lon) for n, place in enumerate(self.all) if place.lat is not None]
        table = np.array(located, dtype=float).reshape(-1, 3)
        self._points = Points(table[:, 0].astype(np.int64), table[:, 1], table[:, 2])

    def required_needs(self, need: str) -> tuple[str, ...]:
        """The needs that one choice requires together, by this snapshot's campaign: the choice alone unless it says."""
        return tuple(self.campaign.get("all_of", {}).get(need, (need,)))

    def within(self, lat: float, lon: float, radius_m: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(numbers of the places, metres) of all at most `radius_m` away, in no order."""
        return self._points.within(lat, lon, radius_m)


def _place(number: int, row: Mapping[str, Any]) -> Place:
    try:
        fields = {name: row[name] for name in Place.__struct_fields__ if name not in ("offers", "hours", "sources")}
        return Place(
            **fields,
            hours=tuple(row["hours"]),
            sources=tuple(row["sources"]),
            offers=tuple(Offer(offer["id"], offer["provider"], offer["url"], number) for offer in row["offers"]),
        )
    except KeyError as error:
        raise SnapshotError(f"not a file of a snapshot: a place lacks {error}") from error
