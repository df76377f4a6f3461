"""An address with a slash too many leads to the page without it, never to another site, never to nothing."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import Settings
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.web.serving.site import Site
from tests.web.conftest import citizen_of
from tests.web.test_pages import tokens

QUERY = "insee=69123&rayon=50"
PAGES = (
    "/transparence", "/transparence/methode", "/annuaire", "/annuaire/69", "/contrat", "/donnees", "/etat", "/api",
    "/api/v1", "/api/v1/openapi.json", "/robots.txt", "/sitemap.xml", "/favicon.ico", "/verify.py",
    f"/recherche?{QUERY}", f"/embed/recherche?{QUERY}", f"/recherche.atom?{QUERY}",
    f"/filtres?{QUERY}", "/filtres", "/suggestions?q=ly%C3%A9",
)  # fmt: skip


def with_slash(address: str, slashes: str = "/") -> str:
    path, mark, query = address.partition("?")
    return f"{path}{slashes}{mark}{query}"


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("slashes", ["/", "///"])
def test_an_address_with_a_slash_too_many_leads_to_the_one_without(
    visitor: FlaskClient, address: str, slashes: str
) -> None:
    answer = visitor.get(with_slash(address, slashes))

    assert (answer.status_code, answer.headers["Location"]) == (308, address)
    assert "Content-Security-Policy" in answer.headers
    assert visitor.get(address).status_code in (200, 303)


@pytest.mark.parametrize(
    "address",
    ["/", "/nope/", "/annuaire/999/", "/centre/p-aaaaaaaaaa/", "/api/v1/nope/", "/log/nope/", "/donnees/1999-01-01",
     "/donnees/1999-01-01/", "/donnees/nope//", "/rdv/x/", "/evil.example//", "/%5Cevil.example/"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found_and_leads_nowhere(visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address)

    assert answer.status_code == (200 if address == "/" else 405 if address.startswith("/rdv") else 404)
    assert "Location" not in answer.headers


def test_an_edition_keeps_the_slash_that_is_part_of_its_address(week_app: Flask) -> None:
    reader = week_app.test_client()

    assert reader.get("/donnees/2026-11-23/").status_code == 200
    answer = reader.get("/donnees/2026-11-23")
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (308, "/donnees/2026-11-23/")


def test_another_site_may_follow_a_redirect_to_public_data(visitor: FlaskClient) -> None:
    """Or a script that asks for the data with one slash too many is refused by its reader's browser."""
    answer = visitor.get("/api/v1/openapi.json/")

    assert visitor.get(f"/api/v1/places/?{QUERY}").status_code == 200  # data itself is given either way

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in visitor.get(f"/recherche/?{QUERY}").headers


def own(location: str) -> bool:
    """A browser that follows `location` stays here: it takes a backslash for a slash, and drops tabs and newlines."""
    seen = "".join(one for one in location if one not in "\t\r\n").replace("\\", "/")
    parts = urlsplit(seen)
    return (
        parts.netloc in ("", "localhost") and not seen.startswith("//") and seen.startswith(("/", "http://localhost/"))
    )


PIECES = st.sampled_from(
    ["/", "//", "\\", "%5C", "%2F", "%09", "%0A", ".", "..", "evil.example", "http:", "@", ":80", "transparence",
     "annuaire", "69", "api", "v1", "donnees", "static", "marque.svg", "log", "é", "?", "#"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6).map("".join), st.sampled_from(["/", "//", "/?q=//evil.example/", "\\/"]))
def test_no_address_however_it_is_written_leads_to_another_site(still_app: Flask, middle: str, end: str) -> None:
    # As a server hands it over: the test client itself would take "//evil.example" for the name of another host.
    path, _, query = f"/{middle}{end}".partition("#")[0].partition("?")
    as_received = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
    answer = still_app.test_client().get("/", environ_overrides=as_received)

    assert own(answer.headers.get("Location", "/"))


@pytest.mark.parametrize("careless", ["//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example"])
def test_an_address_that_is_merely_stripped_of_its_slash_would_be_found_to_lead_away(careless: str) -> None:
    """The control of the property."""
    assert not own(f"{careless}/".rstrip("/"))


def test_asking_with_the_slash_counts_no_list(app: Flask, site: Site) -> None:
    citizen = citizen_of(app)

    citizen.get(f"/recherche/?{QUERY}")
    assert site.showings.take()[1] == []
    citizen.get(f"/recherche?{QUERY}")
    assert len(site.showings.take()[1]) == 1


@pytest.mark.parametrize("end", ["/", "/?preuve=1"])
def test_a_button_with_a_slash_too_many_counts_once_and_leads_to_the_platform(
    browser: FlaskClient, filled: Settings, end: str
) -> None:
    token = tokens(browser.get(f"/recherche?{QUERY}").text)[0]

    answer = browser.post(f"/rdv/{token}{end}")

    assert answer.status_code == (200 if "preuve" in end else 303)
    assert EventReader(filled.data_dir / "events.db").totals(EventClass.COUNTED)
    assert browser.post("/rdv/forged/").status_code == 404
