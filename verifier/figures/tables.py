"""The tables of closed days and weeks, as they are published: under their hash, CSV and JSON alike."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date, timedelta

from verifier.counts.derived import FORMATS
from verifier.source import CannotCheck, Wrong

COUNTS = ("places", "bookable", "slots", "impressions", "exposure", "redirects", "redirects_raw", "bots_excluded")
# A count is rounded to six decimals; so are those that it is the sum of.
ROUNDED = 2e-5


def table_named(log, name):
    """A table under its hash in the log, CSV and JSON alike. Raises Wrong; CannotCheck for one that is not there."""
    known = log.source.memo.setdefault("tables", {})
    if name not in known:
        entry = log.one("metrics", name=name)
        if entry is None:
            raise CannotCheck(f"the log names no figures of {name}")
        for file, digest in entry["files"].items():
            if hashlib.sha256(log.source.get(f"metrics/{file}")).hexdigest() != digest:
                raise Wrong(f"metrics/{file} does not have the hash that the log states")
        wanted = {f"{name}.json", f"{name}.csv"} | ({f"{name}-service.csv"} if "W" not in name else set())
        if set(entry["files"]) != wanted:
            raise Wrong(f"the files of {name} are {', '.join(sorted(entry['files']))}")
        content = json.loads(log.source.get(f"metrics/{name}.json"))
        if content["format"] not in FORMATS:
            raise CannotCheck(f"metrics/{name}.json is written as {content['format']}, which this file does not know")
        check_csv(log.source.text(f"metrics/{name}.csv"), content["rows"], name)
        if "service" in content:
            check_csv(log.source.text(f"metrics/{name}-service.csv"), content["service"], f"{name}-service")
        known[name] = content
    return known[name]


def check_csv(text, rows, name):
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    plain = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    for number, (one, other) in enumerate(zip(table, plain, strict=False)):
        for key in {**one, **other}:
            if (one.get(key) or "") != other.get(key, ""):
                raise Wrong(f"metrics/{name}: {key} of row {number} differs between CSV and JSON")
    if len(table) != len(plain):
        raise Wrong(f"metrics/{name}: {len(table)} rows in CSV and {len(plain)} in JSON")


def days_of_table(name):
    """(first day, last day) of "2026-11-23" or "2026-W48"."""
    try:
        if "W" not in name:
            return date.fromisoformat(name), date.fromisoformat(name)
        monday = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    except ValueError as error:
        raise Wrong(f"{name[:60]} is no day and no week") from error
    return monday, monday + timedelta(days=6)
