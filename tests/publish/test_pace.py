"""A snapshot is published when it tells something new, and every five minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from aggregator.collect.collector import Collector
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish.pace import Pace
from aggregator.publish.publisher import Publisher
from aggregator.snapshot.shelf import in_force
from aggregator.store import open_stores
from tests.clock import Clock
from tests.postgres import Server


@pytest.fixture
def read(settings: Settings, gazetteer: Gazetteer, clock: Clock) -> Callable[[], None]:
    """Reads every platform, as another job of the worker does: with stores of its own."""

    def run() -> None:
        with closing(open_stores(settings.data_dir)) as stores:
            collector = Collector(settings, stores, gazetteer, clock)
            collector.discover()
            collector.read()

    return run


@pytest.fixture
def pace(settings: Settings, gazetteer: Gazetteer, clock: Clock, read: Callable[[], None]) -> Iterator[Pace]:
    read()
    with closing(Pace(settings, gazetteer, clock)) as made:
        yield made


def test_what_has_not_changed_is_published_again_after_five_minutes_only(
    pace: Pace, clock: Clock, settings: Settings
) -> None:
    assert pace.publish()
    first = in_force(settings.published_dir)

    clock.forward(seconds=299)
    assert not pace.publish()
    assert in_force(settings.published_dir) == first

    clock.forward(seconds=1)
    assert pace.publish()
    assert in_force(settings.published_dir) != first


def test_what_was_read_since_is_published_at_once_and_once(pace: Pace, clock: Clock, read: Callable[[], None]) -> None:
    pace.publish()
    clock.forward(seconds=30)
    read()

    assert pace.publish()
    clock.forward(seconds=30)
    assert not pace.publish()  # what it has written itself is no news


def test_a_slot_that_has_begun_leaves_the_snapshot(
    pace: Pace, clock: Clock, settings: Settings, gazetteer: Gazetteer
) -> None:
    with closing(open_stores(settings.data_dir)) as stores:
        first = Publisher(settings, stores, gazetteer, clock).publish()
    assert first is not None
    clock.forward(seconds=60 * first - clock.at.timestamp() - 30)

    assert pace.publish()
    clock.forward(seconds=29)
    assert not pace.publish()
    clock.forward(seconds=1)
    assert pace.publish()


def test_every_hour_has_a_snapshot_of_its_own(pace: Pace, clock: Clock, settings: Settings) -> None:
    clock.forward(minutes=59, seconds=45)
    pace.publish()
    clock.forward(seconds=30)

    assert pace.publish()
    assert sorted(path.stem for path in (settings.published_dir / "hours").iterdir()) == [
        "2026-11-23T12", "2026-11-23T13",
    ]  # fmt: skip


def test_where_offers_are_read_more_often_than_that_a_snapshot_is_no_older_than_an_interval(
    settings: Settings, gazetteer: Gazetteer, clock: Clock
) -> None:
    """Or pages would say that it is late."""
    with closing(Pace(settings.but(collect_every_s=60), gazetteer, clock)) as pace:
        pace.publish()
        clock.forward(seconds=60)

        assert pace.publish()


def test_a_publication_that_fails_is_tried_again_on_connections_of_its_own(
    pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "publish", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pace.publish()

    assert pace.publish()


@pytest.mark.postgres
def test_a_store_that_cannot_tell_of_changes_is_published_each_time(
    settings: Settings, gazetteer: Gazetteer, clock: Clock, postgres: Server
) -> None:
    with closing(Pace(settings.but(database_url=postgres.schema()), gazetteer, clock)) as pace:
        assert pace.publish()
        assert pace.publish()
