"""The redirect with all its checks, durable before it is answered, against itself without the log and bare Flask."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aggregator.ledger.event_reader import EventReader
from aggregator.ledger.events import EventClass
from tests.bench.harness import Result, at_least, at_most, main, told
from tests.bench.http import in_turn, under_granian, wrk
from tests.bench.stage import served, staged

SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 64


def measure() -> Result:
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _):
        folder, without = Path(name), Path(name) / "without"
        without.mkdir()
        for path in settings.data_dir.iterdir():
            if not path.name.startswith("events.db"):
                (without / path.name).symlink_to(path)
        with served(settings) as web, under_granian("without_log", without) as silent, under_granian("bare") as bare:
            clicks, moved = folder / "clicks", folder / "moved"
            clicks.write_text("".join(f"POST {token}\n" for token in web.tokens()))
            moved.write_text("POST /moved\n")
            loads = [(wrk, web.origin, SCRIPT, clicks), (wrk, silent, SCRIPT, clicks), (wrk, bare, SCRIPT, moved)]
            ours, unlogged, theirs = in_turn(*[(many, *rest) for _, *rest in loads])
            reader = EventReader(settings.data_dir / "events.db")
            events = sum(reader.totals(cls) for cls in EventClass)
    return Result(
        "Redirect, durable before the answer",
        [
            at_least("against the same route with the log switched off", ours.rate / unlogged.rate, 0.75),
            at_least("against bare Flask that answers a 303", ours.rate / theirs.rate, 0.6),
            at_most("p99 at 64 connections, ms", ours.p99_ms, 50),
            at_most("answers that were no redirect", ours.errors, 0),
            told("redirects", f"{ours.rate:,.0f} a second, p50 {ours.p50_ms:.1f} ms, {events:,} events stored"),
        ],
    )


def many(origin: str, script: Path, lines: Path) -> object:
    return wrk(origin, script, lines, connections=CONNECTIONS)


if __name__ == "__main__":
    main(measure)
