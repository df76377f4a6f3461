"""A SQLite file, opened the one right way: changes whole or not at all, patient writers, copies of one moment."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.database import StoreError, connect
from aggregator.database.sqlite import SqliteFile, copy_whole, damage


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    with closing(SqliteFile(tmp_path / "deep" / "file.db")) as opened:
        opened.define("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
        yield opened


def numbers(file: SqliteFile) -> list[int]:
    return [row[0] for row in file.rows("SELECT n FROM t ORDER BY n")]


def test_it_is_a_write_ahead_log_and_durable_unless_said_otherwise(file: SqliteFile, tmp_path: Path) -> None:
    quick = SqliteFile(tmp_path / "quick.db", "NORMAL")

    assert file.rows("PRAGMA journal_mode") == [("wal",)]
    assert (file.rows("PRAGMA synchronous"), quick.rows("PRAGMA synchronous")) == ([(2,)], [(1,)])
    quick.close()


def test_rows_come_as_tuples_or_by_name(file: SqliteFile) -> None:
    assert file.run("INSERT INTO t VALUES (:n, :text)", {"n": 1, "text": "é"}) == 1

    assert file.rows("SELECT * FROM t WHERE n = ?", (1,)) == [(1, "é")]
    assert file.dicts("SELECT * FROM t") == [{"n": 1, "text": "é"}]
    assert file.dicts("SELECT * FROM t WHERE n = 2") == []


def test_a_change_that_fails_leaves_nothing_of_itself(file: SqliteFile) -> None:
    with pytest.raises(ZeroDivisionError), file.transaction():
        file.run("INSERT INTO t VALUES (1, '')")
        raise ZeroDivisionError

    assert numbers(file) == []


def test_many_rows_are_one_change(file: SqliteFile) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        file.run_many("INSERT INTO t VALUES (?, '')", [(1,), (2,), (1,)])

    assert numbers(file) == []
    file.run_many("INSERT INTO t VALUES (?, '')", [(1,), (2,)])
    assert numbers(file) == [1, 2]


def test_a_change_within_a_change_is_part_of_it(file: SqliteFile) -> None:
    with pytest.raises(ZeroDivisionError), file.transaction():
        with file.transaction():
            file.run("INSERT INTO t VALUES (1, '')")
        file.run_many("INSERT INTO t VALUES (?, '')", [(2,)])
        raise ZeroDivisionError

    assert numbers(file) == []


def test_a_commit_that_fails_undoes_the_change_and_the_next_one_is_its_own(file: SqliteFile) -> None:
    """A constraint that is checked at the end fails the COMMIT and leaves the transaction open."""
    file.define("PRAGMA foreign_keys = ON; CREATE TABLE child (n INTEGER REFERENCES parent (n) "
                "DEFERRABLE INITIALLY DEFERRED); CREATE TABLE parent (n INTEGER PRIMARY KEY);")  # fmt: skip
    with pytest.raises(sqlite3.IntegrityError), file.transaction():
        file.run("INSERT INTO t VALUES (1, '')")
        file.run("INSERT INTO child VALUES (7)")

    assert not file.raw.in_transaction
    with file.transaction():
        file.run("INSERT INTO t VALUES (2, '')")
    assert numbers(file) == [2]


def test_a_change_that_reads_first_waits_for_a_writer_instead_of_failing(file: SqliteFile, tmp_path: Path) -> None:
    """Begun like any other, it would read, find that another has written meanwhile, and fail at once."""
    reading, written = threading.Event(), threading.Event()

    def read_then_write() -> None:
        with closing(SqliteFile(tmp_path / "deep" / "file.db")) as other, other.transaction():
            count = other.rows("SELECT count(*) FROM t")[0][0]
            reading.set()
            written.wait(0.2)
            other.run("INSERT INTO t VALUES (?, 'other')", (100 + count,))

    thread = threading.Thread(target=read_then_write)
    thread.start()
    reading.wait(5)
    file.run("INSERT INTO t VALUES (1, '')")
    written.set()
    thread.join()

    assert numbers(file) == [1, 100]


def test_a_change_begun_the_usual_way_would_fail(file: SqliteFile, tmp_path: Path) -> None:
    """The control."""
    with closing(sqlite3.connect(tmp_path / "deep" / "file.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM t").fetchall()
        file.run("INSERT INTO t VALUES (1, '')")

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO t VALUES (2, '')")


def test_a_copy_is_the_file_as_it_was_while_others_write(file: SqliteFile, tmp_path: Path) -> None:
    file.run_many("INSERT INTO t VALUES (?, '')", [(number,) for number in range(500)])

    copy_whole(tmp_path / "deep" / "file.db", tmp_path / "copy.db")
    file.run("DELETE FROM t")

    with closing(SqliteFile(tmp_path / "copy.db")) as copy:
        assert len(numbers(copy)) == 500
        assert copy.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "foreign.db").write_bytes(b"no database" * 100)

    said = {"foreign.db": "put it back from a backup", "foreign.db/below.db": "folder exists, is writable and has room"}
    for name, advice in said.items():
        path = tmp_path / name
        with pytest.raises(StoreError, match=rf"{path.name}.*{advice}"):
            connect(path)


def test_damage_is_told_in_one_line_and_a_whole_file_has_none(tmp_path: Path) -> None:
    whole, cut, none = tmp_path / "whole.db", tmp_path / "cut.db", tmp_path / "none.db"
    with closing(SqliteFile(whole)) as file:
        file.define("CREATE TABLE t (x TEXT)")
        file.run_many("INSERT INTO t VALUES (?)", [("x" * 3000,)] * 9)
    cut.write_bytes(whole.read_bytes()[:12_288])
    none.write_bytes(b"no database at all" * 500)

    assert damage(whole) is None
    for path in (cut, none):
        said = damage(path)
        assert said is not None and "\n" not in said
