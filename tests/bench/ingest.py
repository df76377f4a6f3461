"""Reading many centres: how fast, at what memory, losing nothing. Prints figures; asserts nothing.

The yardstick is the volunteers' collector of 2021, measured on two cores of this size against a local server that
answers after 100 ms: 27 centres a second with three slot requests each, 1.7 GB, and up to half of what it read lost.
Politeness is off here, and only here: the platforms are ours, on loopback.

    python -m tests.bench.ingest [--centres 1500] [--latency 100]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aggregator import demonstration
from aggregator import gazetteer as gazetteers
from aggregator.collect import Collector
from aggregator.settings import ROOT, Settings
from aggregator.store import open_stores
from providers.sandbox.server import Sandbox
from providers.sandbox.world import invented

PEER_CENTRES_A_SECOND = 27.0
PEER_MEMORY_MB = 1700
NATIONAL_PLACES = 13_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--centres", type=int, default=1500)
    options.add_argument("--latency", type=float, default=100)
    options.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.centres, chosen.latency)
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), chosen.centres, chosen.latency)
    print(json.dumps({**figures, "polite_cycle": polite_cycle()}, ensure_ascii=False, indent=1))


def serve(folder: Path, centres: int, latency_ms: float) -> None:
    """The load: centres of one platform with three motives each, so three slot requests, and the card before them."""
    settings = Settings(data_dir=folder)
    towns = [town for town in demonstration.towns(gazetteers.load(settings.gazetteer_path)) if town.postcode]
    world = invented(towns, centres, seed=1, mix={"doctolib": 1.0})
    world.centres["doctolib"] = [replace(c, motives=(0, 1, 2), phone_only=False) for c in world.centres["doctolib"]]
    world.listed.clear()
    running = Sandbox(world, latency_ms=latency_ms)
    settings.sandbox_path.write_text(json.dumps(running.description()), encoding="utf-8")
    time.sleep(600)


def measure(folder: Path, centres: int, latency_ms: float) -> dict[str, object]:
    """The platforms in a process of their own; the reading of every offer, timed, in this one."""
    impolite = folder / "providers.toml"
    text = (ROOT / "data" / "providers.toml").read_text(encoding="utf-8")
    impolite.write_text(text.replace("connections = 32", "connections = 128"), encoding="utf-8")
    settings = Settings(data_dir=folder, horizon_days=14, providers_path=impolite)
    gazetteer = gazetteers.load(settings.gazetteer_path)
    command = [sys.executable, "-m", "tests.bench.ingest", "--serve", str(folder)]
    platforms = subprocess.Popen([*command, "--centres", str(centres), "--latency", str(latency_ms)], cwd=ROOT)
    try:
        while not settings.sandbox_path.exists():
            time.sleep(0.1)
        stores = open_stores(folder)
        collector = Collector(settings, stores, gazetteer, lambda: datetime.now(UTC))
        started = time.monotonic()
        collector.discover()
        discovered_s = time.monotonic() - started
        offers = len(stores.registry.offers())
        started = time.monotonic()
        run = collector.read()
        read_s = time.monotonic() - started
        rows = stores.catalog.fetch_table(run)
        readings = stores.catalog.readings()
    finally:
        platforms.kill()
    rate = len(readings) / read_s
    return {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "politeness": "off: loopback platforms of our own",
        "latency_ms": latency_ms,
        "offers": offers,
        "read": len(readings),
        "lost": offers - len(readings),
        "unreadable": sum(row["fetches"] for row in rows if row["outcome"] not in ("ok", "empty")),
        "requests_per_centre": round(sum(row["requests"] for row in rows) / len(readings), 2),
        "slots": sum(row["slot_count"] for row in readings),
        "discovery_s": round(discovered_s, 1),
        "reading_s": round(read_s, 1),
        "centres_per_s": round(rate, 1),
        "times_the_peer": round(rate / PEER_CENTRES_A_SECOND, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "peer_memory_mb": PEER_MEMORY_MB,
    }


def polite_cycle(requests_a_centre: float = 4.0) -> dict[str, str]:
    """How long one reading of all national places takes at the configured rates, provider by provider."""
    settings = Settings(demo=False)
    shares = {"doctolib": 0.739, "ordoclic": 0.08, "keldoc": 0.026, "maiia": 0.021}
    cycle = {}
    for slug, config in settings.all_configs().items():
        centres = NATIONAL_PLACES * shares.get(slug, 0.01)
        rate = (config.limits.rate_per_s or 1) * (2 if len(set(config.origins.values())) > 1 else 1)
        cycle[slug] = f"{centres * requests_a_centre / rate / 60:.0f} min for {centres:.0f} centres"
    return cycle


if __name__ == "__main__":
    main()
