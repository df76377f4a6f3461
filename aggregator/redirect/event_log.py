"""Sealed, durable events: `events.db`, always local to its web node (docs/log.md §5).

One writer thread; what has queued up while the disk was busy is the next group: one `synchronous=FULL` commit for all.
The answer to the citizen waits for its commit, a quarter of a second at most. An event holds no address, no user agent,
no time finer than the hour; its nonce makes the commitment impossible to guess, and erasing it makes it unopenable.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from aggregator.redirect.events import Event, Promise, Sealed, nonces

log = logging.getLogger(__name__)

WAIT_S = 0.25  # the longest that a citizen waits for our disk (S5)
MAX_QUEUED = 20_000
MAX_GROUP = 500  # ten values an event: one INSERT stays below SQLite's limit of 32,766 parameters
RETRY_S = 1.0

_SCHEMA = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, commitment BLOB NOT NULL, nonce BLOB,
    basket TEXT, bin TEXT NOT NULL, centre TEXT, class TEXT NOT NULL, list TEXT, policy TEXT NOT NULL, pos INTEGER,
    prov TEXT NOT NULL
);
CREATE TABLE impressions (
    bin TEXT NOT NULL, basket TEXT NOT NULL, prov TEXT NOT NULL, lists INTEGER NOT NULL, shown REAL NOT NULL,
    exposure REAL NOT NULL, PRIMARY KEY (bin, basket, prov)
);
CREATE TABLE misses (bin TEXT NOT NULL, prov TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (bin, prov));
"""
# Exposure in whole units (docs/figures.md §1.3), and what the control of the order needs: which lists were shown.
_SCHEMA_2 = """
ALTER TABLE impressions RENAME TO impressions_1;
CREATE TABLE impressions (
    bin TEXT NOT NULL, basket TEXT NOT NULL, prov TEXT NOT NULL, offers INTEGER NOT NULL, shown INTEGER NOT NULL,
    exposure INTEGER NOT NULL, PRIMARY KEY (bin, basket, prov)
);
CREATE TABLE lists (
    bin TEXT NOT NULL, epoch TEXT NOT NULL, snapshot TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL,
    n INTEGER NOT NULL, PRIMARY KEY (bin, epoch, snapshot, key, hash)
) WITHOUT ROWID;
CREATE TABLE ages (
    bin TEXT NOT NULL, prov TEXT NOT NULL, minutes INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (bin, prov, minutes)
) WITHOUT ROWID;
INSERT INTO impressions
SELECT bin, basket, prov, lists, CAST(round(shown * 720720) AS INTEGER), CAST(round(exposure * 72072000000) AS INTEGER)
FROM impressions_1;
DROP TABLE impressions_1;
"""
# With several machines (worker/shipping.py): the name of this file, and showings on their way to the shared store.
_SCHEMA_3 = """
CREATE TABLE node (id TEXT NOT NULL);
CREATE TABLE outbox (batch INTEGER PRIMARY KEY AUTOINCREMENT, showings TEXT NOT NULL);
"""
_MIGRATIONS = (_SCHEMA, _SCHEMA_2, _SCHEMA_3)
SCHEMA_VERSION = len(_MIGRATIONS)


class EventLogError(RuntimeError):
    """`events.db` cannot be opened; the message names it and says what to do."""


Promising = Callable[[Sequence[tuple[Sealed, bytes]]], Sequence[Promise] | None]
"""(event, commitment) of what a commit has stored -> a promise for each, or None (`aggregator/ledger/receipts.py`)."""


class Recorded(NamedTuple):
    """`durable`: it was on the disk before `record` returned. `receipt`: None when nothing could be promised."""

    sealed: Sealed
    durable: bool
    receipt: str | None


class _Pending:
    """An event on its way to the disk. `waiting` is released once it is stored: a lock wakes for half of an Event."""

    __slots__ = ("promise", "sealed", "waiting")

    def __init__(self, sealed: Sealed) -> None:
        self.sealed = sealed
        self.promise: Promise | None = None
        self.waiting = threading.Lock()
        self.waiting.acquire()


