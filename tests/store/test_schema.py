"""A migration that has run anywhere is never edited again: what differs between two portals could not be told."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.database.migrations import Store
from aggregator.database.postgres import PostgresSchema
from aggregator.store import schema
from tests.postgres import Server

# Name -> hash of its words. A new migration adds a line here; a line that is here never changes.
KNOWN = {
    "registry.places_and_offers": "f38c687d5507c310",
    "registry.day_of_first_listing": "56a2348bbf8839d4",
    "catalog.what_sources_say": "7dcd9400bc8d03d3",
    "catalog.listed_offers": "7e817714004cb3aa",
    "catalog.outages": "f8472cf9425940b4",
    "catalog.faults": "3192f1d0fd769dea",
}


def mark(script: str) -> str:
    """A hash of the statements, whatever their line breaks."""
    return hashlib.sha256(" ".join(script.split()).encode()).hexdigest()[:16]


def marks() -> dict[str, str]:
    named = {"registry": schema.REGISTRY, "catalog": schema.CATALOG}
    return {f"{store}.{step}": mark(script) for store, steps in named.items() for step, script in steps.items()}


def test_no_migration_has_been_edited() -> None:
    assert marks() == KNOWN


def test_one_word_that_differs_would_be_seen() -> None:
    """The control."""
    script = schema.CATALOG["outages"]

    assert mark(script.replace("\n", " ")) == mark(script)
    assert mark(script.replace("NOT NULL", "", 1)) != mark(script)


@pytest.fixture
def postgres_columns(postgres: Server) -> dict[str, list[str]]:
    """Table -> its columns, in their order, after the same migrations."""
    url = postgres.schema()
    for name, steps in (("registry", schema.REGISTRY), ("catalog", schema.CATALOG)):
        Store(url, name, steps, "FULL").close()
    with closing(PostgresSchema(url)) as database:
        rows = database.rows(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name <> 'migrations' ORDER BY table_name, ordinal_position"
        )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


@pytest.mark.postgres
def test_both_stores_have_the_same_tables_and_columns(tmp_path: Path, postgres_columns: dict[str, list[str]]) -> None:
    """One SQL for both: a column that only one of them had would be found by the first machine that asks for it."""
    found: dict[str, list[str]] = {}
    for name, steps in (("registry", schema.REGISTRY), ("catalog", schema.CATALOG)):
        with closing(Store(tmp_path / f"{name}.db", name, steps, "NORMAL")) as store:
            tables = store.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'")
            for table in tables:
                columns = store.rows(f"PRAGMA table_info({table['name']})")
                found[table["name"]] = [column["name"] for column in columns]

    assert found == postgres_columns
