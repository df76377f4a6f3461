"""A backup under load is whole, says its sums, overwrites nothing, and a portal goes on from it."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.worker.backup import STORES, BackupError, backup, restore
from tests.clock import NOON
from tests.conftest import seal

EVENT = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")


def test_where_several_machines_share_a_store_it_is_the_server_that_is_copied(filled: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"docs/operations\.md"):
        backup(filled.but(database_url="postgresql:///aiguillage"), tmp_path / "copy", NOON)


def test_a_copy_under_load_holds_all_that_was_acknowledged_before_it(filled: Settings, tmp_path: Path) -> None:
    log, stop = EventLog(filled.data_dir / "events.db", wait_s=5), threading.Event()

    def click() -> None:
        while not stop.is_set():
            log.record(EVENT)

    clicking = threading.Thread(target=click)
    clicking.start()
    while EventReader(filled.data_dir / "events.db").totals() < 50:
        pass
    before = EventReader(filled.data_dir / "events.db").totals()
    names = backup(filled, tmp_path / "copy", NOON)
    stop.set()
    clicking.join()
    log.close()

    assert set(names) <= set(STORES)
    assert EventReader(tmp_path / "copy" / "events.db").totals() >= before


def test_a_portal_goes_on_from_its_backup(filled: Settings, tmp_path: Path) -> None:
    log = EventLog(filled.data_dir / "events.db", wait_s=5)
    log.record(EVENT)
    seal(filled, NOON)
    log.close()
    backup(filled, tmp_path / "copy", NOON)
    again = Settings(data_dir=tmp_path / "again")

    restore(again, tmp_path / "copy")
    (filled.data_dir / "keys").rename(again.keys_dir)

    with closing(Accounts(again)) as accounts:
        accounts.seal(NOON.replace(minute=5))
    assert EventReader(again.data_dir / "events.db").totals() == 1


def test_nothing_is_overwritten_in_either_direction(filled: Settings, tmp_path: Path) -> None:
    backup(filled, tmp_path / "copy", NOON)

    with pytest.raises(BackupError, match="exists already"):
        backup(filled, tmp_path / "copy", NOON)
    with pytest.raises(BackupError, match="move it away"):
        restore(filled, tmp_path / "copy")


def test_a_damaged_copy_is_refused(filled: Settings, tmp_path: Path) -> None:
    backup(filled, tmp_path / "copy", NOON)
    path = tmp_path / "copy" / "registry.db"
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(BackupError, match="not what was written"):
        restore(Settings(data_dir=tmp_path / "again"), tmp_path / "copy")
    with pytest.raises(BackupError, match="no whole backup"):
        restore(Settings(data_dir=tmp_path / "again"), tmp_path)


def test_a_copy_that_lacks_a_file_is_refused_by_its_name(filled: Settings, tmp_path: Path) -> None:
    backup(filled, tmp_path / "copy", NOON)
    (tmp_path / "copy" / "registry.db").unlink()
    again = Settings(data_dir=tmp_path / "again")

    with pytest.raises(BackupError, match=r"no whole backup: registry\.db is missing"):
        restore(again, tmp_path / "copy")

    assert not again.data_dir.exists()
