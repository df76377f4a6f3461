"""Rows -> CSV, JSON, NDJSON, GeoJSON, as a stream of bytes: memory does not grow with rows. Standard library only.

A spreadsheet must never run what a source has written: a text that begins like a formula is preceded by an apostrophe
in CSV (OWASP, CSV injection). Texts that begin with an apostrophe are too, so that taking it off gives the original.
The one formula that is written is ours and holds digits only: `="01"`, by which a code keeps its zero in a French
spreadsheet.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aggregator.config.datasets import Column, Dataset

BATCH = 2_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
DIGITS = re.compile(r"[0-9]{1,255}")  # a text inside a formula of Excel has 255 characters at most
EXCEL_FR, STATE_2021 = "excel-fr", "etat-2021"

Row = Sequence[Any]
_Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. `truth`: the words of its booleans, true and false.

    `changes`: what becomes of a value of another type; without one it stays as Python writes it.
    """

    delimiter: str
    line_end: str
    truth: tuple[str, str]
    changes: Mapping[str, _Change]
    mark: str = ""

    def change(self, kind: str) -> _Change | None:
        yes, no = self.truth
        return (lambda value: yes if value else no) if kind == "boolean" else self.changes.get(kind)


def as_csv(columns: Sequence[Column], rows: Iterable[Row], dialect: str = "") -> Iterator[bytes]:
    """UTF-8, in one of DIALECTS."""
    form = DIALECTS[dialect]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=form.delimiter, lineterminator=form.line_end)
    writer.writerow([column.name for column in columns])
    yield (form.mark + out.getvalue()).encode()
    changes = [(at, change) for at, column in enumerate(columns) if (change := form.change(column.type))]
    for batch in _batches(rows):
        out.seek(0)
        out.truncate()
        writer.writerows(_cells(batch, changes))
        yield out.getvalue().encode()


def as_json(dataset: Dataset, head: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    """One object: what the data set is (`head`), then its rows as objects."""
    opening = {"dataset": dataset.name, "title": dataset.title, "description": dataset.description, **head}
    # The object is left open, and rows follow a batch at a time: the whole is never in memory.
    yield json.dumps(opening, ensure_ascii=False)[:-1].encode() + b', "rows": [\n'
    separator = b""
    for batch in _batches(rows):
        yield separator + b",\n".join(_objects(dataset.columns, batch))
        separator = b",\n"
    yield b"\n]}\n"


def as_ndjson(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    for batch in _batches(rows):
        yield b"\n".join(_objects(columns, batch)) + b"\n"


def as_geojson(dataset: Dataset, head: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    """RFC 7946; a place without a position has a null geometry."""
    opening = {"type": "FeatureCollection", "dataset": dataset.name, "title": dataset.title, **head}
    yield json.dumps(opening, ensure_ascii=False)[:-1].encode() + b', "features": [\n'
    names, truth = dataset.names, _truth(dataset.columns)
    lat_at, lon_at, separator = names.index("lat"), names.index("lon"), b""
    for batch in _batches(rows):
        features = []
        for row in _cells(batch, truth):
            point = None if row[lat_at] is None else {"type": "Point", "coordinates": [row[lon_at], row[lat_at]]}
            properties = {name: value for name, value in zip(names, row, strict=True) if name not in ("lat", "lon")}
            feature = {"type": "Feature", "id": row[0], "geometry": point, "properties": properties}
            features.append(json.dumps(feature, ensure_ascii=False).encode())
        yield separator + b",\n".join(features)
        separator = b",\n"
    yield b"\n]}\n"


def harmless(text: str) -> str:
    """The text as a cell of CSV that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _french_text(text: str) -> str:
    """A code of digits opens as a text only in a formula, else "01" becomes 1: what Excel itself is known to keep."""
    return f'="{text}"' if DIGITS.fullmatch(text) else harmless(text)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _cells(batch: Iterable[Row], changes: Sequence[tuple[int, _Change]]) -> Iterator[Row]:
    for row in batch:
        values = list(row)
        for at, change in changes:
            value = values[at]
            if value is not None:
                values[at] = change(value)
        yield values


def _objects(columns: Sequence[Column], batch: Iterable[Row]) -> Iterator[bytes]:
    names, encode = [column.name for column in columns], json.JSONEncoder(ensure_ascii=False).encode
    for row in _cells(batch, _truth(columns)):
        yield encode(dict(zip(names, row, strict=True))).encode()


def _truth(columns: Sequence[Column]) -> list[tuple[int, _Change]]:
    """SQLite has no truth values: 0 and 1 become false and true."""
    return [(at, bool) for at, column in enumerate(columns) if column.type == "boolean"]


def _comma(value: float) -> str:
    return str(value).replace(".", ",")


def _french_day(text: str) -> str:
    """ "23/11/2026" of "2026-11-23"."""
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}"


def _french_moment(text: str) -> str:
    """ "23/11/2026 13:05:00" of "2026-11-23T13:05:00Z"; UTC."""
    return f"{_french_day(text)} {text[11:19]}"


def _state_text(text: str) -> str:
    """Where lines end with LF, Python's writer sees no end of line in a lone CR, and does not quote it."""
    return harmless(text).replace("\r\n", "\n").replace("\r", "\n")


def _short(value: float) -> str:
    """ "1" of 1.0: as the State's file writes numbers."""
    return str(value).removesuffix(".0")


FRENCH: Mapping[str, _Change] = {
    "string": _french_text,
    "number": _comma,
    "date": _french_day,
    "datetime": _french_moment,
}
DIALECTS: Mapping[str, Dialect] = {
    "": Dialect(",", "\r\n", ("true", "false"), {"string": harmless}),
    # Without a byte order mark Excel reads a CSV file in the code page of its machine, and accents are lost.
    EXCEL_FR: Dialect(";", "\r\n", ("oui", "non"), FRENCH, "\ufeff"),
    STATE_2021: Dialect(";", "\n", ("t", "f"), {"string": _state_text, "number": _short}),
}
"""RFC 4180; what a French spreadsheet opens with a double click; the State's list of centres of 2021."""
