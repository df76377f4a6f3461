"""A web node without its web: its own events, and what ships them to the store that all machines share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass
from aggregator.redirect.shared_events import SharedEvents
from aggregator.worker.shipping import Shipper
from tests.postgres import Server

HOUR = "2026-11-23T12"


def click(hour: str = HOUR, prov: str = "a", cls: EventClass = EventClass.COUNTED) -> Event:
    return Event("dep=75", hour, "p-a", cls, "a" * 32, "order/1", 1, prov)


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.schema()


@pytest.fixture
def shared(url: str) -> Iterator[SharedEvents]:
    with closing(SharedEvents(url)) as opened:
        yield opened


class Machine:
    """A web node without its web: its own events, and what ships them."""

    def __init__(self, folder: Path, shared: SharedEvents) -> None:
        self.path = folder / "events.db"
        self.shared = shared
        self.log = EventLog(self.path, wait_s=5)
        self.shipper = Shipper(self.path, shared)

    def clicks(self, number: int, hour: str = HOUR) -> list[bytes]:
        return [self.log.record(click(hour))[0].commitment for _ in range(number)]

    def shows(self, exposure: int, key: str = "insee=75056") -> None:
        self.log.add_showings(
            [(HOUR, "dep=75", "a", 1, exposure, exposure)],
            [(HOUR, HOUR, "s" * 64, key, "h" * 64, 1)],
            [(HOUR, "a", 4, 1)],
        )
        self.clicks(1)  # the writer keeps the order: what was shown is on disk once this click is

    def stop(self) -> None:
        self.shipper.close()
        self.log.close()


@pytest.fixture
def machine(tmp_path: Path, shared: SharedEvents) -> Iterator[Machine]:
    made = Machine(tmp_path / "one", shared)
    yield made
    made.stop()


def arrived(shared: SharedEvents) -> list[bytes]:
    return [commitment for _, commitment in shared.commitments(after=0)]
