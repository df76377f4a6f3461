"""Backs up and restores ids, redirects, the log and the counts while the portal runs.

A copy is consistent file by file (SQLite's own online backup) and says its sums; keys are left out, for they are kept
apart. What platforms said is read again, and is not copied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.database.sqlite import copy_whole

STORES = ("registry.db", "events.db", "log.db", "rollups.db")
MANIFEST = "manifest.json"


class BackupError(RuntimeError):
    """The copy cannot be made or used; the message says which file and why."""


def backup(settings: Settings, target: Path, at: datetime) -> list[str]:
    """Copy into the new folder `target`. Returns the names of what it holds. Raises BackupError."""
    if settings.database_url:
        raise BackupError("DATABASE_URL is set: what must be kept is there; docs/operations.md says how to copy it")
    if target.exists():
        raise BackupError(f"{target} exists already: each backup is a new folder")
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    sums = {}
    for name in STORES:
        source = settings.data_dir / name
        if source.exists():
            copy_whole(source, part / name)
            sums[name] = digest(part / name)
    log = settings.published_dir / "log"
    if log.exists():
        shutil.copytree(log, part / "log")
    manifest = {"at": instants.second(at), "sums": sums}
    files.write_whole(part / MANIFEST, canonical.to_json(manifest))
    # Under its name only when whole: a copy that was cut off is never taken for a backup.
    part.replace(target)
    return list(sums)


def restore(settings: Settings, source: Path) -> list[str]:
    """Put a backup back into a data folder that has none of its files. Returns their names. Raises BackupError."""
    try:
        sums: dict[str, str] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))["sums"]
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"{source} is no whole backup: {error}") from error
    for name, wanted in sums.items():
        if (settings.data_dir / name).exists():
            raise BackupError(f"{settings.data_dir / name} exists: move it away first, nothing is overwritten")
        if not (source / name).exists():
            raise BackupError(f"{source} is no whole backup: {name} is missing")
        if digest(source / name) != wanted:
            raise BackupError(f"{source / name} is not what was written: take another backup")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Only after all have been checked: a restore that is refused has changed nothing.
    for name in sums:
        shutil.copyfile(source / name, settings.data_dir / name)
    if (source / "log").exists():
        shutil.copytree(source / "log", settings.published_dir / "log", dirs_exist_ok=True)
    return list(sums)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
