"""`rollups.db`: the counts that pages and published files are made of, in the worker.

Events are added minute by minute, as they were sealed, so that a day here is the same day as in the log. What is shown
of the running day by provider moves in closed steps of eleven (docs/figures.md §9): the ten events at most that wait
for the next step are kept aside, and a new day begins with none, because the day that ends is published exactly.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from aggregator.database import Location, connect
from aggregator.redirect.event_reader import EventReader

STEP = 11
_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    day TEXT NOT NULL, basket TEXT NOT NULL, prov TEXT NOT NULL, class TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, basket, prov, class)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS days_by_basket ON days (class, basket, prov, day, n);
CREATE TABLE IF NOT EXISTS nation (
    day TEXT NOT NULL, class TEXT NOT NULL, prov TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, class, prov)
) WITHOUT ROWID;
INSERT INTO nation SELECT day, class, prov, sum(n) FROM days WHERE NOT EXISTS (SELECT 1 FROM nation) GROUP BY 1, 2, 3;
CREATE TABLE IF NOT EXISTS steps (
    day TEXT NOT NULL, class TEXT NOT NULL, prov TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, class, prov)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (class TEXT PRIMARY KEY, day TEXT NOT NULL, provs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS supply (
    day TEXT NOT NULL, basket TEXT NOT NULL, prov TEXT NOT NULL, places INTEGER NOT NULL, bookable INTEGER NOT NULL,
    slots INTEGER NOT NULL, PRIMARY KEY (day, basket, prov)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (day TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples_with_slots (day TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replays (
    bin TEXT PRIMARY KEY, lists INTEGER NOT NULL, different INTEGER NOT NULL, distinct_lists INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS not_forgotten (digest TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS expected (
    bin TEXT NOT NULL, prov TEXT NOT NULL, uniform REAL NOT NULL, criteria REAL NOT NULL, replayed INTEGER NOT NULL,
    PRIMARY KEY (bin, prov)
) WITHOUT ROWID;
"""

Totals = dict[str, dict[str, int]]
"""class -> provider -> events."""


