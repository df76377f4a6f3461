"""`closed.json`, which the pages print of closed days and weeks, from the tables of the log."""

from __future__ import annotations

from datetime import date, timedelta

from verifier.counts.measures import MIN_FOR_SHARE, ratio, same
from verifier.counts.shown import replays_of, shown_on
from verifier.counts.supply import supply_of_day
from verifier.figures.drawn import SERVICE_DAYS, TERMS, WEEKS
from verifier.figures.tables import ROUNDED, days_of_table, table_named
from verifier.source import Wrong

STEPS = ("places", "bookable", "uniform", "criteria", "replayed", "served", "clicked", "redirects")
CLOSED = {"effects", "files", "first", "format", "last", "redirects", "service", "territory", "weeks"}
OF_WEEK = ("provider", "redirects", "share_redirects", "ci_low", "ci_high", "share_places", "window_start")


def check_closed(log, content):
    if set(content) != CLOSED:
        raise Wrong("closed.json: its fields are not those that are known")
    same(content["format"], "closed/1", "closed.json: format")
    names = [one["name"] for one in log.of_type("metrics")]
    days = check_files(log, content, names)
    first, last = days_of_table(content["first"])[0], days_of_table(content["last"])[0]
    newest = max((days_of_table(one)[1] for one in content["files"]), default=first)
    seeds = [date.fromisoformat(one["date"]) for one in log.of_type("seed")]
    if (last - first).days != 6 or last < newest or last >= max(seeds, default=last):
        raise Wrong(f"closed.json: first {first} and last {last} are not the seven days before its newest table")
    window = [(first + timedelta(days=n)).isoformat() for n in range(7)]
    weeks = [one for one in content["files"] if "W" in one][-WEEKS:]
    check_weeks(log, content, [one for one in weeks if one in names])
    sums = [by for day in window for by in [(log.one("day", day=day) or {"classes": {}})["classes"].get("counted", {})]]
    same(content["redirects"], sum(n for by in sums for n in by.values()), "closed.json: redirects")
    service = [row for day in days[-SERVICE_DAYS:] if day in names for row in table_named(log, day)["service"]]
    compare_rows(content["service"], service, "closed.json: service")
    said = check_effects(log, content["effects"], window, sums)
    return [
        f"closed.json: {len(content['files'])} tables, causes of {first} to {last}, weeks and service follow",
        *said,
    ]


def check_files(log, content, names):
    """All tables of the log, and none that it never named. Returns the days."""
    files, last = content["files"], max((one["date"] for one in log.of_type("seed")), default="")
    unknown = [one for one in files if one not in names]
    # What was closed a moment ago comes into the log with the next minute.
    old = [one for one in unknown if days_of_table(one)[1] < date.fromisoformat(last) - timedelta(days=1)]
    closed = [one for one in names if days_of_table(one)[1].isoformat() <= content["last"]]
    absent = [one for one in closed if one not in files and one not in names[-2:]]
    if old or absent or files != sorted(files, key=lambda one: ("W" in one, one)):
        raise Wrong(f"closed.json: files {', '.join(old or absent)} are not those of the log")
    return [one for one in files if "W" not in one]


def check_weeks(log, content, weeks):
    told = [one for one in content["weeks"] if one["name"] in weeks]
    if [one["name"] for one in told] != weeks:
        raise Wrong(f"closed.json: weeks are {', '.join(one['name'] for one in content['weeks'])}")
    for week in told:
        rows = [row for row in table_named(log, week["name"])["rows"] if row["stratum_type"] == "nation"]
        compare_rows(week["rows"], [{key: row[key] for key in OF_WEEK} for row in rows], f"closed.json: {week['name']}")
    rows = table_named(log, weeks[-1])["rows"] if weeks else []
    territory = [row for row in rows if row["stratum_type"] != "nation"]
    compare_rows(content["territory"], territory, "closed.json: territory")


def compare_rows(rows, wanted, where):
    if len(rows) != len(wanted):
        raise Wrong(f"{where}: {len(rows)} rows are published, {len(wanted)} follow")
    for number, (row, follows) in enumerate(zip(rows, wanted, strict=True)):
        for column in {**row, **follows}:
            if column not in row or column not in follows:
                raise Wrong(f"{where}: column {column} of row {number} is too many or missing")
            same(row[column], follows[column], f"{where}: {column} of row {number}", 0.0)


def check_effects(log, effects, window, sealed):
    """The terms of seven days (docs/figures.md §7): the shares that they lie between, from tables and replays."""
    days = [day for day in window if log.one("metrics", name=day)]
    # Lists that no table has: of a day that stays open, of a machine that told of them after the table was written.
    if any(replays_of(log, day)[1 if day in days else 0] for day in window):
        return ["not recomputed: causes in closed.json: lists of its days are in no table"]
    amounts = {step: {} for step in STEPS}
    for day in days:
        for row in table_named(log, day)["rows"]:
            mine = {name: row[name] * row["samples"] for name in ("places", "bookable")}
            mine.update(
                served=row["exposure"], clicked=(row.get("share_clicked") or 0) * (row.get("clicks_listed") or 0)
            )
            for step, amount in mine.items():
                amounts[step][row["provider"]] = amounts[step].get(row["provider"], 0) + amount
    for by in sealed:
        for provider, n in by.items():
            amounts["redirects"][provider] = amounts["redirects"].get(provider, 0) + n
    shown = [shown_on(log, day) for day in days]
    for sums, _, _ in shown:
        for provider, (_, _, drawn, uniform, criteria) in sums.items():
            for step, amount in (("uniform", uniform), ("criteria", criteria), ("replayed", drawn)):
                amounts[step][provider] = amounts[step].get(provider, 0) + amount
    if sum(supply_of_day(log, day)[2] for day in days) < max(1, len(days)) * 12:
        amounts["bookable"] = {}
    known = all(lists == told for _, lists, told in shown)
    if not sum(amounts["served"].values()) or sum(amounts["redirects"].values()) < MIN_FOR_SHARE:
        same(effects, {}, "closed.json: effects")
        return []
    if set(effects) != {one for by in amounts.values() for one in by}:
        raise Wrong(f"closed.json: effects are of {', '.join(sorted(effects))}")
    for provider, row in effects.items():
        check_effect(row, amounts, provider, known)
    if known:
        return []
    return ["not recomputed: causes that rest on lists asked less than eleven times in an hour, in closed.json"]


def check_effect(row, amounts, provider, known):
    where, shares = f"closed.json: effects {provider}", []
    if set(row) != {*TERMS, *(f"share_{step}" for step in STEPS)}:
        raise Wrong(f"{where}: its fields are not those that are known")
    for step in STEPS:
        whole = sum(amounts[step].values())
        wanted = ratio(amounts[step].get(provider, 0), whole)
        if known or step not in ("uniform", "criteria", "replayed"):
            same(row[f"share_{step}"], wanted, f"{where} share_{step}", ROUNDED)
        shares.append(row[f"share_{step}"])
    for name, before, after in zip(TERMS, shares[:-1], shares[1:], strict=True):
        gap = None if None in (before, after) else after - before
        same(row[name], gap, f"{where} {name}", 1e-9)
    if row["deviation"] not in (None, 0.0):
        raise Wrong(f"{where} deviation: {row['deviation']} is published, 0 is the rule")
