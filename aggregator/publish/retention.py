"""Deletes snapshot files that are older than the thirteen months for which they are kept (docs/ranking.md §7.1)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from aggregator import instants
from aggregator.config.settings import KEPT_DAYS
from aggregator.snapshot.format import FOLDER, SUFFIX
from aggregator.snapshot.shelf import in_force


def prune(folder: Path, now: datetime) -> int:
    """Delete snapshot files older than thirteen months that no kept hour names. Returns how many."""
    limit = now - timedelta(days=KEPT_DAYS)
    # A places file is written once for as long as it stays the same: its age says nothing of its use.
    old = [path for path in folder.glob(f"{FOLDER}/*{SUFFIX}") if path.stat().st_mtime < limit.timestamp()]
    needed = {*(in_force(folder) or {}).values(), *(_places_since(folder, limit) if old else ())}
    removed = 0
    for path in old:
        if path.name.removesuffix(SUFFIX) not in needed:
            path.unlink()
            removed += 1
    return removed


def _places_since(folder: Path, limit: datetime) -> set[str]:
    """The places files of the hours that are kept. A slots file holds its instant: no later hour names it."""
    hours = [path for path in folder.glob("hours/*.ndjson") if path.stem >= instants.hour(limit)]
    return {json.loads(line)["places"] for path in hours for line in path.read_text(encoding="utf-8").splitlines()}
