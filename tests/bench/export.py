"""A million rows out of SQLite: our CSV, Parquet and XLSX against what pandas does with the same table.

python -m tests.bench.export
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata import binary_formats, text_formats
from aggregator.opendata.sqlite_file import EditionFile
from tests.bench.harness import REPEATS, Result, Run, apart, at_least, at_most, main, medians, told

ROWS, XLSX_ROWS = 1_000_000, 200_000
COLUMNS = ("day:date", "department:string", "provider:string", "redirects:integer", "share:number")
TABLE = Dataset("t", "T", "", tuple(Column(*text.split(":"), "") for text in COLUMNS))


def fill(path: str, count: int) -> None:
    draw = random.Random(1)
    names = ["doctolib", "maiia", "keldoc", "Centre, « Jean »", "=formule"]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (day TEXT, department TEXT, provider TEXT, redirects INTEGER, share REAL)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
            (
                (f"2026-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}", f"{draw.randint(1, 95):02d}",
                 draw.choice(names), draw.randint(0, 5000), draw.random())
                for _ in range(count)
            ),
        )  # fmt: skip


def our_csv(path: str, target: str) -> float:
    """Seconds until the first bytes of rows are written."""
    start, first = time.perf_counter(), 0.0
    with Path(target).open("wb") as file:
        for number, chunk in enumerate(text_formats.as_csv(TABLE.columns, EditionFile(Path(path)).rows(TABLE))):
            file.write(chunk)
            if number == 1:
                first = time.perf_counter() - start
    return first


def pandas_csv(path: str, target: str) -> None:
    import pandas

    with closing(sqlite3.connect(path)) as connection:
        pandas.read_sql("SELECT * FROM t", connection).to_csv(target, index=False)


def our_parquet(path: str, target: str) -> None:
    binary_formats.write_parquet(EditionFile(Path(path)).batches(TABLE), TABLE, {}, Path(target))


def pandas_parquet(path: str, target: str) -> None:
    import pandas

    with closing(sqlite3.connect(path)) as connection:
        pandas.read_sql("SELECT * FROM t", connection).to_parquet(target, compression="zstd")


def our_xlsx(path: str, target: str) -> None:
    binary_formats.write_xlsx(TABLE, [], EditionFile(Path(path)).rows(TABLE), Path(target))


def measure() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        source, fewer = f"{folder}/m.sqlite", f"{folder}/f.sqlite"
        fill(source, ROWS)
        fill(fewer, XLSX_ROWS)
        jobs = [our_csv, pandas_csv, our_parquet, pandas_parquet]
        ours, theirs, arrow, frame = medians(REPEATS, *(partial(apart, job, source, f"{folder}/out") for job in jobs))
        small, large = apart(our_xlsx, fewer, f"{folder}/out"), None
        fill(f"{folder}/half.sqlite", XLSX_ROWS // 4)
        large = apart(our_xlsx, f"{folder}/half.sqlite", f"{folder}/out")
    more, pandas_more = growth(ours), growth(theirs)
    return Result(
        "Export of a million rows",
        [
            at_least("CSV, quoted and neutralised: speed against pandas' to_csv", theirs.wall_s / ours.wall_s, 1),
            at_most("CSV: memory above idle, MB", more, 50),
            at_most("CSV: memory above idle against pandas'", more / pandas_more, 0.1),
            at_most("CSV: first rows after, s", ours.value, 0.1),
            told("CSV: rows a second", f"{ROWS / ours.wall_s:,.0f}"),
            at_least("Parquet: speed against pandas' to_parquet", frame.wall_s / arrow.wall_s, 1.8),
            told("Parquet: peak memory, ours and pandas'", f"{arrow.peak_mb:.0f} and {frame.peak_mb:.0f} MB"),
            at_most("XLSX: peak memory of 200,000 rows against 50,000", small.peak_mb / large.peak_mb, 1.1),
            told("XLSX: rows a second", f"{XLSX_ROWS / small.wall_s:,.0f}"),
        ],
    )


def growth(run: Run) -> float:
    return run.peak_mb - run.idle_mb


if __name__ == "__main__":
    main(measure)
