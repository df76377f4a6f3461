"""The figures of a closed day or week, from the tables of the log: what each draws (docs/figures.md §8)."""

from __future__ import annotations

import math

from verifier.counts.measures import STEP, Z
from verifier.figures.tables import days_of_table, table_named

WEEKS, SERVICE_DAYS = 13, 7
TERMS = (
    "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
    "citizen_choice",
)  # fmt: skip
STRATA = {"department": "département", "rest-of-region": "reste de région", "rest-of-country": "reste du pays"}
SQUARES = tuple(
    [f"{one:02d}" for one in (*range(1, 20), *range(21, 30))] + ["2A", "2B"] + [str(one) for one in range(30, 96)]
    + [str(one) for one in range(971, 979)]
)  # fmt: skip


def drawn_figures(log, name):
    """{figure: (rows, {"count", "days"})}."""
    first, last = days_of_table(name)
    days = [first.isoformat(), last.isoformat()]
    mine = national(table_named(log, name))
    by_places = sorted(mine, key=lambda row: (-row["places"], row["provider"]))
    clicks = sum(row["redirects"] for row in mine)
    found = {
        "suivent-elles-les-lieux": (picked(by_places, TRACKS), {"count": clicks, "days": days}),
        "trois-parts": (parts_of(by_places), {"count": clicks, "days": days}),
    }
    places, slots = (sum(row[column] for row in mine) for column in ("places", "slots"))
    found["trois-parts"][1]["numbers"] = [round(places), round(slots), clicks]  # places are a mean of the day
    told = [row for row in by_places if row.get("tie_clicks", 0) >= STEP]
    if told:
        telling = max(row["clicks_telling"] for row in told)
        found["choix"] = (
            [chosen_of(row) for row in told],
            {"count": telling, "days": days, "numbers": [telling, clicks]},
        )
    gaps = [row for row in by_places if row["effect_deviation"] is not None]
    if gaps:
        rows = [{"provider": row["provider"], **{one: row.get(f"effect_{one}") for one in TERMS}} for row in gaps]
        found["causes"] = (rows, {"count": clicks, "days": days, "numbers": [clicks]})
    found.update(weekly(log, last, [row["provider"] for row in by_places]))
    service = service_until(log, name, last)
    if service:
        columns = ("day", "provider", "minutes_unread", "fetches", "fetches_failed")
        rows = [{one: row[one] for one in columns} for row in service]
        found["pannes"] = (
            rows,
            {"count": None, "days": [min(row["day"] for row in rows), max(row["day"] for row in rows)]},
        )
    return found


def shows(name, figures):
    """Whether something is to be seen in a figure: no empty axes, no map on which every square is hatched."""
    rows = figures["territoire" if name == "part-par-departement" else name][0]
    if name in ("territoire", "part-par-departement"):
        return any(row["stratum_type"] == STRATA["department"] and not row["suppressed"] for row in rows)
    column = {"suivent-elles-les-lieux": "ratio", "semaines": "share_redirects"}.get(name)
    if column:
        return any(row[column] is not None for row in rows)
    counted = {"trois-parts": "places", "pannes": "minutes_unread"}.get(name)
    return any(row[counted] for row in rows) if counted else True


TRACKS = {
    "provider": "provider", "places_share": "share_places", "redirects": "redirects",
    "redirects_share": "share_redirects", "low": "goodman_low", "high": "goodman_high", "ratio": "dr_places",
}  # fmt: skip


def picked(rows, columns):
    return [{name: row[source] for name, source in columns.items()} for row in rows]


def parts_of(rows):
    columns = {one: source for one, source in TRACKS.items() if one != "ratio"}
    found = picked(rows, {**columns, "places": "places", "slots_share": "share_slots"})
    return [{**one, "slots": round(row["slots"])} for one, row in zip(found, rows, strict=True)]


def chosen_of(row):
    return {
        "provider": row["provider"],
        "clicks": row["tie_clicks"],
        "chosen": row["tie_chosen"],
        "expected": round(row["tie_expected"], 1),
        "excess": round(row["tie_chosen"] - row["tie_expected"], 1),
        "spread": round(Z * math.sqrt(row["tie_variance"]), 1),
        "log_e": row["tie_log_e"],
    }


def weekly(log, last, providers):
    """What an edition draws of the weeks that had ended."""
    names = sorted(one["name"] for one in log.of_type("metrics") if "W" in one["name"])
    names = [one for one in names if days_of_table(one)[1] <= last][-WEEKS:]
    if not names:
        return {}
    columns = ("provider", "redirects", "share_redirects", "ci_low", "ci_high", "share_places")
    weeks = [
        {"week": one, **{column: row[column] for column in columns}}
        for one in names
        for row in national(table_named(log, one))
    ]
    rows = [row for row in table_named(log, names[-1])["rows"] if row["stratum_type"] != "nation"]
    ends = [[one.isoformat() for one in days_of_table(name)] for name in (names[0], names[-1])]
    count = sum(row["redirects"] for row in weeks if row["week"] == names[-1])
    return {
        "semaines": (weeks, {"count": sum(row["redirects"] for row in weeks), "days": [ends[0][0], ends[1][1]]}),
        "territoire": (
            [
                {
                    "stratum_type": STRATA[row["stratum_type"]],
                    "stratum": row["stratum"],
                    "provider": row["provider"],
                    "places": row.get("places"),
                    "redirects": row.get("redirects"),
                    "suppressed": bool(row["suppressed"]),
                }
                for row in rows
            ],
            {"count": count, "days": ends[1]},
        ),
        "part-par-departement": (shares_by_department(rows, providers), {"count": count, "days": ends[1]}),
    }


def shares_by_department(rows, providers):
    """Unknown where a platform is not told apart, or nobody was sent on."""
    mine, totals = {}, {}
    for row in rows:
        if row["stratum_type"] == "department" and not row["suppressed"]:
            totals[row["stratum"]] = totals.get(row["stratum"], 0) + row["redirects"]
            mine[row["stratum"], row["provider"]] = row["redirects"]
    found = []
    for provider in providers:
        for code in SQUARES:
            part, whole = mine.get((code, provider)), totals.get(code)
            share = part / whole if whole and part is not None else None
            found.append({"department": code, "provider": provider, "share_redirects": share})
    return found


def service_until(log, name, last):
    """The last seven days of the edition."""
    first, _ = days_of_table(name)
    names = sorted(one["name"] for one in log.of_type("metrics") if "W" not in one["name"])
    names = [one for one in names if days_of_table(one)[1] <= last]
    names = [one for one in names if "W" not in name or days_of_table(one)[0] >= first]
    found = [row for one in names for row in table_named(log, one)["service"]]
    days = sorted({row["day"] for row in found})[-SERVICE_DAYS:]
    return [row for row in found if row["day"] in days]


def national(table):
    return [row for row in table["rows"] if row["stratum_type"] == "nation" and not row["suppressed"]]
