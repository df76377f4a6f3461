"""Row 35: a live portal while each fault is played on one of its platforms: who is marked, and who is unharmed.

Worker, web process and platforms run as an operator starts them; nothing is moved or patched. Takes about half an hour.

    python -m tests.bench.live_faults [fault ...]
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.config.settings import ROOT, Settings
from aggregator.instants import unread_after
from aggregator.worker.schedule import PUBLISH_EVERY_S
from providers import PROVIDERS
from providers.sandbox.server import Sandbox
from tests.bench.score import Score, report
from tests.bench.stage import LYON, Web, geography, served, world

TITLE = "faults of one platform on a live portal: it is marked everywhere, the others are read on"
BAR = "marked within two intervals and a minute and a publication; the others never marked, none of their offers lost"
INTERVAL_S = 20
FAULTS = (
    "error", "hang", "drip", "reset", "html", "truncated", "deep", "huge", "gzip-bomb", "booleans", "renamed",
    "duplicate-key", "rate-limited", "blocked", "gone", "scalar",
)  # fmt: skip
MARKED_WITHIN_S = unread_after(INTERVAL_S).total_seconds() + PUBLISH_EVERY_S
SLACK_S = 15  # readings under way, and what a loaded machine takes for a publication


@dataclass(frozen=True)
class Played:
    """`marked_s`, `back_s`: seconds until page, API, state page and metrics said so, None when they never did."""

    fault: str
    slug: str
    marked_s: float | None
    back_s: float | None
    harm: str

    @property
    def survived(self) -> bool:
        return self.marked_s is not None and self.back_s is not None and not self.harm


def states(web: Web) -> dict[str, dict[str, Any]]:
    return {row["slug"]: row for row in json.loads(web.get("/api/v1/providers")[1])["providers"]}


def told(web: Web, slug: str, label: str) -> bool:
    """Do API, metrics, state page and the list of a town all say that the platform is not read?"""
    gauge = f'aiguillage_provider_unread{{provider="{slug}"}} 1.0'
    row = re.search(rf"<th[^>]*>{label}</th>(.+?)</tr>", web.get("/etat")[1], re.DOTALL)
    return (
        states(web)[slug]["failing_since"] is not None
        and gauge in web.get("/metrics")[1]
        and row is not None
        and "sans réponse lisible" in row[1]
        and re.search(rf"Nous ne lisons plus <strong>[^<]*{label}", web.get(LYON)[1]) is not None
    )


def harm_to_others(before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]], slug: str) -> str:
    for other in before.keys() - {slug}:
        was, state = before[other], now[other]
        if state["failing_since"]:
            return f"{other} is marked"
        if state["offers"] < was["offers"] or state["readable"] < was["readable"]:
            return f"{other} lost offers: {was['readable']} -> {state['readable']} of {state['offers']}"
        if state["p95_age_s"] > 2 * INTERVAL_S + PUBLISH_EVERY_S + SLACK_S:
            return f"{other} is {state['p95_age_s']} s old"
    return ""


def wait_for(what: Callable[[], bool], patience_s: float, meanwhile: Callable[[], None]) -> float | None:
    started = time.monotonic()
    while time.monotonic() - started < patience_s:
        meanwhile()
        if what():
            return time.monotonic() - started
        time.sleep(1)
    return None


def play(web: Web, sandbox: Sandbox, fault: str, slug: str, label: str) -> Played:
    before, harms = states(web), []

    def look() -> None:
        if found := harm_to_others(before, states(web), slug):
            harms.append(found)

    sandbox.faults[slug] = fault
    marked = wait_for(lambda: told(web, slug, label), MARKED_WITHIN_S + SLACK_S, look)
    sandbox.faults.clear()
    # A wait that the platform asked for is obeyed, and only then is it asked again.
    patience = 120 + 4 * INTERVAL_S + PUBLISH_EVERY_S + SLACK_S
    whole = before[slug]["readable"]
    back = wait_for(lambda: not told(web, slug, label) and states(web)[slug]["readable"] >= whole, patience, look)
    return Played(fault, slug, marked, back, harms[0] if harms else "")


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """The worker as `aiguillage worker` starts it, with the interval of this bench."""
    command = [sys.executable, "-m", "aggregator", "worker"]
    environment = {**os.environ, "AIGUILLAGE_DATA_DIR": str(settings.data_dir), "AIGUILLAGE_PROVIDERS": "sandbox",
                   "AIGUILLAGE_COLLECT_EVERY": str(INTERVAL_S)}  # fmt: skip
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=quiet, stderr=quiet
    ) as one:
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)


def all_read(web: Web) -> bool:
    found = states(web)
    return len(found) == len(PROVIDERS) and all(
        row["readable"] and row["readable"] == row["offers"] and not row["failing_since"] for row in found.values()
    )


def score(faults: tuple[str, ...] = FAULTS) -> Score:
    played: list[Played] = []
    with tempfile.TemporaryDirectory() as name, Sandbox(world(150)) as sandbox:
        settings = Settings(data_dir=geography(Path(name) / "run"), collect_every_s=INTERVAL_S)
        settings.sandbox_path.write_text(json.dumps(sandbox.description()), encoding="utf-8")
        labels, slugs = settings.provider_labels(), sorted(PROVIDERS)
        with working(settings), served(settings, AIGUILLAGE_COLLECT_EVERY=str(INTERVAL_S)) as web:
            if wait_for(lambda: all_read(web), 240, lambda: None) is None:
                raise RuntimeError(f"not all platforms are read: {states(web)}")
            for number, fault in enumerate(faults):
                slug = slugs[number % len(slugs)]
                played.append(play(web, sandbox, fault, slug, labels[slug]))
                print(played[-1], file=sys.stderr, flush=True)
            # The control: without a fault nothing is marked, or the row would call everything marked.
            calm = not any(told(web, slug, labels[slug]) for slug in slugs)
    slowest = max((one.marked_s or MARKED_WITHIN_S + SLACK_S for one in played), default=0.0)
    back = max((one.back_s or 0.0 for one in played), default=0.0)
    said = f"marked after {slowest:.0f} s at most (interval {INTERVAL_S} s), read again {back:.0f} s after the fault"
    failed = "; ".join(f"{one.fault} of {one.slug}: {one.harm or 'not told'}" for one in played if not one.survived)
    return Score(
        len(played), sum(one.survived for one in played), 1, int(calm), f"{said}; {failed}" if failed else said
    )


if __name__ == "__main__":
    report(TITLE, lambda: score(tuple(sys.argv[1:]) or FAULTS))
