"""The published files -> immutable arrays with a spatial index, swapped whole. What the web process answers from."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from aggregator import canonical
from aggregator.country.geography import Points
from aggregator.snapshot.format import Series, read_places, read_slots

File = TypeVar("File")
Made = TypeVar("Made")
KEPT_IN_MEMORY = 4
KEPT_WITH_IT = 16
REPLAY = timedelta(hours=2)
REPLAY_HOURS = 48


class SnapshotError(RuntimeError):
    """A published file is missing or is not what its name says; the message names it."""


# gc=False: records without cycles, which the collector of cycles need not walk; a national snapshot has sixty thousand.


class Offer(msgspec.Struct, frozen=True, gc=False):
    id: str
    provider: str
    url: str
    place: int


class Place(msgspec.Struct, frozen=True, gc=False):
    """A place as the published file says it; `lat`/`lon` None: known by its address only."""

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


class OfferState(msgspec.Struct, frozen=True, gc=False):
    """What is known of an offer's slots. `first`, `last`: its range in the arrays of `Slots`.

    `state`: seen, none, unknown, phone; `answered`, `since`: aware UTC.
    """

    state: str
    answered: datetime | None
    since: datetime | None
    cause: str | None
    partial: bool
    first: int
    last: int


class Places:
    """The places file: records, ids, and where they are."""

    def __init__(self, body: bytes, sha256: str) -> None:
        """Raises SnapshotError when `body` is no places file."""
        content = _readable(read_places, body)
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
        """The needs that one choice asks for together, as the campaign of this snapshot says."""
        return tuple(self.campaign.get("all_of", {}).get(need, (need,)))

    def within(self, lat: float, lon: float, radius_m: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(numbers of the places, metres) of all at most `radius_m` away, in no order."""
        return self._points.within(lat, lon, radius_m)


class Slots:
    """The slots file as arrays, sorted by offer: minute (UTC since 1970), local minute, kind."""

    def __init__(self, body: bytes, sha256: str, places: Places) -> None:
        """Raises SnapshotError when `body` is no slots file, or one of other places."""
        content = _readable(read_slots, body)
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
            start, zone = len(series), zone_of[places.offers[offer_id].place]
            for kind, steps in row.slots:
                series.add(steps, kind, zone)
            self.offers[offer_id] = OfferState(
                row.state, _utc(row.answered), _utc(row.since), row.cause, row.partial, start, len(series)
            )
        self.minute, self.kind, zones = series.arrays()
        self.earliest = _earliest(self.offers, self.minute)
        self.local = _local_minutes(self.minute, zones, names)


