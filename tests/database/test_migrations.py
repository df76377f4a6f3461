"""A store is made by named migrations, once, whoever opens it first; one that cannot be opened says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aggregator.database import StoreError
from aggregator.store import Catalog, Registry


def test_a_new_store_may_be_opened_by_many_at_once(tmp_path: Path, database_url: str | None) -> None:
    with ThreadPoolExecutor(12) as pool:
        opened = list(pool.map(lambda _: Catalog(database_url or tmp_path / "catalog.db"), range(12)))

    assert all(catalog.readings() == [] for catalog in opened)


def test_a_store_that_cannot_be_opened_says_which_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(StoreError, match="registry"):
        Registry(tmp_path / "file" / "registry.db")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match="catalog"):
        Catalog(tmp_path / "catalog.db")


def test_migrations_run_once_and_opening_again_changes_nothing(tmp_path: Path) -> None:
    Registry(tmp_path / "r.db").close()
    again = Registry(tmp_path / "r.db")

    assert len(again.rows("SELECT * FROM _sqlite_migrations")) == 1


def test_the_file_of_the_registry_is_durable_and_that_of_the_catalog_quick(tmp_path: Path) -> None:
    registry, catalog = Registry(tmp_path / "registry.db"), Catalog(tmp_path / "catalog.db")

    assert registry.rows("PRAGMA synchronous")[0]["synchronous"] == 2
    assert catalog.rows("PRAGMA synchronous")[0]["synchronous"] == 1
