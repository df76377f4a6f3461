"""The recipes of docs/recipes.md, each run as it is written, where its tool is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from aggregator.config.settings import ROOT, Settings
from app import create_app
from tests.week import AFTER

RECIPES = re.findall(r"## (\d)\. (.+?)\n.*?```(\w+)\n(.+?)```", (ROOT / "docs" / "recipes.md").read_text(), re.DOTALL)
TOOLS = {"sh": ["bash", "-euc"], "python": [sys.executable, "-c"], "r": ["Rscript", "-e"]}
EXPECTED = {
    "2": r"window_start\s",
    "3": r"69",
    "4": r"doctolib\|\d+",
    "5": r"(?s)^rank,distance_m,id.*places\.csv: OK$",
}


@pytest.fixture(scope="module")
def portal(a_week: Settings) -> Iterator[str]:
    app = create_app(a_week, lambda: AFTER)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    app.extensions["aiguillage"].close()


def test_there_are_five() -> None:
    assert [number for number, *_ in RECIPES] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("number", "title", "language", "code"), RECIPES, ids=[one[1] for one in RECIPES])
def test_a_recipe_works_as_it_is_written(
    portal: str, tmp_path: Path, number: str, title: str, language: str, code: str
) -> None:
    needed = [TOOLS[language][0], *(tool for tool in ("curl", "sqlite3") if tool in code and language == "sh")]
    missing = [tool for tool in needed if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")

    done = subprocess.run(
        [*TOOLS[language], code], cwd=tmp_path, env={**os.environ, "PORTAL": portal}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert re.search(EXPECTED.get(number, ""), done.stdout.strip()), done.stdout
    if number == "1":
        assert (tmp_path / "couverture.csv").read_text(encoding="utf-8").startswith("\ufeffdepartment;")
