"""A closed edition of the open data, and how its files are read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from aggregator.config import datasets
from aggregator.config.settings import ROOT, Settings
from aggregator.opendata.edition import unpacked

DAY = "2026-11-29"
ALL = datasets.load_datasets(ROOT / "data" / "datasets.toml")


@pytest.fixture(scope="module")
def edition(a_week: Settings) -> Path:
    return a_week.editions_dir / DAY


def text(folder: Path, name: str) -> str:
    with unpacked(folder / name) as file:
        return file.read().decode("utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(folder, f"{name}.csv"), newline="")))
