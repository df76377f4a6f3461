"""Ids of places: each hour's list is chained to the last, no id changes its day, and none is older than it was seen."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from verifier.order import named, snapshots_of_hour
from verifier.source import CannotCheck, Wrong


def check_ids(log, arguments):
    """An id that was chosen with the coming draws in hand would have to be new, and would stand last in its ties."""
    before, days, complete = "-", {}, False
    hours = read = without = 0
    for entry in log.of_type("snapshots"):
        if "ids" not in entry:
            without += before != "-"
            continue
        hours, rows = hours + 1, listed_in(log, entry)
        if rows is None:
            before, complete = entry["ids"], False
            continue
        if ids_chained(before, rows) != entry["ids"] or len(rows) != entry["places"]:
            raise Wrong(f"the ids of {entry['hour']} are not those that the log has chained to the hour before")
        check_last_half_hour(log, entry, rows - days.items(), complete)
        for place, day in sorted(rows):
            check_day_of_id(place, day, days, entry["hour"][:10], complete)
        before, complete, read = entry["ids"], True, read + 1
    if not hours:
        raise CannotCheck("the log holds no list of ids yet")
    yield f"ids of {read} hours recomputed and chained, {len(days)} places, each under one day"
    if read < hours:
        yield f"{hours - read} hours whose files are no longer published: their link is the log's own word"
    if without:
        yield f"{without} hours were sealed without their ids, and say why"


def check_day_of_id(place, day, days, today, complete):
    """What is new today says so; `complete`: all that was published before is known."""
    if place not in days and (day != today if complete else day > today):
        raise Wrong(f"place {place} is first published on {today}, and says {day}: it would not stand last in its ties")
    if days.setdefault(place, day) != day:
        raise Wrong(f"place {place} was first published on {days[place]}, and now says {day}")


def check_last_half_hour(log, entry, new, complete):
    """Half an hour before its day a beacon's round is known, and with it the draw: no id may appear then."""
    day = date.fromisoformat(entry["hour"][:10])
    seed = log.one("seed", date=(day + timedelta(days=1)).isoformat())
    if complete and new and entry["hour"].endswith("T23") and seed and seed["beacon"] != "-":
        for place, _ in sorted(new - (listed_in(log, entry, f"{day}T23:30") or set())):
            raise Wrong(f"place {place} appears after 23:30 on {day}, when the draw of the day after was known")


def listed_in(log, entry, until="~"):
    """{(id, day)} of the places files of an hour, put in force before `until`; None when they are published no more."""
    found = [one for one in snapshots_of_hour(log, entry["hour"])[0] if one["at"] < until]
    if not found and entry["count"] and until == "~":
        return None
    try:
        files = [named(log.source, one) for one in sorted({one["places"] for one in found})]
    except CannotCheck:
        return None
    return {(place["id"], place["drawn"]) for file in files for place in file["places"]}


def ids_chained(before, rows):
    lines = "".join(f"{place} {day}\n" for place, day in sorted(rows))
    return hashlib.sha256(f"aiguillage-ids/v1\n{before}\n{lines}".encode()).hexdigest()
