"""Backs up ids, redirects, the log and the counts while the portal runs, and beside them what auditors replay.

    <folder>/<backup>/manifest.json   when it was made, and the SHA-256 of each of its files
    <folder>/<backup>/*.db, log/      the stores and the log's head, of one moment each
    <folder>/published/               what auditors replay, shared by all backups of the folder (`evidence.py`)

A copy of a store is consistent (SQLite's own online backup). Keys are left out, for they are kept apart; what platforms
said is read again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.database.sqlite import copy_whole
from aggregator.worker.backups import evidence

STORES = ("registry.db", "events.db", "log.db", "rollups.db")
HEAD = "log"
MANIFEST = "manifest.json"
FORMAT = "backup/2"
FIRST = "backup/1"
"""Of a manifest that does not say: its `log/` is the whole folder, and its stores alone have sums."""


class BackupError(RuntimeError):
    """The copy cannot be made or used; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `sums`: file -> SHA-256. `erasing`: an erasure of `events.db` has not ended."""

    at: datetime
    sums: dict[str, str] = field(default_factory=dict)
    erasing: bool = False
    format: str = FORMAT

    def write(self, folder: Path) -> None:
        content: dict[str, object] = {"format": self.format, "at": instants.second(self.at), "sums": self.sums}
        if self.erasing:
            content["erasing"] = True
        files.write_whole(folder / MANIFEST, canonical.to_json(content))

    def begun(self) -> Manifest:
        """The same while its events are being erased: nobody restores it until that has ended."""
        return replace(self, erasing=True)

    def but(self, name: str, sha256: str) -> Manifest:
        """The same, with another sum of one file, and no erasure under way."""
        return replace(self, sums={**self.sums, name: sha256}, erasing=False)


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupError when `folder` is no whole backup, or one of a newer version."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        at = datetime.fromisoformat(content["at"])
        sums = {str(name): str(value) for name, value in content["sums"].items()}
        found = Manifest(at, sums, bool(content.get("erasing", False)), content.get("format", FIRST))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder} is no whole backup: {error}") from error
    if found.format not in (FIRST, FORMAT):
        raise BackupError(f"{folder} is a backup of format {found.format}, made by a newer version: install that first")
    if at.tzinfo is None or any(Path(name).is_absolute() or ".." in Path(name).parts for name in sums):
        raise BackupError(f"{folder} is no whole backup: {MANIFEST} says what no backup says")
    return found


def backup(settings: Settings, target: Path, at: datetime) -> list[str]:
    """Copy into the new folder `target`, and what auditors replay into `published/` beside it.

    Returns the names of the files of `target`. Raises BackupError.
    """
    if settings.database_url:
        raise BackupError("DATABASE_URL is set: what must be kept is there; docs/operations.md says how to copy it")
    if target.exists():
        raise BackupError(f"{target} exists already: each backup is a new folder")
    if target.resolve().parent == settings.data_dir.resolve():
        raise BackupError(f"{target} is in the data folder itself: choose one outside, best on another disk")
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    # The head before the entries: a log that has more entries than it has signed goes on, one that has fewer stops.
    _copy_head(settings.published_dir / HEAD, part / HEAD)
    for name in STORES:
        if (settings.data_dir / name).exists():
            copy_whole(settings.data_dir / name, part / name)
    # Last: entries name files that were written before them, so all of those are there by now.
    evidence.bring(settings.published_dir, target.parent / evidence.FOLDER)
    sums = {path.relative_to(part).as_posix(): digest(path) for path in sorted(part.rglob("*")) if path.is_file()}
    Manifest(at, sums).write(part)
    # Under its name only when whole: a copy that was cut off is never taken for a backup.
    part.replace(target)
    return list(sums)


def _copy_head(log: Path, target: Path) -> None:
    """The few files of the log that change under their name: the others are in the evidence."""
    found = sorted(path for path in log.glob("*") if path.is_file() and not path.name.startswith("."))
    # The checkpoint first, for the same reason as above.
    for path in sorted(found, key=lambda path: path.name != "checkpoint"):
        target.mkdir(exist_ok=True)
        shutil.copy2(path, target / path.name)


def digest(path: Path) -> str:
    """SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
