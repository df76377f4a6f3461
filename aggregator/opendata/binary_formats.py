"""A table of an edition's SQLite file -> Parquet and XLSX, in batches. For the worker: the web never loads this.

No value of a Parquet file passes through Python; XLSX is written row by row to disk (`constant_memory`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata.text_formats import Row

MOST_XLSX_ROWS = 1_048_575  # a sheet has 1,048,576 rows; one is the header
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
    """One sheet of data, and one that says what it is. Texts are texts, never formulas. Raises TooManyRowsError."""
    book = xlsxwriter.Workbook(
        str(target),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"title": dataset.title, "comments": " · ".join(value for _, value in about)})
    formats = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    sheet = book.add_worksheet(dataset.name[:31])  # longer names are refused by Excel
    sheet.write_row(0, 0, dataset.names, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    for line, row in enumerate(rows, 1):
        if line > MOST_XLSX_ROWS:
            book.close()
            raise TooManyRowsError(f"{dataset.name}: more than {MOST_XLSX_ROWS} rows")
        for at, (column, value) in enumerate(zip(dataset.columns, row, strict=True)):
            if value is not None:
                _write(sheet, line, at, column, value, formats)
    _about(book, dataset, about)
    book.close()


def _write(sheet: Any, line: int, at: int, column: Column, value: Any, formats: dict[str, Any]) -> None:
    if column.type == "string":
        sheet.write_string(line, at, value)
    elif column.type == "boolean":
        sheet.write_boolean(line, at, bool(value))
    elif column.type in formats:
        # A sheet knows no time zones: instants stand there in UTC.
        moment = datetime.fromisoformat(value.removesuffix("Z"))
        sheet.write_datetime(line, at, moment, formats[column.type])
    else:
        sheet.write_number(line, at, value)


def _about(book: Any, dataset: Dataset, about: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet("À propos")
    lines = [("Titre", dataset.title), ("Description", dataset.description), *about]
    lines += [(column.name, column.description) for column in dataset.columns]
    for line, pair in enumerate(lines):
        sheet.write_row(line, 0, pair)
