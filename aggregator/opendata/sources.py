"""The stores and files that an edition is made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.editions import windows
from aggregator.opendata.editions.windows import Window
from aggregator.redirect.rollups import RollUps
from aggregator.snapshot.format import SnapshotError, plain
from aggregator.snapshot.shelf import Shelf, in_force
from aggregator.store import Stores

Row = dict[str, Any]


class NothingPublishedError(RuntimeError):
    """There is no snapshot yet that an edition could be made of."""


@dataclass(frozen=True)
class Sources:
    """Where an edition is read from. `at`: its instant, UTC; `window`: the days it is of, None for the running one.

    A closed window is cut at the midnight that ends it: nothing that came later is told, whenever it is written.
    """

    settings: Settings
    stores: Stores
    rollups: RollUps
    gazetteer: Gazetteer
    at: datetime
    window: Window | None = None

    @property
    def until(self) -> datetime:
        """The instant that the rows speak of."""
        return self.window.end if self.window else self.at

    def holds(self, text: str) -> bool:
        """Does a row of this day or instant (ISO 8601, UTC) belong here?"""
        return self.window is None or self.window.holds(text)

    @cached_property
    def published(self) -> Path:
        return self.settings.published_dir

    @cached_property
    def places(self) -> list[Row]:
        rows: list[Row] = self._snapshot("places")["places"]
        return rows

    @cached_property
    def slots(self) -> Row:
        return self._snapshot("slots")

    @cached_property
    def closed(self) -> list[tuple[str, list[Row]]]:
        """The closed days, then the closed weeks, that belong here: (name, rows of `metrics/1`)."""
        found = [
            (name, table["rows"])
            for name, table in self._tables
            if self.window is None or self.window.contains(windows.window(name))
        ]
        return sorted(found, key=lambda one: ("W" in one[0], one[0]))

    def tables_until(self, last: date) -> list[tuple[str, Row]]:
        """The tables of the days and weeks that ended by the end of a day, oldest first: (name, content)."""
        return [(name, table) for name, table in self._tables if windows.window(name).last <= last]

    @cached_property
    def _tables(self) -> list[tuple[str, Row]]:
        folder = self.published / "log" / "metrics"
        names = [one.name for one in windows.closed(self.published)]
        return [(name, json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))) for name in names]

    def _snapshot(self, name: str) -> Row:
        return plain(self.published, self._entry[name])

    @cached_property
    def _entry(self) -> dict[str, str]:
        """Read once: places and slots of an edition are those of one snapshot."""
        if self.window is not None:
            return last_entry(self.published, self.window)
        entry = in_force(self.published)
        if entry is None:
            raise NothingPublishedError("no snapshot has been published yet")
        return entry


def last_entry(published: Path, window: Window) -> Row:
    """The last snapshot that was put in force in a window. Raises SnapshotError."""
    shelf, days = Shelf(published), (window.last - window.first).days + 1
    for back in range(1, 24 * days + 1):
        hour = window.end - timedelta(hours=back)
        try:
            entries = shelf.published(hour)
        except ValueError as error:
            raise SnapshotError(f"the list of snapshots of {hour:%Y-%m-%dT%H} cannot be read: {error}") from error
        if entries:
            return entries[-1]
    raise SnapshotError(f"no snapshot of {window.name} is known")
