"""Deletes snapshot files that are older than the thirteen months for which they are kept (docs/ranking.md §7.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config.settings import KEPT_DAYS
from aggregator.snapshot.format import FOLDER, SUFFIX
from aggregator.snapshot.shelf import in_force


def prune(folder: Path, now: datetime) -> int:
    """Delete the snapshot files written more than thirteen months ago, but for the pair in force. Returns how many."""
    limit = (now - timedelta(days=KEPT_DAYS)).timestamp()
    old = [path for path in folder.glob(f"{FOLDER}/*{SUFFIX}") if path.stat().st_mtime < limit]
    # A places file is written once for as long as it stays the same: its age says nothing of its use.
    current = (in_force(folder) or {}).values()
    removed = 0
    for path in old:
        if path.name.removesuffix(SUFFIX) not in current:
            path.unlink()
            removed += 1
    return removed
