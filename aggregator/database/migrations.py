"""A store: its tables at a location, and the named migrations that shape them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from aggregator.database import Connection, Location, Parameters, connect


class Store:
    """`synchronous` of a file: FULL for what can never be had again, NORMAL for what can be read anew."""

    def __init__(self, location: Location, name: str, steps: Mapping[str, str], synchronous: str) -> None:
        self._connection: Connection = connect(location, synchronous)
        self._connection.migrate(name, steps)

    def close(self) -> None:
        self._connection.close()

    def version(self) -> int | None:
        """Another number whenever another connection has changed the store since this was asked; None: not known."""
        return self._connection.version()

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
