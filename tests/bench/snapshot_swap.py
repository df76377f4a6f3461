"""A national snapshot: whom it keeps waiting while it is loaded."""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from aggregator import canonical, files
from aggregator.config.settings import Settings
from aggregator.snapshot.format import snapshot_hash
from aggregator.snapshot.shelf import Shelf
from providers.sandbox.server import Sandbox
from tests.bench.harness import Figure, Result, at_most, main, median, told
from tests.bench.stage import geography, served, world

OFFERS, SLOTS = 20_000, 30
SWAPS = 5


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
        name = snapshot_hash(self._places, slots)
        entry = {"places": self._places, "slots": slots, "snapshot": name, "at": now}
        published = time.perf_counter()
        files.write_whole(self._folder / "current.json", canonical.to_json(entry))
        return published

    def load(self) -> float:
        """How long that takes a process that does nothing else, seconds."""
        started = time.perf_counter()
        Shelf(self._folder).refresh()
        return time.perf_counter() - started

    def _keep(self, content: dict[str, Any]) -> str:
        body = canonical.to_json(content)
        digest = canonical.sha256(body)
        files.write_gzip(self._folder / "snapshots" / f"{digest}.json.gz", body)
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
    return Result(f"Snapshot of {OFFERS:,} offers with {SLOTS} slots, loaded under a visitor", swapped())


if __name__ == "__main__":
    main(measure)
