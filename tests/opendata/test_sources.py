"""Where an edition is read from."""

from __future__ import annotations

import pytest

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.sources import NothingPublishedError
from aggregator.worker.editions.writing import write_editions
from tests.week import AFTER


def test_without_a_snapshot_there_is_no_edition(settings: Settings, gazetteer: Gazetteer) -> None:
    with pytest.raises(NothingPublishedError):
        write_editions(settings, gazetteer, AFTER)
