"""Row 27: the documented timer of backups, a machine lost, a million redirects put back: what is missing, how long."""

from __future__ import annotations

import math
import os
import re
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from aggregator.config.settings import ROOT, Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import open_events
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import commitment
from aggregator.redirect.tokens import load_secret
from aggregator.worker.backups.backup import BackupError, backup
from aggregator.worker.backups.restore import restore
from tests.bench.score import Score, report
from tests.bench.sealed import START, event, verdict

TITLE = "backups of a million redirects: missing at most (RPO), back after (RTO)"
BAR = "RPO ≤ 60 s, RTO ≤ 60 s"
EVENTS, LIMIT_S = 1_000_000, 60
GUIDE = ROOT / "docs" / "operations.md"
LATE_S = 60  # `AccuracySec` where a timer says none
UNITS = {"": 1, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


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


def timer_of(guide: str) -> tuple[float, float]:
    """(seconds between two backups, seconds that one may be late) of the timer that a guide prints; inf without one."""
    timer = re.search(r"aiguillage-backup\.timer.*?\[Timer\]\n(.+?)(?:\n\n|```)", guide, re.DOTALL)
    if timer is None or "aiguillage backup /" not in guide:
        return math.inf, LATE_S
    said = dict(re.findall(r"^(\w+)=(.+)$", timer[1], re.MULTILINE))
    late_s = seconds_in(said["AccuracySec"]) if "AccuracySec" in said else LATE_S
    if "OnUnitActiveSec" in said:
        return seconds_in(said["OnUnitActiveSec"]), late_s
    calendar = re.fullmatch(r"\*:\*:0(?:/(\d+))?", said.get("OnCalendar", ""))
    return (float(calendar[1] or 60) if calendar else math.inf), late_s


def seconds_in(text: str) -> float:
    span = re.fullmatch(r"(\d+) ?([a-z]*)", text)
    return float(span[1]) * UNITS[span[2]] if span and span[2] in UNITS else math.inf


def refused(settings: Settings, copy: Path) -> int:
    try:
        restore(settings, copy)
    except BackupError:
        return 1
    return 0


def planted(guide: str) -> int:
    """How many guides are seen whose timer loses more than a minute."""
    broken = (
        guide.replace("OnCalendar=*:*:0/30", "OnCalendar=hourly"),
        guide.replace("OnCalendar=*:*:0/30", "OnUnitActiveSec=10min"),
        guide.replace("AccuracySec=1s", ""),
        guide.replace("[Timer]", ""),
    )
    return sum(one != guide and sum(timer_of(one)) > LIMIT_S for one in broken)


def score() -> Score:
    guide = GUIDE.read_text(encoding="utf-8")
    every_s, late_s = timer_of(guide)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(data_dir=folder / "run")
        settings.data_dir.mkdir()
        fill(settings.data_dir / "events.db")
        load_secret(settings.keys_dir / "token.key")
        with closing(Accounts(settings)) as accounts:
            accounts.seal(START)
        started = time.monotonic()
        backup(settings, folder / "copy", START)
        backup_s = time.monotonic() - started
        shutil.copytree(settings.keys_dir, folder / "keys")
        shutil.rmtree(settings.data_dir)
        started = time.monotonic()
        shutil.copytree(folder / "keys", settings.keys_dir)
        restore(settings, folder / "copy")
        with closing(Accounts(settings)) as accounts:
            accounts.seal(START.replace(minute=5))
        whole = verdict("log", settings.published_dir / "log") == 0
        restore_s = time.monotonic() - started
        kept = EventReader(settings.data_dir / "events.db").totals() == EVENTS
        with closing(sqlite3.connect(folder / "copy" / "log.db")) as connection, connection:
            connection.execute("DELETE FROM entries WHERE n = 0")
        caught = refused(Settings(data_dir=folder / "again"), folder / "copy")
    rpo_s = (
        every_s + late_s + backup_s
    )  # the machine is lost just before a copy is whole: the one before is all there is
    good = (rpo_s <= LIMIT_S) + (restore_s <= LIMIT_S) + whole + kept
    said = (
        f"docs/operations.md: each {every_s:.0f} s, at most {late_s:.0f} s late; a backup takes {backup_s:.1f} s: "
        f"RPO {rpo_s:.0f} s; back, verified, in {restore_s:.1f} s"
    )
    return Score(4, good, 5, caught + planted(guide), said)


if __name__ == "__main__":
    report(TITLE, score)
