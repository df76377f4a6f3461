"""Published figures, made again from the counts that they rest on (docs/figures.md)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from datetime import datetime, timedelta

from verifier.order import named, snapshots_of_hour
from verifier.source import CannotCheck, Wrong

PLACE = 720_720
BENCHMARKS = ("places", "bookable", "slots", "impressions", "exposure")
# The terms of a gap, by format of the table: since metrics/2 the lists that get clicks are told apart from choices.
EFFECTS = {
    "metrics/1": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "citizen_choice",
    ),
    "metrics/2": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
        "citizen_choice",
    ),
}  # fmt: skip


RATES = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)


def check_metrics(log, arguments):
    source, name = log.source, arguments.day
    entry = log.one("metrics", name=name)
    if entry is None:
        raise CannotCheck(f"the log names no figures of {name}: a day is closed in the night, a week after its Sunday")
    for file, digest in entry["files"].items():
        if hashlib.sha256(source.get(f"metrics/{file}")).hexdigest() != digest:
            raise Wrong(f"metrics/{file} does not have the hash that the log states")
    content = json.loads(source.get(f"metrics/{name}.json"))
    rows, terms = content["rows"], EFFECTS.get(content["format"])
    if terms is None:
        raise CannotCheck(f"metrics/{name}.json is written as {content['format']}, which this file does not know")
    check_csv(source.text(f"metrics/{name}.csv"), rows, name)
    nation = [row for row in rows if row["stratum_type"] == "nation"]
    said = [f"{len(rows)} rows, the same in CSV and JSON, under the hash in the log"]
    said.append(
        check_day_counts(log, name, content, nation)
        if "samples" in content
        else check_week(source, name, rows, nation, content["format"] == "metrics/1")
    )
    for stratum in {(row["stratum_type"], row["stratum"]) for row in rows if not row["suppressed"]}:
        check_derived([row for row in rows if (row["stratum_type"], row["stratum"]) == stratum], stratum, terms)
    said.append(f"shares, ratios, Wilson intervals, concentration and the {len(terms)} terms follow from the counts")
    if content["format"] == "metrics/2":
        for row in nation:
            check_ties(row)
        said.append("the tie test of each platform follows from its sums")
    said.append("not checked here (they need scipy): exact and Goodman intervals")
    return said


def check_csv(text, rows, name):
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    plain = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    for number, (one, other) in enumerate(zip(table, plain, strict=False)):
        if {key: value for key, value in one.items() if value} != {key: value for key, value in other.items() if value}:
            raise Wrong(f"metrics/{name}: row {number} differs between CSV and JSON")
    if len(table) != len(plain):
        raise Wrong(f"metrics/{name}: {len(table)} rows in CSV and {len(plain)} in JSON")


def check_day_counts(log, day, content, nation):
    """Redirects against the sealed totals of the day; places and slots against one snapshot an hour."""
    total = log.one("day", day=day) or {"classes": {}}
    for row in nation:
        counted = total["classes"].get("counted", {}).get(row["provider"], 0)
        if row["redirects"] != counted:
            raise Wrong(f"{day} {row['provider']}: {row['redirects']} redirects, and the log has {counted}")
        every = sum(by.get(row["provider"], 0) for by in total["classes"].values())
        if row["redirects_raw"] != every:
            raise Wrong(f"{day} {row['provider']}: {row['redirects_raw']} clicks, and the log has {every}")
    sums, samples = {}, []
    for hour in range(24):
        found, _ = snapshots_of_hour(log, f"{day}T{hour:02d}")
        if found:
            samples.append(found[0]["snapshot"])
            count_supply(named(log.source, found[0]["places"]), named(log.source, found[0]["slots"]), sums)
    if samples != content["samples"]:
        raise Wrong(f"{day}: the samples are not the first snapshot of each hour")
    for row in nation:
        units = sums.get(row["provider"], [0, 0, 0])
        n = len(samples)
        wanted = [round(units[0] / (PLACE * n), 6), round(units[1] / (PLACE * n), 6), round(units[2] / n, 6)]
        if [row["places"], row["bookable"], row["slots"]] != wanted:
            raise Wrong(f"{day} {row['provider']}: places, bookable and slots are {wanted} in the published snapshots")
    return f"redirects are those sealed in the log; places and slots are those of {len(samples)} published snapshots"


def count_supply(places, slots, sums):
    for place in places["places"]:
        for offer in place["offers"]:
            row = sums.setdefault(offer["provider"], [0, 0, 0])
            row[0] += PLACE // len(place["offers"])
            state = slots["offers"].get(offer["id"])
            if state is not None and state["state"] == "seen":
                row[1] += PLACE // len(place["offers"])
                by_day = {}
                for _, deltas in state["slots"]:
                    minute = 0
                    for delta in deltas:
                        minute += delta
                        by_day[minute // 1440] = by_day.get(minute // 1440, 0) + 1
                row[2] += sum(min(n, 200) for n in by_day.values())


def check_week(source, name, rows, nation, apart):
    """The week is the sum of its days; its territories, none missing, are the nation.

    `apart`: every platform is told apart in every territory, as up to metrics/1; since, some are put together ("*").
    """
    monday = datetime.strptime(f"{name}-1", "%G-W%V-%u")  # noqa: DTZ007 - a date
    sums, days = {}, 0
    for ahead in range(7):
        day = (monday + timedelta(days=ahead)).strftime("%Y-%m-%d")
        try:
            content = json.loads(source.get(f"metrics/{day}.json"))
        except CannotCheck:
            continue
        days += 1
        for row in content["rows"]:
            sums[row["provider"]] = sums.get(row["provider"], 0) + row["redirects"]
    parts = {}
    for row in rows:
        if row["stratum_type"] != "nation" and not row["suppressed"]:
            parts[row["provider"]] = parts.get(row["provider"], 0) + row["redirects"]
            if 0 < row["redirects"] < 11 and row["stratum_type"] != "rest-of-country":
                raise Wrong(f"{name} {row['stratum']}: a number under eleven is published")
            if row["provider"] not in sums and row["provider"] != "*":
                raise Wrong(f"{name} {row['stratum']}: {row['provider']} is in no day of the week")
    for row in nation:
        if row["redirects"] != sums.get(row["provider"], 0):
            raise Wrong(
                f"{name} {row['provider']}: {row['redirects']}, and its days have {sums.get(row['provider'], 0)}"
            )
        here = parts.get(row["provider"], 0)
        if here > row["redirects"] or (apart and here != row["redirects"]):
            raise Wrong(f"{name} {row['provider']}: the territories do not add up to the nation")
    if sum(parts.values()) != sum(row["redirects"] for row in nation):
        raise Wrong(f"{name}: the territories do not add up to the nation")
    return f"the week is the sum of its {days} days, and of its territories"


def check_derived(rows, stratum, terms):
    """Everything that follows from the counts of one stratum by arithmetic alone."""
    totals = {column: sum(row[column] or 0 for row in rows) for column in (*BENCHMARKS, "redirects")}
    enough = totals["redirects"] >= 30
    for row in rows:
        where = f"{stratum[1]} {row['provider']}"
        mine = row["redirects"] / totals["redirects"] if enough else None
        same(row["share_redirects"], mine, f"{where}: share of redirects")
        for column in BENCHMARKS:
            if row[column] is None:
                continue  # told of the nation alone
            share = row[column] / totals[column] if totals[column] else None
            same(row[f"share_{column}"], share, f"{where}: share of {column}")
            same(
                row[f"dr_{column}"], mine / share if mine is not None and share else None, f"{where}: ratio to {column}"
            )
        if row["ci_method"] == "wilson":
            low, high = wilson(row["redirects"], totals["redirects"])
            same(row["ci_low"], low, f"{where}: lower bound")
            same(row["ci_high"], high, f"{where}: upper bound")
        same(row["hhi_redirects"], hhi(rows, "redirects") if enough else None, f"{where}: concentration")
        effects = [row[f"effect_{name}"] for name in terms]
        if row["effect_deviation"] is not None:
            same(row["effect_deviation"], 0.0, f"{where}: deviation from the rule", 0.0)
        if None not in effects:
            same(sum(effects), mine - row["share_places"], f"{where}: the sum of the terms", 1e-6)


def check_ties(row):
    """Clicks on places that the rule holds equal, against choices by rank alone (docs/figures.md §6)."""
    where = f"{row['stratum']} {row['provider']}"
    bets = [float(one) for one in row["tie_bets"].split()]
    wealth = [rate * row["tie_chosen"] - bet for rate, bet in zip(RATES, bets, strict=True)]
    top = max(wealth)
    log_e = top + math.log(sum(math.exp(one - top) for one in wealth)) - math.log(len(RATES))
    same(row["tie_log_e"], log_e, f"{where}: log E", 1e-9)
    n, expected, variance = row["tie_clicks"], row["tie_expected"], row["tie_variance"]
    # Of n chances that add up to `expected`, the variance is greatest when all are alike.
    most = expected * (1 - expected / n) if n else 0.0
    if not (0 <= row["tie_chosen"] <= n <= row["clicks_telling"] <= row["clicks_listed"] and variance <= most + 1e-9):
        raise Wrong(f"{where}: the sums of the tie test cannot be those of {n} clicks")
    if None not in (row["effect_citizen_choice"], row["share_clicked"]):
        gap = row["share_redirects"] - row["share_clicked"]
        same(row["effect_citizen_choice"], gap, f"{where}: the choice within lists")


def wilson(k, n):
    z = 1.959963984540054
    centre, spread = k / n + z * z / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    low, high = (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)
    return 0.0 if k == 0 else low, 1.0 if k == n else high


def hhi(rows, column):
    total = sum(row[column] for row in rows)
    return sum((row[column] / total) ** 2 for row in rows)


def same(published, computed, what, tolerance=1e-12):
    if published is None or computed is None:
        if published is not computed:
            raise Wrong(f"{what}: {published} is published, {computed} follows")
    elif abs(published - computed) > tolerance:
        raise Wrong(f"{what}: {published} is published, {computed} follows")
