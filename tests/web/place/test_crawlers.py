"""What programs that follow links are told, and what a shared link shows."""

from __future__ import annotations

import re
import struct
from xml.etree import ElementTree

from flask import Flask
from flask.testing import FlaskClient

from aggregator.web.serving.site import Site

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def locations(client: FlaskClient) -> list[str]:
    tree = ElementTree.fromstring(client.get("/sitemap.xml").text)  # noqa: S314 - our own answer
    return [str(one.text) for one in tree.iter(f"{SITEMAP}loc")]


def test_robots_are_kept_from_departures_and_from_lists_without_end(visitor: FlaskClient) -> None:
    answer = visitor.get("/robots.txt")
    lines = answer.text.splitlines()

    assert answer.mimetype == "text/plain"
    assert {"User-agent: *", "Disallow: /rdv/", "Disallow: /recherche"} <= set(lines)
    assert "Sitemap: http://localhost/sitemap.xml" in lines
    assert not any(line == "Disallow: /" for line in lines)  # the pages of evidence are to be found


def test_the_sitemap_names_home_every_departement_transparency_and_data(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    codes = {place.department for place in still.snapshot.places.all if place.department}
    paths = [one.removeprefix("http://localhost") for one in locations(visitor)]

    assert {"/", "/annuaire", "/transparence", "/donnees", "/donnees/citer"} <= set(paths)
    assert {path for path in paths if path.startswith("/annuaire/")} == {f"/annuaire/{code}" for code in codes}
    assert [path for path in paths if visitor.get(path).status_code != 200] == []
    assert not [path for path in paths if path.startswith(("/rdv", "/recherche", "/centre"))]


def test_the_sitemap_gives_each_page_in_each_language(visitor: FlaskClient) -> None:
    tree = ElementTree.fromstring(visitor.get("/sitemap.xml").text)  # noqa: S314 - our own answer
    links = [(one.get("hreflang"), one.get("href")) for one in tree.iter(f"{XHTML}link")]

    assert ("fr", "http://localhost/transparence") in links
    assert ("en", "http://localhost/transparence?langue=en") in links
    assert visitor.get("/sitemap.xml?langue=en").data == visitor.get("/sitemap.xml").data


def test_the_sitemap_names_the_editions_that_there_are(week_app: Flask) -> None:
    paths = {one.removeprefix("http://localhost") for one in locations(week_app.test_client())}

    assert {"/donnees/2026-11-23/", "/donnees/2026-11-29/", "/donnees/2026-W48/"} <= paths


def test_the_icon_that_browsers_ask_for_is_a_real_one(visitor: FlaskClient) -> None:
    answer = visitor.get("/favicon.ico")
    reserved, kind, count = struct.unpack("<HHH", answer.data[:6])

    assert answer.status_code == 200
    assert answer.mimetype in ("image/x-icon", "image/vnd.microsoft.icon")
    assert (reserved, kind, count) == (0, 1, 3)
    for number in range(count):
        width, height, _, _, _, _, size, at = struct.unpack(
            "<BBBBHHII", answer.data[6 + 16 * number : 22 + 16 * number]
        )
        image = answer.data[at : at + size]
        assert image.startswith(b"\x89PNG")
        assert struct.unpack(">II", image[16:24]) == (width, height)


def test_a_shared_place_is_described_without_an_image_from_elsewhere(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    place = next(one for one in still.snapshot.places.all if one.offers)
    page = visitor.get(f"/centre/{place.id}?insee=69123").text
    meta = dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', page))

    assert meta["og:url"] == f"http://localhost/centre/{place.id}"
    assert place.city in meta["description"]
    assert meta["description"] == meta["og:description"]
    assert not [name for name in meta if "image" in name]
    said = " ".join(text for name, text in meta.items() if name in ("description", "og:title"))
    assert [label for label in still.labels.values() if label in said.replace(place.name, "")] == []
