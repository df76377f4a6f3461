"""The days and weeks that are over and have no edition, each with the reason: never silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from aggregator.opendata.editions import windows
from aggregator.opendata.editions.windows import Window

FILE, FORMAT = "lacunes.json", "gaps/1"
WHY = {
    "silent": "aucun relevé n’a été publié pendant cette période",
    "open": "la période n’est pas close : un contrôle de ses chiffres n’a pas abouti",
    "lost": "le dernier relevé publié de cette période manque, ou n’est plus ce que dit son nom",
    "left": "cette édition a été laissée de côté : le passé de la démonstration est livré sans elle",
}


def gaps(published: Path, editions: Path, oldest: date, today: date) -> list[dict[str, str]]:
    """{"edition", "cause", "why"}, oldest first, once all editions that can be had are written."""
    there = {one.name for one in windows.released(editions)}
    closed, left = {one.name for one in windows.closed(published)}, left_out(editions)
    heard = {path.name[:10] for path in (published / "hours").glob("????-??-??T??.ndjson")}
    known = sorted({*heard, *(name for name in closed if "W" not in name)})
    found = []
    for one in over(known, oldest, today) if known else ():
        cause = "lost" if one.name in closed else "open" if any(day in heard for day in days_of(one)) else "silent"
        cause = "left" if one.name in left else cause
        # A day is closed some minutes after its midnight, once its lists are replayed: it is not missing before.
        waiting = cause == "open" and one.last == today - timedelta(days=1)
        if one.name not in there and not waiting:
            found.append({"edition": one.name, "cause": cause, "why": WHY[cause]})
    return found


def left_out(editions: Path) -> set[str]:
    """The editions that are never made up for: those that the past of a demonstration is delivered without."""
    path = editions / FILE
    found = json.loads(path.read_bytes())["gaps"] if path.exists() else []
    return {one["edition"] for one in found if one["cause"] == "left"}


def over(known: list[str], oldest: date, today: date) -> Iterator[Window]:
    """Every day from the first known one to yesterday, not older than `oldest`, each week after its Sunday."""
    day = max(oldest, date.fromisoformat(known[0]))
    while day < today:
        yield windows.window(day.isoformat())
        if day.isoweekday() == 7:
            yield windows.week_of(day)
        day += timedelta(days=1)


def days_of(one: Window) -> Iterator[str]:
    for number in range((one.last - one.first).days + 1):
        yield (one.first + timedelta(days=number)).isoformat()
