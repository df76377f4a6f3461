"""One edition of the open data: its sums against the log, its tables and figures against the tables of the log."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

from verifier.counts.derived import OF_FIT
from verifier.counts.measures import same
from verifier.figures.drawn import drawn_figures, shows
from verifier.figures.tables import days_of_table, table_named
from verifier.order import named, snapshots_of_hour
from verifier.source import EDITIONS, CannotCheck, Wrong

MADE_AGAIN = ("en-cours", "cumul")
HEAD_OF_ALL = ("edition", "updated", "written", "licence", "licence_url", "demo", "log_size")
ENDING = ("updated", "licence", "demo")
DATES = {"window_start", "window_end", "first_day", "last_day", "day"}
DIGITS = re.compile("[0-9]{1,255}")  # a text inside a formula of a spreadsheet has 255 characters at most
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
NOT_OF_AN_EDITION = (
    "not recomputed: department_name (public names; checked: one for each code); titles, descriptions, the period of a"
    " figure; updated, written, licence, log_size (checked: the same in the whole edition); Parquet, XLSX, SQLite, SVG"
    " and PNG (checked by `figures`: the hash in the sums, which the log states)"
)


def check_edition(log, name, whole=False):
    """`whole`: the hash of every file, of those too whose numbers are read from another format."""
    sums = sums_of(log, name)
    head, rows = parsed_json(log, sums, name, "metrics.json")
    index = next((at for at, one in enumerate(log.entries) if one["t"] == "release" and one["name"] == name), None)
    if type(head["log_size"]) is not int or not 0 <= head["log_size"] <= (len(log.entries) if index is None else index):
        raise Wrong(f"{name}: log_size {head['log_size']} is later than the edition")
    same(head["edition"], name, f"{name} metrics: edition")
    tables = tables_of(log, name, head["log_size"], {(row["window_start"], row["window_end"]) for row in rows})
    for one, table in tables if name not in MADE_AGAIN else ():
        same(bool(table["rows"][0]["demo"]), head["demo"], f"{name} metrics: demo of {one}")
    check_rows(log, sums, name, "metrics", metrics_rows(tables), head)
    check_rows(log, sums, name, "redirects", redirects_rows(log, tables), head)
    said = [f"{name}: tables redirects and metrics are those of {len(tables)} days and weeks in the log"]
    if name not in MADE_AGAIN and table_named(log, name)["format"] == "metrics/1":
        return [*said, f"not recomputed: couverture and figures of {name}, written by the rules of metrics/1"]
    if name in MADE_AGAIN:
        return [
            *said,
            f"not recomputed: couverture and figures of {name}, made of the minute in which they were written",
        ]
    check_rows(log, sums, name, "couverture", coverage_rows(log, name, tables), head)
    figures = drawn_figures(log, name)
    told = {one.split("/")[1].split(".")[0] for one in sums if one.startswith("figures/")}
    # A figure in which nothing is to be seen may be left out; up to metrics/2's first days it was drawn all the same.
    amiss = (told - set(figures)) | {one for one in figures if one not in told and shows(one, figures)}
    if amiss:
        raise Wrong(f"{name}: figures {', '.join(sorted(amiss))} are too many or missing")
    figures = {one: what for one, what in figures.items() if one in told}
    for figure, (rows, about) in figures.items():
        check_about(parsed_json(log, sums, name, f"figures/{figure}.json")[0], about, f"{name} {figure}")
        check_rows(log, sums, name, f"figures/{figure}", rows, head)
    for file in sums if whole else ():
        under_sum(log, sums, name, file)
    return [*said, f"{name}: couverture and {len(figures)} figures follow from them", NOT_OF_AN_EDITION]


def check_about(own, about, where):
    """What a figure says of itself, the numbers in its words included."""
    for field in ("count", "days"):
        if own[field] != about[field]:
            raise Wrong(f"{where}: {field} is {own[field]}, {about[field]} follows")
    words = f" {own['unit']} ".replace("\u202f", " ").replace("\u00a0", " ")
    for number in about.get("numbers", ()):
        text = f"{number:,.3f}".rstrip("0").rstrip(".").replace(",", " ").replace(".", ",")
        if f" {text} " not in words:
            raise Wrong(f"{where}: unit does not say {text}: {own['unit']}")


def sums_of(log, name):
    """{file: SHA-256} of an edition; of a closed day or week under the hash that the log states."""
    text = log.source.text(f"{EDITIONS}{name}/SHA256SUMS")
    entry = log.one("release", name=name)
    if name not in MADE_AGAIN:
        if entry is None:
            raise CannotCheck(f"the log names no edition {name}")
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise Wrong(f"{EDITIONS}{name}/SHA256SUMS does not have the hash that the log states")
    return {file: digest for digest, _, file in (line.partition("  ") for line in text.splitlines())}


def under_sum(log, sums, name, file):
    if file not in sums:
        raise Wrong(f"{EDITIONS}{name}/{file} is not in its SHA256SUMS")
    body = log.source.get(f"{EDITIONS}{name}/{file}")
    if hashlib.sha256(body).hexdigest() != sums[file]:
        raise Wrong(f"{EDITIONS}{name}/{file} does not have the hash of its SHA256SUMS")
    return body


def parsed_json(log, sums, name, file):
    content = json.loads(under_sum(log, sums, name, file))
    rows = content.pop("rows")
    return content, rows


def tables_of(log, edition, log_size, published):
    """The tables that belong to an edition, days before weeks: all that the log held when it was written.

    `published`: the windows that it has rows of. A table that was just written may come into the log after it.
    """
    found, known = [], set()
    for index, entry in enumerate(log.entries):
        if entry["t"] == "metrics":
            first, last = days_of_table(entry["name"])
            window = (first.isoformat(), last.isoformat())
            known.add(window)
            mine = index < log_size or window in published
            if edition not in MADE_AGAIN:
                start, end = days_of_table(edition)
                mine = last <= end and ("W" not in edition or first >= start)
            if mine:
                found.append(entry["name"])
    if edition in MADE_AGAIN and published - known:
        raise CannotCheck(f"{edition} holds days or weeks that the log does not name yet: {sorted(published - known)}")
    return [(one, table_named(log, one)) for one in sorted(found, key=lambda one: ("W" in one, one))]


def metrics_rows(tables):
    return [{**row, "suppressed": bool(row["suppressed"])} for _, table in tables for row in table["rows"]]


def redirects_rows(log, tables):
    found = []
    for name, table in tables:
        first, last = days_of_table(name)
        head = {"window": name, "first_day": first.isoformat(), "last_day": last.isoformat()}
        if "W" not in name:
            classes = (log.one("day", day=name) or {"classes": {}})["classes"]
            for cls, by in sorted(classes.items()):
                for provider, n in sorted(by.items()):
                    own = {"stratum_type": "nation", "stratum": "FR", "provider": provider, "class": cls}
                    found.append({**head, **own, "redirects": n, "suppressed": False})
            continue
        for row in table["rows"]:
            own = {key: row[key] for key in ("stratum_type", "stratum", "provider")}
            hidden = bool(row["suppressed"])
            n = None if hidden else row["redirects"]
            found.append({**head, **own, "class": "counted", "redirects": n, "suppressed": hidden})
    return found


def coverage_rows(log, name, tables):
    """By département: places of the last snapshot of the edition, redirects of the last closed week."""
    counts = {}
    for place in last_places(log, name):
        mine = counts.setdefault(place["department"] or "", {})
        own = {offer["provider"] for offer in place["offers"]} or {"offline"}
        for source in {"all", *own, *({"official"} if "official" in place["sources"] else ())}:
            mine[source] = mine.get(source, 0) + 1
    weeks = [(one, table["rows"]) for one, table in tables if "W" in one]
    week, rows = weeks[-1] if weeks else (None, [])
    rows = [row for row in rows if row["stratum_type"] == "department"]
    hidden = {row["stratum"] for row in rows if row["suppressed"]}
    clicks = {}
    for row in rows:
        if not row["suppressed"]:
            for key in ((row["stratum"], row["provider"]), (row["stratum"], "all")):
                clicks[key] = clicks.get(key, 0) + row["redirects"]
    found = []
    for code, mine in sorted(counts.items()):
        for source in sorted({one for by in counts.values() for one in by}):
            told = source not in ("official", "offline") and bool(week)
            n = clicks.get((code, source)) if told and code not in hidden else None
            own = {"department": code, "source": source, "places": mine.get(source, 0), "week": week}
            found.append({**own, "redirects": n, "suppressed": told and code in hidden})
    return found


def last_places(log, name):
    first, last = days_of_table(name)
    for back in range(24 * ((last - first).days + 1)):
        day = last.fromordinal(last.toordinal() - back // 24)
        found, _ = snapshots_of_hour(log, f"{day}T{23 - back % 24:02d}")
        if found:
            return named(log.source, found[-1]["places"])["places"]
    raise CannotCheck(f"no snapshot of {name} is published")


def check_rows(log, sums, name, table, wanted, common):
    """Rows of a table or figure, in each format that is text; `wanted`: what follows; `common`: the edition's head."""
    head, rows = parsed_json(log, sums, name, f"{table}.json")
    for field in HEAD_OF_ALL:
        same(head[field], common[field], f"{name} {table}: {field}")
    same(head.get("dataset", table), table, f"{name} {table}: dataset")
    if len(rows) != len(wanted):
        raise Wrong(f"{name} {table}: {len(rows)} rows are published, {len(wanted)} follow")
    names = {}
    for number, (row, follows) in enumerate(zip(rows, wanted, strict=True)):
        for column, value in row.items():
            value = bool(value) if column == "suppressed" else value
            if column in ENDING:
                agrees = value == head[column]
            elif column == "department_name":
                agrees = names.setdefault(row["department"], value) == value
            else:
                # A column of another format of tables is empty here.
                agrees = value == follows.get(column) and (type(value) is bool) == (type(follows.get(column)) is bool)
            if not agrees:
                raise Wrong(f"{name} {table}: {column} of row {number} is {value}, {follows.get(column)} follows")
        absent = set(follows) - set(row) - {*ENDING, *OF_FIT}
        if absent:
            raise Wrong(f"{name} {table}: no column {', '.join(sorted(absent))}")
    for suffix, french in (("csv", False), ("excel-fr.csv", True)):
        check_cells(under_sum(log, sums, name, f"{table}.{suffix}"), rows, french, f"{name} {table}.{suffix}")
    if not table.startswith("figures/"):
        lines = under_sum(log, sums, name, f"{table}.ndjson").decode().splitlines()
        if [json.loads(line) for line in lines if line] != rows:
            raise Wrong(f"{name} {table}: NDJSON differs from JSON")


def check_cells(body, rows, french, where):
    text = body.decode("utf-8-sig" if french else "utf-8")
    table = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if french else ","))
    if len(table) != len(rows):
        raise Wrong(f"{where}: {len(table)} rows, and {len(rows)} in JSON")
    for number, (cells, row) in enumerate(zip(table, rows, strict=True)):
        for column in {**cells, **row}:
            wanted = cell_of(column, row.get(column), french)
            if cells.get(column) != wanted:
                raise Wrong(f"{where}: {column} of row {number} is {cells.get(column)}, and {wanted} in JSON")


def cell_of(column, value, french):
    if value is None:
        return ""
    if type(value) is bool or column == "suppressed":
        return ("oui" if value else "non") if french else str(bool(value)).lower()
    if type(value) is str:
        if french and column in DATES:
            return f"{value[8:10]}/{value[5:7]}/{value[:4]}"
        if french and column == "updated":
            return f"{value[8:10]}/{value[5:7]}/{value[:4]} {value[11:19]}"
        if french and DIGITS.fullmatch(value):
            return f'="{value}"'  # or a spreadsheet makes 1 of "01"
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value).replace(".", ",") if french else str(value)
