"""National slots: how fast a second reading is compared with the first, against sqlite-utils' upsert_all."""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from aggregator.store import Catalog, Read, pack
from providers.records import Outcome, Reading
from tests.bench.harness import Figure, Result, apart, at_least, exponent, main, median, told

OFFERS, SLOTS = 20_000, 30
START = datetime(2026, 11, 23, tzinfo=UTC)
KINDS = ((("pfizer",), "1", None), (("moderna",), "2", None))
Rows = list[tuple[datetime, tuple[tuple[str, ...], str | None, str | None]]]


def slots_of(offer: int, changed: bool) -> Rows:
    draw = random.Random(offer * 2 + changed)
    moments = draw.sample(range(30 * 96), SLOTS)
    return [(START + timedelta(minutes=15 * moment), KINDS[moment % 2]) for moment in moments]


def readings(offers: int, second: bool) -> list[tuple[str, Rows]]:
    """Of the second reading one offer in twenty has changed."""
    return [(f"o-{number}", slots_of(number, second and number % 20 == 0)) for number in range(offers)]


def packed(offers: int) -> dict[str, float]:
    """Seconds of CPU to pack, compare and store a first and a second reading; and what is then there."""
    first, second = readings(offers, False), readings(offers, True)
    with tempfile.TemporaryDirectory() as folder, closing(Catalog(Path(folder) / "catalog.db")) as catalog:
        times = []
        for rows in (first, second):
            started = time.process_time()
            read = [Read(offer, "x", Reading(Outcome.OK), pack(slots), START) for offer, slots in rows]
            changed = catalog.put_readings(read)
            times.append(time.process_time() - started)
        wanted = {offer: pack(slots).digest for offer, slots in second}
        exact = {row["offer_id"]: row["slots_hash"] for row in catalog.readings()} == wanted
    return {"first_s": times[0], "again_s": times[1], "changed": len(changed), "exact": exact}


def upserted(offers: int) -> dict[str, float]:
    """The same with sqlite-utils' upsert_all, a row a slot; it is not exact, for what is gone stays."""
    with tempfile.TemporaryDirectory() as folder, closing(Database(Path(folder) / "peer.db")) as db:
        times = []
        for second in (False, True):
            rows = [
                {"offer": offer, "at": at.isoformat(), "needs": kind[0][0], "step": kind[1]}
                for offer, slots in readings(offers, second)
                for at, kind in slots
            ]
            started = time.process_time()
            db["slots"].upsert_all(rows, pk=("offer", "at", "needs", "step"))
            times.append(time.process_time() - started)
    return {"first_s": times[0], "again_s": times[1]}


def measure() -> Result:
    ours = [apart(packed, OFFERS).value for _ in range(5)]
    peer = [apart(upserted, OFFERS).value for _ in range(3)]
    again, theirs = (median(one["again_s"] for one in runs) for runs in (ours, peer))
    first = median(one["first_s"] for one in ours)
    sizes = {size: apart(packed, size).value["again_s"] for size in (2_000, 100_000)}
    figures: list[Figure] = [
        at_least("re-read of 600,000 slots against upsert_all", theirs / again, 2.7),
        at_least("exact: what is stored is what was read", float(all(one["exact"] for one in ours)), 1, ""),
        told("CPU of the first reading, the second, upsert_all", f"{first:.2f}, {again:.2f}, {theirs:.2f} s"),
        told("growth of the re-read, 2,000 to 100,000 offers", exponent({**sizes, OFFERS: again})),
    ]
    return Result(f"Store, {OFFERS:,} offers with {SLOTS} slots", figures)


if __name__ == "__main__":
    main(measure)
