"""`controls.json`: how each control of the portal went, as the transparency page prints it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator import canonical, files, instants

WINDOW_DAYS = 7


class Controls:
    """A control that fails suspends the verdict until it holds again."""

    def __init__(self, published: Path) -> None:
        self._path = published / "controls.json"

    def all(self) -> dict[str, Any]:
        """The outcome of each control by name, as last published."""
        if not self._path.exists():
            return {}
        content: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return content

    def publish(self, name: str, outcome: dict[str, Any], at: datetime) -> None:
        """Publish one outcome, {"ok": bool, …}; the time of a first failure stays until the control holds again."""
        controls = self.all()
        before = controls.get(name, {})
        failed = None if outcome["ok"] else before.get("failed_since") or instants.second(at)
        controls[name] = {**outcome, "at": instants.second(at), "failed_since": failed}
        files.write_whole(self._path, canonical.to_json(controls))
