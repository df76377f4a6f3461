"""The tie test as `shares.json` tells it, since Monday: closed days from their tables, the running day as it may be."""

from __future__ import annotations

import math
from datetime import date, timedelta

from verifier.counts.measures import STEP, Z, log_e_of, same
from verifier.figures.tables import table_named
from verifier.source import Wrong

CHOICE = ("slug", "clicks", "chosen", "expected", "excess", "spread", "log_e", "beyond")


def check_choice(log, content, today):
    """What is known exactly is compared exactly; what today may have added is bounded by today's counted clicks."""
    found, monday = content["choice"], date.fromisoformat(today) - timedelta(days=date.fromisoformat(today).weekday())
    same(found["since"], monday.isoformat(), "shares.json: choice.since")
    same(found["until"], today, "shares.json: choice.until")
    threshold = math.log(max(len(found["providers"]), 1) / 0.05)
    same(found["threshold"], threshold, "shares.json: choice.threshold", 1e-9)
    same(found["found"], any(row["beyond"] for row in found["providers"]), "shares.json: choice.found")
    if [row["slug"] for row in found["providers"]] != [row["slug"] for row in content["providers"]]:
        raise Wrong("shares.json: choice.providers are not the providers")
    days = days_from(monday.isoformat(), today)
    tables = [table_named(log, day) for day in days if log.one("metrics", name=day)]
    rows = [row for table in tables for row in table["rows"] if "tie_clicks" in row]
    # Of today the page has counted so many redirects; the tie test cannot know of more.
    added = content["total"] - sum(counted_on(log, day) for day in days_from(content["first"] or today, today))
    least = {
        name: sum(max((row.get(f"clicks_{name}", 0) for row in table["rows"]), default=0) for table in tables)
        for name in ("listed", "telling")
    }
    most = sum(counted_on(log, day) for day in days) + added
    if not least["telling"] <= found["telling"] <= found["listed"] <= found["clicks"] <= most:
        raise Wrong(f"shares.json: choice.clicks, listed and telling are not possible with {most} redirects")
    for name, n in least.items():
        if not n <= found[name] <= n + added:
            raise Wrong(f"shares.json: choice.{name} is {found[name]}, closed days have {n}, today {added} redirects")
    nothing_new = found["listed"] == least["listed"] and len(tables) == len(days)
    for row in found["providers"]:
        mine = [one for one in rows if one["provider"] == row["slug"]]
        check_row(row, mine, threshold, 0 if nothing_new else added)


def counted_on(log, day):
    entry = log.one("day", day=day) or {"classes": {}}
    return sum(entry["classes"].get("counted", {}).values())


def days_from(first, today):
    start, end = date.fromisoformat(first), date.fromisoformat(today)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days)]


def check_row(row, mine, threshold, added):
    where = f"shares.json: choice {row['slug']}"
    if set(row) != set(CHOICE):
        raise Wrong(f"{where}: its fields are not those that are known")
    sums = {name: sum(one[f"tie_{name}"] for one in mine) for name in ("clicks", "chosen", "expected", "variance")}
    if not sums["clicks"] <= row["clicks"] <= sums["clicks"] + added:
        raise Wrong(f"{where} clicks: {row['clicks']}, closed days have {sums['clicks']}, today {added} redirects")
    if row["clicks"] < STEP:
        for name in CHOICE[2:7]:
            same(row[name], None, f"{where} {name}")
        same(row["beyond"], False, f"{where} beyond")
        return
    same(row["beyond"], row["log_e"] >= threshold, f"{where} beyond")
    same(row["excess"], row["chosen"] - row["expected"], f"{where} excess", 0.11)
    if not added:
        bets = [sum(float(one["tie_bets"].split()[at]) for one in mine) for at in range(6)]
        same(row["chosen"], sums["chosen"], f"{where} chosen")
        same(row["expected"], sums["expected"], f"{where} expected", 0.051)
        same(row["excess"], sums["chosen"] - sums["expected"], f"{where} excess", 0.051)
        same(row["spread"], Z * math.sqrt(sums["variance"]), f"{where} spread", 0.051)
        same(row["log_e"], log_e_of(sums["chosen"], bets), f"{where} log_e", 1e-6)
        return
    for name in ("chosen", "expected"):
        if not sums[name] - 0.06 <= row[name] <= sums[name] + added + 0.06:
            raise Wrong(f"{where} {name}: {row[name]}, closed days have {sums[name]}, today {added} redirects")
    greatest = Z * math.sqrt(sums["variance"] + added / 4)
    if not Z * math.sqrt(sums["variance"]) - 0.06 <= row["spread"] <= greatest + 0.06:
        raise Wrong(f"{where} spread: {row['spread']} cannot be that of so many clicks")
