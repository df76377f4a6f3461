"""The table of a closed day: counts against the log, published snapshots and published replays."""

from __future__ import annotations

from verifier.counts.measures import check_sums, same
from verifier.counts.shown import MOST_AGAIN, RANKS, shown_on
from verifier.counts.supply import PLACE, by_platform, means, supply_of_day
from verifier.figures.tables import COUNTS, ROUNDED
from verifier.source import Wrong

SERVICE = (
    "day", "provider", "minutes_unread", "interval_s", "fetches", "fetches_failed", "median_age_min", "p95_age_min",
    "offers_shown", "unknown_share",
)  # fmt: skip
NOT_OF_A_DAY = (
    "not recomputed: clicks_listed, clicks_telling, share_clicked and the sums tie_* of a day (each click's list is"
    " sealed; checked: they fit each other and the week); demo (the operator's word; checked: the same in all rows);"
    " checkpoint_size (checked: between the day's end and the table)"
)
NOT_OF_SERVICE = (
    "not recomputed: minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, unknown_share"
    " (how platforms answered, which the portal alone has seen; checked: they are possible)"
)


def check_day(log, day, content):
    """Redirects against the sealed totals of the day; places and slots against one snapshot an hour."""
    rows, (supply, samples, with_slots) = content["rows"], supply_of_day(log, day)
    same(content["samples"], samples, f"{day}: the samples, the first snapshot of each hour")
    classes = (log.one("day", day=day) or {"classes": {}})["classes"]
    units = by_platform(supply)
    for row in rows:
        where, provider = f"{day} {row['provider']}", row["provider"]
        if (row["stratum_type"], row["stratum"], row["suppressed"]) != ("nation", "FR", 0):
            raise Wrong(f"{where}: stratum_type, stratum and suppressed of a day are nation, FR and 0")
        wanted = dict(zip(COUNTS[:3], means(units.get(provider, [0, 0, 0]), len(samples)), strict=True))
        wanted["samples"] = len(samples)
        wanted["redirects"] = classes.get("counted", {}).get(provider, 0)
        wanted["redirects_raw"] = sum(by.get(provider, 0) for by in classes.values())
        wanted["bots_excluded"] = classes.get("robot", {}).get(provider, 0)
        for column, value in wanted.items():
            same(row[column], value, f"{where}: {column}")
        if content["format"] != "metrics/1":
            check_sums(row, where)
    absent = (set(units) | {one for by in classes.values() for one in by}) - {row["provider"] for row in rows}
    if absent:
        raise Wrong(f"{day}: no row of {', '.join(sorted(absent))}")
    check_availability(rows, with_slots >= 12, content["format"], day)
    return [
        f"redirects are those sealed in the log; places and slots are those of {len(samples)} published snapshots",
        *check_shown(log, day, content),
        *check_service(log, day, content["service"]),
        NOT_OF_A_DAY,
    ]


def check_availability(rows, enough, form, where):
    """The first term, which says nothing where too few hours had slots (docs/figures.md §7)."""
    told = any(row["effect_deviation"] is not None for row in rows)
    for row in rows if form != "metrics/1" else ():
        gap = None
        if told and enough and None not in (row["share_bookable"], row["share_places"]):
            gap = row["share_bookable"] - row["share_places"]
        same(row["effect_availability"], gap, f"{where} {row['provider']}: effect_availability", ROUNDED)


def check_shown(log, day, content):
    """Lists shown, and the terms that rest on them: exactly where all are published, within bounds where not."""
    sums, lists, told = shown_on(log, day)
    for row in content["rows"]:
        where, mine = f"{day} {row['provider']}", sums.get(row["provider"], [0, 0, 0, 0.0, 0.0])
        for column, least in (("impressions", mine[1] / PLACE), ("exposure", mine[2] / (PLACE * 100_000))):
            if told == lists:
                same(row[column], round(least, 6), f"{where}: {column}", ROUNDED)
            elif not least - ROUNDED <= row[column] <= least + (lists - told) * RANKS + ROUNDED:
                raise Wrong(
                    f"{where}: {column} {row[column]} cannot be that of {lists} lists, {told} of them made again"
                )
    if told == lists:
        check_terms(content["rows"], sums, content["format"], day)
        return [f"impressions, exposure and their terms are those of {lists} lists, all published and made again"]
    return [
        f"impressions and exposure are possible: {told} of {lists} lists were made again from what is published",
        f"not recomputed: impressions, exposure, effect_demand_geography, effect_published_criteria and"
        f" effect_tie_break_luck of lists asked less than eleven times in an hour, or beyond {MOST_AGAIN} questions"
        f" ({lists - told} of {lists} on {day})",
    ]


def check_terms(rows, sums, form, where):
    """Geography, criteria and luck (docs/figures.md §7), of lists that have all been made again."""
    wholes = [sum(mine[at] for mine in sums.values()) for at in range(5)]
    told = any(row["effect_deviation"] is not None for row in rows)
    if told != (bool(wholes[1]) and sum(row["redirects"] for row in rows) >= 30):
        raise Wrong(f"{where}: effect_* stand where there are lists and thirty redirects, and nowhere else")
    for row in rows if told and form != "metrics/1" else ():
        mine = sums.get(row["provider"], [0, 0, 0, 0.0, 0.0])
        uniform, criteria, drawn = mine[3] / wholes[3], mine[4] / wholes[4], mine[2] / wholes[2]
        # Without availability there is no share of bookable places to begin with.
        start = None if row["effect_availability"] is None else row["share_bookable"]
        for name, value in (
            ("demand_geography", None if start is None else uniform - start),
            ("published_criteria", criteria - uniform),
            ("tie_break_luck", drawn - criteria),
        ):
            same(row[f"effect_{name}"], value, f"{where} {row['provider']}: effect_{name}", ROUNDED)


def check_service(log, day, rows):
    """Parity of service: what is possible, and offers shown against the lists that are published."""
    sums, lists, told = shown_on(log, day)
    if len({row["provider"] for row in rows}) < len(rows) or len({row["interval_s"] for row in rows}) > 1:
        raise Wrong(f"{day}-service: a platform stands there twice, or interval_s is not one for all")
    for row in rows:
        where = f"{day}-service {row['provider']}"
        if set(row) != set(SERVICE) or row["day"] != day:
            raise Wrong(f"{where}: day is {row['day']}, columns are {', '.join(row)}")
        ages = row["median_age_min"], row["p95_age_min"]
        known = row["offers_shown"] > 0 and row["unknown_share"] < 1
        possible = 0 <= row["minutes_unread"] <= 1440 and row["interval_s"] > 0
        possible = possible and 0 <= row["fetches_failed"] <= row["fetches"]
        possible = possible and (0 <= ages[0] <= ages[1] if known else ages == (None, None))
        possible = possible and (
            0 <= row["unknown_share"] <= 1 if row["offers_shown"] else row["unknown_share"] is None
        )
        if not possible:
            raise Wrong(f"{where}: these numbers are not possible together")
        least = sums.get(row["provider"], [0])[0]
        if told == lists:
            same(row["offers_shown"], least, f"{where}: offers_shown")
        elif row["offers_shown"] < least:
            raise Wrong(f"{where}: offers_shown {row['offers_shown']}, and published lists alone have {least}")
    return [NOT_OF_SERVICE]
