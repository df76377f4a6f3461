"""How a page writes what sources say of a place: its address, its opening hours."""

from __future__ import annotations

import re
from datetime import date, timedelta

from aggregator.snapshot.places import Place
from aggregator.web.language.catalogues import gettext
from aggregator.web.language.words import hour_and_minute, weekday_short

_TIME = re.compile(r"\b([0-9]{1,2})\s?[:hH](?:\s?([0-9]{2}))?(?![0-9:])")
_UNTIL = re.compile(r"([0-9hH])\s*[-–]\s*([0-9]{1,2}\s?[:hH])")


def address_of(place: Place) -> str:
    """ "12 rue Pasteur, 69003 Lyon": the town once, for many sources write it into the address as well."""
    town = "" if place.postcode and place.postcode in place.address else f"{place.postcode} {place.city}".strip()
    return ", ".join(part for part in (place.address, town) if part)


def hours(text: str) -> str:
    """ "9 h 30 – 12 h, 14 h – 18 h" of "9:30-12:00, 14h-18h"; what is no time stays as the source writes it."""

    def time(found: re.Match[str]) -> str:
        hour, minute = int(found[1]), int(found[2] or 0)
        if hour > 24 or minute > 59:
            return found[0]
        return hour_and_minute(hour, minute) if minute else gettext("%(hour)s\u00a0h", hour=hour)

    return _TIME.sub(time, _UNTIL.sub(r"\1 – \2", text))


def week(place: Place) -> str:
    """ "lun.–ven. 9 h – 12 h, sam. fermé": days that follow each other with the same hours are told together."""
    days: list[tuple[date, date, str]] = []
    monday = date(2026, 1, 5)  # any Monday: only its name is told
    for ahead, text in enumerate(place.hours):
        if text is None:
            continue
        day, said = monday + timedelta(days=ahead), hours(text) or gettext("fermé")
        if days and days[-1][2] == said and days[-1][1] == day - timedelta(days=1):
            days[-1] = (days[-1][0], day, said)
        else:
            days.append((day, day, said))
    return ", ".join(
        f"{weekday_short(first)}{'' if first == last else f'–{weekday_short(last)}'} {said}"
        for first, last, said in days
    )


FILTERS = {"address": address_of, "hours": hours, "week": week}
