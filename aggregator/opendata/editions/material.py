"""What figures are drawn from: the tables of the pages or of a closed window, and the names they are told with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.drawing import day
from aggregator.opendata.editions import windows


@dataclass(frozen=True)
class Material:
    """Tables in the words of the worker's published files, and the names that they are told with."""

    shares: Mapping[str, Any]
    closed: Mapping[str, Any]
    settings: Settings
    gazetteer: Gazetteer

    @cached_property
    def labels(self) -> Mapping[str, str]:
        return self.settings.provider_labels()

    @property
    def providers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shares.get("providers", [])
        return found

    @property
    def days_running(self) -> tuple[str, str] | None:
        first, at = self.shares.get("first"), self.shares.get("at")
        return (first, at[:10]) if first and at else None

    @property
    def running(self) -> str:
        return span(*self.days_running) if self.days_running else "avant la première redirection"

    @property
    def days_closed(self) -> str:
        first, last = self.closed.get("first"), self.closed.get("last")
        return span(first, last) if first and last else "avant le premier jour clos"

    @property
    def week(self) -> str | None:
        weeks = self.closed.get("weeks", [])
        return weeks[-1]["name"] if weeks else None

    @property
    def days_of_week(self) -> tuple[str, str]:
        return days_of(self.week or "")

    @property
    def week_said(self) -> str:
        """ "semaine 2026-W48, du 23 novembre 2026 au 29 novembre 2026"."""
        return f"semaine {self.week}, {span(*self.days_of_week)}"

    @property
    def of_week(self) -> int:
        """The redirects of that week, of the whole country."""
        return sum(row["redirects"] for row in self.closed["weeks"][-1]["rows"])

    def label(self, slug: str) -> str:
        return self.labels.get(slug, slug) or "Autres sites"


def days_of(week: str) -> tuple[str, str]:
    window = windows.window(week)
    return window.first.isoformat(), window.last.isoformat()


def span(first: str, last: str) -> str:
    """ "le 23 novembre 2026", "du 23 novembre 2026 au 29 novembre 2026"."""
    return f"le {day(first)}" if first == last else f"du {day(first)} au {day(last)}"
