"""Row 26: a disk that is full, read-only or locked: pages stay up, citizens are sent on, misses are told."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.redirect import event_log
from app import create_app
from tests.bench.score import Score, report
from tests.bench.stage import BROWSER, LYON, staged

TITLE = (
    "faults of the disk that kept a citizen from being sent on, took a page down, or hid a click that was not recorded"
)
BAR = "0"
CLICKS = 12


@contextmanager
def full(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """No page more: SQLite then says "database or disk is full"."""
    before = connection.execute("PRAGMA max_page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    yield
    connection.execute(f"PRAGMA max_page_count = {before}")


@contextmanager
def read_only(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    connection.execute("PRAGMA query_only = ON")
    yield
    connection.execute("PRAGMA query_only = OFF")


@contextmanager
def locked(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def tried(settings: Settings, fault: object) -> tuple[int, int, str]:
    """(checks that hold, checks, what was seen) under one fault."""
    app = create_app(settings)
    site, client = app.extensions["aiguillage"], app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    tokens = re.findall(r'action="(/rdv/[^"?]+)"', client.get(LYON).text)
    log = site.events
    with fault(log._connection, settings.data_dir / "events.db"):  # type: ignore[operator]
        # What waits for the disk is tried again each second; beyond the queue it is given up and counted as missed.
        sent_on = sum(clicked(client, tokens, number) for number in range(CLICKS))
        pages = sum(client.get(path).status_code == 200 for path in ("/", LYON, "/transparence", "/healthz"))
    site.close()
    stored, missed = told(settings)
    kept = stored + missed >= CLICKS
    return (
        sent_on + pages + kept,
        CLICKS + 4 + 1,
        f"{sent_on} of {CLICKS} sent on, {stored} stored later, {missed} missed",
    )


def clicked(client: FlaskClient, tokens: list[str], number: int) -> bool:
    client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
    return bool(client.post(tokens[number % len(tokens)]).status_code == 303)


def told(settings: Settings) -> tuple[int, int]:
    with closing(sqlite3.connect(settings.data_dir / "events.db")) as connection:
        stored = connection.execute("SELECT count(*) FROM events").fetchone()[0]
        missed = connection.execute("SELECT coalesce(sum(n), 0) FROM misses").fetchone()[0]
    return stored, missed


def careless_writer_fails(folder: Path) -> bool:
    """The control: a writer that stores before it answers, with no queue between, fails on a locked file."""
    path = folder / "careless.db"
    event_log.open_events(path).close()
    with closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as connection, locked(connection, path):
        try:
            connection.execute("INSERT INTO misses VALUES ('a', 'b', 1)")
        except sqlite3.OperationalError:
            return True
    return False


def score() -> Score:
    held = checks = 0
    said = []
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run", places=60) as (settings, _):
        for fault in (full, read_only, locked):
            (settings.data_dir / "events.db").unlink(missing_ok=True)
            good, of, seen = tried(settings, fault)
            held += good
            checks += of
            said.append(f"{fault.__name__.replace('_', '-')}: {seen}")
        caught = careless_writer_fails(Path(name))
    return Score(checks, held, 1, int(caught), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, score)
