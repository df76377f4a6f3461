"""Platforms' answers with their meaning, from two sources: small ones written by us, and recordings kept elsewhere.

A test that asks for the fixture `answers` runs on both, so that a clone without recordings tests the same rules.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
SOURCES = ("ours", "recorded")

Scenario = dict[str, Any]


class Answers:
    """Files of answers, and scenarios: what was asked, which files answer it (`fixtures`), what that means."""

    def __init__(self, folder: Path, scenarios: Mapping[tuple[str, str], Scenario]) -> None:
        self._folder = folder
        self.scenarios = scenarios

    def of(self, slug: str, scenario: str) -> Scenario:
        return self.scenarios[(slug, scenario)]

    def names(self, slug: str) -> set[str]:
        """The scenarios of one platform."""
        return {name for owner, name in self.scenarios if owner == slug}

    def answer(self, name: str) -> Any:
        return json.loads(self.body(name))

    def body(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def first(self, slug: str, scenario: str, number: int = 0) -> bytes:
        """The first answer of a scenario, or the one at `number`."""
        return self.body(self.of(slug, scenario)["fixtures"][number])

    def official_list(self, columns: str) -> bytes:
        """The State's list in its dialect of "37" or "42" columns."""
        return (self._folder / "official" / f"centres-{columns}-colonnes.csv").read_bytes()

    def booking_cells(self) -> set[str]:
        """What stands where a booking link is expected."""
        return set(self.answer("links.json"))

    def keldoc_centres(self) -> Any:
        """Centres with all their cabinets and motives."""
        return self.answer("keldoc/centres.json")


class Recorded(Answers):
    """Answers of 2021-22 as platforms gave them, and the real lists, which are not ours to publish."""

    def __init__(self, folder: Path) -> None:
        rows = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        super().__init__(folder / "recorded", {(row["provider"], row["scenario"]): row for row in rows})
        self._real = folder.parent / "real"

    def body(self, name: str) -> bytes:
        """One recording holds a backslash that the scrubbing of an e-mail address left alone: it is put right here."""
        text = self.raw(name).decode()
        return re.sub(r'\\\\|\\(?!["/bfnrtu])', lambda found: found[0] if len(found[0]) == 2 else "", text).encode()

    def raw(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def official_list(self, columns: str) -> bytes:
        day = {"37": "2021-01-15", "42": "2021-03-23"}[columns]
        return (self._real / f"gouv_centres-vaccination_{day}.csv").read_bytes()

    def booking_cells(self) -> set[str]:
        cells: set[str] = set()
        for name in ("pool_doctolib_1761", "pool_maiia_123", "pool_keldoc_144"):
            pool = json.loads((self._real / f"{name}.json").read_text(encoding="utf-8"))
            cells |= {c["url"] for key in ("centres_disponibles", "centres_indisponibles") for c in pool[key]}
        for columns in ("37", "42"):
            rows = csv.DictReader(self.official_list(columns).decode().splitlines(), delimiter=";")
            cells |= {row["rdv_site_web"] for row in rows}
        return cells

    def keldoc_centres(self) -> Any:
        return json.loads((self._real / "keldoc_centers_102_full_resources.json").read_text(encoding="utf-8"))


def both(name: str, *, ours: Any, recorded: Any) -> pytest.MarkDecorator:
    """For a test that expects something else of either source: the value that it gets under `name`."""
    cases = [("ours", ours), ("recorded", recorded)]
    return pytest.mark.parametrize(("answers", name), cases, indirect=["answers"], ids=SOURCES)


def our_answers() -> Answers:
    scenarios = {}
    for path in sorted(FIXTURES.glob("*/scenarios.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            scenarios[(path.parent.name, row["scenario"])] = row
    return Answers(FIXTURES, scenarios)


def recorded_answers() -> Recorded:
    """Skips the test that asks where there are no recordings."""
    folder = os.environ.get("RECORDED_ANSWERS")
    if not folder or not (Path(folder) / "expected.json").exists():
        pytest.skip("RECORDED_ANSWERS does not name a folder with recorded/ and expected.json")
    return Recorded(Path(folder))
