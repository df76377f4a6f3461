"""Row 4: one bit flipped somewhere in what proves the counts: the published log, and the sealed events themselves."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from aggregator.config.settings import Settings
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import commitment
from tests.bench.score import Score, report
from tests.bench.sealed import sealed, verdict

TITLE = "flipped bits that change data, found"
BAR = "all that change data, of 400 flips"
FLIPS = 200
FIELDS = ("basket", "bin", "centre", "class", "list", "policy", "pos", "prov")


def flip(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = draw.randrange(len(content) * 8)
    content[at // 8] ^= 1 << at % 8
    path.write_bytes(content)


def rows(path: Path) -> list[tuple[Any, ...]] | None:
    """Every sealed row; None when SQLite itself refuses the file."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(
                "SELECT commitment, nonce, basket, bin, centre, class, list, policy, pos, prov FROM events ORDER BY seq"
            ).fetchall()
    except sqlite3.DatabaseError:
        return None


def agrees(found: list[tuple[Any, ...]], settings: Settings) -> bool:
    """Each row opens its commitment, and the commitments are those of the published minutes."""
    try:
        whole = all(row[0] == commitment(row[1], dict(zip(FIELDS, row[2:], strict=True))) for row in found)
        return whole and sorted(row[0] for row in found) == published(settings)
    except (TypeError, ValueError, UnicodeError):
        return False


def published(settings: Settings) -> list[bytes]:
    bodies = [path.read_bytes() for path in (settings.published_dir / "log" / "minutes").rglob("*.bin")]
    return sorted(body[at : at + 32] for body in bodies for at in range(0, len(body), 32))


def in_force(path: Path, log: Path) -> bool:
    """False for a partial tile that a wider one has replaced: nobody reads it any more."""
    size = int((log / "checkpoint").read_text(encoding="utf-8").splitlines()[1])
    return not path.parent.name.endswith(".p") or int(path.name) == size % 256


def says_ok(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def score() -> Score:
    draw, changed, found, missed_by_sqlite = random.Random(1), 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = sealed(folder / "run", minutes=10, events=100)
        EventReader(settings.data_dir / "events.db").totals()
        with closing(sqlite3.connect(settings.data_dir / "events.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        honest = rows(settings.data_dir / "events.db")
        if honest is None or not agrees(honest, settings) or verdict("log", settings.published_dir / "log") != 0:
            raise SystemExit("undamaged, it does not verify: the row would mean nothing")
        for _ in range(FLIPS):
            copy = folder / "flipped.db"
            shutil.copy(settings.data_dir / "events.db", copy)
            flip(copy, draw)
            now = rows(copy)
            if now != honest:
                changed += 1
                found += now is None or not agrees(now, settings)
                missed_by_sqlite += now is not None and says_ok(copy)
        log = folder / "log"
        shutil.copytree(settings.published_dir / "log", log)
        files = [path for path in log.rglob("*") if path.is_file() and in_force(path, log)]
        for _ in range(FLIPS):
            path = draw.choice(files)
            before = path.read_bytes()
            flip(path, draw)
            changed += 1
            found += verdict("log", log) != 0
            path.write_bytes(before)
    said = f"SQLite's own integrity_check called {missed_by_sqlite} of the changed event files whole"
    return Score(changed, found, 1, int(missed_by_sqlite > 0), said)


if __name__ == "__main__":
    report(TITLE, score)
