"""Puts a backup back, with what auditors replay; refuses to draw new keys, or to lose evidence, in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.worker.backups import evidence
from aggregator.worker.backups.backup import FIRST, HEAD, BackupError, Manifest, digest, read_manifest
from aggregator.worker.leadership import KEYS

OF_THE_LOG = {"log.key", "seed-chain.json"}
WITHOUT_KEYS = (
    "copy the folder of the ceremony there first. A log cannot go on under new keys: whoever kept the old key refuses "
    "it, and its seeds no longer lead back to its opening. If they are lost for good, --new-keys puts back registry.db "
    "alone (the ids of places live on): log and counts begin anew, and the old ones stay in the backup. Set another "
    "AIGUILLAGE_LOG_ORIGIN first, and tell of it by `aiguillage incident`"
)
WITHOUT_TOKENS = (
    "copy it there from the folder of the ceremony first. If it is lost for good, --new-keys goes on without: buttons "
    "of lists that are open now then lead to the search page"
)
WITHOUT_EVIDENCE = (
    "it holds what auditors replay (snapshots, hours, the log's files, closed editions). Put it back beside the "
    "backup; if it is lost, --without-evidence goes on: lists of past hours can then never be replayed"
)
IDS = "registry.db"


def restore(settings: Settings, source: Path, new_keys: bool = False, without_evidence: bool = False) -> list[str]:
    """Put a backup back into a data folder that has none of its files. Returns their names. Raises BackupError.

    `new_keys`: go on although keys are lost; without those of the log, ids alone are put back. `without_evidence`: go
    on although what auditors replay is lost.
    """
    manifest = read_manifest(source)
    _refuse_what_is_not_whole(source, manifest)
    anew = _begins_anew(settings, new_keys)
    names = [name for name in manifest.sums if name == IDS or not anew]
    kept = source.parent / evidence.FOLDER
    if not (kept.is_dir() or anew or without_evidence):
        raise BackupError(f"{kept} is missing: {WITHOUT_EVIDENCE}")
    _refuse_to_overwrite(settings, names)
    # Only after all has been checked: a restore that is refused has changed nothing.
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if kept.is_dir() and not anew:
        evidence.put_back(kept, settings.published_dir)
    if manifest.format == FIRST and (source / HEAD).is_dir() and not anew:
        shutil.copytree(source / HEAD, settings.published_dir / HEAD, dirs_exist_ok=True)
    for name in names:
        _put_back(source / name, _place_of(settings, name))
    return names


def refuse_lost_keys(settings: Settings) -> None:
    """A portal that has a log starts with the keys of that log, or not: new ones would be drawn without a word.

    Raises BackupError. Where several machines share a store, `agree_on_keys` refuses.
    """
    there = settings.published_dir / "log" / "seeds"
    marks = {"log.key": settings.data_dir / "log.db", "seed-chain.json": there}
    lost = [name for name, mark in marks.items() if mark.exists() and not (settings.keys_dir / name).exists()]
    if lost and not settings.database_url:
        raise BackupError(
            f"{settings.keys_dir} has no {', '.join(lost)}, and {settings.data_dir} has a log that was made with it: "
            "copy the folder of the ceremony there. If it is lost for good, move the data folder away and "
            "`aiguillage restore BACKUP --new-keys`"
        )


def _begins_anew(settings: Settings, new_keys: bool) -> bool:
    """Whether the log and the counts have to begin anew. Raises BackupError unless that was asked for."""
    lost = [name for name in KEYS if not (settings.keys_dir / name).exists()]
    anew = bool(OF_THE_LOG & set(lost))
    if lost and not new_keys:
        raise BackupError(f"{settings.keys_dir} has no {', '.join(lost)}: {WITHOUT_KEYS if anew else WITHOUT_TOKENS}")
    if anew and len(lost) < len(KEYS):
        # Two logs of one key that differ are the proof of a forged one.
        raise BackupError(f"{settings.keys_dir} has keys of the old log: move the folder away first")
    return anew


def _refuse_what_is_not_whole(source: Path, manifest: Manifest) -> None:
    if manifest.erasing:
        raise BackupError(f"{source}: an erasure in it has not ended; run `aiguillage erase {source}` again")
    for name, wanted in manifest.sums.items():
        if not (source / name).exists():
            raise BackupError(f"{source} is no whole backup: {name} is missing")
        if digest(source / name) != wanted:
            raise BackupError(f"{source / name} is not what was written: take another backup")


def _refuse_to_overwrite(settings: Settings, names: list[str]) -> None:
    places = [_place_of(settings, name) for name in names]
    places += [settings.published_dir / name for name in (evidence.HOURS, evidence.LOG)]
    for place in places:
        if place.exists():
            raise BackupError(f"{place} exists: move it away first, nothing is overwritten")


def _place_of(settings: Settings, name: str) -> Path:
    """Stores stand in the data folder, the log's head in what is published."""
    return (settings.published_dir if "/" in name else settings.data_dir) / name


def _put_back(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
