"""What figures are drawn from: the tables of the pages or of a closed window, and the names they are told with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.editions import windows
from aggregator.opendata.editions.spoken import FRENCH, Spoken


@dataclass(frozen=True)
class Material:
    """Tables in the words of the worker's published files, and the names that they are told with."""

    shares: Mapping[str, Any]
    closed: Mapping[str, Any]
    settings: Settings
    gazetteer: Gazetteer
    spoken: Spoken = FRENCH

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
        days, at = self.days_running, self.shares.get("at", "")
        return of_steps(self.spoken, days[0], at) if days else self.spoken.gettext("avant la première redirection")

    @property
    def days_closed(self) -> str:
        first, last = self.closed.get("first"), self.closed.get("last")
        return (
            of_days(self.spoken, first, last) if first and last else self.spoken.gettext("avant le premier jour clos")
        )

    @property
    def week(self) -> str | None:
        weeks = self.closed.get("weeks", [])
        return weeks[-1]["name"] if weeks else None

    @property
    def days_of_week(self) -> tuple[str, str]:
        return days_of(self.week or "")

    @property
    def week_said(self) -> str:
        return of_weeks(self.spoken, [self.week or ""])

    @property
    def weeks_said(self) -> str:
        return of_weeks(self.spoken, [week["name"] for week in self.closed["weeks"]])

    @property
    def of_week(self) -> int:
        """The redirects of that week, of the whole country."""
        return sum(row["redirects"] for row in self.closed["weeks"][-1]["rows"])

    def in_order(self, slugs: Iterable[str]) -> list[str]:
        """As rows stand everywhere: by number of places; those that have none at the end."""
        known = [row["slug"] for row in self.providers]
        return sorted(slugs, key=lambda slug: (known.index(slug) if slug in known else len(known), slug))

    def label(self, slug: str) -> str:
        return self.labels.get(slug) or self.spoken.gettext("Autres sites")


def days_of(week: str) -> tuple[str, str]:
    window = windows.window(week)
    return window.first.isoformat(), window.last.isoformat()


# One window, one label: pages and figures call each by these words, so that equal words mean equal numbers.


def of_days(spoken: Spoken, first: str, last: str) -> str:
    """ "du lundi 23 au dimanche 29 novembre 2026": days that are over."""
    return spoken.span(date.fromisoformat(first), date.fromisoformat(last))


def of_steps(spoken: Spoken, first: str, at: str) -> str:
    """The same of the running days, of which the last one moves in closed steps; of closed ones only their days."""
    if "T" not in at:
        return of_days(spoken, first, at)
    moment = datetime.fromisoformat(at)
    days = of_days(spoken, first, moment.date().isoformat())
    return spoken.gettext(
        "%(days)s, %(time)s\u00a0; aujourd’hui par paliers de 11", days=days, time=spoken.clock(moment)
    )


def of_minute(spoken: Spoken, first: str, at: str) -> str:
    """The same days to the minute, of which only the total is told."""
    moment = datetime.fromisoformat(at)
    days = of_days(spoken, first, moment.date().isoformat())
    return spoken.gettext("%(days)s, %(time)s\u00a0; total à la minute", days=days, time=spoken.clock(moment))


def of_weeks(spoken: Spoken, names: Sequence[str]) -> str:
    """ "semaine 2026-W48, du lundi 23 au dimanche 29 novembre 2026"."""
    days = of_days(spoken, days_of(names[0])[0], days_of(names[-1])[1])
    if names[0] == names[-1]:
        return spoken.gettext("semaine %(week)s, %(days)s", week=names[0], days=days)
    return spoken.gettext("semaines %(first)s à %(last)s, %(days)s", first=names[0], last=names[-1], days=days)
