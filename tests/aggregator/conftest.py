"""A portal in small: stores filled from the sandbox, published, loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from aggregator.collect.collector import Collector
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish.publisher import Publisher
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.store import Stores, open_stores
from tests.conftest import NOON


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(settings: Settings, database_url: str | None) -> Iterator[Stores]:
    """Of one machine, and of several: every test that asks for them runs twice."""
    opened = open_stores(settings.data_dir, database_url)
    yield opened
    opened.close()


@pytest.fixture
def collector(settings: Settings, stores: Stores, gazetteer: Gazetteer, clock: Clock) -> Callable[..., Collector]:
    return lambda *only: Collector(settings, stores, gazetteer, clock, only=only)


@pytest.fixture
def publish(settings: Settings, stores: Stores, gazetteer: Gazetteer, clock: Clock) -> Callable[[], Snapshot]:
    def run() -> Snapshot:
        Publisher(settings, stores, gazetteer, clock).publish()
        shelf = Shelf(settings.published_dir)
        shelf.refresh()
        assert shelf.current is not None
        return shelf.current

    return run
