"""The table of a closed week: the sum of its days, and its territories."""

from __future__ import annotations

from datetime import timedelta

from verifier.counts.measures import check_sums, same
from verifier.counts.shown import replays_of, shown_on
from verifier.counts.supply import by_platform, means, supply_of_day
from verifier.figures.days import check_availability, check_terms
from verifier.figures.tables import COUNTS, ROUNDED, days_of_table, table_named
from verifier.source import Wrong

TIES = ("clicks_listed", "clicks_telling", "tie_clicks", "tie_chosen", "tie_expected", "tie_variance")


def check_week(log, name, content):
    """The nation is the sum of its days; its territories are those of the snapshots, and add up to the nation."""
    rows, (monday, _) = content["rows"], days_of_table(name)
    dates = [(monday + timedelta(days=ahead)).isoformat() for ahead in range(7)]
    closed = [day for day in dates if log.one("metrics", name=day)]
    tables = [table_named(log, day) for day in closed]
    nation = [row for row in rows if row["stratum_type"] == "nation"]
    samples = sum(len(table["samples"]) for table in tables)
    events = [log.one("day", day=day) for day in dates]
    sealed = [by for entry in events if entry for by in [entry["classes"]]]
    for row in rows:
        if not row["suppressed"]:
            same(row["samples"], samples, f"{name} {row['stratum']} {row['provider']}: samples")
    late = any(replays_of(log, day)[1] for day in closed)
    for row in nation:
        mine = [one for table in tables for one in table["rows"] if one["provider"] == row["provider"]]
        check_sum_of_days(row, mine, sealed, late, f"{name} {row['provider']}")
    absent = {one["provider"] for table in tables for one in table["rows"]} - {row["provider"] for row in nation}
    if absent:
        raise Wrong(f"{name}: no row of {', '.join(sorted(absent))}")
    with_slots = sum(supply_of_day(log, day)[2] for day in closed)
    check_availability(nation, with_slots >= max(1, len(closed)) * 12, content["format"], name)
    if not late:
        check_shown_in_week(log, closed, nation, content["format"], name)
    check_territories(rows, nation, name)
    check_supply_of_territories([supply_of_day(log, day) for day in closed], rows, name)
    said = [f"the week is the sum of its {len(closed)} days, and of its territories"]
    more = (nation[0].get("clicks_listed") or 0) - sum(table["rows"][0].get("clicks_listed", 0) for table in tables)
    if late or more:
        said.append(
            f"not recomputed: impressions, exposure and tie_* of {name}: lists or {more} clicks were told of late"
        )
    return said


def check_sum_of_days(row, mine, sealed, late, where):
    """`mine`: the rows of its days; `sealed`: class -> platform -> events of each day in the log.

    `late`: lists were told of after a day's table was written. The week has them, and its days have not.
    """
    provider, samples = row["provider"], row["samples"] or 1
    classes = [(cls, by.get(provider, 0)) for one in sealed for cls, by in one.items()]
    wanted = {
        "redirects": sum(n for cls, n in classes if cls == "counted"),
        "redirects_raw": sum(n for _, n in classes),
        "bots_excluded": sum(n for cls, n in classes if cls == "robot"),
    }
    wanted.update({name: sum(one[name] * one["samples"] for one in mine) / samples for name in COUNTS[:3]})
    shown = {name: sum(one[name] for one in mine) for name in COUNTS[3:5]}
    if not late:
        wanted.update(shown)
    elif any(row[name] < least - ROUNDED for name, least in shown.items()):
        raise Wrong(f"{where}: impressions and exposure are less than those of its days")
    for column, value in wanted.items():
        same(row[column], value, f"{where}: {column}", ROUNDED)
    if "tie_bets" in row:
        check_sums(row, where)
        check_ties_of_days(row, mine, where)


