"""The SQLite file of one edition of the open data: a table a data set. Written once by the worker, then only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
from sqlite_utils import Database

from aggregator.config.datasets import Dataset

SQL_TYPES = {"integer": int, "number": float, "boolean": int}
SAMPLES = {"integer": "0", "number": "0.5", "boolean": "0"}
TEXT = "''"
ARROW_BATCH = 50_000


class EditionFile:
    """Tables are named as the data sets, hyphens included."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, dataset: Dataset, rows: Iterable[dict[str, Any]]) -> int:
        """A new table with `rows`. Returns how many."""
        columns = {column.name: SQL_TYPES.get(column.type, str) for column in dataset.columns}
        names, count = dataset.names, 0
        with closing(Database(self.path)) as db:
            db.table(dataset.name).create(columns)
            marks = ", ".join("?" * len(names))
            with db.atomic():
                for row in rows:
                    db.conn.execute(f'INSERT INTO "{dataset.name}" VALUES ({marks})', [row[name] for name in names])  # noqa: S608
                    count += 1
        return count

    def rows(self, dataset: Dataset, limit: int = -1) -> Iterator[tuple[Any, ...]]:
        """In the order in which they were written."""
        names = ", ".join(f'"{name}"' for name in dataset.names)
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            yield from connection.execute(f'SELECT {names} FROM "{dataset.name}" LIMIT ?', (limit,))  # noqa: S608

    def batches(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches, read by Arrow's own driver: no value becomes a Python object."""
        names = ", ".join(f'"{name}"' for name in dataset.names)
        # The driver takes the type of a column from its values: one row of the right types goes first, and is dropped.
        samples = ", ".join(f'{SAMPLES.get(column.type, TEXT)} AS "{column.name}"' for column in dataset.columns)
        with adbc.connect(str(self.path)) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ARROW_BATCH})
            cursor.execute(f'SELECT {samples} UNION ALL SELECT {names} FROM "{dataset.name}"')  # noqa: S608
            skip = 1
            for batch in cursor.fetch_record_batch():
                yield batch.slice(skip)
                skip = 0

    def count(self, dataset: Dataset) -> int:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            return int(connection.execute(f'SELECT count(*) FROM "{dataset.name}"').fetchone()[0])  # noqa: S608
