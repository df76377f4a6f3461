"""A store: its tables at a location, and the named migrations that shape them."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.database import Connection, Location, Parameters, StoreError, connect, refuse_newer
from aggregator.database.postgres import PostgresSchema
from aggregator.database.sqlite import advice


class Store:
    """`synchronous` of a file: FULL for what can never be had again, NORMAL for what can be read anew."""

    def __init__(self, location: Location, name: str, steps: Mapping[str, str], synchronous: str) -> None:
        self._connection: Connection = connect(location, synchronous)
        if isinstance(self._connection, PostgresSchema):
            self._connection.migrate(name, steps)
        elif isinstance(location, Path):
            _migrate(location, name, steps)

    def close(self) -> None:
        self._connection.close()

    def transaction(self) -> AbstractContextManager[None]:
        """One change, whole or not at all."""
        return self._connection.transaction()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        return self._connection.dicts(sql, parameters)

    def row(self, sql: str, parameters: Parameters = ()) -> dict[str, Any] | None:
        return next(iter(self.rows(sql, parameters)), None)

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Rows changed."""
        return self._connection.run(sql, parameters)

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        self._connection.run_many(sql, parameters)


def migrations(name: str, steps: Mapping[str, str]) -> Migrations:
    """The steps as sqlite-utils applies them: each in a transaction with the note that it has run."""
    found = Migrations(name)
    for step, script in steps.items():
        found(name=step)(lambda db, script=script: db.executescript(script))
    return found


def _migrate(path: Path, name: str, steps: Mapping[str, str]) -> None:
    """Two processes that open a new file at once must not both create its tables."""
    try:
        with path.with_suffix(".migrating").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with closing_database(path) as db:
                known = migrations(name, steps)
                refuse_newer(str(path), [one.name for one in known.applied(db)], steps)
                known.apply(db)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: {error}. {advice(path, error)}") from error


@contextmanager
def closing_database(path: Path) -> Iterator[Database]:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        yield Database(connection)
    finally:
        connection.close()