def check_ties_of_days(row, mine, where):
    """Sums over clicks. A click that another machine told of late is in the week, and in no day's table."""
    wanted = {name: sum(one[name] for one in mine) for name in TIES}
    more = row["clicks_listed"] - wanted["clicks_listed"]
    if more > 0:
        least = {name: n for name, n in wanted.items() if not n - ROUNDED <= row[name] <= n + more + ROUNDED}
        if least:
            raise Wrong(f"{where}: {', '.join(least)} cannot be those of its days and {more} late clicks")
        return
    parts = [(one["share_clicked"], one["clicks_listed"]) for one in mine if one["share_clicked"] is not None]
    listed = sum(n for _, n in parts)
    wanted["share_clicked"] = sum(share * n for share, n in parts) / listed if listed else None
    for column, value in wanted.items():
        same(row[column], value, f"{where}: {column}", ROUNDED)
    for at, bet in enumerate(row["tie_bets"].split()):
        total = sum(float(one["tie_bets"].split()[at]) for one in mine)
        same(float(bet), total, f"{where}: tie_bets", 1e-9 * (1 + abs(total)))


def check_shown_in_week(log, closed, nation, form, name):
    shown = [shown_on(log, day) for day in closed]
    if all(lists == told for _, lists, told in shown):
        sums = {}
        for provider, amounts in ((one, mine) for by, _, _ in shown for one, mine in by.items()):
            row = sums.setdefault(provider, [0] * 5)
            sums[provider] = [before + more for before, more in zip(row, amounts, strict=True)]
        check_terms(nation, sums, form, name)


def check_territories(rows, nation, name):
    """A partition of the nation's redirects; no number of 1 to 10 but in what is left of the country."""
    parts = {}
    for row in rows:
        if row["suppressed"]:
            # The département is published with others: where those stand is a row of its own.
            same(row["provider"], "", f"{name} {row['stratum']}: provider of a suppressed row")
        elif row["stratum_type"] != "nation":
            parts[row["provider"]] = parts.get(row["provider"], 0) + row["redirects"]
            if 0 < row["redirects"] < 11 and row["stratum_type"] != "rest-of-country":
                raise Wrong(f"{name} {row['stratum']}: a number under eleven is published")
            if row["stratum_type"] not in ("department", "rest-of-region", "rest-of-country"):
                raise Wrong(f"{name} {row['stratum']}: stratum_type {row['stratum_type']} is none")
    whole = {row["provider"]: row["redirects"] for row in nation}
    unknown = set(parts) - set(whole) - {"*"}
    if unknown or any(parts.get(provider, 0) > n for provider, n in whole.items()):
        raise Wrong(f"{name}: the territories do not add up to the nation {', '.join(sorted(unknown))}")
    if sum(parts.values()) != sum(whole.values()):
        raise Wrong(f"{name}: the territories do not add up to the nation")


def check_supply_of_territories(days, rows, name):
    """Places, bookable places and slots of each département; of those published together, of all of them."""
    samples, sums = sum(len(names) for _, names, _ in days), {}
    for supply, _, _ in days:
        for key, amounts in supply.items():
            row = sums.setdefault(key, [0, 0, 0])
            sums[key] = [one + more for one, more in zip(row, amounts, strict=True)]
    own = {row["stratum"] for row in rows if row["stratum_type"] == "department" and not row["suppressed"]}
    hidden = {row["stratum"] for row in rows if row["suppressed"]}
    missing = {code for code, _ in sums if code} - own - hidden
    if missing or own & hidden:
        raise Wrong(f"{name}: no row of département {', '.join(sorted(missing or own & hidden))}, or two")
    for code in [*sorted(own), None]:
        told = [row for row in rows if row["stratum_type"] != "nation" and not row["suppressed"]]
        told = [row for row in told if (row["stratum"] == code if code else row["stratum"] not in own)]
        units = by_platform(sums, {code} if code else hidden)
        apart = {row["provider"] for row in told} if code else set()
        # What is not told apart stands in one row.
        rest = [units[provider] for provider in units if provider not in apart]
        units["*"] = [sum(one[at] for one in rest) for at in range(3)]
        groups = [([row], units.get(row["provider"], [0, 0, 0])) for row in told] if code else [(told, units["*"])]
        for mine, amounts in groups:
            wanted = means(amounts, samples)
            for column, value in zip(COUNTS[:3], wanted, strict=True):
                where = f"{name} {code or 'rest'} {mine[0]['provider'] if mine and code else ''}: {column}"
                same(sum(row[column] for row in mine), value, where, ROUNDED)
        if code and rest and "*" not in apart:
            raise Wrong(f"{name} {code}: a platform has no row")
