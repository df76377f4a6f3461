"""What the SQLite file says of itself."""

from __future__ import annotations

from aggregator.opendata.editions.described import About
from aggregator.opendata.editions.metadata import as_rows, metadata
from tests.edition import ALL

ABOUT = About("2026-11-22", "2026-11-22T23:59:59Z", 7, demo=True)


def test_the_source_has_an_address_where_the_portal_has_one() -> None:
    live = metadata(ALL, ABOUT, "https://rdv.example.fr")

    assert live["source_url"] == "https://rdv.example.fr/donnees/2026-11-22/"
    assert "source_url" not in metadata(ALL, ABOUT, None)


def test_every_table_view_and_column_is_described_once_as_a_row() -> None:
    rows = list(as_rows(metadata(ALL, ABOUT, None)))
    keys = [(row["resource"], row["column"], row["key"]) for row in rows]

    assert len(keys) == len(set(keys))
    assert {row["resource"] for row in rows} == {
        "", *(one.table for one in ALL.values()), *(view.name for one in ALL.values() for view in one.views),
    }  # fmt: skip
    assert sum(bool(row["column"]) for row in rows) == sum(len(one.columns) for one in ALL.values())
    assert all(row["value"] for row in rows)
