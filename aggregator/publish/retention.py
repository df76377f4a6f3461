"""Deletes snapshot files that are older than the portal keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config.settings import KEPT_DAYS
from aggregator.snapshot.format import FOLDER, SUFFIX
from aggregator.snapshot.shelf import in_force


def prune(folder: Path, now: datetime) -> int:
    """Delete snapshot files older than thirteen months that no kept hour names. Returns how many."""
    limit = (now - timedelta(days=KEPT_DAYS)).timestamp()
    old = [path for path in folder.glob(f"{FOLDER}/*{SUFFIX}") if path.stat().st_mtime < limit]
    current = (in_force(folder) or {}).values()
    removed = 0
    for path in old:
        if path.name.removesuffix(SUFFIX) not in current:
            path.unlink()
            removed += 1
    return removed
