"""The SQLite file of one edition of the open data: a table a data set. Written once by the worker, then only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from operator import itemgetter
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
METADATA = "metadata"
METADATA_KEY = ("resource", "column", "key")


class EditionFile:
    """Tables are named as the data sets, with underscores for hyphens: SQL needs no quotes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, dataset: Dataset, rows: Iterable[dict[str, Any]]) -> int:
        """A new table with `rows`, its key and its references. Returns how many."""
        columns = {column.name: SQL_TYPES.get(column.type, str) for column in dataset.columns}
        others = [(column, other.replace("-", "_"), "id") for column, other in dataset.references.items()]
        with closing(Database(self.path)) as db:
            # A data set that is exported by itself stands alone in its file.
            references = [one for one in others if db.table(one[1]).exists()]
            db.table(dataset.table).create(columns, pk=dataset.key or None, foreign_keys=references)
            marks = ", ".join("?" * len(columns))
            with db.atomic():
                sql = f'INSERT INTO "{dataset.table}" VALUES ({marks})'  # noqa: S608
                count: int = db.conn.executemany(sql, map(itemgetter(*dataset.names), rows)).rowcount
        return max(count, 0)

    def finish(self, datasets: Mapping[str, Dataset], about: Iterable[dict[str, Any]]) -> None:
        """Indexes, once all rows are there; views; and what the file says of itself, by METADATA_KEY."""
        with closing(Database(self.path)) as db, db.atomic():
            for dataset in datasets.values():
                for column in dataset.indexes:
                    db.table(dataset.table).create_index([column])
                for view in dataset.views:
                    db.create_view(view.name, view.sql)
            columns = dict.fromkeys((*METADATA_KEY, "value"), str)
            db.table(METADATA).create(columns, pk=METADATA_KEY).insert_all(about)

    def rows(self, dataset: Dataset, limit: int = -1) -> Iterator[tuple[Any, ...]]:
        """In the order in which they were written."""
        names = ", ".join(f'"{name}"' for name in dataset.names)
        sql = f'SELECT {names} FROM "{dataset.table}" ORDER BY rowid LIMIT ?'  # noqa: S608
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            yield from connection.execute(sql, (limit,))

    def batches(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches, read by Arrow's own driver: no value becomes a Python object."""
        names = ", ".join(f'"{name}"' for name in dataset.names)
        # The driver takes the type of a column from its values: one row of the right types goes first, and is dropped.
        samples = ", ".join(f'{SAMPLES.get(column.type, TEXT)} AS "{column.name}"' for column in dataset.columns)
        with adbc.connect(str(self.path)) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ARROW_BATCH})
            cursor.execute(f'SELECT {samples} UNION ALL SELECT {names} FROM "{dataset.table}"')  # noqa: S608
            skip = 1
            for batch in cursor.fetch_record_batch():
                yield batch.slice(skip)
                skip = 0

    def count(self, dataset: Dataset) -> int:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            return int(connection.execute(f'SELECT count(*) FROM "{dataset.table}"').fetchone()[0])  # noqa: S608
