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
    answers = {link: reader.get(link, follow_redirects=True).status_code for link in files}

    assert len([link for link in files if link.startswith("/donnees/en-cours/")]) > 70
    assert {"/donnees/dernier-jour/", "/donnees/2026-W48/", "/donnees/cumul/redirects.csv"} <= set(files)
    assert {link: status for link, status in answers.items() if status != 200} == {}


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
     "/donnees/2026-W01/", "/donnees/cumul/figure/causes", "/donnees/cumul/places.csv", "/donnees/citer?edition=..",
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
    cited = reader.get("/donnees/citer").text
    permanent = re.search(r'href="(/donnees/(\d{4}-\d\d-\d\d)/figure/[\w-]+)"', cited)

    assert re.search(r";0,\d+", reader.get(sheet).text)
    assert "Licence Ouverte 2.0" in told
    assert 'href="/donnees/citer"' in told
    assert permanent is not None
    assert reader.get(permanent[1]).status_code == 200
    image = re.search(r'<img class="chiffre" src="([^"]+)"', told)
    assert image is not None
    assert reader.get(image[1]).mimetype == "image/svg+xml"


def plain(html: str) -> str:
    """The words of a page, with ordinary spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html).replace("\u00a0", " ").replace("\u202f", " "))


def test_a_running_figure_offers_no_permanent_link_to_other_figures(reader: FlaskClient) -> None:
    """Its numbers are gone in an hour: a link that lasts would show others than the page it stands on."""
    running = reader.get("/donnees/en-cours/figure/suivent-elles-les-lieux").text
    pinned = reader.get("/donnees/2026-11-23/figure/suivent-elles-les-lieux").text

    assert "Lien permanent" not in running
    assert re.findall(r"/donnees/\d{4}-", running) == []
    assert "<iframe" not in running.replace("&lt;", "<")
    assert "http://localhost/donnees/2026-11-23/figure/suivent-elles-les-lieux" in pinned  # the control
    assert "<iframe" in pinned.replace("&lt;", "<")


def test_a_sentence_to_cite_holds_number_unit_period_and_that_it_is_a_demonstration(reader: FlaskClient) -> None:
    french = plain(reader.get("/donnees/2026-11-23/figure/suivent-elles-les-lieux").text)
    english = plain(reader.get("/donnees/2026-11-23/figure/suivent-elles-les-lieux?langue=en").text)

    assert (
        "« Les redirections suivent-elles les lieux ? » : 100 redirections (clics vers la plateforme, pas des "
        "rendez-vous), le 23 novembre 2026 (UTC). Source : Aiguillage, démonstration (données inventées), "
        "édition du 23 novembre 2026, arrêtée à minuit UTC"
    ) in french
    assert "100 redirects (clicks to the platform, not appointments), on" in english
    assert "demonstration (invented data)" in english
    assert "November 23, 2026" in english or "23 November 2026" in english


def test_the_number_in_a_sentence_is_that_of_the_file_it_links_to(reader: FlaskClient) -> None:
    for edition in ("2026-11-23", "2026-11-25", "2026-W48"):
        page = reader.get(f"/donnees/citer?edition={edition}").text
        linked = re.findall(r'href="(/donnees/([\w-]+)/figure/([\w-]+))"', page)
        index = {name: reader.get(f"/donnees/{edition}/figures/{name}.json").get_json() for _, _, name in linked}

        assert {found for _, found, _ in linked} == {edition}
        assert len(linked) >= 2
        for name, figure in index.items():
            part = plain(page.split(f'id="{name}"')[1].split("<h2")[0])
            assert figure["count"] is None or f": {figure['count']} redirection" in part
            assert "démonstration" in part


def test_what_is_cited_first_is_the_last_closed_day(reader: FlaskClient) -> None:
    assert "l’édition du 29 novembre 2026" in plain(reader.get("/donnees/citer").text)
    running = reader.get("/donnees/citer?edition=en-cours").text
    assert "n’ont pas de lien permanent" in running
    assert re.findall(r'href="/donnees/[\w-]+/figure/', running) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("/donnees/dernier-jour/", "/donnees/2026-11-29/"),
        (
            "/donnees/dernier-jour/redirects.csv?dialecte=excel-fr",
            "/donnees/2026-11-29/redirects.csv?dialecte=excel-fr",
        ),
        ("/donnees/dernier-jour/figures/trois-parts.svg", "/donnees/2026-11-29/figures/trois-parts.svg"),
        ("/donnees/dernier-jour/figure/trois-parts?langue=en", "/donnees/2026-11-29/figure/trois-parts?langue=en"),
        ("/donnees/derniere-semaine/", "/donnees/2026-W48/"),
        ("/donnees/derniere-semaine/metrics.parquet", "/donnees/2026-W48/metrics.parquet"),
    ],
)
def test_an_address_that_stays_leads_to_the_last_closed_edition(reader: FlaskClient, asked: str, found: str) -> None:
    answer = reader.get(asked)

    assert (answer.status_code, answer.headers["Location"]) == (302, found)
    assert "immutable" not in answer.headers["Cache-Control"]
    assert reader.get(found).status_code == 200


@pytest.mark.parametrize("path", ["//evil.example", "%0d%0aSet-Cookie:a", "../../keys", "http://evil.example/"])
def test_an_address_that_stays_leads_nowhere_else(reader: FlaskClient, path: str) -> None:
    answer = reader.get(f"/donnees/dernier-jour/{path}")

    assert answer.status_code in (302, 308, 404)
    assert answer.headers.get("Location", "/donnees/").removeprefix("http://localhost").startswith("/donnees/")
    assert "Set-Cookie" not in answer.headers


def test_before_the_first_closed_day_there_is_no_last_one(browser: FlaskClient) -> None:
    assert browser.get("/donnees/dernier-jour/").status_code == 404
    assert browser.get("/donnees/derniere-semaine/redirects.csv").status_code == 404
    assert browser.get("/donnees/lacunes.json").get_json() == {"format": "gaps/1", "gaps": []}


def test_pages_of_data_say_utc_and_where_an_edition_ends(reader: FlaskClient) -> None:
    assert "heures sont en UTC" in plain(reader.get("/donnees").text)
    assert "Arrêtée à minuit UTC" in plain(reader.get("/donnees/2026-11-25/").text)
    assert "Édition de la semaine 48, du 23 novembre 2026 au 29 novembre 2026" in plain(
        reader.get("/donnees/2026-W48/").text
    )
    assert "Edition of week 48" in plain(reader.get("/donnees/2026-W48/?langue=en").text)
    assert "Tous les jours clos en un fichier" in plain(reader.get("/donnees/cumul/").text)


def test_the_cumulative_file_may_grow_and_is_not_kept_for_ever(reader: FlaskClient) -> None:
    answer = reader.get("/donnees/cumul/redirects.csv")

    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]
    assert "2026-W48" in answer.text


def test_a_shared_figure_tells_its_number_with_an_image_of_our_own(reader: FlaskClient) -> None:
    page = reader.get("/donnees/2026-11-23/figure/trois-parts").text
    meta = dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', page))

    assert "100 redirections" in meta["description"].replace("\u00a0", " ")
    assert meta["og:title"].startswith("[Démonstration]")
    assert meta["og:image"] == "http://localhost/donnees/2026-11-23/figures/trois-parts.png"
    assert reader.get("/donnees/2026-11-23/figures/trois-parts.png").mimetype == "image/png"


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


def test_the_api_lists_days_weeks_and_what_is_missing(reader: FlaskClient) -> None:
    listed = reader.get("/api/v1/datasets").get_json()

    assert listed["editions"][0] == "2026-11-29"
    assert listed["weeks"] == ["2026-W48"]
    assert listed["gaps"] == []  # no night without its edition


def test_search_engines_are_told_of_the_data_sets(reader: FlaskClient) -> None:
    block = re.search(r'<script type="application/ld\+json">(.+?)</script>', reader.get("/donnees").text, re.DOTALL)

    assert block is not None
    assert len(json.loads(block[1])["dataset"]) == 12


def test_before_the_first_edition_the_page_says_so(browser: FlaskClient) -> None:
    assert "La première édition paraît dans les minutes qui suivent" in browser.get("/donnees").text
    assert browser.get("/donnees/catalogue.jsonld").status_code == 404


def test_identity_cards_publish_no_places_of_vaccination(filled: Settings) -> None:
    cards = filled.but(campaign_path=filled.campaign_path.with_name("carte-identite.toml"))

    assert "lieux-de-vaccination" in filled.datasets()
    assert "lieux-de-vaccination" not in cards.datasets()
    assert "centres-2021" not in cards.datasets()


def test_the_address_printed_on_a_chart_is_that_of_its_page(reader: FlaskClient) -> None:
    for name in ("suivent-elles-les-lieux", "causes", "semaines"):
        drawn = reader.get(f"/donnees/2026-W48/figures/{name}.svg").text
        address = re.search(r"/donnees/2026-W48/\S+?(?=<)", drawn)

        assert address is not None
        assert reader.get(address[0]).status_code == 200
