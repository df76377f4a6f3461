"""A platform that stops is marked within one interval, on the page, in the API and in the export alike."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.edition import unpacked
from aggregator.publish.publisher import Publisher
from aggregator.store import open_stores
from aggregator.web.serving.site import Site
from aggregator.worker.editions.writing import write_editions
from tests.clock import Clock

LIST = "/recherche?insee=69123&rayon=50"


def states_in_the_export(folder: Path, provider: str) -> set[str]:
    with unpacked(folder / "offers.csv") as file:
        rows = csv.DictReader(io.StringIO(file.read().decode("utf-8"), newline=""))
        return {row["state"] for row in rows if row["provider"] == provider}


def states_in_the_api(browser: FlaskClient, provider: str) -> set[str]:
    places = browser.get("/api/v1/places?limit=1000").get_json()["places"]
    return {offer["state"] for place in places for offer in place["offers"] if offer["provider"] == provider}


def stop(settings: Settings, site: Site, gazetteer: Gazetteer, clock: Clock, provider: str, mark: bool = True) -> Path:
    """One interval later the provider did not answer; what is published then."""
    clock.forward(seconds=settings.collect_every_s)
    with closing(open_stores(settings.data_dir)) as stores:
        offers = [row["offer_id"] for row in stores.catalog.readings() if row["provider"] == provider]
        if mark:
            stores.catalog.mark_unread(offers, clock.at)
        Publisher(settings, stores, gazetteer, clock).publish()
    made = write_editions(settings, gazetteer, clock.at)[-1]
    site.refresh()
    return made


@pytest.mark.parametrize("provider", ["doctolib", "keldoc", "maiia", "ordoclic"])
def test_a_platform_that_stops_is_stale_everywhere_within_one_interval(
    filled: Settings, site: Site, browser: FlaskClient, gazetteer: Gazetteer, clock: Clock, provider: str
) -> None:
    folder = stop(filled, site, gazetteer, clock, provider)

    assert f"Nous ne lisons plus <strong>{site.label(provider)}</strong>" in browser.get(LIST).text
    assert states_in_the_api(browser, provider) == {"unknown"}
    assert states_in_the_export(folder, provider) == {"unknown"}
    assert [row["failing_since"] is not None for row in browser.get("/api/v1/providers").get_json()["providers"]].count(
        True
    ) == 1


def test_a_portal_that_forgot_to_mark_it_would_be_seen(
    filled: Settings, site: Site, browser: FlaskClient, gazetteer: Gazetteer, clock: Clock
) -> None:
    """The control."""
    folder = stop(filled, site, gazetteer, clock, "doctolib", mark=False)

    assert "Nous ne lisons plus" not in browser.get(LIST).text
    assert states_in_the_api(browser, "doctolib") != {"unknown"}
    assert states_in_the_export(folder, "doctolib") != {"unknown"}
