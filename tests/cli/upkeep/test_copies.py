"""Copies on the command line: made, pruned, erased, put back, refused in one line."""

from __future__ import annotations

import shutil
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from tests.commands import run

OLD = Event("dep=75", "2020-01-01T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")


def with_an_old_event(path: Path) -> None:
    log = EventLog(path, wait_s=5)
    log.record(OLD)
    log.close()


def test_a_copy_of_events_is_erased_from_the_command_line(filled: Settings, tmp_path: Path) -> None:
    with_an_old_event(tmp_path / "backup.db")

    result = run("erase", str(tmp_path / "backup.db"), AIGUILLAGE_DATA_DIR=str(filled.data_dir))

    assert "1 événements effacés" in result.output


def test_a_portal_is_copied_pruned_erased_and_put_back_from_the_command_line(filled: Settings, tmp_path: Path) -> None:
    here, copies = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}, tmp_path / "copies"
    with_an_old_event(filled.data_dir / "events.db")
    assert run("draw-keys", **here).exit_code == 0
    assert run("seal", **here).exit_code == 0

    for command in (("backup", str(copies / "one")), ("prune-backups", str(copies)), ("erase", str(copies))):
        result = run(*command, **here)
        assert result.exit_code == 0, result.output
    assert "2 événements effacés" in result.output  # one here, one in the copy

    again = {"AIGUILLAGE_DATA_DIR": str(tmp_path / "again")}
    refused = run("restore", str(copies / "one"), **again)
    assert (refused.exit_code, "--new-keys" in refused.output) == (2, True)
    shutil.copytree(filled.keys_dir, tmp_path / "again" / "keys")
    result = run("restore", str(copies / "one"), **again)
    assert result.exit_code == 0, result.output
    assert EventReader(tmp_path / "again" / "events.db").totals() == 0
    assert run("verify", "log", str(tmp_path / "again" / "published" / "log")).exit_code == 0


def test_a_portal_whose_keys_are_lost_starts_with_no_others(filled: Settings) -> None:
    here = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}
    assert run("seal", **here).exit_code == 0
    shutil.rmtree(filled.keys_dir)

    for command in ("seal", "worker", "serve", "draw-keys"):
        refused = run(command, **here)
        assert (refused.exit_code, "has no log.key" in refused.output) == (2, True), command
    assert not filled.keys_dir.exists()


def test_a_folder_that_cannot_be_written_is_named(filled: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    refused = run("backup", str(tmp_path / "file" / "one"), AIGUILLAGE_DATA_DIR=str(filled.data_dir))

    assert refused.exit_code == 2
    assert "Nothing was kept" in refused.output
    assert "Traceback" not in refused.output
