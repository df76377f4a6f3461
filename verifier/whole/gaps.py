"""What a log leaves out: sequence numbers, days, hours, replays, files, ids of places. Each gap is named."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from verifier.order import named, snapshots_of_hour
from verifier.source import Missing, Wrong

KEPT_DAYS = 396
# May stand between the seed of a day and the total of the day before: they are logged together.
BEFORE_A_DAY = ("contract", "policy", "disclosure", "seed", "day", "chain", "key", "witnesses", "program")
NAMED_AT_ONCE = 12


def check_gaps(log, days):
    """`days`: how many days back files beside the log are read. Raises Wrong for what cannot be; tells what may be."""
    said = [*gaps_in_numbers(log), *gaps_in_days(log), *gaps_in_replays(log)]
    newest = max((one["date"] for one in log.of_type("seed")), default="")
    if not newest:
        return said
    first = (date.fromisoformat(newest) - timedelta(days=min(days, KEPT_DAYS))).isoformat()
    hours = [one["hour"] for one in log.of_type("snapshots") if one["hour"] >= first]
    return [*said, *gaps_in_hours(log, hours), *changed_ids(log, hours)]


def gaps_in_numbers(log):
    """Between two minutes as many events as numbers, or fewer: a number may be skipped, but none is given twice.

    On one machine numbers are dense (a failed commit gives its numbers back). Several machines draw them from one
    sequence, which skips some when a transaction fails; so a gap is told, and is not wrong by itself.
    """
    before, skipped = 0, []
    for number, entry in enumerate(log.entries):
        if entry["t"] == "minute":
            if entry["events"] > entry["upto"] - before:
                raise Wrong(f"entry {number}: {entry['events']} events between numbers {before} and {entry['upto']}")
            if entry["events"] < entry["upto"] - before:
                skipped.append(f"{entry['minute']} ({entry['upto'] - before - entry['events']})")
            before = entry["upto"]
    return told_in_short("sequence numbers without an event, as several machines may leave them, in minutes", skipped)


def gaps_in_days(log):
    """Every day with minutes has its total, with the first sealing of the next day."""
    minutes, totals, open_days = {}, {}, []
    for number, entry in enumerate(log.entries):
        kind = entry["t"]
        if kind == "minute":
            minutes.setdefault(entry["minute"][:10], []).append(entry)
        elif kind == "day":
            check_total(entry, minutes.get(entry["day"], []), number, totals)
            totals[entry["day"]] = entry
        elif kind == "seed":
            open_days = [day for day in minutes if day < entry["date"]]
            continue
        if kind not in BEFORE_A_DAY:
            missing = [day for day in open_days if day not in totals]
            if missing:
                raise Wrong(f"entry {number} comes without a total of {', '.join(missing)}, whose minutes were sealed")
    return [f"{len(totals)} days with sealed minutes, each with its total"]


def check_total(entry, minutes, number, totals):
    if entry["day"] in totals:
        raise Wrong(f"entry {number}: a second total of {entry['day']}")
    sealed = sum(one["events"] for one in minutes)
    published = sum(n for by in entry["classes"].values() for n in by.values())
    if not minutes or not sealed == published == entry["events"] or entry["upto"] != minutes[-1]["upto"]:
        raise Wrong(f"entry {number}: the total of {entry['day']} is not the sum of its minutes")


def gaps_in_replays(log):
    """An hour with sealed clicks and without a replay had clicks on no list: on a place's own page, in a feed."""
    replays = {one["hour"] for one in log.of_type("replay")}
    last = max(replays, default="")
    clicked = {one["minute"][:13] for one in log.of_type("minute")}
    # The sealing of a click may fall into the hour after it, and the last hours wait for their replay.
    without = [one for one in sorted(clicked) if one < last and not {one, hour_after(one, -1)} & replays]
    return told_in_short("hours with sealed clicks and no replay of a list", without)


def gaps_in_hours(log, hours):
    """Hours without a snapshot in the log, and lists of snapshots that the log names and that are not there."""
    there, withheld, empty = set(hours), [], []
    for hour in hours:
        found, _ = snapshots_of_hour(log, hour)
        count = log.one("snapshots", hour=hour)["count"]
        if not found:
            withheld.append(hour)
        elif len(found) != count:
            raise Wrong(f"hours/{hour}.ndjson lists {len(found)} snapshots, and the log counted {count}")
    hour = hours[0] if hours else ""
    while hour and hour < hours[-1]:
        if hour not in there:
            empty.append(hour)
        hour = hour_after(hour, 1)
    for hour in empty[-48:]:
        if snapshots_of_hour(log, hour)[0]:
            raise Wrong(f"hours/{hour}.ndjson lists snapshots, and the log names later hours without it")
    said = told_in_short("hours in which no snapshot was put in force", empty)
    return said + told_in_short("not there, though the log names them: hours", withheld)


def hour_after(hour, n):
    # Every hour here is UTC.
    return (datetime.fromisoformat(f"{hour}:00") + timedelta(hours=n)).strftime("%Y-%m-%dT%H")


def changed_ids(log, hours):
    """An id is drawn once and for ever: one that changes its date was drawn again; one that goes is told."""
    before, seen, gone, back, digest = {}, {}, [], [], ""
    for hour in hours:
        for pair in snapshots_of_hour(log, hour)[0][:1]:
            if pair["places"] == digest:
                continue
            digest = pair["places"]
            try:
                now = {place["id"]: place["drawn"] for place in named(log.source, digest)["places"]}
            except Missing:
                continue  # told by whoever needs it: a copy may hold some days alone
            for identifier, drawn in now.items():
                if seen.get(identifier, drawn) != drawn:
                    raise Wrong(f"{identifier} was drawn on {seen[identifier]}, and on {drawn} since {hour}")
            gone += [f"{one} ({hour})" for one in sorted(set(before) - set(now))]
            back += [
                f"{one} ({hour})" for one, on in sorted(now.items()) if before and one not in seen and on < hour[:10]
            ]
            seen.update(now)
            before = now
    said = told_in_short("places that are listed no longer", gone)
    return said + told_in_short("places that came with a date of before", back)


def told_in_short(what, found):
    if not found:
        return []
    names, more = ", ".join(found[:NAMED_AT_ONCE]), len(found) - NAMED_AT_ONCE
    return [f"gap: {len(found)} {what}: {f'{names} and {more} more' if more > 0 else names}"]
