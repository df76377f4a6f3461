"""What the tests of several commands need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import geography


@pytest.fixture
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data folder with the tables of the country and nothing else."""
    geography(tmp_path, tmp_path_factory)
    return str(tmp_path)
