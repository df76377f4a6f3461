"""A portal in one process: the site and its worker on one clock that a test moves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.publish.publisher import Publisher
from aggregator.redirect.event_reader import EventReader
from aggregator.store import FetchRecord, open_stores
from aggregator.worker.editions.writing import write_editions
from app import create_app
from providers.records import Outcome
from tests.clock import NOON, Clock
from tests.waiting import wait_for
from tests.web.conftest import BROWSER

# The day on which people visit, and the last day of its week.
MONDAY, SUNDAY = "2026-11-23", "2026-11-29"


class Portal:
    """The site and its worker on one clock."""

    def __init__(self, settings: Settings, gazetteer: Gazetteer) -> None:
        self.settings, self.gazetteer = settings, gazetteer
        self.clock = Clock(NOON)
        self.app = create_app(settings, self.clock)
        self.site = self.app.extensions["aiguillage"]
        self.log = settings.published_dir / "log"

    def citizen(self, number: int) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = BROWSER
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        return client

    def visit(self, people: int, clicks: int, query: str = "insee=69123&rayon=50") -> None:
        """Each looks at a list; the first `clicks` of them press a button, each another one."""
        for number in range(people):
            citizen = self.citizen(number)
            buttons = re.findall(r'action="/rdv/([^"?]+)"', citizen.get(f"/recherche?{query}").text)
            if number < clicks:
                citizen.post(f"/rdv/{buttons[number % len(buttons)]}")
        self.site.flush()
        reader = EventReader(self.settings.data_dir / "events.db")
        wait_for(lambda: bool(reader.hours_of_lists("2027")))

    def publish(self) -> None:
        """Every platform has answered meanwhile, and has said what it said before."""
        answers = [
            FetchRecord(slug, "slots", "*", Outcome.OK, self.clock(), 1) for slug in self.settings.provider_configs()
        ]
        with closing(open_stores(self.settings.data_dir)) as stores:
            stores.catalog.put_fetches(0, answers)
            Publisher(self.settings, stores, self.gazetteer, self.clock).publish()
        self.site.refresh()

    def work(self) -> list[str]:
        """One round of the worker; the names of the days and weeks that it closed."""
        with closing(Accounts(self.settings)) as accounts, closing(open_stores(self.settings.data_dir)) as stores:
            accounts.seal(self.clock())
            accounts.replays.run(self.clock())
            accounts.replays.publish_control(self.clock())
            done = Closing(self.settings, accounts, stores.catalog, self.gazetteer.regions).close(self.clock())
            self.clock.forward(minutes=1)
            accounts.seal(self.clock())
            accounts.shares.publish(self.clock())
        self.site.refresh()
        return done

    def published(self, name: str) -> Any:
        return json.loads((self.settings.published_dir / name).read_text(encoding="utf-8"))

    def release(self) -> None:
        """What the worker does each hour: write the editions of the open data."""
        write_editions(self.settings, self.gazetteer, self.clock())


@pytest.fixture
def portal(filled: Settings, gazetteer: Gazetteer) -> Iterator[Portal]:
    made = Portal(filled, gazetteer)
    yield made
    made.app.extensions["aiguillage"].close()


@pytest.fixture
def day_over(portal: Portal) -> Portal:
    """Forty people on one day, thirty-three of them sent on; it is now the day after."""
    portal.visit(40, 33)
    portal.work()
    portal.clock.forward(days=1)
    portal.publish()
    assert portal.work() == [MONDAY]
    return portal
