"""Opening a SQLite file the one right way, and the named migrations that shape it."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

BUSY_TIMEOUT_S = 30.0


class StoreError(RuntimeError):
    """A store cannot be opened or written; the message names the file and says what to do."""


class Store:
    """One SQLite file. `synchronous`: FULL for what can never be had again, NORMAL for what can be read anew."""

    def __init__(self, path: Path, migrations: Migrations, synchronous: str) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            self.db = Database(connection)
            with _one_at_a_time(path):
                migrations.apply(self.db)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: {error}. Check that the folder exists, is writable and has room.") from error

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One change, whole or not at all.

        Begun IMMEDIATE: a transaction that first reads and then writes would fail at once, without waiting,
        when another process has written in between.
        """
        if self.db.conn.in_transaction:
            with self.db.atomic():
                yield
            return
        self.db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.conn.execute("ROLLBACK")
            raise
        self.db.conn.execute("COMMIT")

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return list(self.db.query(sql, dict(parameters or {})))

    def row(self, sql: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        return next(iter(self.rows(sql, parameters)), None)

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Rows changed."""
        return int(self.db.execute(sql, dict(parameters or {})).rowcount)

    def run_many(self, sql: str, parameters: Iterable[Mapping[str, Any]]) -> None:
        with self.transaction():
            self.db.conn.executemany(sql, parameters)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two processes that open a new store at once must not both create its tables."""
    with path.with_suffix(".migrating").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
