"""Reading centres, against a bare loop that fetches and parses the same.

Politeness is off here, and only here: the platforms are ours, on loopback, and answer after 100 ms. The volunteers'
collector of 2021 read 27 centres a second with three slot requests each on such a machine, with 1.7 GB, and lost up to
half of what it had read.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from aggregator.collect.collector import Collector
from aggregator.config.settings import ROOT, Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.demonstration import country
from aggregator.store import open_stores
from providers.http import FetchClient
from providers.sandbox.server import Sandbox
from providers.sandbox.world import invented
from tests.bench.harness import Result, apart, at_least, main, median, memory_mb, told
from tests.bench.stage import geography

CENTRES, LATENCY_MS, THREADS = 500, 100, 128
SAMPLED = 200
PEER_CENTRES_A_SECOND, NATIONAL_PLACES, REQUESTS_A_CENTRE = 27.0, 13_000, 4


def serve(folder: str, centres: str, latency_ms: str, motives: str) -> None:
    """The load, in a process of its own: centres of one platform, each with a card and so many slot requests."""
    settings = Settings(data_dir=Path(folder))
    towns = [town for town in country.towns(gazetteers.load_gazetteer(settings.gazetteer_path)) if town.postcode]
    world = invented(towns, int(centres), seed=1, mix={"doctolib": 1.0})
    asked = tuple(range(int(motives)))
    world.centres["doctolib"] = [replace(c, motives=asked, phone_only=False) for c in world.centres["doctolib"]]
    world.listed.clear()
    running = Sandbox(world, latency_ms=float(latency_ms))
    settings.sandbox_path.write_text(json.dumps(running.description()), encoding="utf-8")
    time.sleep(3600)


@contextmanager
def platform(centres: int, latency_ms: float, motives: int) -> Iterator[Path]:
    """The data folder of a portal that reads them."""
    with tempfile.TemporaryDirectory() as name:
        folder = geography(Path(name) / "run")
        impolite = (ROOT / "data" / "providers.toml").read_text(encoding="utf-8")
        text = impolite.replace("connections = 32", f"connections = {THREADS if latency_ms else 32}")
        (folder / "providers.toml").write_text(text, encoding="utf-8")
        load = f"from tests.bench.collect import serve; serve({str(folder)!r}, {centres}, {latency_ms}, {motives})"
        process = subprocess.Popen([sys.executable, "-c", load], cwd=ROOT)
        try:
            while not (folder / "sandbox.json").exists():
                time.sleep(0.1)
            yield folder
        finally:
            process.kill()
            process.wait()


def settings_of(folder: str) -> Settings:
    return Settings(data_dir=Path(folder), horizon_days=14, providers_path=Path(folder) / "providers.toml")


def discovered(folder: str) -> int:
    with closing(open_stores(Path(folder))) as stores:
        collector(folder, stores).discover()
        return len(stores.registry.offers())


def collector(folder: str, stores: Any) -> Collector:
    settings = settings_of(folder)
    return Collector(settings, stores, gazetteers.load_gazetteer(settings.gazetteer_path), lambda: datetime.now(UTC))


def collected(folder: str) -> dict[str, Any]:
    """Seconds of one reading of every offer, offers read, addresses asked; (requests, seconds, MB) on the way."""
    asked: list[tuple[str, Any]] = []
    memory: list[tuple[int, float, float]] = []
    fetch = FetchClient._fetch

    def noting(client: FetchClient, method: str, url: str, **arguments: Any) -> Any:
        asked.append((url, arguments["params"]))
        if len(asked) % SAMPLED == 0:
            memory.append((len(asked), time.perf_counter() - started, memory_mb("VmRSS")))
        return fetch(client, method, url, **arguments)

    FetchClient._fetch = noting  # type: ignore[method-assign]
    with closing(open_stores(Path(folder))) as stores:
        one = collector(folder, stores)
        started = time.perf_counter()
        run = one.read()
        seconds = time.perf_counter() - started
        readings = stores.catalog.readings()
        bad = sum(row["fetches"] for row in stores.catalog.fetch_table(run) if row["outcome"] not in ("ok", "empty"))
    (Path(folder) / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    return {"seconds": seconds, "read": len(readings), "unreadable": bad, "requests": len(asked), "memory": memory}


def bare(folder: str) -> float:
    """The yardstick: as many threads, each with a session, that fetch the same addresses, parse, and keep nothing."""
    waiting: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    for one in json.loads((Path(folder) / "asked.json").read_text(encoding="utf-8")):
        waiting.put(one)

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                try:
                    url, params = waiting.get_nowait()
                except queue.Empty:
                    return
                answer = session.get(url, params=params, timeout=10)
                answer.raise_for_status()
                json.loads(answer.content)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def compared() -> tuple[float, float, dict[str, Any]]:
    """(median ratio of speeds, centres a second, the last reading)."""
    with platform(CENTRES, LATENCY_MS, 3) as folder:
        apart(discovered, str(folder))
        rounds = [(apart(collected, str(folder)).value, apart(bare, str(folder)).value) for _ in range(5)]
    ratio = median(yardstick / ours["seconds"] for ours, yardstick in rounds)
    return ratio, median(ours["read"] / ours["seconds"] for ours, _ in rounds), rounds[-1][0]


def polite_cycle() -> str:
    """How long one reading of all national places takes at the configured rates, the slowest platform."""
    settings = Settings(demo=False)
    shares = {"doctolib": 0.739, "ordoclic": 0.08, "keldoc": 0.026, "maiia": 0.021}
    minutes = []
    for slug, config in settings.all_configs().items():
        rate = (config.limits.rate_per_s or 1) * (2 if len(set(config.origins.values())) > 1 else 1)
        minutes.append(NATIONAL_PLACES * shares.get(slug, 0.01) * REQUESTS_A_CENTRE / rate / 60)
    return f"{max(minutes):.0f} minutes"


def measure() -> Result:
    ratio, rate, last = compared()
    against_2021 = f"{rate:.0f}; {rate / PEER_CENTRES_A_SECOND:.1f} × 2021's"
    return Result(
        f"Collect, {THREADS} threads, platforms that answer after {LATENCY_MS} ms",
        [
            at_least("against a bare loop of fetching and parsing", ratio, 0.8),
            told("centres a second, each with four requests", against_2021),
            told("requests of a reading", f"{last['requests']} for {last['read']} centres"),
            told("a polite cycle over the nation, the largest platform", polite_cycle()),
        ],
    )


if __name__ == "__main__":
    main(measure)
