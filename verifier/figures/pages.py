"""What the pages print: `shares.json` of the last seven days, `closed.json` of closed ones (docs/figures.md §8, §9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from verifier.counts.measures import MIN_FOR_SHARE, STEP, goodman, hhi, needed, same, standing
from verifier.counts.shown import replays_of, shown_on
from verifier.counts.supply import PLACE, by_platform, supply_of_pair
from verifier.figures.choice import check_choice
from verifier.figures.tables import ROUNDED, table_named
from verifier.order import snapshots_of_hour
from verifier.source import CannotCheck, Wrong

CLASSES = ("counted", "duplicate", "excess", "expired", "forged", "prefetch", "robot")
SHARES = {
    "at", "choice", "classes", "concentration", "exposed", "first", "format", "missed", "missed_by_provider", "needed",
    "places", "providers", "since", "slots", "step", "total", "verdict",
}  # fmt: skip
SHARE = {
    "differs", "exposure_share", "high", "label", "low", "places", "places_share", "ratio", "raw_share", "redirects",
    "redirects_share", "slots", "slots_share", "slug", "stands",
}  # fmt: skip
COUNTED_TOO = ("counted", "robot", "duplicate")
NOT_OF_SHARES = (
    "not recomputed: missed, missed_by_provider (clicks that could not be stored are nowhere else); label (a name);"
    " choice of the running day (sealed; checked: it fits the closed days and the clicks)"
)


def check_shares(log, content):
    """Closed days exactly, the running day as far as the log tells it."""
    at, today = content["at"], content["at"][:10]
    if set(content) != SHARES or any(set(row) != SHARE for row in content["providers"]):
        raise Wrong("shares.json: its fields are not those that are known")
    minutes = [one for one in log.of_type("minute") if one["minute"] <= at[:16]]
    since = min((one["minute"][:10] for one in minutes), default=None)
    first = max(since or today, day_before(today, 6))
    same(content["format"], "shares/3", "shares.json: format")
    same(content["since"], since, "shares.json: since")
    same(content["first"], first if since else None, "shares.json: first")
    days = [one for one in days_between(first, today) if one != today]
    check_classes(log, content, minutes, days, today)
    check_in_force(log, content, at)
    more = check_room(log, content, days, today)
    check_platforms(log, content)
    check_choice(log, content, today)
    return [
        f"shares.json of {at}: {len(days)} closed days are the log's, today's steps are possible, the rest follows",
        *more,
        NOT_OF_SHARES,
    ]


def day_before(day, n=1):
    return (date.fromisoformat(day) - timedelta(days=n)).isoformat()


def days_between(first, last):
    start = date.fromisoformat(first)
    return [(start + timedelta(days=n)).isoformat() for n in range((date.fromisoformat(last) - start).days + 1)]


def check_classes(log, content, minutes, days, today):
    """Totals by class; by platform whole elevens of the running day on top of the closed ones."""
    closed = {}
    for day in days:
        entry = log.one("day", day=day)
        if entry is None and any(one["minute"].startswith(day) for one in minutes):
            raise CannotCheck(f"the log holds no totals of {day} yet")
        for cls, by in (entry or {"classes": {}})["classes"].items():
            for provider, n in by.items():
                closed.setdefault(cls, {})[provider] = closed.get(cls, {}).get(provider, 0) + n
    if set(content["classes"]) != set(CLASSES):
        raise Wrong(f"shares.json: the classes are {', '.join(sorted(content['classes']))}")
    running = 0
    for cls, found in content["classes"].items():
        mine, where = closed.get(cls, {}), f"shares.json: classes.{cls}"
        steps = {one: n - mine.get(one, 0) for one, n in found["providers"].items()}
        today_total = found["total"] - sum(mine.values())
        running += today_total
        same(found["step"], sum(found["providers"].values()), f"{where}.step")
        if set(mine) - set(steps) or any(n < 0 for n in steps.values()) or sum(steps.values()) % STEP:
            raise Wrong(f"{where}.providers: the log's closed days and whole elevens of today do not give these")
        if not sum(steps.values()) <= today_total < sum(steps.values()) + STEP:
            raise Wrong(f"{where}.total: {found['total']}, with {sum(mine.values())} and whole elevens of today")
    sealed = [one["events"] for one in minutes if one["minute"].startswith(today)]
    # A minute may have been sealed in the very minute that these figures are of, after them.
    last = sealed[-1] if minutes and minutes[-1]["minute"] == content["at"][:16] else 0
    if running not in (sum(sealed), sum(sealed) - last):
        raise Wrong(f"shares.json: classes hold {running} events of {today}, and {sum(sealed)} were sealed")
    for name in ("total", "step"):
        same(content[name], content["classes"]["counted"][name], f"shares.json: {name}")


def check_in_force(log, content, at):
    """Places and slots are those of a snapshot put in force in the minutes before; the last ones, if none was."""
    hour, found = date.fromisoformat(at[:10]), []
    for back in range(49):
        day, of_day = divmod(int(at[11:13]) - back, 24)
        name = f"{hour + timedelta(days=day)}T{of_day:02d}"
        found = [one for one in snapshots_of_hour(log, name)[0] if one["at"] <= at] + found
        if len(found) >= 4:
            break
    if not found:
        raise CannotCheck(f"no snapshot of {at} is published")
    rows = {row["slug"]: row for row in content["providers"]}
    told = {slug: (row["places"], row["slots"]) for slug, row in rows.items()}
    wanted = {}
    for pair in reversed(found[-4:]):
        units = by_platform(supply_of_pair(log.source, pair))
        seen = {slug: (round(one[0] / PLACE, 6), one[2]) for slug, one in units.items()}
        wanted = {**dict.fromkeys(rows, (0, 0)), **seen}
        if close_supply(told, wanted):
            return
    raise Wrong(f"shares.json: providers have places and slots {told}, published snapshots {wanted}")


def close_supply(told, wanted):
    return set(told) == set(wanted) and all(
        abs(told[one][0] - wanted[one][0]) <= ROUNDED and told[one][1] == wanted[one][1] for one in wanted
    )


def check_room(log, content, days, today):
    """The share of the room in lists: of closed days from their tables, of today from published replays."""
    room, certain = {}, True
    for day in days:
        certain = certain and not replays_of(log, day)[1]
        if log.one("metrics", name=day):
            for row in table_named(log, day)["rows"]:
                room[row["provider"]] = room.get(row["provider"], 0) + row["exposure"]
        else:
            certain = certain and not any(one["hour"].startswith(day) for one in log.of_type("replay"))
    for hour in told_hours(log, today):
        sums, lists, told = shown_on(log, hour)
        certain = certain and lists == told
        for provider, amounts in sums.items():
            room[provider] = room.get(provider, 0) + amounts[2] / (PLACE * 100_000)
    if not certain:
        return ["not recomputed: exposure_share of shares.json while lists of it are not published, or not logged yet"]
    total = sum(room.values())
    try:
        same(content["exposed"], total > 0, "shares.json: exposed")
        for row in content["providers"]:
            wanted = room.get(row["slug"], 0) / total if total else None
            same(row["exposure_share"], wanted, f"shares.json: {row['slug']} exposure_share", ROUNDED)
    except Wrong as error:
        # A replay is logged some minutes after its hour, and figures may know of it before.
        before = max((one["hour"] for one in log.of_type("replay")), default="")
        if before < hour_before(content["at"]) and content["at"][14:16] < "30":
            raise CannotCheck(f"{error}; a replay of {hour_before(content['at'])} may be on its way: later") from error
        raise
    return []


def told_hours(log, today):
    """The replayed hours of today up to the last one by which eleven more lists had been shown."""
    lists = {}
    for entry in log.of_type("replay"):
        if entry["hour"].startswith(today):
            lists[entry["hour"]] = lists.get(entry["hour"], 0) + entry["lists"]
    waiting, told, kept = 0, [], []
    for hour, n in sorted(lists.items()):
        waiting, kept = waiting + n, [*kept, hour]
        if waiting >= STEP:
            waiting, told, kept = 0, told + kept, []
    return told


def hour_before(at):
    return (datetime.fromisoformat(at[:13] + ":00") - timedelta(hours=1)).strftime("%Y-%m-%dT%H")


def check_platforms(log, content):
    """Shares, bounds, standings and the verdict, from counts, places and slots."""
    rows, counted = content["providers"], content["classes"]["counted"]["providers"]
    margins = margins_of(log)
    wholes = {name: sum(row[name] for row in rows) for name in ("places", "slots", "redirects")}
    enough = wholes["redirects"] >= MIN_FOR_SHARE
    bounds = goodman([row["redirects"] for row in rows]) if enough else [(None, None)] * len(rows)
    clicks = {row["slug"]: sum(content["classes"][cls]["providers"].get(row["slug"], 0) for cls in COUNTED_TOO)
              for row in rows}  # fmt: skip
    raw = sum(clicks.values())
    for row, (low, high) in zip(rows, bounds, strict=True):
        where, place = f"shares.json: {row['slug']}", row["places"] / wholes["places"] if wholes["places"] else None
        mine = row["redirects"] / wholes["redirects"] if enough else None
        wanted = {
            "redirects": counted.get(row["slug"], 0),
            "places_share": place,
            "slots_share": row["slots"] / wholes["slots"] if wholes["slots"] else None,
            "redirects_share": mine,
            "raw_share": clicks[row["slug"]] / raw if raw >= MIN_FOR_SHARE else None,
            "low": low,
            "high": high,
            "ratio": mine / place if enough and place else None,
            "differs": not low <= place <= high if enough and place else None,
            "stands": standing(low, high, place, *margins) if enough and place else None,
        }
        if enough and not place and row["redirects"]:
            wanted["stands"] = "impossible"
        for column, value in wanted.items():
            same(row[column], value, f"{where} {column}", 1e-9)
    places = [row["places_share"] or 0.0 for row in rows]
    wanted = {"places": wholes["places"], "slots": wholes["slots"], "needed": needed(places, margins)}
    wanted["verdict"] = verdict_of([row["stands"] for row in rows], enough)
    for name, value in wanted.items():
        same(content[name], value, f"shares.json: {name}", 1e-6)
    for name in ("places", "redirects"):
        level = hhi([row[name] for row in rows])
        same(content["concentration"][name], level, f"shares.json: concentration.{name}", 1e-9)
    in_order = sorted(rows, key=lambda row: (-row["places"], row["slug"]))
    if rows != in_order or set(counted) - {row["slug"] for row in rows}:
        raise Wrong("shares.json: providers are not all there, by number of places")


def margins_of(log):
    """(points, least ratio, most ratio), announced in the log before any answer."""
    policies = log.of_type("policy")
    if not policies:
        raise CannotCheck("the log announces no margins")
    least, most = policies[-1]["margin_ratio"].split("-")
    return float(policies[-1]["margin_points"]), float(least), float(most)


def verdict_of(standings, enough):
    told = {one for one in standings if one}
    if not enough:
        return "too-few"
    if told & {"outside", "impossible"}:
        return "partly"
    return "yes" if told == {"inside"} else "open"
