"""One SQLite file holds every table of an edition."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from aggregator.opendata.edition import unpacked
from tests.edition import ALL, table


def test_one_file_holds_every_table(edition: Path, tmp_path: Path) -> None:
    with unpacked(edition / "aiguillage.sqlite") as source:
        (tmp_path / "one.sqlite").write_bytes(source.read())
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as connection:
        for name in ALL:
            count = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            assert count == len(table(edition, name))
