"""A backup under load is whole, says its sums, and keeps what auditors replay beside it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.worker.backups.backup import STORES, BackupError, backup, digest, read_manifest
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


def test_a_backup_says_the_sum_of_each_of_its_files_and_never_holds_a_key(filled: Settings, tmp_path: Path) -> None:
    seal(filled, NOON)

    names = backup(filled, tmp_path / "copies" / "one", NOON)

    folder = tmp_path / "copies" / "one"
    assert {"registry.db", "log.db", "rollups.db", "log/checkpoint", "log/vkey"} <= set(names)
    assert read_manifest(folder).sums == {name: digest(folder / name) for name in names}
    assert [path for path in (tmp_path / "copies").rglob("*") if path.name in ("log.key", "keys")] == []


def test_nothing_is_overwritten_by_a_backup(filled: Settings, tmp_path: Path) -> None:
    backup(filled, tmp_path / "copy", NOON)

    with pytest.raises(BackupError, match="exists already"):
        backup(filled, tmp_path / "copy", NOON)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        '{"at": "2026-11-23T12:00:00Z"}',
        '{"at": "gestern", "sums": {}}',
        '{"at": "2026-11-23T12:00:00Z", "sums": {"../../etc/passwd": "00"}}',
        '{"at": "2026-11-23T12:00:00Z", "sums": {"/etc/passwd": "00"}}',
    ],
)
def test_a_manifest_that_no_backup_has_is_refused(tmp_path: Path, said: str) -> None:
    (tmp_path / "manifest.json").write_text(said)

    with pytest.raises(BackupError, match="no whole backup"):
        read_manifest(tmp_path)


def test_a_manifest_of_a_newer_version_is_refused_by_its_format(tmp_path: Path) -> None:
    said = {"format": "backup/9", "at": "2026-11-23T12:00:00Z", "sums": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(said))

    with pytest.raises(BackupError, match="backup/9, made by a newer version"):
        read_manifest(tmp_path)
