"""The finder over all of France, built once."""

from __future__ import annotations

import pytest

from aggregator.country.finder.finder import Finder, load_finder
from aggregator.country.gazetteer import Gazetteer


@pytest.fixture(scope="session")
def finder(gazetteer: Gazetteer) -> Finder:
    return load_finder(gazetteer)
