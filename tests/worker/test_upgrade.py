"""Data of earlier versions are brought up with nothing lost, or refused with what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.database import StoreError
from aggregator.fairness.accounts import Accounts
from aggregator.publish.publisher import Publisher
from aggregator.redirect.event_reader import EventReader
from aggregator.snapshot import generation
from aggregator.store import Registry, open_stores
from aggregator.worker import upgrade as upgrades
from aggregator.worker.upgrade import UpgradeError, counts, due, refuse_outdated, upgrade
from app import create_app
from tests.clock import Clock
from tests.conftest import geography
from tests.earlier import EARLIER, LATER, folder_of


@pytest.fixture(params=EARLIER)
def earlier(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A portal that was never upgraded, by the day on which its version was written."""
    folder = folder_of(request.param, tmp_path / "earlier")
    geography(folder, tmp_path_factory)
    return Settings(data_dir=folder, log_origin="aiguillage.example/log")


def statuses(settings: Settings, *paths: str) -> list[int]:
    app = create_app(settings.but(search_rate=0), Clock(LATER))
    client = app.test_client()
    found = [client.get(path).status_code for path in paths]
    app.extensions["aiguillage"].close()
    return found


def work(settings: Settings, gazetteer: Gazetteer) -> None:
    """What the worker does in its first minute."""
    with closing(open_stores(settings.data_dir)) as stores, closing(Accounts(settings)) as accounts:
        Publisher(settings, stores, gazetteer, lambda: LATER).publish()
        accounts.seal(LATER)
        accounts.shares.publish(LATER)


def test_there_are_data_of_two_earlier_versions() -> None:
    assert EARLIER == ["2026-11-23", "2026-11-25"]


def test_what_was_counted_before_is_there_after_and_the_log_goes_on(earlier: Settings, gazetteer: Gazetteer) -> None:
    before = counts(earlier)
    head = (earlier.published_dir / "log" / "checkpoint").read_text().splitlines()

    done = upgrade(earlier, LATER)
    work(earlier, gazetteer)

    after = counts(earlier)
    assert before["events.db events"] == 8
    assert before["log.db entries"] == int(head[1])
    assert done.counts == before
    assert {name for name, n in before.items() if after[name] < n} == set()
    assert EventReader(earlier.data_dir / "events.db").totals() == 8
    with closing(Accounts(earlier)) as accounts:
        assert accounts.shares.publish(LATER)["total"] == 8
    assert verify.main(["log", str(earlier.published_dir / "log")]) == 0
    assert due(earlier) == []


def test_every_page_is_made_after_the_upgrade(earlier: Settings, gazetteer: Gazetteer) -> None:
    upgrade(earlier, LATER)
    work(earlier, gazetteer)

    pages = ("/", "/recherche?insee=69123&rayon=50", "/transparence", "/etat", "/donnees", "/readyz", "/metrics")
    assert statuses(earlier, *pages) == [200] * len(pages)


def test_before_it_no_page_is_made_of_what_this_version_would_misread(earlier: Settings) -> None:
    """Health is red, pages say so in two sentences, and the process is alive."""
    assert statuses(earlier, "/readyz", "/", "/transparence", "/api/v1/places") == [503] * 4
    assert statuses(earlier, "/healthz", "/metrics") == [200] * 2


def test_without_the_versions_the_pages_of_the_oldest_data_would_fail(earlier: Settings) -> None:
    """The control: this is what reading them unasked does, and health sees that too."""
    (earlier.published_dir / "format.json").write_text(json.dumps({"format": generation.FORMAT}))
    oldest = "kind" not in columns(earlier.data_dir / "log.db")

    assert statuses(earlier, "/", "/readyz", "/healthz") == ([500, 503, 200] if oldest else [200] * 3)


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(entries)")}


def test_stores_that_change_are_copied_first_and_the_copy_is_the_way_back(earlier: Settings) -> None:
    stores = [
        name for name in ("registry.db", "catalog.db", "events.db", "log.db") if (earlier.data_dir / name).exists()
    ]
    before = {name: rows(earlier.data_dir / name) for name in stores}

    done = upgrade(earlier, LATER)

    assert done.copy is not None
    copied = {path.name: rows(path) for path in done.copy.iterdir()}
    assert copied == {name: before[name] for name in copied}
    assert {step.partition(":")[0] for step in done.steps} - {"published"} == set(copied)
    for name in copied:  # rolled back, it is due again
        shutil.copy(done.copy / name, earlier.data_dir / name)
    assert set(due(earlier)) == {step for step in done.steps if not step.startswith("published")}


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_what_was_done_is_not_done_again(earlier: Settings) -> None:
    upgrade(earlier, LATER)

    assert upgrade(earlier, LATER) == upgrades.Upgraded()
    refuse_outdated(earlier)


def test_commands_refuse_data_of_an_earlier_version_with_the_command_that_helps(earlier: Settings) -> None:
    with pytest.raises(UpgradeError, match="aiguillage upgrade"):
        refuse_outdated(earlier)


def test_a_count_that_is_not_what_it_was_stops_the_upgrade(earlier: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(settings: Settings, stores: list[str]) -> None:
        with closing(sqlite3.connect(settings.data_dir / "events.db")) as connection, connection:
            connection.execute("DELETE FROM events WHERE seq = 1")

    monkeypatch.setattr(upgrades, "_run", lose)

    with pytest.raises(UpgradeError, match=r"not as many as before: events\.db events\..*before-upgrade"):
        upgrade(earlier, LATER)

    assert generation.generation(earlier.published_dir) != generation.FORMAT


@pytest.mark.parametrize(
    ("store", "newer"),
    [
        ("registry.db", "INSERT INTO _sqlite_migrations VALUES (99, 'registry', 'of_tomorrow', '2030-01-01')"),
        ("catalog.db", "INSERT INTO _sqlite_migrations VALUES (99, 'catalog', 'of_tomorrow', '2030-01-01')"),
        ("events.db", "PRAGMA user_version = 99"),
        ("log.db", "ALTER TABLE entries ADD COLUMN of_tomorrow TEXT"),
    ],
)
def test_a_store_of_a_newer_version_is_refused_with_the_way_back(store: str, newer: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=folder_of(EARLIER[-1], tmp_path / "newer"))
    with closing(sqlite3.connect(settings.data_dir / store)) as connection, connection:
        connection.execute(newer)

    with pytest.raises(UpgradeError, match=rf"{store} was written by a newer version .*before-upgrade"):
        upgrade(settings, LATER)


def test_a_store_of_a_newer_version_is_not_even_opened_for_work(tmp_path: Path) -> None:
    Registry(tmp_path / "registry.db").close()
    with closing(sqlite3.connect(tmp_path / "registry.db")) as connection, connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'registry', 'of_tomorrow', '2030-01-01')")

    with pytest.raises(StoreError, match="newer version"):
        Registry(tmp_path / "registry.db")


def test_a_new_folder_has_nothing_to_bring_up(tmp_path: Path) -> None:
    assert due(Settings(data_dir=tmp_path)) == []
