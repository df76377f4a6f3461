"""The mirror of what auditors replay holds all of it, costs what is new, and never names what it lacks."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.snapshot.shelf import in_force
from aggregator.worker.backups.evidence import bring, put_back
from tests.clock import NOON
from tests.conftest import seal
from tests.portal import Portal

LONG_AGO = 1_700_000_000


def age(folder: Path) -> None:
    """As if nothing there had changed for long."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (LONG_AGO, LONG_AGO))


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_hours_their_snapshots_the_log_and_closed_editions_are_in_the_mirror(
    day_over: Portal, tmp_path: Path
) -> None:
    day_over.release()
    published = day_over.settings.published_dir

    bring(published, tmp_path / "kept")

    there, mirrored = tree(published), tree(tmp_path / "kept")
    wanted = {name for name in there if name.startswith(("hours/", "snapshots/", "log/", "data/2026-11-23/"))}
    assert {name.split("/")[0] for name in wanted} == {"hours", "snapshots", "log", "data"}
    assert any(name.startswith("log/replays/") for name in wanted)
    assert mirrored == {name: there[name] for name in wanted}


def test_what_has_not_changed_is_not_copied_again(filled: Settings, tmp_path: Path) -> None:
    seal(filled, NOON)
    age(filled.published_dir / "log")
    first = bring(filled.published_dir, tmp_path / "kept")

    again = bring(filled.published_dir, tmp_path / "kept")
    seal(filled, NOON.replace(minute=1))
    (filled.published_dir / "log" / "incident").write_text("new")
    later = bring(filled.published_dir, tmp_path / "kept")

    assert first > 5
    assert again == 0
    assert 1 <= later < first
    assert (tmp_path / "kept" / "log" / "incident").read_text() == "new"


def test_a_line_that_is_being_written_waits_for_the_next_time_with_its_snapshot(
    filled: Settings, tmp_path: Path
) -> None:
    (hour,) = (filled.published_dir / "hours").iterdir()
    whole = hour.read_bytes()
    hour.write_bytes(whole + whole[:-20])

    bring(filled.published_dir, tmp_path / "kept")

    assert (tmp_path / "kept" / "hours" / hour.name).read_bytes() == whole
    hour.write_bytes(whole + whole)
    bring(filled.published_dir, tmp_path / "kept")
    assert (tmp_path / "kept" / "hours" / hour.name).read_bytes() == whole + whole


def test_every_snapshot_that_a_mirrored_hour_names_is_there(filled: Settings, tmp_path: Path) -> None:
    bring(filled.published_dir, tmp_path / "kept")

    named = in_force(filled.published_dir)
    assert named is not None
    for hour in (tmp_path / "kept" / "hours").iterdir():
        for line in hour.read_text().splitlines():
            entry = json.loads(line)
            for part in ("places", "slots"):
                assert (tmp_path / "kept" / "snapshots" / f"{entry[part]}.json.gz").exists()


def test_a_file_made_within_the_tick_in_which_its_folder_was_read_is_not_missed(
    filled: Settings, tmp_path: Path
) -> None:
    """Clocks of file systems are coarse: a folder that has just changed is read again."""
    seal(filled, NOON)
    log = filled.published_dir / "log"
    bring(filled.published_dir, tmp_path / "kept")
    now = time.time_ns()
    (log / "late").write_text("late")
    os.utime(log, ns=(now, now))
    bring(filled.published_dir, tmp_path / "kept")
    (log / "later").write_text("later")
    os.utime(log, ns=(now, now))

    bring(filled.published_dir, tmp_path / "kept")

    assert (tmp_path / "kept" / "log" / "later").exists()


def test_what_is_put_back_is_what_was_published(filled: Settings, tmp_path: Path) -> None:
    seal(filled, NOON)
    bring(filled.published_dir, tmp_path / "kept")

    put_back(tmp_path / "kept", tmp_path / "again")

    assert tree(tmp_path / "again") == tree(tmp_path / "kept")