@dataclass(frozen=True)
class Snapshot:
    """One published pair, and what its readers have worked out from it: kept as long as it is, and gone with it."""

    places: Places
    slots: Slots
    hash: str
    _kept: LRUCache[Hashable, Any] = field(default_factory=lambda: LRUCache(KEPT_WITH_IT), repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def short(self) -> str:
        return self.hash[:8]

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made for this key, made now when it has not been (for long)."""
        with self._lock:
            found: Made | None = self._kept.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._kept[key] = found
        return found


class Shelf:
    """The snapshots that can be answered from: the one in force, and those of the last two hours by their short hash.

    Thread-safe. Only a few stay in memory; an older one is read again from its file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, Snapshot] = {}
        self._places: dict[str, Places] = {}
        self._seen: tuple[int, int] | None = None
        self.current: Snapshot | None = None

    def refresh(self) -> bool:
        """Load what the worker has put in force since the last call; True when something changed."""
        path = self._folder / "current.json"
        try:
            stat = path.stat()
        except OSError:
            return False
        mark = (stat.st_mtime_ns, stat.st_ino)
        if mark == self._seen:
            return False
        entry = json.loads(path.read_text(encoding="utf-8"))
        snapshot = self._load(entry)
        self.current, self._seen = snapshot, mark
        return True

    def pinned(self, short: str, now: datetime) -> Snapshot | None:
        """The snapshot of the last two hours whose hash begins so; None when there is none (any more)."""
        with self._lock:
            for snapshot in self._loaded.values():
                if snapshot.hash.startswith(short):
                    return snapshot
        for entry in reversed(self._recent(now)):
            if entry["snapshot"].startswith(short):
                return self._load(entry)
        return None

    def find(self, whole: str, hour: str) -> Snapshot | None:
        """The snapshot of this hash, published in `hour` or within two days before; None when there is none."""
        last = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        for back in range(REPLAY_HOURS + 1):
            for entry in self.published(last - timedelta(hours=back)):
                if entry["snapshot"] == whole:
                    return self._load(entry)
        return None

    def published(self, hour: datetime) -> list[dict[str, Any]]:
        """What was put in force in an hour, oldest first: {"places", "slots", "snapshot", "at"}."""
        path = self._folder / "hours" / f"{hour:%Y-%m-%dT%H}.ndjson"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def _recent(self, now: datetime) -> list[dict[str, Any]]:
        entries = [entry for back in (2, 1, 0) for entry in self.published(now - timedelta(hours=back))]
        return [entry for entry in entries if datetime.fromisoformat(entry["at"]) >= now - REPLAY]

    def _load(self, entry: Mapping[str, str]) -> Snapshot:
        with self._lock:
            if entry["snapshot"] in self._loaded:
                return self._loaded[entry["snapshot"]]
            places = self._places.get(entry["places"]) or Places(self._file(entry["places"]), entry["places"])
            slots = Slots(self._file(entry["slots"]), entry["slots"], places)
            snapshot = Snapshot(places, slots, canonical.snapshot_hash(entry["places"], entry["slots"]))
            self._loaded[snapshot.hash] = snapshot
            while len(self._loaded) > KEPT_IN_MEMORY:
                oldest = next(iter(self._loaded))
                del self._loaded[oldest]
            kept = {one.places.sha256: one.places for one in self._loaded.values()}
            self._places = kept
            return snapshot

    def _file(self, sha256: str) -> bytes:
        path = self._folder / "snapshots" / f"{sha256}.json.gz"
        try:
            body = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise SnapshotError(f"{path.name}: {error}") from error
        if canonical.sha256(body) != sha256:
            raise SnapshotError(f"{path.name}: its content does not have the hash of its name")
        return body


def _readable(read: Callable[[bytes], File], body: bytes) -> File:
    try:
        return read(body)
    except msgspec.DecodeError as error:
        raise SnapshotError(f"not a file of a snapshot: {error}") from error


def _place(number: int, row: Mapping[str, Any]) -> Place:
    fields = {name: row[name] for name in Place.__struct_fields__ if name not in ("offers", "hours", "sources")}
    return Place(
        **fields,
        hours=tuple(row["hours"]),
        sources=tuple(row["sources"]),
        offers=tuple(Offer(offer["id"], offer["provider"], offer["url"], number) for offer in row["offers"]),
    )


def _earliest(offers: Mapping[str, OfferState], minute: NDArray[np.int64]) -> dict[str, int]:
    """Offer -> minute of its first slot, for offers that have slots: what a question without filters asks for."""
    some = [(offer_id, state.first) for offer_id, state in offers.items() if state.last > state.first]
    if not some:
        return {}
    firsts = np.minimum.reduceat(minute, [first for _, first in some])
    return dict(zip([offer_id for offer_id, _ in some], firsts.tolist(), strict=True))


def _utc(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _local_minutes(minutes: NDArray[np.int64], zones: NDArray[np.int16], names: Sequence[str]) -> NDArray[np.int64]:
    """Wall-clock minutes of each slot in its place's zone; offsets are looked up once an hour and zone."""
    local = minutes.copy()
    for number, name in enumerate(names):
        zone, mine = ZoneInfo(name), zones == number
        hours, inverse = np.unique(minutes[mine] // 60, return_inverse=True)
        offsets = [datetime.fromtimestamp(hour * 3600, zone).utcoffset() or timedelta() for hour in hours.tolist()]
        shift = np.array([offset.total_seconds() // 60 for offset in offsets], dtype=np.int64)
        if len(hours):
            local[mine] += shift[inverse]
    return local
