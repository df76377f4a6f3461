"""Row 10: every fault of the catalogue on every adapter: named, bounded in time and memory, never read as "no slot"."""

from __future__ import annotations

import gc
import resource
import time
from datetime import date, timedelta

import requests

from aggregator.config import campaign as campaigns
from aggregator.config.settings import ROOT, Settings
from providers import PROVIDERS
from providers.base import Provider, ProviderConfig
from providers.http import Limits
from providers.records import Outcome, Reason
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from providers.sandbox.world import public_link
from tests.bench.score import Score, report
from tests.bench.stage import now, world

TITLE = "provider faults survived, on every adapter"
BAR = (
    'all, never "no slot"; budget + 0.5 s, bodies of 16 MB 1 s beyond their transfer; peak < 32 MiB more without those'
)
BUDGET_S, SLACK_S, FULL_BODY_S, MOST_MB = 1.0, 0.5, 1.0, 32
FULL_BODIES = ("brackets", "quotes", "escapes", "same-key")


def adapters(sandbox: Sandbox) -> dict[str, Provider]:
    covid = campaigns.load_campaign(ROOT / "data" / "campaigns" / "covid-2021.toml")
    made = {}
    for slug, kind in PROVIDERS.items():
        config = Settings(demo=False).all_configs()[slug]

        def wants(reason: Reason, slug: str = slug) -> bool:
            return covid.meaning(slug, reason) is not None

        made[slug] = kind(
            ProviderConfig(
                slug=slug, label=config.label, origins=dict.fromkeys(config.origins, sandbox.origins[slug]),
                booking_origins=config.booking_origins,
                limits=Limits(rate_per_s=None, retry_wait_s=0.01, connect_s=0.5, total_s=BUDGET_S),
            ),
            wants,
        )  # fmt: skip
    return made


def bookable(sandbox: Sandbox, slug: str, today: date) -> str:
    """The link of a centre that has slots."""
    for centre in sandbox.world.centres[slug]:
        if not centre.phone_only and any(
            sandbox.world.free(centre, m, today + timedelta(days=1), 5, now()) for m in centre.motives
        ):
            return public_link(centre) + (f"?centerid={centre.key}" if slug == "maiia" else "")
    raise RuntimeError(f"{slug}: no centre with slots")


def plain_transfer_s(origin: str) -> float:
    """What a body of 16 MB takes on the wire alone, to a client that does nothing with it."""
    started = time.monotonic()
    requests.get(f"{origin}/api/x", timeout=10)
    return time.monotonic() - started


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def naive_accepts(origin: str) -> bool:
    """What a plain client does: any JSON with status 200 is an answer, however long it takes to come."""
    try:
        answer = requests.get(f"{origin}/api/x", timeout=2, stream=False)
        answer.json()
    except (requests.RequestException, ValueError, RecursionError, MemoryError):
        return False
    return answer.ok


def play(sandbox: Sandbox, slug: str, fault: str, link: str) -> tuple[Outcome, float]:
    """(outcome, seconds) of one reading under one fault."""
    adapter = adapters(sandbox)[slug]  # a breaker of its own: one fault must not hide the next
    sandbox.faults[slug] = fault
    started = time.monotonic()
    reading = adapter.slots(link, now().date(), 7)
    took = time.monotonic() - started
    sandbox.faults.clear()
    gc.collect()  # errors hold their frames, and those the body: measured is what one answer takes
    return reading.outcome, took


def score() -> Score:
    survived = careless = 0
    slowest, said = 0.0, []
    with Sandbox(world(150)) as sandbox:
        made = adapters(sandbox)
        links = {slug: bookable(sandbox, slug, now().date()) for slug in made}
        whole = [adapter.slots(links[slug], now().date(), 7).outcome for slug, adapter in made.items()]
        if set(whole) != {Outcome.OK}:
            raise RuntimeError(f"without a fault not all are read: {whole}")
        base = peak_mb()
        small = [fault for fault in FAULTS if fault not in FULL_BODIES]
        for fault in (*small, *FULL_BODIES):
            if fault == FULL_BODIES[0]:
                # From here on both ends of the wire hold 16 MB in this process.
                more = peak_mb() - base
                sandbox.faults["*"] = fault
                transfer_s = max(plain_transfer_s(origin) for origin in sandbox.origins.values())
                sandbox.faults.clear()
            limit_s = transfer_s + FULL_BODY_S if fault in FULL_BODIES else BUDGET_S + SLACK_S
            for slug in made:
                outcome, took = play(sandbox, slug, fault, links[slug])
                good = outcome is Outcome.OK if fault == "flapping" else not outcome.readable
                survived += good and took <= limit_s
                slowest = max(slowest, took)
                if not good or took > limit_s:
                    said.append(f"{slug} {fault}: {outcome} after {took:.1f} s")
        for fault in ("booleans", "renamed", "duplicate-key", "nan", "scalar", "deep"):
            sandbox.faults["*"] = fault
            careless += naive_accepts(sandbox.origins["maiia"])
        sandbox.faults.clear()
    survived -= more > MOST_MB
    said.append(f"slowest {slowest:.2f} s of {BUDGET_S:g}, {more:.0f} MB more; a plain client accepts {careless} of 6")
    return Score(len(FAULTS) * len(made), survived, 1, int(careless > 0), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, score)
