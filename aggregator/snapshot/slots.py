"""Holds a slots file in memory as arrays sorted by offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from aggregator.snapshot.format import Series, SnapshotError, read_slots
from aggregator.snapshot.places import Places


class OfferState(msgspec.Struct, frozen=True, gc=False):
    """What is known of an offer's slots. `first`, `last`: its range in the arrays of `Slots`, `last` excluded.

    `state`: seen, none, unknown, phone; `answered`, `since`: aware UTC.
    """

    state: str
    answered: datetime | None
    since: datetime | None
    cause: str | None
    partial: bool
    first: int
    last: int


class Slots:
    """The slots file as arrays, sorted by offer: minute (UTC since 1970), local minute, kind."""

    def __init__(self, body: bytes, sha256: str, places: Places) -> None:
        """Raises SnapshotError when `body` is no slots file, or one of other places."""
        content = read_slots(body)
        if content.places != places.sha256:
            raise SnapshotError("the slots file belongs to another places file")
        self.sha256 = sha256
        self.at = datetime.fromisoformat(content.at)
        self.until = content.until
        self.interval_s = content.interval_s
        self.kinds = content.kinds
        self.offers: dict[str, OfferState] = {}
        names = sorted({place.tz for place in places.all})
        zone_of = [names.index(place.tz) for place in places.all]
        series = Series()
        for offer_id, row in content.rows():
            offer = places.offers.get(offer_id)
            if offer is None:
                raise SnapshotError(f"the slots file tells of {offer_id}, which no place offers")
            start, zone = len(series), zone_of[offer.place]
            for kind, steps in row.slots:
                series.add(steps, kind, zone)
            self.offers[offer_id] = OfferState(
                row.state, _utc(row.answered), _utc(row.since), row.cause, row.partial, start, len(series)
            )
        self.minute, self.kind, zones = series.arrays()
        self.earliest = _earliest(self.offers, self.minute)
        self.local = local_minutes(self.minute, zones, names)


def _earliest(offers: Mapping[str, OfferState], minute: NDArray[np.int64]) -> dict[str, int]:
    """Offer -> minute of its first slot, for offers that have slots: what a question without filters asks for."""
    some = [(offer_id, state.first) for offer_id, state in offers.items() if state.last > state.first]
    if not some:
        return {}
    # reduceat takes each minimum up to the next index: right only because ranges adjoin and none of them is empty.
    firsts = np.minimum.reduceat(minute, [first for _, first in some])
    return dict(zip([offer_id for offer_id, _ in some], firsts.tolist(), strict=True))


def _utc(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None  # the file writes UTC without a zone


def local_minutes(minutes: NDArray[np.int64], zones: NDArray[np.int16], names: Sequence[str]) -> NDArray[np.int64]:
    """Wall-clock minutes of each slot in its place's zone; offsets are looked up once an hour and zone."""
    local = minutes.copy()
    for number, name in enumerate(names):
        zone, mine = ZoneInfo(name), zones == number
        # French zones change their offset at full hours of UTC, so one look-up holds for the whole hour.
        hours, inverse = np.unique(minutes[mine] // 60, return_inverse=True)
        offsets = [datetime.fromtimestamp(hour * 3600, zone).utcoffset() or timedelta() for hour in hours.tolist()]
        shift = np.array([offset.total_seconds() // 60 for offset in offsets], dtype=np.int64)
        if len(hours):
            local[mine] += shift[inverse]
    return local
