"""A closed edition of the open data, and how its files are read."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from aggregator.config import datasets
from aggregator.config.settings import ROOT, Settings
from aggregator.opendata.edition import unpacked
from aggregator.opendata.text_formats import DIALECTS

DAY = "2026-11-29"
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
ALL = datasets.load_datasets(ROOT / "data" / "datasets.toml")


@pytest.fixture(scope="module")
def edition(a_week: Settings) -> Path:
    return a_week.editions_dir / DAY


def text(folder: Path, name: str) -> str:
    with unpacked(folder / name) as file:
        return file.read().decode("utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    delimiter = DIALECTS[ALL[name].csv].delimiter
    return list(csv.DictReader(io.StringIO(text(folder, f"{name}.csv"), newline=""), delimiter=delimiter))
