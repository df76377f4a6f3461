"""Row 27: a backup a minute, the machine lost, a million redirects put back: what is missing, and how long it takes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import open_events
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import commitment
from aggregator.worker.backup import BackupError, backup, restore
from tests.bench.score import Score, report
from tests.bench.sealed import START, event, verdict

TITLE = "backups of a million redirects: missing at most (RPO), back after (RTO)"
BAR = "RPO ≤ 60 s, RTO ≤ 60 s"
EVENTS, EVERY_S, LIMIT_S = 1_000_000, 30, 60


def fill(path: Path) -> None:
    fields = event(0).sealed_fields()
    columns = ("basket", "bin", "centre", "class", "list", "policy", "pos", "prov")

    def row() -> tuple[object, ...]:
        nonce = os.urandom(16)
        return (commitment(nonce, fields), nonce, *(fields[name] for name in columns))

    with closing(open_events(path)) as connection:
        connection.execute("BEGIN")
        connection.executemany(
            f"INSERT INTO events (commitment, nonce, {', '.join(columns)}) VALUES ({', '.join('?' * 10)})",  # noqa: S608
            (row() for _ in range(EVENTS)),
        )
        connection.execute("COMMIT")


def score() -> Score:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(data_dir=folder / "run")
        settings.data_dir.mkdir()
        fill(settings.data_dir / "events.db")
        with closing(Accounts(settings)) as accounts:
            accounts.seal(START)
        started = time.monotonic()
        backup(settings, folder / "copy", START)
        backup_s = time.monotonic() - started
        shutil.copytree(settings.keys_dir, folder / "keys")
        shutil.rmtree(settings.data_dir)
        started = time.monotonic()
        restore(settings, folder / "copy")
        shutil.copytree(folder / "keys", settings.keys_dir)
        with closing(Accounts(settings)) as accounts:
            accounts.seal(START.replace(minute=5))
        whole = verdict("log", settings.published_dir / "log") == 0
        restore_s = time.monotonic() - started
        kept = EventReader(settings.data_dir / "events.db").totals() == EVENTS
        with closing(sqlite3.connect(folder / "copy" / "log.db")) as connection, connection:
            connection.execute("DELETE FROM entries WHERE n = 0")
        try:
            restore(Settings(data_dir=folder / "again"), folder / "copy")
        except BackupError:
            caught = 1
        else:
            caught = 0
    rpo_s = EVERY_S + backup_s
    good = (rpo_s <= LIMIT_S) + (restore_s <= LIMIT_S) + whole + kept
    said = f"a backup each {EVERY_S} s takes {backup_s:.1f} s: RPO {rpo_s:.0f} s; back, verified, in {restore_s:.1f} s"
    return Score(4, good, 1, caught, said)


if __name__ == "__main__":
    report(TITLE, score)