class RollUps:
    """One writer (the worker). Days are UTC, "2026-11-23"; hours "2026-11-23T12"."""

    def __init__(self, location: Location) -> None:
        """Raises StoreError."""
        self._db = connect(location)
        self._db.define(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    # Events

    def mark(self, name: str) -> int:
        rows = self._db.rows("SELECT value FROM marks WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def advance(self, reader: EventReader, minutes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Add the events of sealed minutes, (index in the log, entry), oldest first, that are not in yet."""
        for index, minute in minutes:
            # The caller begins with the last minute that was rolled up: its events lie below the mark.
            rolled, upto = self.mark("events"), minute["upto"]
            if upto > rolled:
                marks = {"events": upto, "minute": index}
                self._add(minute["minute"][:10], reader.arrivals(rolled, upto), marks)

    def _add(self, day: str, arrivals: list[tuple[str, str, str]], marks: Mapping[str, int]) -> None:
        counts = Counter((day, basket, prov, cls) for cls, basket, prov in arrivals)
        by_class: dict[str, list[str]] = {}
        for cls, _, prov in arrivals:
            by_class.setdefault(cls, []).append(prov)
        with self._db.transaction():
            self._db.run_many(
                "INSERT INTO days VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (day, basket, prov, class) DO UPDATE SET n = days.n + excluded.n",
                [(*key, n) for key, n in counts.items()],
            )
            self._db.run_many(
                "INSERT INTO nation VALUES (?, ?, ?, ?) "
                "ON CONFLICT (day, class, prov) DO UPDATE SET n = nation.n + excluded.n",
                [(day, cls, prov, n) for cls, provs in by_class.items() for prov, n in Counter(provs).items()],
            )
            for cls, provs in by_class.items():
                self._step(day, cls, provs)
            # In the transaction of the counts: after a stop no event is counted twice and none is left out.
            self._db.run_many(
                "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                list(marks.items()),
            )

    def _step(self, day: str, cls: str, provs: list[str]) -> None:
        """Publish whole elevens; what is left waits, until its day ends."""
        # What waited under an earlier day is not taken up: the exact total of that day, once published, would tell what
        # the first step of this one hides (ADR 6).
        rows = self._db.rows("SELECT provs FROM waiting WHERE class = ? AND day = ?", (cls, day))
        queue = (json.loads(rows[0][0]) if rows else []) + provs
        ready = len(queue) // STEP * STEP
        self._db.run_many(
            "INSERT INTO steps VALUES (?, ?, ?, ?) "
            "ON CONFLICT (day, class, prov) DO UPDATE SET n = steps.n + excluded.n",
            [(day, cls, prov, n) for prov, n in Counter(queue[:ready]).items()],
        )
        self._db.run(
            "INSERT INTO waiting VALUES (?, ?, ?) "
            "ON CONFLICT (class) DO UPDATE SET day = excluded.day, provs = excluded.provs",
            (cls, day, json.dumps(queue[ready:])),
        )

    def counts(self, day: str) -> dict[tuple[str, str, str], int]:
        """(basket, provider, class) -> events of a day."""
        rows = self._db.rows("SELECT basket, prov, class, n FROM days WHERE day = ?", (day,))
        return {(basket, prov, cls): n for basket, prov, cls, n in rows}

    def recount(self, reader: EventReader, days: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
        """Count the events of logged days again, one by one (`days`: their entries, in order): day -> the same?"""
        found, after = {}, 0
        for entry in days:
            found[entry["day"]] = reader.counts(after, entry["upto"]) == self.counts(entry["day"])
            after = entry["upto"]
        return found

    def totals(self, first: str, last: str) -> Totals:
        """Exact events by class and provider over closed days, both included."""
        return self._totals(
            "SELECT class, prov, sum(n) FROM nation WHERE day BETWEEN ? AND ? GROUP BY class, prov ORDER BY 1, 2",
            (first, last),
        )

    def stepped(self, day: str) -> Totals:
        """What may be shown of a running day: whole elevens of each class."""
        return self._totals("SELECT class, prov, n FROM steps WHERE day = ? ORDER BY 1, 2", (day,))

    def class_total(self, day: str) -> dict[str, int]:
        """Events of a day by class, providers together; unlike `stepped`, up to date to the minute."""
        return dict(self._db.rows("SELECT class, sum(n) FROM nation WHERE day = ? GROUP BY class", (day,)))

    def by_basket(self, first: str, last: str, cls: str = "counted") -> dict[str, dict[str, int]]:
        """Basket -> provider -> events of a class, over closed days."""
        return self._totals(
            "SELECT basket, prov, sum(n) FROM days WHERE class = ? AND day BETWEEN ? AND ? GROUP BY basket, prov "
            "ORDER BY 1, 2",
            (cls, first, last),
        )

    def first_day(self) -> str | None:
        day: str | None = self._db.rows("SELECT min(day) FROM nation")[0][0]
        return day

    def days_with_events(self, before: str) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT DISTINCT day FROM nation WHERE day < ? ORDER BY 1", (before,))]

    # Supply, and what lists would have shown

    def put_supply(self, day: str, samples: tuple[int, int], rows: Iterable[tuple[str, str, int, int, int]]) -> None:
        """(basket, provider, place units, bookable place units, slots), summed over the samples of a day.

        `samples`: how many, and how many of them with any slot.
        """
        with self._db.transaction():
            for table, n in zip(("samples", "samples_with_slots"), samples, strict=True):
                self._db.run(
                    f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET n = excluded.n",  # noqa: S608
                    (day, n),
                )
            # A day may be sampled again, when it was not closed the first time.
            self._db.run("DELETE FROM supply WHERE day = ?", (day,))
            self._db.run_many("INSERT INTO supply VALUES (?, ?, ?, ?, ?, ?)", [(day, *row) for row in rows])

    def supply(self, first: str, last: str) -> list[tuple[str, str, int, int, int]]:
        return self._db.rows(
            "SELECT basket, prov, sum(places), sum(bookable), sum(slots) FROM supply WHERE day BETWEEN ? AND ? "
            "GROUP BY basket, prov ORDER BY 1, 2",
            (first, last),
        )

    def samples(self, first: str, last: str) -> int:
        rows = self._db.rows("SELECT coalesce(sum(n), 0) FROM samples WHERE day BETWEEN ? AND ?", (first, last))
        return int(rows[0][0])

    def samples_with_slots(self, first: str, last: str) -> tuple[int, int]:
        """(days that were sampled, samples of them that had any slot)."""
        ((days, n),) = self._db.rows(
            "SELECT count(*), coalesce(sum(n), 0) FROM samples_with_slots WHERE day BETWEEN ? AND ?", (first, last)
        )
        return int(days), int(n)

    def put_replay(
        self,
        bin_: str,
        lists: int,
        distinct: int,
        different: int,
        expected: Mapping[str, tuple[float, float, int]],
        digest: str,
    ) -> None:
        """How the control of an hour went, and exposure by provider: at random, by the criteria, replayed.

        `digest`: of the lists replayed. After a stop between counting and forgetting they come again: counted once.
        """
        with self._db.transaction():
            if self._db.rows("SELECT 1 FROM not_forgotten WHERE digest = ?", (digest,)):
                return
            self._db.run("INSERT INTO not_forgotten VALUES (?)", (digest,))
            self._db.run(
                "INSERT INTO replays VALUES (?, ?, ?, ?) "
                "ON CONFLICT (bin) DO UPDATE SET lists = replays.lists + excluded.lists, "
                "different = replays.different + excluded.different, "
                "distinct_lists = replays.distinct_lists + excluded.distinct_lists",
                (bin_, lists, different, distinct),
            )
            self._db.run_many(
                "INSERT INTO expected VALUES (?, ?, ?, ?, ?) ON CONFLICT (bin, prov) DO UPDATE SET "
                "uniform = expected.uniform + excluded.uniform, criteria = expected.criteria + excluded.criteria, "
                "replayed = expected.replayed + excluded.replayed",
                [(bin_, prov, *amounts) for prov, amounts in expected.items()],
            )

    def replay_forgotten(self) -> None:
        """Delete the digests, once the lists are forgotten: the same lists cannot come again."""
        self._db.run("DELETE FROM not_forgotten", ())

    def lists_by_hour(self, first: str, last: str) -> list[tuple[str, int]]:
        """(hour, lists shown) of the hours that have been replayed."""
        return self._db.rows("SELECT bin, lists FROM replays WHERE bin BETWEEN ? AND ? ORDER BY bin", (first, last))

    def replays(self, first: str, last: str) -> tuple[int, int]:
        """(lists replayed, lists that came out different) from one hour to another, both included."""
        ((lists, different),) = self._db.rows(
            "SELECT coalesce(sum(lists), 0), coalesce(sum(different), 0) FROM replays WHERE bin BETWEEN ? AND ?",
            (first, last),
        )
        return int(lists), int(different)

    def expected(self, first: str, last: str) -> dict[str, tuple[float, float, int]]:
        """Provider -> (exposure in random order, by the criteria before the draw, replayed)."""
        rows = self._db.rows(
            "SELECT prov, sum(uniform), sum(criteria), sum(replayed) FROM expected WHERE bin BETWEEN ? AND ? "
            "GROUP BY prov ORDER BY 1",
            (first, last),
        )
        return {prov: (uniform, criteria, replayed) for prov, uniform, criteria, replayed in rows}

    def _totals(self, sql: str, parameters: tuple[Any, ...]) -> Totals:
        found: Totals = {}
        for outer, prov, n in self._db.rows(sql, parameters):
            found.setdefault(outer, {})[prov] = n
        return found
