"""One SQLite file holds every table of an edition, with keys, views, and what it says of itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata.edition import unpacked
from aggregator.opendata.sqlite_file import EditionFile
from tests.edition import ALL, table, text


@pytest.fixture
def opened(edition: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with unpacked(edition / "aiguillage.sqlite") as source:
        (tmp_path / "one.sqlite").write_bytes(source.read())
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as connection:
        yield connection


def test_one_file_holds_every_table_under_a_name_without_hyphens(opened: sqlite3.Connection, edition: Path) -> None:
    for name in ALL:
        count = opened.execute(f"SELECT count(*) FROM {name.replace('-', '_')}").fetchone()[0]  # noqa: S608
        assert count == len(table(edition, name))


def test_keys_and_references_hold(opened: sqlite3.Connection) -> None:
    assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
    for one in ALL.values():
        columns = opened.execute(f"PRAGMA table_info({one.table})").fetchall()
        keys = {name: place for _, name, _, _, _, place in columns if place}
        assert tuple(sorted(keys, key=keys.__getitem__)) == one.key
        references = {row[3]: row[2] for row in opened.execute(f"PRAGMA foreign_key_list({one.table})")}
        assert references == {column: other.replace("-", "_") for column, other in one.references.items()}
        nothing = " OR ".join(f'"{name}" IS NULL' for name in one.key)
        if nothing:
            assert opened.execute(f"SELECT count(*) FROM {one.table} WHERE {nothing}").fetchone() == (0,)  # noqa: S608


def test_an_offer_of_no_place_and_a_second_row_of_a_key_are_found(opened: sqlite3.Connection) -> None:
    """The control."""
    opened.execute("UPDATE offers SET place_id = 'p-nowhere' WHERE rowid = 1")

    assert len(opened.execute("PRAGMA foreign_key_check").fetchall()) == 1
    with pytest.raises(sqlite3.IntegrityError):
        opened.execute("INSERT INTO places SELECT * FROM places LIMIT 1")


def test_views_say_what_the_tables_say(opened: sqlite3.Connection, edition: Path) -> None:
    offers = [row for row in table(edition, "offers") if row["state"] == "seen"]
    days = table(edition, "slots-par-jour")

    by_department = opened.execute(
        "SELECT sum(places), sum(places_with_slot), sum(slots) FROM lieux_avec_creneau_par_departement"
    ).fetchone()
    by_day = opened.execute("SELECT sum(slots) FROM creneaux_par_jour_et_departement").fetchone()[0]
    weeks = opened.execute("SELECT DISTINCT week_start, sum(redirects) FROM parts_par_semaine").fetchall()

    slots = sum(int(row["slots"]) for row in offers)
    assert by_department == (len(table(edition, "places")), len({row["place_id"] for row in offers}), slots)
    assert by_day == sum(int(row["slots"]) for row in days)
    assert weeks == [("2026-11-23", 100)]


def test_what_people_filter_by_is_found_by_an_index(opened: sqlite3.Connection) -> None:
    for one in ALL.values():
        for column in {*one.indexes, *one.references}:
            sql = f'EXPLAIN QUERY PLAN SELECT * FROM {one.table} WHERE "{column}" = ?'  # noqa: S608
            plan = opened.execute(sql, ("x",)).fetchall()
            assert all("SEARCH" in row[3] for row in plan), (one.name, column)


def test_the_file_describes_itself_as_metadata_json_does(opened: sqlite3.Connection, edition: Path) -> None:
    described = json.loads(text(edition, "metadata.json"))
    tables = described["databases"]["aiguillage"]["tables"]
    rows = {tuple(row[:3]): row[3] for row in opened.execute("SELECT * FROM metadata")}
    there = {name for (name,) in opened.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}

    assert there - {"metadata"} == set(tables)
    assert rows["", "", "license"] == described["license"] == "Licence Ouverte 2.0"
    assert "Démonstration" in rows["", "", "description"]
    for one in ALL.values():
        assert tables[one.table]["columns"] == {column.name: column.description for column in one.columns}
        assert rows[one.table, "", "title"] == one.title
        assert rows[one.table, one.names[0], "description"] == one.columns[0].description


def test_a_table_without_rows_has_its_columns_and_rows_come_in_the_order_in_which_they_were_written(
    tmp_path: Path,
) -> None:
    one = Dataset("a-b", "T", "", (Column("k", "string", ""), Column("n", "integer", "")), key=("k",), indexes=("n",))
    file = EditionFile(tmp_path / "x.sqlite")

    assert file.write(one, iter(())) == file.count(one) == 0
    other = EditionFile(tmp_path / "y.sqlite")
    assert other.write(one, [{"k": k, "n": n} for k, n in (("z", 1), ("a", 3), ("m", 2))]) == 3
    other.finish({"a-b": one}, [])
    assert list(other.rows(one)) == [("z", 1), ("a", 3), ("m", 2)]
    assert list(other.rows(one, 1)) == [("z", 1)]


def test_a_table_can_stand_alone_in_its_file(tmp_path: Path) -> None:
    file = EditionFile(tmp_path / "alone.sqlite")

    assert file.write(ALL["offers"], [dict.fromkeys(ALL["offers"].names, "x")]) == 1
    with closing(sqlite3.connect(file.path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
