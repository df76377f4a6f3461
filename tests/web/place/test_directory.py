"""Names, addresses and telephones by département, and the towns to search around."""

from __future__ import annotations

import re

from flask.testing import FlaskClient


def towns(page: str) -> dict[str, int]:
    """Town -> number of places, as the directory of a département says it."""
    listed = re.search(r'<ul class="villes">(.*?)</ul>', page, re.DOTALL)
    assert listed is not None
    items = (re.sub(r"<[^>]*>|\s+", " ", item).split(" · ") for item in listed[1].split("</li>")[:-1])
    return {name.strip("\u2068\u2069 "): int(n.split()[0]) for name, n in items}


def test_a_departement_begins_with_its_towns_and_their_places(visitor: FlaskClient) -> None:
    page = visitor.get("/annuaire/69").text

    counted = towns(page)
    assert counted["Lyon"] == sum(n for name, n in counted.items() if name.startswith("Lyon ")) > 0
    assert "Villeurbanne" in counted
    assert 'href="/recherche?insee=69266"' in page


def test_a_departement_without_places_says_so_and_offers_its_towns(visitor: FlaskClient) -> None:
    answer = visitor.get("/annuaire/48")

    assert answer.status_code == 200
    assert "Aucun lieu connu dans ce département" in answer.text
    assert "Mende" in towns(answer.text)


def test_a_region_lists_its_departements_with_those_that_have_no_place(visitor: FlaskClient) -> None:
    page = visitor.get("/annuaire/region/occitanie").text

    assert 'href="/annuaire/48"' in page
    assert 'href="/annuaire/69"' not in page


def test_what_is_no_area_is_not_found(visitor: FlaskClient) -> None:
    assert [visitor.get(path).status_code for path in ("/annuaire/96", "/annuaire/region/atlantide")] == [404, 404]
