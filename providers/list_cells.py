"""Cells of an official list: hours, positions, codes and days, as people write them."""

from __future__ import annotations

import re
from datetime import date, datetime

from providers.records import WEEKDAYS, Hours
from providers.text import clean, fold


class RowError(ValueError):
    """A row that cannot become a centre; the message is its reason."""


def template_hours(text: str) -> Hours:
    """ "lundi: 09:00-12:00 | mardi: fermé" as seven texts; () when nothing is said."""
    said = {}
    for part in text.split("|"):
        day, colon, hours = part.partition(":")
        if colon and fold(day.strip()) in WEEKDAYS:
            said[fold(day.strip())] = hours_in(hours)
    return tuple(said.get(day) for day in WEEKDAYS) if said else ()


def hours_in(text: str) -> str | None:
    said = clean(text, 80)
    if not said or fold(said) in ("non precise", "nc", "?"):
        return None
    return "" if fold(said) in ("ferme", "fermee", "close") else said


def wheelchair_in(text: str) -> bool | None:
    said = fold(text).strip(" .!")
    return {"oui": True, "non": False}.get(said)


def position_in(lat_text: str, lon_text: str) -> tuple[float | None, float | None, tuple[str, ...]]:
    try:
        lat, lon = (float(text.replace(",", ".")) for text in (lat_text, lon_text))
    except ValueError:
        return None, None, ("position",)
    return lat, lon, ()


def insee_in(text: str) -> str | None:
    text = text.zfill(5).upper() if text else text
    return text if re.fullmatch(r"(?:[0-9]{2}|2[AB])[0-9]{3}", text) and text != "00000" else None


def day_in(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
