"""The recipes of docs/recipes.md, each run as it is written, where its tool is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from aggregator.config.settings import ROOT, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.worker.editions.writing import write_editions
from tests.clock import NOON
from tests.week import AFTER, served

RECIPES = re.findall(r"## (\d)\. (.+?)\n.*?```(\w+)\n(.+?)```", (ROOT / "docs" / "recipes.md").read_text(), re.DOTALL)
TOOLS = {"sh": ["bash", "-euc"], "python": [sys.executable, "-c"], "r": ["Rscript", "-e"]}
EXPECTED = {
    "1": r"^$",
    "2": r"window_start\s",
    "3": r"69",
    "4": r"(?s)69\|.*doctolib\|\d+.*2026-11-23\|doctolib\|0\.",
    "5": r"(?s)^rank,distance_m,id.*places\.csv: OK$",
}
OF_A_FRESH_PORTAL = {
    **EXPECTED,
    "2": r"^No week is closed yet: wait",
    "4": r"(?s)69\|.*doctolib\|\d+.*No week is closed yet: wait",
    "5": r"(?s)^rank,distance_m,id.*No day is closed yet: wait",
}


@pytest.fixture(scope="module")
def portal(a_week: Settings) -> Iterator[str]:
    with served(a_week, AFTER) as origin:
        yield origin


@pytest.fixture(scope="module")
def fresh(collected: Path, gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A portal that has read its platforms and written its first edition: no day and no week is closed."""
    data = tmp_path_factory.mktemp("fresh") / "run"
    shutil.copytree(collected, data, symlinks=True)
    five_minutes_old = NOON + timedelta(minutes=5)
    write_editions(Settings(data_dir=data), gazetteer, five_minutes_old)
    with served(Settings(data_dir=data), five_minutes_old) as origin:
        yield origin


def test_there_are_five() -> None:
    assert [number for number, *_ in RECIPES] == ["1", "2", "3", "4", "5"]


each_recipe = pytest.mark.parametrize(
    ("number", "language", "code"),
    [(number, language, code) for number, _, language, code in RECIPES],
    ids=[title for _, title, *_ in RECIPES],
)


@each_recipe
def test_a_recipe_works_as_it_is_written(portal: str, tmp_path: Path, number: str, language: str, code: str) -> None:
    said = followed(portal, tmp_path, language, code)

    assert re.search(EXPECTED[number], said), said
    if number == "1":
        assert (tmp_path / "couverture.csv").read_text(encoding="utf-8").startswith("\ufeffdepartment;")
        sheet = openpyxl.load_workbook(tmp_path / "couverture.xlsx").worksheets[0]
        assert {"01", "69"} < {cell.value for cell in sheet["A"]}


@each_recipe
def test_a_recipe_says_what_to_wait_for_on_a_portal_that_is_five_minutes_old(
    fresh: str, tmp_path: Path, number: str, language: str, code: str
) -> None:
    said = followed(fresh, tmp_path, language, code)

    assert re.search(OF_A_FRESH_PORTAL[number], said), said


def followed(portal: str, folder: Path, language: str, code: str) -> str:
    """What a recipe prints; it ends well, or the test does not. Skips where its tool is not there."""
    needed = [TOOLS[language][0], *(tool for tool in ("curl", "sqlite3") if tool in code and language == "sh")]
    missing = [tool for tool in needed if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")

    done = subprocess.run(
        [*TOOLS[language], code], cwd=folder, env={**os.environ, "PORTAL": portal}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
