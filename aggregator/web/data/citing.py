"""What a sentence that cites a figure is made of: its number, its unit, its days, and the edition that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aggregator.opendata.editions import windows
from aggregator.web.evidence.edition_files import MADE_AGAIN
from aggregator.web.language.catalogues import in_french, language, lazy_gettext
from aggregator.web.language.words import moment

# The figures' own titles, which their files hold in French (aggregator/opendata/figures.py).
TITLES = {
    "suivent-elles-les-lieux": lazy_gettext("Les redirections suivent-elles les lieux ?"),
    "choix": lazy_gettext("Devant des lieux à égalité, a-t-on préféré une plateforme ?"),
    # In closed editions of before metrics/2 only.
    "traitees-pareil": lazy_gettext("La page a-t-elle traité les plateformes pareil ?"),
    "trois-parts": lazy_gettext("Lieux, créneaux vus et redirections, par plateforme"),
    "causes": lazy_gettext("D’où vient l’écart entre redirections et lieux"),
    "semaines": lazy_gettext("Part des redirections et part des lieux, semaine par semaine"),
    "territoire": lazy_gettext("Redirections par département"),
    "part-par-departement": lazy_gettext("Part de chaque plateforme, par département"),
    "pannes": lazy_gettext("Minutes pendant lesquelles une plateforme n’a pas pu être lue"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """An edition as pages call it. `kind`: "day", "week", or the name of one that is made again and again.

    `first`, `last`: its days; `number`: of an ISO week, in `year`.
    """

    name: str
    kind: str
    updated: Any
    first: date | None = None
    last: date | None = None
    number: int = 0
    year: int = 0


def named(edition: Mapping[str, Any]) -> Named:
    name, updated = edition["edition"], moment(edition["updated"])
    if name in MADE_AGAIN:
        return Named(name, name, updated)
    window = windows.window(name)
    year, number, _ = window.first.isocalendar()
    return Named(name, "week" if window.since else "day", updated, window.first, window.last, number, year)


def words(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Title, period and unit of a figure in the language of the page; in French, marked so, where there is no other."""
    said = figure.get(language(), figure)
    told = {name: said[name] for name in ("title", "period", "unit")}
    told["period"] = told["period"][0].upper() + told["period"][1:]
    return told if language() in figure else {name: in_french(text) for name, text in told.items()}


def sentence(name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    """`count`: redirects, None when the figure is about something else; `days`: None in editions that do not say."""
    days = figure.get("days")
    return {
        "title": TITLES.get(name) or in_french(figure["title"]),
        "count": figure.get("count"),
        "first": date.fromisoformat(days[0]) if days else None,
        "last": date.fromisoformat(days[1]) if days else None,
        "period": in_french(figure["period"]),
    }
