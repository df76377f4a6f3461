"""The events of all web nodes together, in PostgreSQL: one partition a day, read by the worker as it reads a file.

Each node keeps its own `events.db` and ships from it (`shipping.py`). `seq` is the order of arrival here, over all
nodes: whoever writes waits for its turn, so that no smaller number can appear after a greater one has been read.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from aggregator.database import Location
from aggregator.database.postgres import PostgresSchema
from aggregator.redirect.event_reader import FORGET, FORGOTTEN, TABLES_BY_HOUR, EventReader, Rows, ShownList

TURN = "arrivals"
# PostgreSQL wants the key of the partitions, `bin`, in every unique key. `commitment` recognises events that a file
# put back from a copy ships again, under another node's name (worker/shipping.py).
_EVENTS = """
CREATE SEQUENCE IF NOT EXISTS arrivals;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER NOT NULL DEFAULT nextval('arrivals'), node TEXT NOT NULL, node_seq INTEGER NOT NULL,
    commitment BLOB NOT NULL, nonce BLOB, basket TEXT, bin TEXT NOT NULL, centre TEXT, class TEXT NOT NULL, list TEXT,
    policy TEXT NOT NULL, pos INTEGER, prov TEXT NOT NULL,
    PRIMARY KEY (bin, node, node_seq), UNIQUE (bin, commitment)
) PARTITION BY RANGE (bin);
CREATE INDEX IF NOT EXISTS events_by_arrival ON events (seq);
CREATE TABLE IF NOT EXISTS shipments (
    node TEXT PRIMARY KEY, seq INTEGER NOT NULL, last BLOB, batch INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL
)
"""
_SHOWINGS = """
CREATE TABLE IF NOT EXISTS impressions (
    bin TEXT NOT NULL, basket TEXT NOT NULL, prov TEXT NOT NULL, offers INTEGER NOT NULL, shown INTEGER NOT NULL,
    exposure INTEGER NOT NULL, PRIMARY KEY (bin, basket, prov)
);
CREATE TABLE IF NOT EXISTS lists (
    bin TEXT NOT NULL, epoch TEXT NOT NULL, snapshot TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL,
    n INTEGER NOT NULL, PRIMARY KEY (bin, epoch, snapshot, key, hash)
);
CREATE TABLE IF NOT EXISTS ages (
    bin TEXT NOT NULL, prov TEXT NOT NULL, minutes INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (bin, prov, minutes)
);
CREATE TABLE IF NOT EXISTS misses (bin TEXT NOT NULL, prov TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (bin, prov))
"""
COLUMNS = ("node_seq", "commitment", "nonce", "basket", "bin", "centre", "class", "list", "policy", "pos", "prov")
_ADD = {
    "impressions": "INSERT INTO impressions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (bin, basket, prov) DO UPDATE SET "
    "offers = impressions.offers + excluded.offers, shown = impressions.shown + excluded.shown, "
    "exposure = impressions.exposure + excluded.exposure",
    "lists": "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (bin, epoch, snapshot, key, hash) "
    "DO UPDATE SET n = lists.n + excluded.n",
    "ages": "INSERT INTO ages VALUES (?, ?, ?, ?) ON CONFLICT (bin, prov, minutes) "
    "DO UPDATE SET n = ages.n + excluded.n",
    "misses": "INSERT INTO misses VALUES (?, ?, ?) ON CONFLICT (bin, prov) DO UPDATE SET n = misses.n + excluded.n",
}


def event_reader(location: Location) -> EventReader:
    """A reader of this machine's `events.db` (a path), or of the events of all machines (a URL)."""
    return EventReader(location) if isinstance(location, Path) else SharedEvents(location)


