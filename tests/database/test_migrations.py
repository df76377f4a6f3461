"""A store is made by named migrations, once, whoever opens it first; one that cannot be opened says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.database import StoreError
from aggregator.database.migrations import Store
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
    first = Registry(tmp_path / "r.db")
    done = first.rows("SELECT name, applied_at FROM _sqlite_migrations ORDER BY id")
    first.close()
    again = Registry(tmp_path / "r.db")

    assert len(done) == len({row["name"] for row in done}) > 1
    assert again.rows("SELECT name, applied_at FROM _sqlite_migrations ORDER BY id") == done


def test_the_file_of_the_registry_is_durable_and_that_of_the_catalog_quick(tmp_path: Path) -> None:
    registry, catalog = Registry(tmp_path / "registry.db"), Catalog(tmp_path / "catalog.db")

    assert registry.rows("PRAGMA synchronous")[0]["synchronous"] == 2
    assert catalog.rows("PRAGMA synchronous")[0]["synchronous"] == 1


STEPS = {"one": "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1);"}
LATER = {**STEPS, "two": "ALTER TABLE t ADD COLUMN text TEXT; UPDATE t SET text = 'filled';"}


def test_a_store_of_an_earlier_version_is_brought_up_step_by_step(tmp_path: Path, database_url: str | None) -> None:
    location = database_url or tmp_path / "s.db"
    Store(location, "s", STEPS, "FULL").close()

    for _ in range(2):
        with closing(Store(location, "s", LATER, "FULL")) as store:
            assert store.rows("SELECT n, text FROM t") == [{"n": 1, "text": "filled"}]


def test_a_step_that_fails_is_as_if_it_had_not_been_tried(tmp_path: Path) -> None:
    """Half of a migration would be found neither by those who run it again nor by those who do not."""
    broken = {**STEPS, "two": "ALTER TABLE t ADD COLUMN text TEXT; UPDATE nowhere SET text = 'filled';"}

    with pytest.raises(StoreError, match="nowhere"):
        Store(tmp_path / "s.db", "s", broken, "FULL")

    with closing(Store(tmp_path / "s.db", "s", LATER, "FULL")) as store:
        assert store.rows("SELECT n, text FROM t") == [{"n": 1, "text": "filled"}]


def test_a_store_that_sqlite_utils_has_migrated_goes_on_from_where_it_was(tmp_path: Path) -> None:
    """Stores of versions up to 0.2.0 were."""
    earlier = Migrations("s")
    earlier(name="one")(lambda db: db.executescript(STEPS["one"]))
    with closing(Database(tmp_path / "s.db")) as db:
        earlier.apply(db)

    for _ in range(2):
        with closing(Store(tmp_path / "s.db", "s", LATER, "FULL")) as store:
            assert store.rows("SELECT n, text FROM t") == [{"n": 1, "text": "filled"}]
            noted = store.rows("SELECT migration_set, name FROM _sqlite_migrations ORDER BY id")
            assert noted == [{"migration_set": "s", "name": "one"}, {"migration_set": "s", "name": "two"}]


def test_a_store_with_a_step_that_this_version_does_not_know_is_refused(
    tmp_path: Path, database_url: str | None
) -> None:
    location = database_url or tmp_path / "s.db"
    Store(location, "s", LATER, "FULL").close()

    with pytest.raises(StoreError, match=r"written by a newer version \(two\)"):
        Store(location, "s", STEPS, "FULL")


def test_one_row_or_none(tmp_path: Path, database_url: str | None) -> None:
    with closing(Store(database_url or tmp_path / "s.db", "s", STEPS, "FULL")) as store:
        assert store.row("SELECT n FROM t") == {"n": 1}
        assert store.row("SELECT n FROM t WHERE n = 2") is None
        assert store.run("UPDATE t SET n = 5") == 1
