"""The stores and files that an edition is made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.redirect.rollups import RollUps
from aggregator.snapshot.format import plain
from aggregator.snapshot.shelf import in_force
from aggregator.store import Stores

Row = dict[str, Any]


class NothingPublishedError(RuntimeError):
    """There is no snapshot yet that an edition could be made of."""


@dataclass(frozen=True)
class Sources:
    """Where an edition is read from. `at`: its instant, UTC."""

    settings: Settings
    stores: Stores
    rollups: RollUps
    gazetteer: Gazetteer
    at: datetime

    @cached_property
    def published(self) -> Path:
        return self.settings.published_dir

    @cached_property
    def places(self) -> list[Row]:
        rows: list[Row] = self._snapshot("places")["places"]
        return rows

    @cached_property
    def slots(self) -> Row:
        return self._snapshot("slots")

    @cached_property
    def closed(self) -> list[tuple[str, list[Row]]]:
        """The closed days, then the closed weeks: (name, rows of `metrics/1`)."""
        files = sorted(
            (self.published / "log" / "metrics").glob("*.json"), key=lambda path: ("W" in path.stem, path.stem)
        )
        return [(path.stem, json.loads(path.read_text(encoding="utf-8"))["rows"]) for path in files]

    def _snapshot(self, name: str) -> Row:
        return plain(self.published, self._entry[name])

    @cached_property
    def _entry(self) -> dict[str, str]:
        """Read once: places and slots of an edition are those of one snapshot."""
        entry = in_force(self.published)
        if entry is None:
            raise NothingPublishedError("no snapshot has been published yet")
        return entry
