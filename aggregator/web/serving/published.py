"""The files that the worker publishes for the pages, read again when they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PUBLISHED = ("health", "shares", "controls", "closed", "coverage", "history", "aside", "changes", "landings")


class PublishedFile:
    """One JSON file of the worker. `content`: as last read, {} before; `version`: how many contents were read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self.version = 0
        self.content: Any = {}

    def refresh(self) -> None:
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._seen:
                self.content = json.loads(self._path.read_text(encoding="utf-8"))
                self._seen = changed  # only now: a file that could not be read is tried again at the next call
                self.version += 1
        except (OSError, ValueError):
            # Not written yet, or damaged: the last good content stays in force (S6).
            return
