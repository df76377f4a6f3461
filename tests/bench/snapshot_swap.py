"""National slots: how fast a second reading is compared with the first, and whom a new snapshot keeps waiting."""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from aggregator import canonical
from aggregator.settings import Settings
from aggregator.snapshot import Shelf
from aggregator.store import Catalog, Read, pack
from providers.records import Outcome, Reading
from providers.sandbox.server import Sandbox
from tests.bench.harness import Figure, Result, apart, at_least, at_most, exponent, main, median, told
from tests.bench.stage import geography, served, world

OFFERS, SLOTS = 20_000, 30
START = datetime(2026, 11, 23, tzinfo=UTC)
KINDS = ((("pfizer",), "1", None), (("moderna",), "2", None))
SWAPS = 5
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


def stored() -> list[Figure]:
    ours = [apart(packed, OFFERS).value for _ in range(5)]
    peer = [apart(upserted, OFFERS).value for _ in range(3)]
    again, theirs = (median(one["again_s"] for one in runs) for runs in (ours, peer))
    first = median(one["first_s"] for one in ours)
    sizes = {size: apart(packed, size).value["again_s"] for size in (2_000, 100_000)}
    return [
        at_least("re-read of 600,000 slots against upsert_all", theirs / again, 2.7),
        at_least("exact: what is stored is what was read", float(all(one["exact"] for one in ours)), 1, ""),
        told("CPU of the first reading, the second, upsert_all", f"{first:.2f}, {again:.2f}, {theirs:.2f} s"),
        told("growth of the re-read, 2,000 to 100,000 offers", exponent({**sizes, OFFERS: again})),
    ]


class Country:
    """A published folder with a snapshot of 20,000 offers, and new slots for it whenever asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        places = [place(number) for number in range(OFFERS)]
        self._places = self._keep({"format": "places/1", "campaign": {}, "communes": [], "places": places})
        self.publish(0)

    def publish(self, seed: int) -> float:
        """Put new slots in force. Returns when: from then on the site may load them."""
        draw = random.Random(seed)
        first = int(datetime.now(UTC).timestamp()) // 60
        offers = {
            f"o-{number:010d}": {
                "state": "seen", "answered": "2026-11-23T12:00", "since": None, "cause": None, "partial": False,
                "slots": [[0, [first + draw.randrange(2000), *[draw.randrange(1, 600) for _ in range(SLOTS - 1)]]]],
            }
            for number in range(OFFERS)
        }  # fmt: skip
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        slots = self._keep({
            "format": "slots/1", "places": self._places, "at": now, "until": "2027-01-01", "interval_s": 300,
            "kinds": [{"needs": [], "step": None, "audience": None}], "offers": offers,
        })  # fmt: skip
        name = canonical.snapshot_hash(self._places, slots)
        entry = {"places": self._places, "slots": slots, "snapshot": name, "at": now}
        published = time.perf_counter()
        canonical.write_whole(self._folder / "current.json", canonical.to_json(entry))
        return published

    def load(self) -> float:
        """How long that takes a process that does nothing else, seconds."""
        started = time.perf_counter()
        Shelf(self._folder).refresh()
        return time.perf_counter() - started

    def _keep(self, content: dict[str, Any]) -> str:
        body = canonical.to_json(content)
        digest = canonical.sha256(body)
        canonical.write_gzip(self._folder / "snapshots" / f"{digest}.json.gz", body)
        return digest


def place(number: int) -> dict[str, Any]:
    draw = random.Random(number)
    return {
        "id": f"p-{number:010d}", "drawn": "2026-01-01", "name": f"Centre {number}", "address": "1 rue A",
        "postcode": "69003", "city": "Lyon", "insee": "69383", "department": "69", "lat": draw.uniform(43, 50),
        "lon": draw.uniform(-1, 7), "exact": True, "tz": "Europe/Paris", "phone": None, "hours": [], "kind": "",
        "wheelchair": None, "walk_in": False, "note": "", "site": None, "sources": ["x"], "official_id": None,
        "offers": [{"id": f"o-{number:010d}", "provider": "x", "url": "https://example.org/"}],
    }  # fmt: skip


class Visitor(threading.Thread):
    """Asks for a page every few milliseconds and notes how long each answer took."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port, self.over = port, threading.Event()
        self.waits: list[tuple[float, float]] = []

    def run(self) -> None:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            while not self.over.is_set():
                started = time.perf_counter()
                connection.request("GET", "/readyz")
                connection.getresponse().read()
                self.waits.append((started, time.perf_counter() - started))
                time.sleep(0.004)

    def worst(self, since: float, until: float) -> float:
        return 1000 * max(wait for at, wait in self.waits if since <= at < until)


def swapped() -> list[Figure]:
    """The longest wait around each change of snapshot, and in as long a time without one."""
    with tempfile.TemporaryDirectory() as name, Sandbox(world(10)) as sandbox:
        settings = Settings(data_dir=geography(Path(name) / "run"))
        settings.sandbox_path.write_text(json.dumps(sandbox.description()), encoding="utf-8")
        country = Country(settings.published_dir)
        with served(settings) as web:
            around, quiet, loads = watched(Visitor(web.port), country)
    return [
        at_most("longest wait while a snapshot is loaded, beyond the usual, ms", median(around) - median(quiet), 50),
        told("longest wait with and without a change", f"{median(around):.0f} and {median(quiet):.0f} ms"),
        told("loading it in a process that does nothing else", f"{median(loads):.2f} s"),
    ]


def watched(visitor: Visitor, country: Country) -> tuple[list[float], list[float], list[float]]:
    """(longest waits with a change, without one, seconds of loading), one of each a change."""
    around, quiet, loads = [], [], []
    visitor.start()
    time.sleep(3)
    for number in range(1, SWAPS + 1):
        published = country.publish(number)
        time.sleep(8)
        around.append(visitor.worst(published, published + 4))
        quiet.append(visitor.worst(published + 4, published + 8))
        loads.append(country.load())
    visitor.over.set()
    visitor.join()
    return around, quiet, loads


def measure() -> Result:
    return Result(f"Store and snapshot, {OFFERS:,} offers with {SLOTS} slots", [*stored(), *swapped()])


if __name__ == "__main__":
    main(measure)