class SharedEvents(EventReader):
    """One connection, opened at once. Raises StoreError."""

    def __init__(self, url: str) -> None:
        self._db = PostgresSchema(url)
        self._db.define(_EVENTS + ";" + _SHOWINGS)

    def close(self) -> None:
        self._db.close()

    # What nodes bring

    def shipped(self, node: str) -> tuple[int, bytes | None, int]:
        """(last sequence number of the node that is here, its commitment, last batch of showings)."""
        rows = self._db.rows("SELECT seq, last, batch FROM shipments WHERE node = ?", (node,))
        return rows[0] if rows else (0, None, 0)

    def receive(
        self,
        node: str,
        events: Sequence[tuple[Any, ...]],
        batch: int,
        showings: Mapping[str, Iterable[Sequence[Any]]],
    ) -> int:
        """Take what a node ships, once however often it comes: COPY, then merge. Returns how many events were new.

        `events`: rows of COLUMNS in the order of their number; `batch`: number of the showings, 0 for none.
        """
        with self._db.turn(TURN):
            seq, last, done = self.shipped(node)
            new = self._merge(node, events) if events else 0
            # Showings are sums: a batch that comes again is known by its number alone, an event by itself.
            if batch > done:
                for table, rows in showings.items():
                    self._db.run_many(_ADD[table], list(rows))
            # A delivery that comes again ends below the mark, which never goes back.
            if events:
                seq, last = max((seq, last), (events[-1][0], events[-1][1]), key=lambda one: one[0])
            self._db.run(
                "INSERT INTO shipments VALUES (?, ?, ?, ?, now()) ON CONFLICT (node) "
                "DO UPDATE SET seq = excluded.seq, last = excluded.last, batch = excluded.batch, at = now()",
                (node, seq, last, max(batch, done)),
            )
        return new

    def _merge(self, node: str, events: Sequence[tuple[Any, ...]]) -> int:
        names = ", ".join(COLUMNS)
        for day in sorted({row[COLUMNS.index("bin")][:10] for row in events}):
            self._make_room(day)
        raw = self._db.raw
        raw.execute("CREATE TEMP TABLE IF NOT EXISTS arriving (LIKE events) ON COMMIT DELETE ROWS")
        # LIKE takes over NOT NULL and no default: 0 fills `seq` here, the INSERT below draws the true one.
        self._db.copy("arriving", ("node", "seq", *COLUMNS), ((node, 0, *row) for row in events))
        return raw.execute(
            f"INSERT INTO events (node, {names}) SELECT node, {names} FROM arriving ORDER BY node_seq "  # noqa: S608
            "ON CONFLICT DO NOTHING".encode()
        ).rowcount

    def _make_room(self, day: str) -> None:
        """Create the partition of a day unless it is there."""
        name, (first, last) = partition(day), (day, (date.fromisoformat(day) + timedelta(days=1)).isoformat())
        if not self._db.rows("SELECT to_regclass(?)", (name,))[0][0]:
            self._db.raw.execute(
                f"CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ('{first}') TO ('{last}')".encode()
            )

    # What the worker does besides reading

    def forget_lists(self, bin_: str, lists: Iterable[ShownList]) -> None:
        with self._db.transaction():
            self._db.run_many(FORGET, [(n, bin_, *key) for *key, n in lists])
            self._db.run(FORGOTTEN, (bin_,))

    def erase(self, before: str) -> int:
        """Drop the partitions of the days that ended before the hour `before`: no page of them is left."""
        erased = 0
        with self._db.turn(TURN):
            for (name,) in self._db.rows(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"
            ):
                # PostgreSQL puts the schema before the name when it is not on the search path.
                day = re.sub(r".*events_(\d{4})_(\d\d)_(\d\d)", r"\1-\2-\3", name)
                if (date.fromisoformat(day) + timedelta(days=1)).isoformat() <= before:
                    erased += self._db.rows(f"SELECT count(*) FROM {name}")[0][0]  # noqa: S608 - a name of our own
                    self._db.raw.execute(f"DROP TABLE {name}".encode())
            for table in TABLES_BY_HOUR:
                self._db.run(f"DELETE FROM {table} WHERE bin < ?", (before,))  # noqa: S608 - names of our own
        return erased

    @contextlib.contextmanager
    def _one_moment(self) -> Iterator[Rows]:
        with self._db.one_moment():
            yield self._db.rows


def partition(day: str) -> str:
    """ "2026-11-24" -> "events_2026_11_24"; anything else is refused."""
    return f"events_{date.fromisoformat(day):%Y_%m_%d}"
