"""Mirrors what auditors replay: hours, snapshots, the log's files and the closed editions.

Nearly all of it is written once and never again, so one copy serves all backups of a folder, and bringing it up to date
costs what is new. `hours/` grows line by line; a snapshot's files are copied before the line that names them.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from aggregator.opendata.editions import windows
from aggregator.snapshot.format import FOLDER as SNAPSHOTS
from aggregator.snapshot.format import SUFFIX

FOLDER = "published"
HOURS, LOG, EDITIONS = "hours", "log", "data"
RECENT_NS = 2_000_000_000  # clocks of file systems are coarse: what changed just now may change again unseen


def bring(published: Path, kept: Path, but: Collection[str] = ()) -> int:
    """Bring the mirror `kept` up to what is in `published`. Returns how many files were copied.

    Nothing is deleted there, and a file that retention takes away meanwhile is left out. `but`: folders to leave out.
    """
    copied = 0
    for hour in sorted((published / HOURS).glob("*.ndjson")):
        copied += _bring_hour(hour, published, kept)
    for folder in _folders(published):
        if folder.name not in but:
            copied += _bring_tree(folder, kept / folder.relative_to(published))
    return copied


def put_back(kept: Path, published: Path, but: Collection[str] = ()) -> int:
    """Copy a mirror into a published folder that has none of it. Returns how many files were copied."""
    return bring(kept, published, but)


def _folders(published: Path) -> Iterator[Path]:
    """The log, and every edition that is whole; those of the running day are made anew."""
    if (published / LOG).is_dir():
        yield published / LOG
    for one in windows.released(published / EDITIONS):
        yield published / EDITIONS / one.name


def _bring_hour(hour: Path, published: Path, kept: Path) -> int:
    target = kept / HOURS / hour.name
    if _size(target) == hour.stat().st_size:
        return 0
    # Up to the last whole line: the worker may be writing the next one.
    lines = hour.read_bytes().rpartition(b"\n")[0].splitlines()
    named = {entry[part] for entry in map(json.loads, lines) for part in ("places", "slots")}
    snapshots = [f"{SNAPSHOTS}/{sha256}{SUFFIX}" for sha256 in sorted(named)]
    copied = sum(_copy(published / name, kept / name) for name in snapshots if _size(kept / name) is None)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(b"".join(line + b"\n" for line in lines))
    part.replace(target)
    return copied + 1


def _bring_tree(source: Path, target: Path) -> int:
    """Files that are new or have changed. A folder in which nothing was made or moved is not read again."""
    copied = 0
    for where, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here, there = Path(where), target / Path(where).relative_to(source)
        made = here.stat().st_mtime_ns
        if there.exists() and there.stat().st_mtime_ns == made:
            continue
        there.mkdir(parents=True, exist_ok=True)
        copied += sum(
            _copy(here / name, there / name)
            for name in sorted(names)
            if not name.startswith(".") and not _same(here / name, there / name)
        )
        # The mark is the time seen before the files were read: what was made since is seen the next time.
        if time.time_ns() - made > RECENT_NS:
            os.utime(there, ns=(made, made))
    return copied


def _copy(source: Path, target: Path) -> int:
    """1, or 0 when the file is gone by now."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copy2(source, part)
    except FileNotFoundError:
        return 0
    part.replace(target)
    return 1


def _same(one: Path, other: Path) -> bool:
    try:
        a, b = one.stat(), other.stat()
    except FileNotFoundError:
        return False
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
