"""The files that the worker publishes for the pages, read again when they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PUBLISHED = ("health", "shares", "controls", "closed", "coverage", "history", "aside", "changes", "landings")


class PublishedFile:
    """A JSON file of the worker, read again when it changes; the last good content stays when it cannot be.

    `version` grows with each content.
    """

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
                self._seen = changed
                self.version += 1
        except (OSError, ValueError):
            return
