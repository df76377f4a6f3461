"""A folder of backups: which of them to keep, and the erasure of old events in all of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.database.sqlite import damage
from aggregator.publish import retention
from aggregator.redirect.event_reader import erase
from aggregator.worker.backups import evidence
from aggregator.worker.backups.backup import MANIFEST, BackupError, digest, read_manifest

EVENTS = "events.db"
HOURS, DAYS = 48, 30
FULL = timedelta(hours=1)
"""For how long every backup is kept, before one an hour is enough."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How far back one backup an hour, and one a day, is kept."""

    hours: int = HOURS
    days: int = DAYS


def found(folder: Path) -> dict[Path, datetime]:
    """The whole backups of a folder with the instant of each, oldest first. Raises BackupError."""
    paths = [path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(".")]
    return dict(sorted(((path, read_manifest(path).at) for path in paths), key=lambda pair: (pair[1], pair[0])))


def prune(folder: Path, at: datetime, kept: Kept) -> list[Path]:
    """Remove what is not to be kept, and snapshots of the evidence older than thirteen months.

    Returns the backups removed. What is no backup is left alone. Raises BackupError.
    """
    there = found(folder)
    gone = [path for path in there if path not in to_keep(there, at, kept)]
    for path in gone:
        # Under another name first: one whose removal was cut off is never taken for a backup.
        going = path.with_name(f".{path.name}.gone")
        shutil.rmtree(going, ignore_errors=True)
        path.rename(going)
    for left in folder.glob(".*.gone"):
        shutil.rmtree(left)
    retention.prune(folder / evidence.FOLDER, at)
    return gone


def to_keep(backups: dict[Path, datetime], at: datetime, kept: Kept) -> set[Path]:
    """All of the last hour, the last of each hour and of each day (UTC) as far back as `kept` says, and the newest."""
    wanted: dict[tuple[str, datetime | Path], Path] = {}
    for path, made in sorted(backups.items(), key=lambda pair: (pair[1], pair[0])):
        when, age = made.astimezone(UTC), at - made
        hour = when.replace(minute=0, second=0, microsecond=0)
        if age <= FULL:
            wanted["each", path] = path
        if age <= timedelta(hours=kept.hours):
            wanted["hour", hour] = path
        if age <= timedelta(days=kept.days):
            wanted["day", hour.replace(hour=0)] = path
        wanted["newest", datetime.min] = path  # noqa: DTZ901 - one key for all: the last one stays
    return set(wanted.values())


def erase_copies(paths: Iterable[Path], before: str) -> int:
    """Erase the events of the hours before `before` in copies: files, backups, or folders of backups.

    Manifests say the new sums, so that what was erased can be restored. Returns how many events went.
    Raises BackupError at a copy that is not what was written (erased, it would pass for whole), EventLogError.
    """
    return sum(_erase(copy, before) for path in paths for copy in _copies(path))


def _copies(path: Path) -> list[Path]:
    """The backups that a path leads to, or the path itself when it is a file that belongs to none."""
    if not path.is_dir():
        return [path.parent if path.name == EVENTS and (path.parent / MANIFEST).exists() else path]
    backups = [path] if (path / MANIFEST).exists() else list(found(path))
    if not backups:
        raise BackupError(f"{path} holds no backup: name a backup, a folder of backups or a copy of {EVENTS}")
    return backups


def _erase(copy: Path, before: str) -> int:
    if not copy.is_dir():
        return erase(copy, before)
    manifest, path = read_manifest(copy), copy / EVENTS
    if EVENTS not in manifest.sums:
        return 0
    if manifest.erasing:
        # The sum of a file whose erasure was cut off is not known.
        if wrong := damage(path):
            raise BackupError(f"{path}: {wrong}. Take this backup away, it cannot be restored")
    elif not path.exists() or digest(path) != manifest.sums[EVENTS]:
        raise BackupError(f"{path} is not what was written: take this backup away, it cannot be restored")
    manifest.begun().write(copy)
    erased = erase(path, before)
    manifest.but(EVENTS, digest(path)).write(copy)
    return erased
