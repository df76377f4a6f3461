"""`/donnees` as a visitor, a spreadsheet and a harvester find it; a link of last week gives last week's bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from tests.web.conftest import BROWSER

DAY = "2026-11-25"


@pytest.fixture
def reader(week_app: Flask) -> FlaskClient:
    client = week_app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    return client


def links(page: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]+)', page)]


def test_every_link_of_the_data_page_works_in_every_format(reader: FlaskClient) -> None:
    found = {
        link for path in ("/donnees", f"/donnees/{DAY}/", "/donnees/citer") for link in links(reader.get(path).text)
    }
    files = [link for link in found if link.startswith("/donnees/")]

    assert len([link for link in files if link.startswith("/donnees/en-cours/")]) > 70
    assert {link: reader.get(link).status_code for link in files if reader.get(link).status_code != 200} == {}


def test_a_permanent_link_gives_the_same_bytes_as_its_sum(reader: FlaskClient) -> None:
    sums = dict(reversed(line.split("  ")) for line in reader.get(f"/donnees/{DAY}/SHA256SUMS").text.splitlines())

    assert len(sums) > 80
    for name, digest in sums.items():
        answer = reader.get(f"/donnees/{DAY}/{name}")
        assert hashlib.sha256(answer.data).hexdigest() == digest, name
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_reader_that_takes_gzip_gets_the_file_as_it_lies(reader: FlaskClient) -> None:
    plain = reader.get(f"/donnees/{DAY}/places.csv")
    packed = reader.get(f"/donnees/{DAY}/places.csv", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = reader.get(f"/donnees/{DAY}/places.csv", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


def test_a_reader_that_has_a_file_of_that_time_is_not_sent_it_again(reader: FlaskClient) -> None:
    """What `wget -N` and `curl -z` ask."""
    first = reader.get(f"/donnees/{DAY}/places.parquet")
    again = reader.get(f"/donnees/{DAY}/places.parquet", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_the_dialect_of_a_french_spreadsheet_is_one_parameter_away(reader: FlaskClient) -> None:
    answer = reader.get("/donnees/en-cours/places.csv?dialecte=excel-fr")

    assert answer.text.startswith("\ufeffid;name;")
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path",
    ["/donnees/2026-11-01/", "/donnees/2026-11-01/places.csv", "/donnees/en-cours/nothing.csv",
     "/donnees/en-cours/index.json",
     "/donnees/en-cours/../../../keys/log.key", "/donnees/en-cours/%2e%2e/current.json", "/donnees/nope/places.csv",
     "/donnees/en-cours/figure/nothing", "/embed/figure/nothing", "/embed/figure/causes?edition=../.."],
)  # fmt: skip
def test_what_is_not_in_an_edition_is_not_there(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_two_clicks_from_the_transparency_page_to_a_spreadsheet(reader: FlaskClient) -> None:
    """Scene 9 (browser/test_scenes.py): a spreadsheet with decimal commas, an image alone, a link that lasts."""
    page = reader.get("/transparence").text
    sheet = next(link for link in links(page) if "dialecte=excel-fr" in link)
    figure = next(link for link in links(page) if link.startswith("/donnees/en-cours/figure/"))
    told = reader.get(figure).text
    permanent = re.search(r'href="https?://[^/]+(/donnees/(\d{4}-\d\d-\d\d)/figure/[\w-]+)"', told)

    assert re.search(r";0,\d+", reader.get(sheet).text)
    assert "Licence Ouverte 2.0" in told
    assert permanent is not None
    assert reader.get(permanent[1]).status_code == 200
    image = re.search(r'<img class="chiffre" src="([^"]+)"', told)
    assert image is not None
    assert reader.get(image[1]).mimetype == "image/svg+xml"


def test_an_image_needs_nothing_that_the_policy_forbids(reader: FlaskClient) -> None:
    answer = reader.get(f"/donnees/{DAY}/figures/trois-parts.svg")

    assert "style=" not in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_figure_may_be_framed_anywhere_and_follows_nobody(reader: FlaskClient) -> None:
    answer = reader.get(f"/embed/figure/trois-parts?edition={DAY}")

    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert f"/donnees/{DAY}/figures/trois-parts.svg" in answer.text


def test_a_harvester_finds_every_file_with_licence_and_sum(reader: FlaskClient) -> None:
    catalogue = json.loads(reader.get("/donnees/catalogue.jsonld").text)
    distributions = [one for dataset in catalogue["dcat:dataset"] for one in dataset["dcat:distribution"]]

    assert len(catalogue["dcat:dataset"]) == 12
    assert len(distributions) == 12 * 6 + 1
    for one in distributions:
        path = one["dcat:downloadURL"]["@id"].removeprefix("http://localhost")
        body = reader.get(path).data
        assert hashlib.sha256(body).hexdigest() == one["spdx:checksum"]["spdx:checksumValue"]
        assert len(body) == one["dcat:byteSize"]
        assert "Licence" in one["dct:license"]["@id"]


def test_search_engines_are_told_of_the_data_sets(reader: FlaskClient) -> None:
    block = re.search(r'<script type="application/ld\+json">(.+?)</script>', reader.get("/donnees").text, re.DOTALL)

    assert block is not None
    assert len(json.loads(block[1])["dataset"]) == 12


def test_before_the_first_edition_the_page_says_so(browser: FlaskClient) -> None:
    assert "La première édition est en préparation" in browser.get("/donnees").text
    assert browser.get("/donnees/catalogue.jsonld").status_code == 404


def test_identity_cards_publish_no_places_of_vaccination(filled: Settings) -> None:
    cards = filled.but(campaign_path=filled.campaign_path.with_name("carte-identite.toml"))

    assert "lieux-de-vaccination" in filled.datasets()
    assert "lieux-de-vaccination" not in cards.datasets()
    assert "centres-2021" not in cards.datasets()
