"""A dishonest operator: changes a published number everywhere it stands in one table, hashes and signs again."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import verify
from aggregator.fairness import metrics
from aggregator.opendata.text_formats import DIALECTS, EXCEL_FR

Rows = list[dict[str, Any]]
Change = Callable[[Rows], None]


class Forged(verify.Source):  # type: ignore[misc]
    """The files of an honest portal, some of them replaced."""

    def __init__(self, honest: verify.Source, replaced: Mapping[str, bytes]) -> None:
        super().__init__(honest.where)
        self.replaced = replaced
        # What snapshots and replays hold is counted once: nobody falsifies those here.
        self.memo = {name: honest.memo.setdefault(name, {}) for name in ("pairs", "supply", "shown")}

    def read(self, name: str) -> Any:
        return self.replaced[name] if name in self.replaced else super().read(name)


@lru_cache(maxsize=4)
def honest_log(log: Path) -> tuple[Any, Any]:
    source = verify.Source(str(log))
    return source, verify.read_log(source, source.text("vkey").strip())


class Operator:
    """Holds the log's key, so whatever it says is under a valid signature: entries are what it wants them to be."""

    def __init__(self, log: Path) -> None:
        self.source, self.log = honest_log(log)
        self.replaced: dict[str, bytes] = {}
        self.entries = copy.deepcopy(self.log.entries)

    def signed(self) -> Any:
        """The log as it would be read: its signature holds, since the operator made it."""
        source = Forged(self.source, self.replaced)
        return verify.Log(source, self.log.vkey, self.log.origin, self.log.root, self.log.leaves, self.entries)

    def entry(self, kind: str, name: str) -> Any:
        return next(one for one in self.entries if one["t"] == kind and one["name"] == name)

    def table(self, name: str, change: Change, part: str = "rows") -> None:
        """Change a table of a day or week: JSON and CSV alike, and their hashes in the log."""
        content = json.loads(self.bytes_of(f"metrics/{name}.json"))
        change(content[part])
        service = {f"{name}-service.csv": content["service"]} if "service" in content else {}
        for file, rows in {f"{name}.csv": content["rows"], **service}.items():
            self.replaced[f"metrics/{file}"] = metrics.as_csv(rows).encode()
        self.replaced[f"metrics/{name}.json"] = json.dumps(content).encode()
        for file in self.entry("metrics", name)["files"]:
            body = self.replaced[f"metrics/{file}"]
            self.entry("metrics", name)["files"][file] = hashlib.sha256(body).hexdigest()

    def edition(self, name: str, table: str, change: Change, about: Callable[[Any], None] = lambda one: None) -> None:
        """Change a table or figure of an edition in every format that is text, its sums, and their hash in the log."""
        content = json.loads(self.bytes_of(f"donnees/{name}/{table}.json"))
        change(content["rows"])
        about(content)
        files = {f"{table}.json": json.dumps(content).encode()}
        for suffix, french in (("csv", False), ("excel-fr.csv", True)):
            files[f"{table}.{suffix}"] = as_cells(content["rows"], french)
        if "/" not in table:
            files[f"{table}.ndjson"] = "\n".join(json.dumps(row) for row in content["rows"]).encode()
        lines = self.bytes_of(f"donnees/{name}/SHA256SUMS").decode().splitlines()
        sums = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
        for file, body in files.items():
            self.replaced[f"donnees/{name}/{file}"] = body
            sums[file] = hashlib.sha256(body).hexdigest()
        text = "".join(f"{digest}  {file}\n" for file, digest in sums.items()).encode()
        self.replaced[f"donnees/{name}/SHA256SUMS"] = text
        self.entry("release", name)["sha256"] = hashlib.sha256(text).hexdigest()

    def bytes_of(self, name: str) -> bytes:
        body: bytes = self.replaced.get(name) or self.source.read(name)
        return body


def as_cells(rows: Rows, french: bool) -> bytes:
    separator = ";" if french else ","
    lines = [list(rows[0])] if rows else []
    lines += [[cell(column, value, french) for column, value in row.items()] for row in rows]
    quoted = (separator.join('"' + one.replace('"', '""') + '"' for one in line) for line in lines)
    return (("\ufeff" if french else "") + "\r\n".join(quoted) + "\r\n").encode()


def cell(column: str, value: Any, french: bool) -> str:
    """As the auditor would have it: the control is that an unchanged table, written so, is found right."""
    if value is None or isinstance(value, bool | int | float) or column == "updated" or column in verify.DATES:
        text: str = verify.cell_of(column, value, french)
        return text
    changed: str = DIALECTS[EXCEL_FR if french else ""].changes["string"](value)
    return changed


def other(value: Any) -> Any:
    """Another value of the kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return 0.5
    first, _, rest = str(value).partition(" ")
    try:
        return f"{float(first) + 1} {rest}" if rest else f"{value}x"
    except ValueError:
        return f"{value}x"


def falsified(column: str, every: bool = False) -> Change:
    """In the first row that has something there; in every row."""

    def change(rows: Rows) -> None:
        mine = [row for row in rows if row.get(column) is not None] or [row for row in rows if column in row]
        for row in mine if every else mine[:1]:
            row[column] = other(row[column])

    return change


def leaves(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value of a JSON text stands."""
    if isinstance(content, dict | list) and content:
        for key in content if isinstance(content, dict) else range(len(content)):
            yield from leaves(content[key], (*path, key))
    else:
        yield path


def with_leaf_changed(content: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(content)
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    before = inside[path[-1]]
    inside[path[-1]] = {"a": 1} if before == {} else [1] if before == [] else other(before)
    return changed


def found(check: Callable[[], Any]) -> str:
    """What the auditor says is wrong; "" when nothing is."""
    try:
        for _ in check():
            pass
    except verify.Wrong as error:
        return str(error)
    return ""
