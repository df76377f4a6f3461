"""The reading side of `events.db`, in the worker, and its erasure after thirteen months."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.database.sqlite import is_cut_or_foreign
from aggregator.redirect.event_log import EventLogError, open_events
from aggregator.redirect.events import FIELDS, EventClass

LAST = 2**63 - 1  # no sequence number is greater
TABLES_BY_HOUR = ("impressions", "lists", "ages", "misses")
# Subtracted, not deleted: the same list may have been shown again since it was replayed.
FORGET = "UPDATE lists SET n = n - ? WHERE bin = ? AND epoch = ? AND snapshot = ? AND key = ? AND hash = ?"
FORGOTTEN = "DELETE FROM lists WHERE bin = ? AND n = 0"

ShownList = tuple[str, str, str, str, int]
"""(hour of the order, snapshot, question, hash, times)."""
Rows = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]


class EventReader:
    """Answers questions about `events.db`, each over its own read-only connection; a missing file holds no events."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def totals(self, cls: EventClass = EventClass.COUNTED) -> int:
        return int(self._scalar("SELECT count(*) FROM events WHERE class = ?", (cls.value,)))

    def missed(self) -> int:
        return int(self._scalar("SELECT coalesce(sum(n), 0) FROM misses", ()))

    def missed_by_provider(self, before: str) -> dict[str, int]:
        """Misses by provider in the hours before `before`: the start of today, for only closed days are published."""
        return dict(self._rows("SELECT prov, sum(n) FROM misses WHERE bin < ? GROUP BY prov ORDER BY prov", (before,)))

    def commitments(self, after: int, upto: int = LAST) -> list[tuple[int, bytes]]:
        """(sequence number, commitment) of the events between two sequence numbers (the first excluded)."""
        sql = "SELECT seq, commitment FROM events WHERE seq > ? AND seq <= ? ORDER BY seq"
        return [(n, c) for n, c in self._rows(sql, (after, upto))]

    def events(self, numbers: Sequence[int]) -> list[tuple[bytes, bytes, dict[str, Any]]]:
        """(commitment, nonce, fields) of the events with these sequence numbers, some hundreds at most."""
        marks = ", ".join("?" * len(numbers))
        sql = f"SELECT commitment, nonce, {', '.join(FIELDS)} FROM events WHERE seq IN ({marks})"  # noqa: S608
        rows = self._rows(sql, tuple(numbers)) if numbers else []
        return [
            (bytes(commitment), bytes(nonce), dict(zip(FIELDS, fields, strict=True)))
            for commitment, nonce, *fields in rows
        ]

    def class_totals(self, after: int, upto: int) -> dict[str, dict[str, int]]:
        """Events by class and provider, between two sequence numbers (the first excluded)."""
        totals: dict[str, dict[str, int]] = {}
        sql = "SELECT class, prov, count(*) FROM events WHERE seq > ? AND seq <= ? GROUP BY class, prov ORDER BY 1, 2"
        for cls, provider, count in self._rows(sql, (after, upto)):
            totals.setdefault(cls, {})[provider] = count
        return totals

    def counts(self, after: int, upto: int) -> dict[tuple[str, str, str], int]:
        """(basket, provider, class) -> events between two sequence numbers (the first excluded)."""
        sql = "SELECT basket, prov, class, count(*) FROM events WHERE seq > ? AND seq <= ? GROUP BY basket, prov, class"
        return {(basket, prov, cls): n for basket, prov, cls, n in self._rows(sql, (after, upto))}

    def arrivals(self, after: int, upto: int) -> list[tuple[str, str, str]]:
        """(class, basket, provider) of the events between two sequence numbers, in the order they came."""
        return self._rows(
            "SELECT class, basket, prov FROM events WHERE seq > ? AND seq <= ? ORDER BY seq", (after, upto)
        )

    def clicks(self, after: int, upto: int) -> list[tuple[str, str, str, str, int]]:
        """(hour, list, place, provider, counted clicks) between two sequence numbers (the first excluded)."""
        return self._rows(
            "SELECT bin, list, centre, prov, count(*) FROM events WHERE seq > ? AND seq <= ? AND class = 'counted' "
            "AND list IS NOT NULL AND centre IS NOT NULL GROUP BY bin, list, centre, prov ORDER BY 1, 2, 3, 4",
            (after, upto),
        )

    def shown(self, bin_: str) -> tuple[list[ShownList], dict[str, int]]:
        """The lists shown in an hour that wait for their replay, and the exposure by provider, as of one moment."""
        # Read apart, a list shown between the two would count on one side only and look like a deviation.
        with self._one_moment() as rows:
            lists = rows(
                "SELECT epoch, snapshot, key, hash, n FROM lists WHERE bin = ? ORDER BY snapshot, epoch, key", (bin_,)
            )
            exposure = rows(
                "SELECT prov, sum(exposure) FROM impressions WHERE bin = ? GROUP BY prov ORDER BY prov", (bin_,)
            )
        return lists, dict(exposure)

    def hours_of_lists(self, before: str) -> list[str]:
        """The hours before `before` whose lists are still kept."""
        return [row[0] for row in self._rows("SELECT DISTINCT bin FROM lists WHERE bin < ? ORDER BY bin", (before,))]

    def exposure(self, first: str, last: str) -> list[tuple[str, str, int, int, int]]:
        """(basket, provider, offers, place units, weighted units) shown from one hour to another, both included."""
        return self._rows(
            "SELECT basket, prov, sum(offers), sum(shown), sum(exposure) FROM impressions WHERE bin BETWEEN ? AND ? "
            "GROUP BY basket, prov ORDER BY basket, prov",
            (first, last),
        )

    def ages(self, first: str, last: str) -> list[tuple[str, int, int]]:
        """(provider, age in minutes or -1, times shown), sorted."""
        return self._rows(
            "SELECT prov, minutes, sum(n) FROM ages WHERE bin BETWEEN ? AND ? GROUP BY prov, minutes ORDER BY 1, 2",
            (first, last),
        )

    def _scalar(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        rows = self._rows(sql, parameters)
        return rows[0][0] if rows else 0

    def forget_lists(self, bin_: str, lists: Iterable[ShownList]) -> None:
        """Forget which lists an hour has shown, once they have been replayed: nothing else needs them.

        Only those that were replayed: what has arrived meanwhile waits for the next time.
        """
        with _writing(self._path) as connection:
            connection.executemany(FORGET, [(n, bin_, *key) for *key, n in lists])
            connection.execute(FORGOTTEN, (bin_,))

    def erase(self, before: str) -> int:
        """See `erase`."""
        return erase(self._path, before) if self._path.exists() else 0

    def close(self) -> None:
        """Does nothing: every question closes its own connection."""

    def _rows(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._one_moment() as rows:
            return rows(sql, parameters)

    @contextlib.contextmanager
    def _one_moment(self) -> Iterator[Rows]:
        """Yields a function that runs queries; all its answers come from one read transaction."""
        # The web process makes the file, with its schema: asking must not leave an empty one behind.
        if not self._path.exists():
            yield lambda sql, parameters: []
            return
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5, isolation_level=None)
        with contextlib.closing(connection):
            connection.execute("BEGIN")
            yield lambda sql, parameters: connection.execute(sql, parameters).fetchall()


def replace_damaged(path: Path, at: datetime) -> Path | None:
    """Set a damaged `events.db` aside and begin another, so that departures go on and are counted. Where it is now.

    None when nothing is wrong that can be seen without reading it all. Sequence numbers go on far above any of before
    (milliseconds since 1970): what the log has sealed up to is never passed by a smaller one.
    """
    if not path.exists() or not is_cut_or_foreign(path):
        return None
    aside = path.with_name(f"{path.stem}.damaged-{at:%Y-%m-%dT%H%M%S}{path.suffix}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    with contextlib.closing(open_events(path)) as connection:
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (int(at.timestamp() * 1000),)
        )
    return aside


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_events(path)
    with contextlib.closing(connection):
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        # What was erased must not live on in the write-ahead log either.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def erase(path: Path, before: str) -> int:
    """Erase every event of the hours before `before`, nonces and all, in this file or a backup of it.

    Their commitments stay in the public log and can no longer be opened; freed pages are overwritten
    (`secure_delete`). Returns how many events went. Raises EventLogError.
    """
    try:
        with _writing(path) as connection:
            erased = connection.execute("DELETE FROM events WHERE bin < ?", (before,)).rowcount
            for table in TABLES_BY_HOUR:
                connection.execute(f"DELETE FROM {table} WHERE bin < ?", (before,))  # noqa: S608 - names of our own
    except sqlite3.Error as error:
        raise EventLogError(f"{path}: {error}. Nothing was erased: is it a copy of events.db, and writable?") from error
    return erased
