"""Every column of the table of a day or a week (docs/figures.md §11)."""

from __future__ import annotations

from verifier.counts.derived import COLUMNS, check_derived
from verifier.counts.measures import same
from verifier.figures.days import check_day
from verifier.figures.tables import days_of_table, table_named
from verifier.figures.weeks import check_week
from verifier.source import CannotCheck, Wrong


def check_metrics(log, arguments):
    name = arguments.day
    if log.one("metrics", name=name) is None:
        raise CannotCheck(f"the log names no figures of {name}: a day is closed in the night, a week after its Sunday")
    content = table_named(log, name)
    rows = content["rows"]
    said = [f"{len(rows)} rows, the same in CSV and JSON, under the hash in the log"]
    check_heads(log, name, content)
    said += check_day(log, name, content) if "samples" in content else check_week(log, name, content)
    for stratum in sorted({(row["stratum_type"], row["stratum"]) for row in rows if not row["suppressed"]}):
        mine = [row for row in rows if (row["stratum_type"], row["stratum"]) == stratum]
        check_derived(mine, content["format"], f"{name} {stratum[1]}")
    said.append("shares, ratios, all intervals, concentration, terms and log E follow from the counts")
    return said


def check_heads(log, name, content):
    """Which columns and rows there are, and what each row says of itself."""
    rows, (first, last) = content["rows"], days_of_table(name)
    index = next(at for at, one in enumerate(log.entries) if one["t"] == "metrics" and one["name"] == name)
    before = log.entries[:index]
    contract = next((one["version"] for one in reversed(before) if one["t"] == "contract"), None)
    # Closed after the seed of the next day, which is logged as that day begins.
    seeds = [at for at, one in enumerate(before) if one["t"] == "seed" and one["date"] > last.isoformat()]
    least = seeds[0] + 1 if seeds else index
    if content["name"] != name:
        raise Wrong(f"metrics/{name}.json is named {content['name']}")
    keys = [(row["stratum_type"], row["stratum"], row["provider"]) for row in rows]
    if len(set(keys)) < len(keys):
        raise Wrong(f"metrics/{name}: a row stands there twice")
    for row in rows:
        where = f"{name} {row['stratum']} {row['provider']}"
        wanted = COLUMNS[content["format"]] if not row["suppressed"] else COLUMNS["suppressed"]
        if set(row) != set(wanted):
            raise Wrong(f"{where}: columns {', '.join(sorted(set(row) ^ set(wanted)))} are too many or missing")
        same(row["window_start"], first.isoformat(), f"{where}: window_start")
        same(row["window_end"], last.isoformat(), f"{where}: window_end")
        same(row["contract"], contract, f"{where}: contract")
        same(row["demo"], rows[0]["demo"], f"{where}: demo")
        if row["demo"] not in (0, 1) or row["suppressed"] not in (0, 1):
            raise Wrong(f"{where}: demo and suppressed are 0 or 1")
        if not least <= row["checkpoint_size"] <= index:
            raise Wrong(f"{where}: checkpoint_size {row['checkpoint_size']} is not between {least} and {index}")