class EventLog:
    """The writing side, in the web process. Thread-safe."""

    def __init__(self, path: Path, wait_s: float = WAIT_S, promising: Promising = lambda stored: None) -> None:
        self._wait_s = wait_s
        self._promising = promising
        self._queue: queue.SimpleQueue[_Pending | Callable[[sqlite3.Connection], None] | None] = queue.SimpleQueue()
        self._missed: Counter[tuple[str, str]] = Counter()
        self._nonces = nonces()
        self._lock = threading.Lock()
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = open_events(path)
        except (OSError, sqlite3.Error) as error:
            raise EventLogError(f"{path}: {error}. Check that the folder exists, is writable and has room.") from error
        self._thread = threading.Thread(target=self._write_for_ever, name="event-writer", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> Recorded:
        """Seal and store an event.

        Never raises and never waits longer than its limit: the citizen is sent on whatever happens to our count.
        """
        with self._lock:  # a generator that two threads enter at once raises ValueError
            nonce = next(self._nonces)
        pending = _Pending(Sealed(event, nonce))
        if self._full:
            self._miss([pending])
            return Recorded(pending.sealed, False, None)
        self._queue.put(pending)
        durable = pending.waiting.acquire(timeout=self._wait_s)
        promise = pending.promise if durable else None
        return Recorded(pending.sealed, durable, pending.sealed.receipt(promise) if promise else None)

    def add_showings(
        self,
        impressions: Sequence[tuple[Any, ...]],
        lists: Sequence[tuple[Any, ...]],
        ages: Sequence[tuple[Any, ...]],
    ) -> None:
        """Add what lists have shown, in one transaction; lost if the process dies before the next commit.

        Rows: (bin, basket, provider, offers, shown, exposure); (bin, epoch, snapshot, key, hash, n); (bin, provider,
        minutes, n).
        """

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO impressions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (bin, basket, prov) DO UPDATE SET "
                "offers = offers + excluded.offers, shown = shown + excluded.shown, "
                "exposure = exposure + excluded.exposure",
                impressions,
            )
            connection.executemany(
                "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (bin, epoch, snapshot, key, hash) "
                "DO UPDATE SET n = n + excluded.n",
                lists,
            )
            connection.executemany(
                "INSERT INTO ages VALUES (?, ?, ?, ?) "
                "ON CONFLICT (bin, prov, minutes) DO UPDATE SET n = n + excluded.n",
                ages,
            )

        if not self._full:
            self._queue.put(write)

    def settle(self) -> None:
        """Wait until all that was handed over before is on the disk."""
        for told in (threading.Event(), threading.Event()):  # the first is told before its group is committed
            self._queue.put(lambda _, told=told: told.set())  # type: ignore[misc]
            told.wait()

    @property
    def misses(self) -> int:
        """Events given up since the start and not yet written down as misses."""
        with self._lock:
            return sum(self._missed.values())

    def close(self) -> None:
        """Commit what is queued, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=5)
        self._connection.close()

    @property
    def _full(self) -> bool:
        return self._queue.qsize() >= MAX_QUEUED

    def _write_for_ever(self) -> None:
        while True:
            group = self._group()
            if work := [item for item in group if item is not None]:
                self._commit(work)
            if group[-1] is None:
                return

    def _group(self) -> list[_Pending | Callable[[sqlite3.Connection], None] | None]:
        """What has queued up, without waiting for more: the next group gathers while this one is being committed."""
        group = [self._queue.get()]
        while group[-1] is not None and len(group) < MAX_GROUP and not self._queue.empty():
            group.append(self._queue.get())  # nobody else takes from it
        return group

    def _commit(self, work: list[_Pending | Callable[[sqlite3.Connection], None]]) -> None:
        """One transaction; tried again until it succeeds or the queue is full, then counted as missed."""
        events = [item for item in work if isinstance(item, _Pending)]
        stored = [(item.sealed, item.sealed.commitment) for item in events]
        while True:
            try:
                if self._missed or len(events) < len(work):
                    with self._connection:
                        self._connection.execute("BEGIN IMMEDIATE")
                        self._insert(stored)
                        for item in work:
                            if not isinstance(item, _Pending):
                                item(self._connection)
                        self._write_misses()
                else:
                    self._insert(stored)
            except sqlite3.Error as error:
                log.error("event not stored", extra={"cause": str(error), "waiting": len(events)})
                # S3: the group waits for the disk until the queue is nearly full; then newer events need its room.
                if self._queue.qsize() >= MAX_QUEUED - MAX_GROUP:
                    self._miss(events)
                    return
                threading.Event().wait(RETRY_S)
                continue
            # S1: an acknowledgement before the commit would promise events that a kill -9 still loses.
            promises = self._promising(stored) if stored else None
            for item, promise in zip_longest(events, promises or ()):
                item.promise = promise
                item.waiting.release()
            return

    def _insert(self, stored: Sequence[tuple[Sealed, bytes]]) -> None:
        """Insert all events by one statement, which is its own transaction where none is open.

        Every statement, BEGIN and COMMIT too, releases the interpreter lock and has to wait for it again.
        """
        if stored:
            values = [value for sealed, commitment in stored for value in _row(sealed, commitment)]
            self._connection.execute(f"{_INSERT} {', '.join([_VALUES] * len(stored))}", values)

    def _write_misses(self) -> None:
        with self._lock:
            missed, self._missed = self._missed, Counter()
        try:
            self._connection.executemany(
                "INSERT INTO misses VALUES (?, ?, ?) ON CONFLICT (bin, prov) DO UPDATE SET n = n + excluded.n",
                [(*key, n) for key, n in missed.items()],
            )
        except sqlite3.Error:
            with self._lock:
                self._missed += missed
            raise

    def _miss(self, events: Iterable[_Pending]) -> None:
        with self._lock:
            for item in events:
                self._missed[(item.sealed.event.bin, item.sealed.event.prov)] += 1


def open_events(path: Path) -> sqlite3.Connection:
    """A connection with the schema in place: whole, or not at all."""
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # an erased event leaves no trace in freed pages
    # S9: locked before the version is read, so that of two processes that open a new file only one migrates it.
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        connection.close()
        raise sqlite3.DatabaseError(f"written by a newer version (schema {version})")
    for migration in _MIGRATIONS[version:]:
        for statement in filter(str.strip, migration.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
    return connection


_INSERT = "INSERT INTO events (commitment, nonce, basket, bin, centre, class, list, policy, pos, prov) VALUES"
_VALUES = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _row(sealed: Sealed, commitment: bytes) -> tuple[Any, ...]:
    event = sealed.event
    return (
        commitment,
        sealed.nonce,
        event.basket,
        event.bin,
        event.centre,
        event.cls.value,
        event.list,
        event.policy,
        event.pos,
        event.prov,
    )
