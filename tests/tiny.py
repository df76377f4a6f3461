"""A snapshot small enough to be written in a test: some places, their offers, and slots by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from aggregator import canonical, files, instants
from aggregator.snapshot.format import body_of, keep, snapshot_hash, steps_of
from aggregator.snapshot.generation import take_over
from aggregator.snapshot.places import Places
from aggregator.snapshot.shelf import Snapshot, put_in_force
from aggregator.snapshot.slots import Slots
from tests.clock import NOON

ANY_KIND = {"needs": [], "step": None, "audience": None}
LYON = (45.75, 4.85)

Row = dict[str, Any]


def place(number: int, *providers: str, **facts: Any) -> Row:
    """The place `number`, with one offer at each provider: "o-<number><provider>"."""
    row: Row = {
        "id": f"p-{number}", "drawn": "2026-01-01", "name": f"Salle {number}", "address": "1 rue Neuve",
        "postcode": "69003", "city": "Lyon", "insee": "69383", "department": "69", "lat": LYON[0], "lon": LYON[1],
        "exact": True, "tz": "Europe/Paris", "phone": None, "hours": [], "wheelchair": None, "walk_in": False,
        "note": "", "site": None, "kind": "vaccination-center", "sources": list(providers), "official_id": None,
    }  # fmt: skip
    row["offers"] = [{"id": f"o-{number}{one}", "provider": one, "url": f"https://{one}.example/"} for one in providers]
    return {**row, **facts}


def places_file(*places: Row, **more: Any) -> Row:
    communes = [["69123", *LYON], ["01053", 46.2, 5.22]]
    return {"format": "places/1", "campaign": {}, "communes": communes, "places": list(places), **more}


def offer(state: str, *slots: tuple[int, Sequence[datetime]], answered: str | None = "2026-11-23T11:55") -> Row:
    """What is known of an offer. `slots`: (number of the kind, moments)."""
    packed = [[kind, steps_of(np.array([int(at.timestamp()) // 60 for at in moments]))] for kind, moments in slots]
    since = "2026-11-23T11:00" if state == "unknown" else None
    return {"state": state, "answered": answered, "since": since, "cause": None, "partial": False, "slots": packed}


def slots_file(places_sha256: str, offers: Mapping[str, Row], kinds: Sequence[Row], at: datetime) -> Row:
    return {
        "format": "slots/1", "places": places_sha256, "at": instants.second(at), "until": "2026-12-22",
        "interval_s": 300, "kinds": list(kinds), "offers": dict(offers),
    }  # fmt: skip


def snapshot(
    places: Sequence[Row], offers: Mapping[str, Row] | None = None, kinds: Sequence[Row] = (ANY_KIND,), **more: Any
) -> Snapshot:
    """In memory; `more`: of the places file."""
    body = canonical.to_json(places_file(*places, **more))
    read = Places(body, canonical.sha256(body))
    content = canonical.to_json(slots_file(read.sha256, offers or {}, kinds, NOON))
    slots = Slots(content, canonical.sha256(content), read)
    return Snapshot(read, slots, snapshot_hash(read.sha256, slots.sha256))


def publish(
    published: Path, places: Sequence[Row], offers: Mapping[str, Row] | None = None, at: datetime = NOON
) -> tuple[str, str]:
    """Written and put in force: the hashes of its places file and its slots file."""
    places_sha256 = keep(published, places_file(*places))
    slots_sha256 = keep(published, slots_file(places_sha256, offers or {}, (ANY_KIND,), at))
    take_over(published)
    put_in_force(published, places_sha256, slots_sha256, at)
    return places_sha256, slots_sha256


def damage(published: Path, sha256: str, old: bytes, new: bytes) -> None:
    """Put other content under the name of a file: what a disk that lies, or a hand that helps, would do."""
    body = body_of(published, sha256)
    assert old in body
    files.write_gzip(published / "snapshots" / f"{sha256}.json.gz", body.replace(old, new, 1))
