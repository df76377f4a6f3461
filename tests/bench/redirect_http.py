"""The redirect with all its checks, durable before it is answered, against itself without the log and bare Flask.

Beside it, itself with a writer that stores nothing: what is lost by waiting for another thread, whatever it does; and
the same route as a Flask view, with and without the log: the door in front of Flask makes both quicker, and what is
left of the log weighs more.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from tests.bench.harness import Result, at_least, at_most, main, told
from tests.bench.http import in_turn, under_granian, wrk
from tests.bench.stage import served, staged

SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 64
OURSELVES = ("without_log", "handed_over", "view", "view_without_log")
"""Of tests/bench/http.py."""


def measure() -> Result:
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _):
        clicks, moved = Path(name) / "clicks", Path(name) / "moved"
        moved.write_text("POST /moved\n")
        with served(settings) as web:
            clicks.write_text("".join(f"POST {token}\n" for token in web.tokens()))
            # Only now: the key of the tokens is drawn when the first web process starts, and all need the same.
            with ExitStack() as stack:
                loads = [(web.origin, clicks)]
                for factory in OURSELVES:
                    beside = all_but_the_log(settings.data_dir, Path(name) / factory)
                    loads.append((stack.enter_context(under_granian(factory, beside)), clicks))
                loads.append((stack.enter_context(under_granian("bare")), moved))
                found = in_turn(*[(many, origin, SCRIPT, lines) for origin, lines in loads])
            ours, unlogged, handed_over, view, view_unlogged, theirs = found
            reader = EventReader(settings.data_dir / "events.db")
            events = sum(reader.totals(cls) for cls in EventClass)
    return Result(
        "Redirect, durable before the answer",
        [
            at_least("against the same route with the log switched off", ours.rate / unlogged.rate, 0.75),
            told("the same with a writer that stores nothing", f"{handed_over.rate / unlogged.rate:.2f} ×"),
            told("as a Flask view, the same", f"{view.rate / view_unlogged.rate:.2f} ×, {view.rate:,.0f} a second"),
            at_least("against bare Flask that answers a 303", ours.rate / theirs.rate, 0.6),
            at_most("p99 at 64 connections, ms", ours.p99_ms, 50),
            at_most("answers that were no redirect", sum(load.errors for load in found), 0),
            told("redirects", f"{ours.rate:,.0f} a second, p50 {ours.p50_ms:.1f} ms, {events:,} events stored"),
        ],
    )


def all_but_the_log(data: Path, folder: Path) -> Path:
    """The same data folder by links, keys included, without the events."""
    folder.mkdir()
    for path in data.iterdir():
        if not path.name.startswith("events.db"):
            (folder / path.name).symlink_to(path)
    return folder


def many(origin: str, script: Path, lines: Path) -> object:
    return wrk(origin, script, lines, connections=CONNECTIONS)


if __name__ == "__main__":
    main(measure)
