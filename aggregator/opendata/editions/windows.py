"""The closed days and weeks that have an edition: names and limits. Days are UTC, from midnight to midnight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

RUNNING = "en-cours"
"""The name of the edition of the running day, which is written again and again."""
NAMES = ("????-??-??", "????-W??")
"""How the names of days and of weeks look, for `Path.glob`."""


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days, `first` and `last` included. `since`: whether rows from before `first` are left out too."""

    name: str
    first: date
    last: date
    since: bool = False

    @property
    def end(self) -> datetime:
        """The midnight that ends it: the first instant of which its edition knows nothing."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    def holds(self, text: str) -> bool:
        """Does a day or an instant (ISO 8601, UTC) belong to its edition?"""
        day = text[:10]
        return day <= self.last.isoformat() and (not self.since or day >= self.first.isoformat())

    def contains(self, other: Window) -> bool:
        """Does the table of another window belong to its edition?"""
        return self.holds(other.first.isoformat()) and self.holds(other.last.isoformat())


def window(name: str) -> Window:
    """ "2026-11-23", with all that came before it; "2026-W48", that week alone."""
    if "W" not in name:
        day = date.fromisoformat(name)
        return Window(name, day, day)
    monday = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    return Window(name, monday, monday + timedelta(days=6), since=True)


def week_of(day: date) -> Window:
    year, week, _ = day.isocalendar()
    return window(f"{year}-W{week:02d}")


def in_order(found: Iterable[Window]) -> list[Window]:
    """Oldest first; a week comes after its Sunday."""
    return sorted(found, key=lambda one: (one.last, one.since))


def closed(published: Path) -> list[Window]:
    """The days and weeks that have been closed (docs/figures.md §11), oldest first."""
    folder = published / "log" / "metrics"
    return in_order(window(path.stem) for pattern in NAMES for path in folder.glob(f"{pattern}.json"))


def released(editions: Path) -> list[Window]:
    """The days and weeks that have an edition, oldest first."""
    return in_order(window(path.name) for pattern in NAMES for path in editions.glob(pattern))
