"""One interface to the databases: a SQLite file on one machine, a PostgreSQL schema on several.

SQL is written once, in the words that both understand, with `?` or `:name` for parameters; tables are defined in
SQLite's words and translated (`postgres.py`). The web process loads none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

Parameters = Sequence[Any] | Mapping[str, Any]
Location = Path | str
"""A file, or a `postgresql://` URL."""


class StoreError(RuntimeError):
    """A store cannot be opened or written; the message names it and says what to do."""


class Connection(Protocol):
    """Outside `transaction` each statement is a change of its own."""

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]: ...

    def dicts(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]: ...

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Rows changed."""

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """One change, whole or not at all."""

    def transaction(self) -> AbstractContextManager[None]:
        """One change, whole or not at all; one inside another is part of it."""

    def define(self, script: str) -> None:
        """Create tables, in SQLite's words; statements that change nothing the second time."""

    def migrate(self, name: str, steps: Mapping[str, str]) -> None:
        """Run the named steps that have not run yet, with a note of each. Raises StoreError."""

    def version(self) -> int | None:
        """Another number whenever somebody else has changed something since this was asked; None: not known."""

    def close(self) -> None: ...


def connect(location: Location, synchronous: str = "FULL") -> Connection:
    """`synchronous`: of a SQLite file; PostgreSQL is always durable. Raises StoreError."""
    if isinstance(location, Path):
        # Imported here: both modules import from this one.
        from aggregator.database.sqlite import SqliteFile

        return SqliteFile(location, synchronous)
    from aggregator.database.postgres import PostgresSchema

    return PostgresSchema(location)


def refuse_newer(where: str, done: Iterable[str], steps: Mapping[str, str]) -> None:
    """Raises StoreError when steps have run that this version does not know: it would misread what they made."""
    if unknown := sorted(set(done) - set(steps)):
        raise StoreError(
            f"{where} was written by a newer version ({', '.join(unknown)}): install that version again, or put back "
            "the copy that was made before the upgrade"
        )
