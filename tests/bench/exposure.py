"""Row 6: how long a redirect may wait until it is under a signed head."""

from __future__ import annotations

import random
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import EventLog
from aggregator.worker.schedule import TOTALS_EVERY_S
from tests.bench.score import Score, report
from tests.bench.sealed import START, event

TITLE = "redirects that waited more than a minute for a published head"
BAR = "0; a worker that seals each five minutes must be seen"
CLICKS, LIMIT_S = 300, 60


def late(folder: Path, every_s: int) -> int:
    """Clicks at random seconds of an hour, sealed at the worker's pace; how many waited longer than the limit."""
    draw, log = random.Random(1), EventLog(folder / "events.db", wait_s=5)
    moments = sorted(draw.uniform(0, 3600 - every_s) for _ in range(CLICKS))
    waiting: list[float] = []
    over, at = 0, 0.0
    with closing(Accounts(Settings(data_dir=folder))) as accounts:
        while at < 3600:
            at += every_s
            while moments and moments[0] <= at:
                waiting.append(moments.pop(0))
                log.record(event(len(moments)))
            before = accounts.controls.all().get("log", {}).get("size", 0)
            accounts.seal(START + timedelta(seconds=at))
            sealed = accounts.controls.all()["log"]["size"] > before
            over += sum(at - moment > LIMIT_S or not sealed for moment in waiting)
            waiting.clear()
    log.close()
    return over


def score() -> Score:
    with tempfile.TemporaryDirectory() as name:
        over = late(Path(name) / "each-minute", TOTALS_EVERY_S)
        slow = late(Path(name) / "each-five", 300)
    return Score(CLICKS, CLICKS - over, 1, int(slow > 0), f"the worker seals each {TOTALS_EVERY_S} s")


if __name__ == "__main__":
    report(TITLE, score)
