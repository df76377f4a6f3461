"""What `/transparence` cannot say yet, each with when it will, by the clock of Paris: told once, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aggregator.opendata.editions.spoken import HERE
from aggregator.redirect.rollups import STEP
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.words import clock, day_long

LEAST = 30  # redirects for a share, and for the causes of a gap (docs/figures.md §2)


def waiting(now: datetime, page: Mapping[str, Any]) -> list[dict[str, str]]:
    """`page`: what the page prints. Each missing part in words, and when it comes or what it needs."""
    first = page["totals"].get("since")
    return [
        {"words": what, "when": when}
        for what, when in _missing(page, soonest(now), tonight(now, first), monday(now, first))
    ]


def _missing(page: Mapping[str, Any], hour: datetime, night: datetime, week: datetime) -> Iterator[tuple[str, str]]:
    if not page["controls"].get("order", {}).get("lists"):
        yield gettext("Les listes recalculées, donc la part du site"), said(hour)
    if not page["figures"]:
        yield gettext("Les figures à citer, en fichiers"), said(hour)
    if not page["effects"]:
        yield gettext("Les causes de l’écart"), _with(said(night), gettext("avec %(n)s redirections", n=LEAST))
    if not page["service"]:
        yield gettext("Les pannes et la fraîcheur"), said(night)
    if not page["weeks"]["names"]:
        yield gettext("Les semaines et les départements"), said(week)
    if page["choice"]["telling"] < STEP:
        need = gettext("dès %(n)s clics sur des lieux que la règle met à égalité, sur plusieurs plateformes", n=STEP)
        yield gettext("La préférence, devant des lieux à égalité"), need


def said(moment: datetime) -> str:
    """ "samedi 28 novembre, après 1 h 00"."""
    here = moment.astimezone(HERE)
    return gettext("%(day)s, après %(time)s", day=day_long(here.date()), time=clock(here))


def _with(when: str, need: str) -> str:
    return f"{when}, {need}"


def soonest(now: datetime) -> datetime:
    """The next full hour: the lists of the hour before are then made again, and the files are written."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def tonight(now: datetime, first: str | None) -> datetime:
    """The next midnight UTC, which closes a day; within the hour where a day is over already."""
    if first and first < now.date().isoformat():
        return soonest(now)
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def monday(now: datetime, first: str | None) -> datetime:
    """The Monday after, which closes a week; within the hour where a week is over already."""
    begun = now.date() - timedelta(days=now.weekday())
    if first and first < begun.isoformat():
        return soonest(now)
    return datetime.combine(begun + timedelta(days=7), time(), UTC)
