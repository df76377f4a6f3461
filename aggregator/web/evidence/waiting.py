"""What a young portal cannot say yet: for each section when it fills, by the clock of Paris, and an invented example.

The example is for a page alone. No file, no answer of the API and no image is made of it, and the page shows it only
while it has nothing of its own in that place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aggregator.opendata import charts
from aggregator.opendata.editions.spoken import HERE
from aggregator.redirect.rollups import STEP
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.words import clock, day_long

LEAST = 30  # redirects for a share, and for the causes of a gap (docs/figures.md §2)
# Of 3,000 invented redirects, Goodman's bounds: one platform as many as places, one more, one less.
EXAMPLE = (
    {"letter": "A", "places_share": 0.5, "redirects_share": 0.502, "low": 0.48, "high": 0.524},
    {"letter": "B", "places_share": 0.3, "redirects_share": 0.342, "low": 0.322, "high": 0.363},
    {"letter": "C", "places_share": 0.2, "redirects_share": 0.156, "low": 0.141, "high": 0.173},
)


def waiting(now: datetime, page: Mapping[str, Any]) -> dict[str, str]:
    """`page`: what the page prints. Each section that is empty, by name, with when it fills or what it needs."""
    first = page["totals"].get("since")
    return dict(_missing(page, now, tonight(now, first), monday(now, first)))


def _missing(page: Mapping[str, Any], now: datetime, night: datetime, week: datetime) -> Iterator[tuple[str, str]]:
    if not page["controls"].get("order", {}).get("lists"):
        yield "order", gettext("Premières listes recalculées : %(when)s.", when=said(soonest(now)))
    if not page["effects"]:
        # A day that is closed already had too few: the next one may have enough.
        when = said(_midnight(now) if "closed" in page["counts"] else night)
        yield (
            "effects",
            gettext(
                "Se remplit quand les jours clos ont %(n)s redirections, au plus tôt %(when)s.",
                n=LEAST,
                when=when,
            ),
        )
    if not page["service"]:
        yield "service", gettext("Se remplit quand le premier jour se clôt, à minuit UTC : %(when)s.", when=said(night))
    if not page["weeks"]["names"]:
        yield (
            "weeks",
            gettext("Se remplit quand la première semaine se clôt, dimanche à minuit UTC : %(when)s.", when=said(week)),
        )
    if page["choice"]["telling"] < STEP:
        need = gettext(
            "Se remplit dès %(n)s clics sur des lieux que la règle met à égalité, sur plusieurs plateformes.", n=STEP
        )
        yield "choice", need


def closings(now: datetime, first: str | None) -> dict[str, str]:
    """When the first day and the first week close. `first`: the day of the first redirect."""
    return {"day": said(tonight(now, first)), "week": said(monday(now, first))}


def example(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Invented tracks; none once there is a redirect or a closed week, nor while a control fails."""
    if page["counts"]["minute"]["n"] or page["weeks"]["names"] or page["controls"]["failed"]:
        return []
    return [charts.track(_labelled(row), "places_share", "ratio") for row in EXAMPLE]


def _labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    label = gettext("Plateforme %(letter)s (exemple)", letter=row["letter"])
    return {**row, "label": label, "ratio": row["redirects_share"] / row["places_share"]}


def said(moment: datetime) -> str:
    """ "samedi 28 novembre après 1 h 00, heure de Paris"."""
    here = moment.astimezone(HERE)
    return gettext("%(day)s après %(time)s, heure de Paris", day=day_long(here.date()), time=clock(here))


def soonest(now: datetime) -> datetime:
    """The next full hour: the lists of the hour before are then made again, and the files are written."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def tonight(now: datetime, first: str | None) -> datetime:
    """The next midnight UTC, which closes a day; within the hour where a day is over already."""
    if first and first < now.date().isoformat():
        return soonest(now)
    return _midnight(now)


def monday(now: datetime, first: str | None) -> datetime:
    """The Monday after, which closes a week; within the hour where a week is over already."""
    begun = now.date() - timedelta(days=now.weekday())
    if first and first < begun.isoformat():
        return soonest(now)
    return datetime.combine(begun + timedelta(days=7), time(), UTC)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
