"""Row 12: an hour of silence of one platform: how often it is knocked at, and how soon it is read again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.collect.collector import Collector
from aggregator.collect.readings import due_before
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.store import Stores, open_stores
from providers import PROVIDERS
from providers.breaker import LONGEST_PAUSE_S, BreakerState
from providers.sandbox.server import Sandbox
from tests.bench.score import Score, report
from tests.bench.stage import geography, now, world

TITLE = "platforms that are silent for an hour: knocks meanwhile, and recovery"
BAR = "one probe a pause at most (3 requests each), read again within one interval and one pause"
STEP_S, RETRIES, FIRST_ROUNDS = 30, 3, 4


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def hour(
    settings: Settings,
    stores: Stores,
    sandbox: Sandbox,
    clock: Clock,
    slug: str,
    forget: Callable[[Stores], None] | None = None,
) -> tuple[int, float]:
    """(requests during the hour after the breaker opened, seconds until it is read again); `forget` after each step."""
    places = gazetteers.load_gazetteer(settings.gazetteer_path)

    def step() -> set[str]:
        collector = Collector(settings, stores, places, clock, only=[slug])
        run = collector.read_due(due_before(clock(), settings.collect_every_s))
        if forget:
            forget(stores)
        return {row["outcome"] for row in (stores.catalog.fetch_table(run) if run else ())}

    clock.at += timedelta(seconds=settings.collect_every_s + 1)
    sandbox.faults[slug] = "unavailable"
    for _ in range(FIRST_ROUNDS):
        step()
        clock.at += timedelta(seconds=settings.collect_every_s + 1)
    before, start = sandbox.requests, clock.at
    while clock.at < start + timedelta(hours=1):
        clock.at += timedelta(seconds=STEP_S)
        step()
    knocks = sandbox.requests - before
    sandbox.faults.clear()
    back = clock.at
    while "ok" not in step() and clock.at < back + timedelta(hours=3):
        clock.at += timedelta(seconds=STEP_S)
    return knocks, (clock.at - back).total_seconds()


def probes_allowed() -> int:
    """Pauses of 1, 2, 4… minutes: one probe after each, with its retries."""
    pause, elapsed, probes = 60.0, 0.0, 0
    while elapsed < 3600:
        elapsed += pause
        probes += 1
        pause = min(pause * 2, LONGEST_PAUSE_S)
    return probes * RETRIES


def score() -> Score:
    survived, said = 0, []
    with tempfile.TemporaryDirectory() as name, Sandbox(world(60)) as sandbox:
        settings = Settings(data_dir=geography(Path(name) / "run"))
        settings.sandbox_path.write_text(json.dumps(sandbox.description()), encoding="utf-8")
        with closing(open_stores(settings.data_dir)) as stores:
            collector = Collector(settings, stores, gazetteers.load_gazetteer(settings.gazetteer_path), now)
            collector.discover()
            collector.read()
            clock = Clock(now())
            for slug in sorted(PROVIDERS):
                knocks, recovered_s = hour(settings, stores, sandbox, clock, slug)
                limit = settings.collect_every_s + LONGEST_PAUSE_S
                survived += knocks <= probes_allowed() and recovered_s <= limit
                said.append(f"{slug} {knocks} requests, read again after {recovered_s:.0f} s")

            def without_breaker(these: Stores) -> None:
                for slug in PROVIDERS:
                    these.catalog.put_breaker(slug, replace(BreakerState()))

            knocks, _ = hour(settings, stores, sandbox, clock, "doctolib", without_breaker)
    said.append(f"without a breaker {knocks} requests, {probes_allowed()} allowed")
    return Score(len(PROVIDERS), survived, 1, int(knocks > probes_allowed()), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, score)
