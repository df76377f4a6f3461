"""A table of an edition's SQLite file -> Parquet and XLSX, in batches. For the worker: the web never loads this.

No value of a Parquet file passes through Python; XLSX is written row by row to disk (`constant_memory`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata.text_formats import Row

MOST_XLSX_ROWS = 1_048_575  # a sheet has 1,048,576 rows; one is the header
MEASURED_ROWS = 500  # of which the width of a column is taken
ROOM_OF_FILTER = 3  # its button covers the end of a heading
WIDEST, WIDE = 50, 100  # characters: of a column of data, of one of explanations
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet has no zones
NUMBER_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss"}
ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("s", tz="UTC"),
}


class TooManyRowsError(ValueError):
    """More rows than a sheet can hold."""


def write_parquet(batches: Iterable[pa.RecordBatch], dataset: Dataset, about: dict[str, str], target: Path) -> None:
    """`batches`: columns as SQLite holds them; `about` goes into the file's own metadata."""
    schema = pa.schema([(column.name, ARROW[column.type]) for column in dataset.columns], metadata=about)
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(_typed(batch, schema))


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = []
    for column, field in zip(batch.columns, schema, strict=True):
        # SQLite has no type for instants: they arrive as text.
        if pa.types.is_timestamp(field.type):
            column = pa.compute.strptime(column, format="%Y-%m-%dT%H:%M:%SZ", unit="s").cast(field.type)
        columns.append(column.cast(field.type))
    return pa.record_batch(columns, schema=schema)


def write_xlsx(dataset: Dataset, about: Sequence[tuple[str, str]], rows: Iterable[Row], target: Path) -> None:
    """A sheet of data, one that says what it is, one of its columns. Texts are texts. Raises TooManyRowsError."""
    book = xlsxwriter.Workbook(
        str(target),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"title": dataset.title, "comments": " · ".join(value for _, value in about)})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(dataset.name[:31])  # longer names are refused by Excel
    names = [_heading(column) for column in dataset.columns]
    sheet.write_row(0, 0, names, bold)
    sheet.freeze_panes(1, 0)
    widths = [len(name) + ROOM_OF_FILTER for name in names]
    lines = _write_rows(book, sheet, dataset, rows, widths)
    sheet.autofilter(0, 0, lines, len(names) - 1)
    _set_widths(sheet, widths)
    _table(book, "À propos", [("Titre", dataset.title), ("Description", dataset.description), *about])
    columns = [("Colonne", "Type", "Sens"), *((one.name, one.type, one.description) for one in dataset.columns)]
    _table(book, "Colonnes", columns).set_row(0, None, bold)
    book.close()


def _heading(column: Column) -> str:
    """A sheet knows no time zones: that an instant stands there in UTC is said where it is read."""
    return f"{column.name} (UTC)" if column.type == "datetime" else column.name


def _write_rows(book: Any, sheet: Any, dataset: Dataset, rows: Iterable[Row], widths: list[int]) -> int:
    """How many there were. `widths` grow to hold the first of them: the rows themselves are on disk by then."""
    formats = {kind: book.add_format({"num_format": said}) for kind, said in NUMBER_FORMATS.items()}
    line = 0
    for line, row in enumerate(rows, 1):
        if line > MOST_XLSX_ROWS:
            book.close()
            raise TooManyRowsError(f"{dataset.name}: more than {MOST_XLSX_ROWS} rows")
        if line <= MEASURED_ROWS:
            widths[:] = [max(width, _width(value)) for width, value in zip(widths, row, strict=True)]
        for at, (column, value) in enumerate(zip(dataset.columns, row, strict=True)):
            if value is not None:
                _write(sheet, line, at, column, value, formats)
    return line


def _write(sheet: Any, line: int, at: int, column: Column, value: Any, formats: dict[str, Any]) -> None:
    if column.type == "string":
        sheet.write_string(line, at, value)
    elif column.type == "boolean":
        sheet.write_boolean(line, at, bool(value))
    else:
        sheet.write_number(line, at, _day_number(value) if column.type in formats else value, formats.get(column.type))


@lru_cache(maxsize=4096)  # the same days and instants stand in many rows
def _day_number(text: str) -> float:
    """A day or an instant as a sheet counts them: in days since the end of 1899."""
    return (datetime.fromisoformat(text.removesuffix("Z")) - FIRST_DAY) / timedelta(days=1)


def _width(value: Any) -> int:
    return 0 if value is None else len(str(value))


def _set_widths(sheet: Any, widths: Iterable[int]) -> None:
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(width + 1, WIDEST))


def _table(book: Any, name: str, lines: Sequence[tuple[str, ...]]) -> Any:
    sheet = book.add_worksheet(name)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for line, texts in enumerate(lines):
        sheet.write_row(line, 0, texts, wrapped)
    *first, _ = zip(*lines, strict=True)
    _set_widths(sheet, [*(max(map(len, texts)) for texts in first), WIDE])
    return sheet
