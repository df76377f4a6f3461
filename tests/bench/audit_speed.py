"""Row 7: the auditor's file over a day of many sealed events, and the totals that it must come to."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.score import Score, report
from tests.bench.verifier import BAR as BAR_A_SECOND
from tests.bench.verifier import build, timed

TITLE = "sealed events that the auditor's file reads in a second"
BAR = f"≥ {BAR_A_SECOND:,}"
EVENTS, MINUTES = 1_000_000, 1440


def score() -> Score:
    with tempfile.TemporaryDirectory() as folder:
        log = build(Path(folder), EVENTS, MINUTES)
        a_second = EVENTS / min(timed(log) for _ in range(3))
        damaged = next(iter((log / "minutes").iterdir()))
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
        try:
            timed(log)
        except SystemExit:
            caught = 1
        else:
            caught = 0
    return Score(1, int(a_second >= BAR_A_SECOND), 1, caught, f"{a_second:,.0f} a second over {EVENTS:,} events")


if __name__ == "__main__":
    report(TITLE, score)
