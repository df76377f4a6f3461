"""Row 10: every fault of the catalogue on every adapter: named, bounded in time and memory, never read as "no slot"."""

from __future__ import annotations

import resource
import time
from datetime import date

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
BAR = "all; none longer than its budget + 0.5 s; peak < 32 MiB more"
BUDGET_S, SLACK_S, MOST_MB = 1.0, 0.5, 32


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
        if not centre.phone_only and any(sandbox.world.free(centre, m, today, 20, now()) for m in centre.motives):
            return public_link(centre) + (f"?centerid={centre.key}" if slug == "maiia" else "")
    raise RuntimeError(f"{slug}: no centre with slots")


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


def score() -> Score:
    injected = survived = careless = 0
    slowest, said = 0.0, []
    with Sandbox(world(150)) as sandbox:
        today = now().date()
        made = adapters(sandbox)
        links = {slug: bookable(sandbox, slug, today) for slug in made}
        for slug, adapter in made.items():
            adapter.slots(links[slug], today, 7)
        base = peak_mb()
        for slug in made:
            for fault in FAULTS:
                adapter = adapters(sandbox)[slug]  # a breaker of its own: one fault must not hide the next
                sandbox.faults[slug] = fault
                started = time.monotonic()
                reading = adapter.slots(links[slug], today, 7)
                took = time.monotonic() - started
                sandbox.faults.clear()
                good = reading.outcome is Outcome.OK if fault == "flapping" else not reading.outcome.readable
                injected += 1
                fine = good and took <= BUDGET_S + SLACK_S
                survived += fine
                slowest = max(slowest, took)
                if not fine:
                    said.append(f"{slug} {fault}: {reading.outcome} after {took:.1f} s")
        more = peak_mb() - base
        for fault in ("booleans", "renamed", "duplicate-key", "nan", "scalar", "deep"):
            sandbox.faults["*"] = fault
            careless += naive_accepts(sandbox.origins["maiia"])
        sandbox.faults.clear()
    survived -= more > MOST_MB
    said.append(f"slowest {slowest:.2f} s of {BUDGET_S:g}, {more:.0f} MB more; a plain client accepts {careless} of 6")
    return Score(injected, survived, 1, int(careless > 0), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, score)
