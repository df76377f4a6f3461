"""Opens a SQLite file with a write-ahead log, a busy timeout and immediate transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregator.database import Parameters, StoreError, refuse_newer

BUSY_TIMEOUT_S = 30.0
# As sqlite-utils makes it, which stores of earlier versions were migrated with.
NOTED = (
    "CREATE TABLE IF NOT EXISTS _sqlite_migrations "
    "(id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)",
    "CREATE UNIQUE INDEX IF NOT EXISTS idx__sqlite_migrations_migration_set_name "
    "ON _sqlite_migrations (migration_set, name)",
)
REBUILT = ("catalog.db",)
"""Stores of what can be read again."""


class SqliteFile:
    """`synchronous`: FULL for what can never be had again, NORMAL for what can be read anew."""

    def __init__(self, path: Path, synchronous: str = "FULL") -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # isolation_level=None, or the module would begin transactions itself, and not IMMEDIATE.
            self.raw = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
            self.raw.execute("PRAGMA journal_mode = WAL")
            self.raw.execute(f"PRAGMA synchronous = {synchronous}")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: {error}. {advice(path, error)}") from error

    def close(self) -> None:
        self.raw.close()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        return self.raw.execute(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        cursor = self.raw.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        return self.raw.execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        with self.transaction():
            self.raw.executemany(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begun IMMEDIATE: a transaction that first reads and then writes would fail at once, without waiting,
        when another process has written in between.
        """
        if self.raw.in_transaction:
            yield
            return
        self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.raw.execute("COMMIT")
        except BaseException:  # an interrupt too: left open, it would keep the write lock
            self.raw.rollback()  # also after a COMMIT that failed, which may have ended it or left it open
            raise

    def define(self, script: str) -> None:
        self.raw.executescript(script)

    def version(self) -> int:
        return int(self.rows("PRAGMA data_version")[0][0])

    def migrate(self, name: str, steps: Mapping[str, str]) -> None:
        """Each step is whole or not at all, with its note. Raises StoreError."""
        try:
            # First without a lock: nearly every store that is opened has had all of its steps.
            for step in [step for step in steps if step not in self._migrated(name, steps)]:
                self._take_step(name, step, steps)
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}. {advice(self._path, error)}") from error

    def _take_step(self, name: str, step: str, steps: Mapping[str, str]) -> None:
        with self.transaction():
            for statement in NOTED:
                self.run(statement)
            if step in self._migrated(name, steps):
                return  # another process that opened the new file at once has made it
            for statement in steps[step].split(";"):  # not `executescript`, which would commit first
                self.run(statement)
            note = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"
            self.run(note, (name, step, str(datetime.now(UTC))))

    def _migrated(self, name: str, steps: Mapping[str, str]) -> list[str]:
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
            return []
        rows = self.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id", (name,))
        done = [row[0] for row in rows]
        refuse_newer(str(self._path), done, steps)
        return done


def advice(path: Path, error: Exception) -> str:
    """What to do about a file that cannot be opened."""
    damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
    if not damaged:
        return "Check that the folder exists, is writable and has room."
    if path.name in REBUILT:
        return (
            "It is damaged: stop the worker and delete it with its -wal and -shm; it is read again from the platforms."
        )
    return "It is damaged: move it away and put it back from a backup (docs/operations.md)."


def is_cut_or_foreign(path: Path) -> bool:
    """Damage that is seen without reading the whole file: no database, or shorter than it says."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return False  # locked, or not to be read: it may be whole
    except sqlite3.DatabaseError:
        return True
    return bool(path.stat().st_size < pages * size and not path.with_name(f"{path.name}-wal").exists())


def damage(path: Path) -> str | None:
    """What SQLite finds wrong in a file, in its own words; None when it is whole."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as connection:
            said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return None if said == "ok" else said.splitlines()[-1]


def vacuumed(source: Path, target: Path) -> None:
    """A copy in one file, without the pages that the store has freed."""
    with closing(sqlite3.connect(source, timeout=30)) as one:
        one.execute("VACUUM INTO ?", (str(target),))


def copy_whole(source: Path, target: Path) -> None:
    """SQLite's own online backup, in one step: the copy is the file as it was at one moment."""
    with closing(sqlite3.connect(source, timeout=30)) as one, closing(sqlite3.connect(target)) as copy:
        one.backup(copy)
