"""Copies events from a node's `events.db` to the shared database without slowing its web process.

Nothing is lost and nothing counted twice, whatever stops in between: an event is known by (node, number) and by its
commitment; showings leave in numbered batches that are kept until the shared store has said that it has them.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from aggregator.database import StoreError
from aggregator.redirect.event_log import open_events
from aggregator.redirect.event_reader import TABLES_BY_HOUR, erase
from aggregator.redirect.shared_events import COLUMNS, SharedEvents

AT_ONCE = 5_000


class Shipper:
    """One a node. Not thread-safe."""

    def __init__(self, path: Path, shared: SharedEvents) -> None:
        self._path = path
        self._shared = shared
        self._db = open_events(path)

    def close(self) -> None:
        self._db.close()

    def ship(self) -> int:
        """Ship all that waits. Returns how many events the shared store did not have yet.

        Raises StoreError: whatever had not arrived is brought the next time.
        """
        try:
            return self._ship()
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error

    def _ship(self) -> int:
        brought = 0
        while True:
            node = self._node()
            events = self._events(self._shared.shipped(node)[0])
            batch, showings = self._batch()
            if not events and not batch:
                return brought
            brought += self._shared.receive(node, events, batch, showings)
            # Only now that the shared store has noted the batch: sent again under its number, it is not added again.
            self._db.execute("DELETE FROM outbox WHERE batch <= ?", (batch,))
            if len(events) < AT_ONCE:
                return brought

    def erase(self, before: str) -> int:
        """See `event_reader.erase`."""
        return erase(self._path, before)

    def _node(self) -> str:
        """The name of this file. A file put back from a copy gets a new one, for it gives old numbers to new events.

        Its events are then shipped again, and those that are known by their commitment are not counted again; of its
        showings nobody can tell which were: they are dropped.
        """
        row = self._db.execute("SELECT id FROM node").fetchone()
        if row is not None:
            seq, last, _ = self._shared.shipped(row[0])
            here = self._db.execute("SELECT commitment FROM events WHERE seq = ?", (seq,)).fetchone()
            if seq == 0 or (here is not None and here[0] == last):
                return str(row[0])
        name = f"n-{secrets.token_hex(8)}"
        with self._writing():
            if row is not None:
                for table in ("node", "outbox", *TABLES_BY_HOUR):
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            self._db.execute("INSERT INTO node VALUES (?)", (name,))
        return name

    def _events(self, after: int) -> list[tuple[Any, ...]]:
        names = ", ".join(("seq", *COLUMNS[1:]))
        sql = f"SELECT {names} FROM events WHERE seq > ? ORDER BY seq LIMIT {AT_ONCE}"  # noqa: S608 - our own names
        return self._db.execute(sql, (after,)).fetchall()

    def _batch(self) -> tuple[int, dict[str, list[list[Any]]]]:
        """(number, showings) of the batch on its way, or of a new one; (0, {}) when nothing waits."""
        row = self._waiting()
        if row is None:
            with self._writing():
                showings = {table: self._db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES_BY_HOUR}  # noqa: S608
                if not any(showings.values()):
                    return 0, {}
                for table in TABLES_BY_HOUR:
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
                self._db.execute("INSERT INTO outbox (showings) VALUES (?)", (json.dumps(showings),))
            row = self._waiting()
        return (row[0], json.loads(row[1])) if row else (0, {})

    def _waiting(self) -> tuple[int, str] | None:
        found: tuple[int, str] | None = self._db.execute(
            "SELECT batch, showings FROM outbox ORDER BY batch LIMIT 1"
        ).fetchone()
        return found

    @contextlib.contextmanager
    def _writing(self) -> Any:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()  # also after a COMMIT that failed, which may have ended it or left it open
            raise
