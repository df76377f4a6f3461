"""How fast the auditor's file reads a log with many events. Prints figures; asserts nothing.

The bar is 100,000 sealed events a second (`verify.py log`: every minute's commitments hashed, under its signed root).

    python -m tests.bench.verifier [--events 1000000] [--minutes 1440]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import verify
from aggregator.ledger import merkle
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.seeds import SeedChain

BAR = 100_000
START = datetime(2026, 11, 23, tzinfo=UTC)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--minutes", type=int, default=1440)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = build(Path(folder), chosen.events, chosen.minutes)
        seconds = statistics.median(timed(log) for _ in range(5))
    print(
        json.dumps(
            {
                "events": chosen.events,
                "entries": chosen.minutes,
                "median_s": round(seconds, 2),
                "events_a_second": round(chosen.events / seconds),
                "times_the_bar": round(chosen.events / seconds / BAR, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
            },
            indent=1,
        )
    )


def build(folder: Path, events: int, minutes: int) -> Path:
    """A signed log of `minutes` entries that hold `events` commitments."""
    signer = load_or_create_signer(folder / "log.key", "bench.example/log")
    log = TransparencyLog(folder / "log.db", folder / "log", signer)
    chain = SeedChain(START.date(), os.urandom(32), links=100)
    (folder / "log" / "vkey").write_text(log.vkey)
    entries: list[dict[str, object]] = [{"t": "chain", "start": START.date().isoformat(), "anchor": chain.anchor.hex()}]
    (folder / "log" / "minutes").mkdir()
    each = events // minutes
    for number in range(minutes):
        sealed = sorted(os.urandom(32) for _ in range(each))
        name = f"minutes/{number}.bin"
        (folder / "log" / name).write_bytes(b"".join(sealed))
        entries.append(
            {
                "t": "minute",
                "minute": (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M"),
                "events": each,
                "upto": (number + 1) * each,
                "root": merkle.root_of(map(merkle.leaf_hash, sealed)).hex(),
                "file": name,
            }
        )
    log.append(entries)
    return folder / "log"


def timed(log: Path) -> float:
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = verify.main(["log", str(log)])
    if code:
        raise SystemExit(said.getvalue())
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
