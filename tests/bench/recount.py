"""Shares over ten million redirects of ninety days: what a page reads, what a recount costs, what an event costs."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from aggregator.redirect.event_log import open_events
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.rollups import RollUps
from tests.bench.harness import Result, apart, at_least, at_most, exponent, main, median, told

EVENTS, SMALL, DAYS = 10_000_000, 1_000_000, 90
FIRST = date(2026, 8, 1)
FILL = """
INSERT INTO events (commitment, nonce, basket, bin, centre, class, list, policy, pos, prov)
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :events)
SELECT randomblob(32), randomblob(16), 'dep=' || (10 + abs(random()) % 96),
    date(:first, '+' || (n * :days / :events) || ' days') || 'T' || substr('0' || (n * :days * 24 / :events % 24), -2),
    'p-aaaaaaaaaa', CASE abs(random()) % 50 WHEN 0 THEN 'duplicate' WHEN 1 THEN 'robot' ELSE 'counted' END,
    'ffffffffffffffffffffffffffffffff', 'order/1', 1 + n % 20, substr('aaaaaaabcd', 1 + abs(random()) % 10, 1)
FROM numbers
"""
GROUP_BY = "SELECT substr(bin, 1, 10), basket, prov, class, count(*) FROM events GROUP BY 1, 2, 3, 4"


def days_of(events: int) -> list[dict[str, Any]]:
    """The entries of the log: the last event of each day."""
    return [
        {"day": (FIRST + timedelta(days=day)).isoformat(), "upto": -(-events * (day + 1) // DAYS)}
        for day in range(DAYS)
    ]


def filled(folder: Path, events: int) -> Path:
    path = folder / f"events-{events}.db"
    with closing(open_events(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        db.execute(FILL, {"events": events, "first": FIRST.isoformat(), "days": DAYS})
        db.execute("COMMIT")
    return path


def rolled(path: Path, entries: Iterable[dict[str, Any]]) -> Path:
    """Roll-ups as the worker makes them, a day at a time."""
    target = path.with_name(f"rollups-{path.name}")
    with closing(RollUps(target)) as rollups:
        minutes = [(n, {"minute": f"{one['day']}T12:00", "upto": one["upto"]}) for n, one in enumerate(entries)]
        rollups.advance(EventReader(path), minutes)
    return target


def page(rollups: str) -> int:
    """What `/transparence` and its map need of ninety days."""
    first, last = FIRST.isoformat(), (FIRST + timedelta(days=DAYS - 1)).isoformat()
    with closing(RollUps(Path(rollups))) as opened:
        totals, places = opened.totals(first, last), opened.by_basket(first, last)
    return sum(totals["counted"].values()) + len(places)


def recounted(events: str, rollups: str, count: int) -> bool:
    with closing(RollUps(Path(rollups))) as opened:
        return all(opened.recount(EventReader(Path(events)), days_of(count)).values())


def grouped(events: str) -> int:
    with closing(sqlite3.connect(events)) as db:
        return len(db.execute(GROUP_BY).fetchall())


def measure() -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = filled(folder, SMALL)
        started = time.process_time()
        small_rolled = rolled(small, days_of(SMALL))
        an_event_us = 1e6 * (time.process_time() - started) / SMALL
        pairs = [(apart(recounted, str(small), str(small_rolled), SMALL), apart(grouped, str(small))) for _ in range(5)]
        large = filled(folder, EVENTS)
        large_rolled = rolled(large, days_of(EVENTS))
        read = sorted((apart(page, str(large_rolled)) for _ in range(5)), key=lambda run: run.cpu_s)[2]
        again, yardstick = apart(recounted, str(large), str(large_rolled), EVENTS), apart(grouped, str(large))
    identical = again.value and all(run.value for run, _ in pairs)
    ours = median(run.cpu_s for run, _ in pairs)
    return Result(
        f"Shares over {EVENTS:,} redirects, {DAYS} days, by département",
        [
            at_most("what a page reads of roll-ups, ms of CPU", 1000 * read.cpu_s, 50),
            at_most("and its memory, MB more than before", read.peak_mb - read.idle_mb, 30),
            at_least("recount from raw events identical", float(identical), 1, ""),
            at_most("recount against SQLite's GROUP BY", again.cpu_s / yardstick.cpu_s, 1.3),
            at_most(f"the same over {SMALL:,}", median(one.cpu_s / other.cpu_s for one, other in pairs), 1.3),
            told("recount, GROUP BY", f"{again.cpu_s:.1f} and {yardstick.cpu_s:.1f} s, {again.peak_mb:.0f} MB"),
            told("growth of the recount", exponent({SMALL: ours, EVENTS: again.cpu_s})),
            told("rolling up an event", f"{an_event_us:.1f} µs"),
        ],
    )


if __name__ == "__main__":
    main(measure)
