"""Which backups of a folder stay, and how old events are erased in all of them without making one unrestorable."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import Settings
from aggregator.redirect.event_log import EventLog, EventLogError
from aggregator.redirect.event_reader import EventReader, erase
from aggregator.redirect.events import Event, EventClass
from aggregator.worker.backups.backup import BackupError, Manifest, backup, digest, read_manifest
from aggregator.worker.backups.restore import restore
from aggregator.worker.backups.series import Kept, erase_copies, found, prune, to_keep
from tests.clock import NOON

OLD, NEW = "2025-10-01T12", "2026-11-23T12"
LIMIT = "2025-10-23T12"


def click(hour: str) -> Event:
    return Event("dep=75", hour, "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")


@pytest.fixture
def portal_with_old_events(filled: Settings) -> Settings:
    log = EventLog(filled.data_dir / "events.db", wait_s=5)
    for hour in (OLD, OLD, NEW):
        log.record(click(hour))
    log.close()
    (filled.keys_dir).mkdir(exist_ok=True)
    for name in ("token.key", "seed-chain.json", "log.key"):
        (filled.keys_dir / name).write_text("kept apart")
    return filled


@pytest.fixture
def copies(portal_with_old_events: Settings, tmp_path: Path) -> Path:
    for number in range(2):
        backup(portal_with_old_events, tmp_path / "copies" / f"{number}", NOON + timedelta(minutes=number))
    return tmp_path / "copies"


def put_back(settings: Settings, copy: Path, target: Path) -> int:
    """Events of a portal restored from a copy."""
    again = Settings(data_dir=target)
    shutil.copytree(settings.keys_dir, again.keys_dir)
    restore(again, copy)
    return EventReader(again.data_dir / "events.db").totals()


def test_an_erased_backup_is_restored_without_what_was_erased(
    portal_with_old_events: Settings, copies: Path, tmp_path: Path
) -> None:
    assert erase_copies([copies], LIMIT) == 4

    assert put_back(portal_with_old_events, copies / "0", tmp_path / "zero") == 1
    assert put_back(portal_with_old_events, copies / "1", tmp_path / "one") == 1
    assert erase_copies([copies], LIMIT) == 0


def test_erased_behind_the_back_of_its_manifest_a_backup_is_refused(
    portal_with_old_events: Settings, copies: Path, tmp_path: Path
) -> None:
    """The control: this is what erasing the file alone does."""
    erase(copies / "0" / "events.db", LIMIT)

    with pytest.raises(BackupError, match="not what was written"):
        put_back(portal_with_old_events, copies / "0", tmp_path / "zero")


@pytest.mark.parametrize("named", ["0", "0/events.db"])
def test_one_backup_may_be_named_by_its_folder_or_its_file(copies: Path, named: str) -> None:
    assert erase_copies([copies / named], LIMIT) == 2
    assert read_manifest(copies / "0").sums["events.db"] == digest(copies / "0" / "events.db")


def test_nothing_that_was_erased_is_left_in_the_bytes_of_a_copy(copies: Path) -> None:
    path = copies / "0" / "events.db"
    with closing(sqlite3.connect(path)) as connection:
        nonces = [row[0] for row in connection.execute("SELECT nonce FROM events WHERE bin = ?", (OLD,))]
    assert all(nonce in path.read_bytes() for nonce in nonces)

    erase_copies([copies], LIMIT)

    left = b"".join(one.read_bytes() for one in (copies / "0").iterdir() if one.is_file())
    assert [nonce for nonce in nonces if nonce in left] == []


def test_an_erasure_that_was_cut_off_is_ended_by_the_next(
    portal_with_old_events: Settings, copies: Path, tmp_path: Path
) -> None:
    read_manifest(copies / "0").begun().write(copies / "0")
    erase(copies / "0" / "events.db", LIMIT)  # and then the power was cut

    erase_copies([copies / "0"], LIMIT)

    assert put_back(portal_with_old_events, copies / "0", tmp_path / "zero") == 1


def test_a_damaged_copy_never_passes_for_whole_because_it_was_erased(copies: Path) -> None:
    path = copies / "0" / "events.db"
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(BackupError, match="not what was written"):
        erase_copies([copies / "0"], LIMIT)
    read_manifest(copies / "0").begun().write(copies / "0")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BackupError, match="Take this backup away"):
        erase_copies([copies / "0"], LIMIT)


def test_what_is_no_copy_of_events_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "photo.db").write_bytes(b"\xff\xd8" * 4096)

    with pytest.raises(BackupError, match="holds no backup"):
        erase_copies([tmp_path / "empty"], LIMIT)
    with pytest.raises(EventLogError, match=r"is it a copy of events\.db"):
        erase_copies([tmp_path / "photo.db"], LIMIT)


def series(folder: Path, *ages: timedelta) -> dict[Path, datetime]:
    for number, age in enumerate(ages):
        one = folder / f"{number:03}"
        one.mkdir(parents=True)
        Manifest(NOON - age).write(one)
    return found(folder)


def test_all_of_the_last_hour_then_one_an_hour_then_one_a_day_are_kept(tmp_path: Path) -> None:
    ages = [timedelta(seconds=30 * n) for n in range(4 * 120)]  # four hours of a backup each half minute
    ages += [timedelta(days=1, minutes=15 * n) for n in range(96)]  # a day before them, four an hour
    ages += [timedelta(days=n) for n in range(3, 40)]
    series(tmp_path, *ages)

    prune(tmp_path, NOON, Kept(hours=3, days=30))

    left = sorted(NOON - made for made in found(tmp_path).values())
    assert sum(age <= timedelta(hours=1) for age in left) == 121
    assert [age for age in left if timedelta(hours=1) < age <= timedelta(hours=4)] == [
        timedelta(hours=1, seconds=30), timedelta(hours=2, seconds=30),
    ]  # fmt: skip
    # The day before yesterday too: a day ends at midnight, and it is noon.
    assert [age.days for age in left if age >= timedelta(days=1)] == [1, 1, *range(3, 31)]


@given(
    st.lists(st.integers(min_value=0, max_value=80 * 86_400), min_size=1, max_size=60, unique=True),
    st.integers(min_value=1, max_value=72),
    st.integers(min_value=1, max_value=60),
)
def test_the_newest_always_stays_and_no_hour_or_day_within_its_bound_loses_its_last(
    seconds: list[int], hours: int, days: int
) -> None:
    there = {Path(str(s)): NOON - timedelta(seconds=s) for s in seconds}

    kept = to_keep(there, NOON, Kept(hours, days))

    assert Path(str(min(seconds))) in kept
    for path, made in there.items():
        if NOON - made > timedelta(days=days):
            continue
        same_day = {one for one in there if there[one].astimezone(UTC).date() == made.astimezone(UTC).date()}
        assert same_day & kept, path
    for path, made in there.items():
        assert path in kept or NOON - made > timedelta(hours=1)


def test_what_is_no_backup_is_left_alone(tmp_path: Path) -> None:
    series(tmp_path, timedelta(0), timedelta(days=90))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-keep.txt").write_text("x")

    gone = prune(tmp_path, NOON, Kept())

    assert [path.name for path in gone] == ["001"]
    assert (tmp_path / "letters" / "to-keep.txt").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_folder_with_a_manifest_that_cannot_be_read_is_named_and_nothing_is_removed(tmp_path: Path) -> None:
    series(tmp_path, timedelta(0), timedelta(days=90))
    (tmp_path / "000" / "manifest.json").write_text(json.dumps({"at": 7}))

    with pytest.raises(BackupError, match="000 is no whole backup"):
        prune(tmp_path, NOON, Kept())

    assert (tmp_path / "001").exists()
