"""Each file that the catalogue names is there, is of the size and sum that it tells, and has an address that stays."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Flask

from aggregator.web.data.distributions import first_day, held, of_dataset
from aggregator.web.serving.site import Site
from tests.web.data.conftest import distributions


def test_a_harvester_finds_every_file_of_every_kind_of_edition_with_licence_and_sum(
    content: dict[str, Any], week_app: Flask
) -> None:
    client = week_app.test_client()
    found = distributions(content)

    kinds = Counter(one["dcat:accessURL"].split("/")[4] for one in found)
    assert kinds == {
        **dict.fromkeys(("en-cours", "dernier-jour", "derniere-semaine"), 12 * 6 + 1 + 1),  # GeoJSON, SQLite
        "cumul": 2 * 6 + 1,
        "2026-W48": 1,
    }
    for one in found:
        body = client.get(one["dcat:downloadURL"].removeprefix("http://localhost")).data
        assert hashlib.sha256(body).hexdigest() == one["schema:sha256"]
        assert hashlib.sha1(body, usedforsecurity=False).hexdigest() == one["spdx:checksum"]["spdx:checksumValue"]
        assert str(len(body)) == one["dcat:byteSize"]
        assert "Licence" in one["dct:license"]


def test_an_address_that_stays_leads_to_the_file_that_was_summed(content: dict[str, Any], week_app: Flask) -> None:
    client = week_app.test_client()
    sqlite = [one for one in distributions(content) if one["dcat:accessURL"].endswith("aiguillage.sqlite")]

    assert len(sqlite) == 5
    for one in sqlite:
        answer = client.get(one["dcat:accessURL"], follow_redirects=True)
        assert hashlib.sha256(answer.data).hexdigest() == one["schema:sha256"]


def test_what_no_registry_knows_gets_no_media_type(content: dict[str, Any]) -> None:
    without = {
        one["dcat:accessURL"].rpartition(".")[2] for one in distributions(content) if "dcat:mediaType" not in one
    }

    assert without == {"ndjson"}


def test_a_file_that_an_edition_has_not_is_not_named(week_app: Flask) -> None:
    """An edition of before: a data set is younger, and no SHA-1 was taken."""
    site: Site = week_app.extensions["aiguillage"]
    places = site.settings.datasets()["places"]
    running = held(site)[0]
    old = {name: {"sha256": about["sha256"], "bytes": about["bytes"]} for name, about in running.index["files"].items()}
    before = replace(running, index={**running.index, "files": old})

    assert of_dataset(replace(places, name="younger"), [before], "http://localhost/donnees") == []
    files = of_dataset(places, [before], "http://localhost/donnees")
    assert len(files) == 7
    assert ["spdx:checksum" in one for one in files] == [False] * 7


def test_the_portal_tells_since_its_first_closed_day(week_app: Flask) -> None:
    site: Site = week_app.extensions["aiguillage"]

    assert [one.stays for one in held(site)] == ["en-cours", "dernier-jour", "derniere-semaine", "cumul"]
    assert first_day(site, held(site)) == date(2026, 11, 23)
