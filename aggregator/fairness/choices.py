"""What people chose among the places that lists showed them, settled hour by hour once the lists have been replayed.

A click names its list, place and provider. The replay of the list says which places were equals of that one, and how
much room the list gave to each provider; both are kept for as long as its buttons are valid, and then forgotten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from aggregator import instants
from aggregator.database import Location, connect
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.impressions import exposure_of
from aggregator.search.order import tie_group
from aggregator.search.search import Ranking
from aggregator.statistics import ties
from aggregator.statistics.ties import Sums

# The last statement: a store of before begins with the clicks of now, for the lists of older ones are forgotten.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS choice_lists (
    list TEXT PRIMARY KEY, epoch TEXT NOT NULL, content TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS choice_clicks (
    bin TEXT NOT NULL, list TEXT NOT NULL, centre TEXT NOT NULL, prov TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (bin, list, centre, prov)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS choice_hours (
    bin TEXT PRIMARY KEY, clicks INTEGER NOT NULL, listed INTEGER NOT NULL, telling INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS choice_sums (
    bin TEXT NOT NULL, prov TEXT NOT NULL, clicks INTEGER NOT NULL, chosen INTEGER NOT NULL, expected REAL NOT NULL,
    variance REAL NOT NULL, bets TEXT NOT NULL, room REAL NOT NULL, PRIMARY KEY (bin, prov)
) WITHOUT ROWID;
INSERT INTO marks SELECT 'choice-' || name, value FROM marks
    WHERE name IN ('events', 'minute') AND NOT EXISTS (SELECT 1 FROM marks WHERE name = 'choice-events');
"""
KEPT = timedelta(hours=12)  # buttons are valid for six hours, and a click may arrive late from another machine
MOST_LINES = 5 * ties.PAGE
EVENTS, MINUTE = "choice-events", "choice-minute"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Counted clicks of a window. `listed`: those whose list is known; `telling`: those on a place with equals of
    another provider; `sums`: the tie test by provider; `room`: provider -> sum of its part of each clicked list.
    """

    clicks: int = 0
    listed: int = 0
    telling: int = 0
    sums: Mapping[str, Sums] = field(default_factory=dict)
    room: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Chosen) -> Chosen:
        room = Counter(self.room)
        room.update(other.room)
        return Chosen(
            self.clicks + other.clicks,
            self.listed + other.listed,
            self.telling + other.telling,
            ties.total([self.sums, other.sums]),
            dict(room),
        )


def offered(answer: Ranking) -> dict[str, Any]:
    """What a list says of a click on it: `room` by provider (parts of 1), and by place the `chances` of its equals."""
    units: Counter[str] = Counter()
    for (_, provider), (_, _, weighted) in exposure_of(one.place for one in answer.found).items():
        units[provider] += weighted
    whole = sum(units.values())
    shown = answer.found[:MOST_LINES]
    lines = [
        (tuple(offer.provider for offer in one.place.offers), tie_group(one.candidate, answer.question.sort))
        for one in shown
    ]
    chances = {one.place.id: chance for one, chance in zip(shown, ties.chances(lines), strict=True) if len(chance) > 1}
    return {"room": {provider: n / whole for provider, n in sorted(units.items())}, "chances": chances}


class Choices:
    """One writer (the worker), in the file of the roll-ups."""

    def __init__(self, location: Location) -> None:
        """Raises StoreError."""
        self._db = connect(location)
        self._db.define(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def mark(self, name: str) -> int:
        """`EVENTS`: number of the last event taken; `MINUTE`: index of its minute in the log."""
        rows = self._db.rows("SELECT value FROM marks WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def advance(self, reader: EventReader, minutes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Take the clicks of sealed minutes, (index in the log, entry), oldest first, that were not taken yet."""
        for index, minute in minutes:
            taken, upto = self.mark(EVENTS), minute["upto"]
            if upto > taken:
                self._take(reader.clicks(taken, upto), {EVENTS: upto, MINUTE: index})

    def _take(self, clicks: Iterable[tuple[str, str, str, str, int]], marks: Mapping[str, int]) -> None:
        with self._db.transaction():
            self._db.run_many(
                "INSERT INTO choice_clicks VALUES (?, ?, ?, ?, ?) ON CONFLICT (bin, list, centre, prov) "
                "DO UPDATE SET n = choice_clicks.n + excluded.n",
                clicks,
            )
            self._db.run_many(
                "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                list(marks.items()),
            )

    def keep(self, epoch: str, lists: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what the replayed lists of an hour offered, by the first 32 digits of their hash."""
        with self._db.transaction():
            self._db.run_many(
                "INSERT INTO choice_lists VALUES (?, ?, ?) ON CONFLICT (list) DO UPDATE SET content = excluded.content",
                [(name, epoch, json.dumps(content)) for name, content in lists.items()],
            )

    def settle(self, before: str, at: datetime) -> None:
        """Count the clicks of the hours before `before`, whose lists have all been replayed; forget what is too old."""
        for (bin_,) in self._db.rows("SELECT DISTINCT bin FROM choice_clicks WHERE bin < ? ORDER BY bin", (before,)):
            with self._db.transaction():
                clicks = self._db.rows("SELECT list, centre, prov, n FROM choice_clicks WHERE bin = ?", (bin_,))
                self._put(bin_, self.between(bin_, bin_) + self._counted(clicks))
                self._db.run("DELETE FROM choice_clicks WHERE bin = ?", (bin_,))
        self._db.run("DELETE FROM choice_lists WHERE epoch < ?", (instants.hour(at - KEPT),))

    def between(self, first: str, last: str) -> Chosen:
        """What was chosen from one hour to another, both included."""
        ((clicks, listed, telling),) = self._db.rows(
            "SELECT coalesce(sum(clicks), 0), coalesce(sum(listed), 0), coalesce(sum(telling), 0) FROM choice_hours "
            "WHERE bin BETWEEN ? AND ?",
            (first, last),
        )
        found = Chosen(int(clicks), int(listed), int(telling))
        for prov, n, chosen, expected, variance, bets, room in self._db.rows(
            "SELECT prov, clicks, chosen, expected, variance, bets, room FROM choice_sums WHERE bin BETWEEN ? AND ? "
            "ORDER BY bin, prov",
            (first, last),
        ):
            sums = Sums(n, chosen, expected, variance, tuple(json.loads(bets)))
            found += Chosen(sums={prov: sums} if n else {}, room={prov: room})
        return found

    def hours(self, first: str, last: str) -> list[tuple[str, int]]:
        """(hour, telling clicks) of the hours that are settled."""
        return self._db.rows(
            "SELECT bin, telling FROM choice_hours WHERE bin BETWEEN ? AND ? ORDER BY bin", (first, last)
        )

    def _counted(self, clicks: Iterable[tuple[str, str, str, int]]) -> Chosen:
        found, offered_by = Chosen(), self._kept()
        for name, centre, prov, n in clicks:
            content = offered_by(name)
            if content is None:
                found += Chosen(clicks=n)
                continue
            sums = ties.of_click(content["chances"].get(centre, {}), prov)
            room = {provider: n * part for provider, part in content["room"].items()}
            found += Chosen(n, n, n * bool(sums), {slug: one.times(n) for slug, one in sums.items()}, room)
        return found

    def _kept(self) -> Callable[[str], dict[str, Any] | None]:
        """What a list offered, None for one that is not known; each is read once, however many pressed its buttons."""

        @cache
        def of(name: str) -> dict[str, Any] | None:
            rows = self._db.rows("SELECT content FROM choice_lists WHERE list = ?", (name,))
            return json.loads(rows[0][0]) if rows else None

        return of

    def _put(self, bin_: str, chosen: Chosen) -> None:
        self._db.run(
            "INSERT INTO choice_hours VALUES (?, ?, ?, ?) ON CONFLICT (bin) DO UPDATE SET clicks = excluded.clicks, "
            "listed = excluded.listed, telling = excluded.telling",
            (bin_, chosen.clicks, chosen.listed, chosen.telling),
        )
        self._db.run("DELETE FROM choice_sums WHERE bin = ?", (bin_,))
        providers = sorted({*chosen.sums, *chosen.room})
        rows = [(prov, chosen.sums.get(prov, Sums()), chosen.room.get(prov, 0.0)) for prov in providers]
        self._db.run_many(
            "INSERT INTO choice_sums VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (bin_, prov, one.clicks, one.chosen, one.expected, one.variance, json.dumps(one.bets), room)
                for prov, one, room in rows
            ],
        )
