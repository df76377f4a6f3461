"""Three invented days, made once for this folder by what makes the thirteen weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from aggregator import canonical, files
from aggregator.config.settings import DEMO_LOG, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.demonstration import country, season
from aggregator.demonstration.past import Past
from aggregator.demonstration.season import Event, When
from app import create_app
from providers.sandbox.server import Sandbox
from tests.conftest import geography
from tests.once import alone_in_making

MONDAY, DAYS = date(2026, 11, 16), 3
AFTER = datetime(2026, 11, 28, 12, tzinfo=UTC)
# What a season has in weeks, in two days.
EVENTS = (
    Event(When(1, 1, 12), "fails", (0, "error")),
    Event(When(1, 2, 3), "shrinks", (1,)),
    Event(When(1, 2, 9), "loses_a_file"),
    Event(When(1, 3, 3), "works", (0,)),
    Event(When(1, 3, 3), "recovers", (1,)),
    Event(When(1, 3, 4), "opens"),
    Event(When(1, 3, 9), "finds_the_file"),
    Event(When(1, 3, 10), "tells", ("dispute", "{last_week}", "Démonstration : une part est contestée.")),
)


@dataclass(frozen=True)
class Made:
    settings: Settings
    until: datetime


@pytest.fixture(scope="session")
def three_days(gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory) -> Made:
    alone_in_making("three days", tmp_path_factory)
    data = tmp_path_factory.mktemp("past") / "run"
    data.mkdir()
    geography(data, tmp_path_factory)
    settings = Settings(data_dir=data, log_origin=DEMO_LOG)
    world = country.world(settings, 150, None, season.SEED)
    past = Past(settings, gazetteer, world, create_app)
    with pytest.MonkeyPatch.context() as patch, Sandbox(world, now=past.clock) as sandbox:
        patch.setattr(season, "EVENTS", EVENTS)
        files.write_whole(settings.sandbox_path, canonical.to_json(sandbox.description()))
        until = past.make(MONDAY, DAYS, 5000, sandbox, lambda what, done, total: None)
    return Made(settings, until)
