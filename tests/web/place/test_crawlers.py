"""What programs that follow links are told, and what a shared link shows."""

from __future__ import annotations

import re
import struct
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator.web.place import crawlers
from aggregator.web.serving.site import Site

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def locations(client: FlaskClient, path: str = "/sitemap-pages.xml") -> list[str]:
    tree = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own answer
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


def test_the_index_leads_to_every_sitemap_and_they_to_every_place_once(visitor: FlaskClient, still: Site) -> None:
    assert still.snapshot is not None
    maps = [one.removeprefix("http://localhost") for one in locations(visitor, "/sitemap.xml")]
    places = [one for path in maps if "lieux" in path for one in locations(visitor, path)]

    assert maps == ["/sitemap-pages.xml", "/sitemap-lieux-1.xml"]
    assert len(places) == len(set(places))
    assert set(places) == {f"http://localhost/centre/{one}" for one in still.snapshot.places.index}


def test_a_sitemap_is_split_before_it_is_too_long(
    visitor: FlaskClient, still: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert still.snapshot is not None
    monkeypatch.setattr(crawlers, "MOST_ADDRESSES", 100)
    count = len(still.snapshot.places.index)
    parts = [path.removeprefix("http://localhost") for path in locations(visitor, "/sitemap.xml")][1:]

    assert len(parts) == -(-count // 100) > 1
    assert sum(len(locations(visitor, part)) for part in parts) == count
    assert max(len(locations(visitor, part)) for part in parts) == 100
    for number in (0, len(parts) + 1):
        assert visitor.get(f"/sitemap-lieux-{number}.xml").status_code == 404


def test_a_place_says_when_it_was_last_changed(
    visitor: FlaskClient, still: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert still.snapshot is not None
    place, other = still.snapshot.places.all[:2]
    rows = [{"at": "2026-11-22T08:00:00", "kind": "link", "what": ""}, {"at": "2026-11-02T08:00:00"}]
    monkeypatch.setattr(still, "published", lambda name: {place.id: rows} if name == "changes" else {})

    text = visitor.get("/sitemap-lieux-1.xml").text

    assert f"/centre/{place.id}</loc><lastmod>2026-11-22</lastmod>" in text
    assert f"/centre/{other.id}</loc><lastmod>{other.drawn}</lastmod>" in text


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-pages.xml", "/sitemap-lieux-1.xml", "/robots.txt"])
def test_who_has_the_file_already_is_not_sent_it_again(visitor: FlaskClient, path: str) -> None:
    tag = visitor.get(path).headers["ETag"]

    assert visitor.get(path, headers={"If-None-Match": f'W/"other", W/{tag}'}).status_code == 304
    assert visitor.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_sitemap_gives_each_page_in_each_language(visitor: FlaskClient) -> None:
    tree = ElementTree.fromstring(visitor.get("/sitemap-pages.xml").text)  # noqa: S314 - our own answer
    links = [(one.get("hreflang"), one.get("href")) for one in tree.iter(f"{XHTML}link")]

    assert ("fr", "http://localhost/transparence") in links
    assert ("en", "http://localhost/transparence?langue=en") in links
    assert visitor.get("/sitemap-pages.xml?langue=en").data == visitor.get("/sitemap-pages.xml").data


def test_the_sitemap_names_the_editions_that_there_are(week_app: Flask) -> None:
    paths = {one.removeprefix("http://localhost") for one in locations(week_app.test_client())}

    assert {"/donnees/2026-11-23/", "/donnees/2026-11-29/", "/donnees/2026-W48/"} <= paths


def test_the_icon_that_browsers_ask_for_is_a_real_one(visitor: FlaskClient) -> None:
    answer = visitor.get("/favicon.ico")
    reserved, kind, count = struct.unpack("<HHH", answer.data[:6])

    assert answer.status_code == 200
    assert answer.mimetype in ("image/x-icon", "image/vnd.microsoft.icon")
    assert visitor.get("/static/marque.svg").mimetype == "image/svg+xml"
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
