"""Questions that are too long to be questions are refused before they are read."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from aggregator.web.serving.security import MOST_HEADER_BYTES, MOST_QUERY_BYTES

PATH = "/recherche"


@pytest.mark.parametrize(("length", "status"), [(MOST_QUERY_BYTES, 200), (MOST_QUERY_BYTES + 1, 414)])
def test_a_query_has_a_longest_length(visitor: FlaskClient, length: int, status: int) -> None:
    query = "insee=69123&q="

    assert visitor.get(f"{PATH}?{query}{'x' * (length - len(query))}").status_code == status


def test_headers_have_a_longest_length(visitor: FlaskClient) -> None:
    long = visitor.get(f"{PATH}?insee=69123", headers={"X-Long": "x" * MOST_HEADER_BYTES})
    short = visitor.get(f"{PATH}?insee=69123", headers={"X-Long": "x" * (MOST_HEADER_BYTES // 2)})

    assert (long.status_code, short.status_code) == (431, 200)


def test_a_refusal_carries_the_headers_of_every_answer_and_no_cookie(visitor: FlaskClient) -> None:
    refused = visitor.get(f"{PATH}?q={'x' * 3000}")

    assert refused.status_code == 414
    assert "Content-Security-Policy" in refused.headers
    assert "Set-Cookie" not in refused.headers


DIGITS = ("\u0666\u0669\u0661\u0662\u0663", "\uff16\uff19\uff11\uff12\uff13", "\u00b2" * 5)
PARAMETERS = (
    "acces",
    "after",
    "au",
    "besoin",
    "day",
    "du",
    "edition",
    "etape",
    "from",
    "heure",
    "insee",
    "lat",
    "limit",
    "liste",
    "lon",
    "moment",
    "page",
    "public",
    "q",
    "rayon",
    "ref",
    "releve",
    "sans-rdv",
    "since",
    "to",
    "tri",
    "vu",
)
PATHS = (
    "/recherche",
    "/recherche.atom",
    "/filtres",
    "/suggestions",
    "/verifier",
    "/transparence",
    "/api/v1/places",
    "/api/v1/shares",
    "/api/v1/fetches",
)


@pytest.mark.parametrize("digits", DIGITS)
def test_digits_of_other_scripts_are_no_numbers_in_any_address(visitor: FlaskClient, digits: str) -> None:
    """`int("\u0666\u0669")` and `"\u00b2".isdigit()` hold in Python: a number of this portal is written in 0 to 9."""
    rules = [rule for rule in visitor.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    paths = {re.sub(r"<[^>]*>", digits, rule.rule) for rule in rules}

    answers = {path: visitor.get(path).status_code for path in paths}

    assert len(paths) > 40
    assert {path: code for path, code in answers.items() if code >= 500} == {}
    assert {code for path, code in answers.items() if digits in path} <= {301, 302, 308, 400, 404}


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("path", PATHS)
def test_digits_of_other_scripts_are_no_numbers_in_any_parameter(visitor: FlaskClient, path: str, digits: str) -> None:
    codes = {name: visitor.get(path, query_string={"insee": "69123", name: digits}).status_code for name in PARAMETERS}

    assert {name: code for name, code in codes.items() if code >= 500} == {}


@pytest.mark.parametrize("digits", ["202\u0666", "\uff12026"])
def test_no_spelling_of_an_hour_chooses_another_draw(visitor: FlaskClient, digits: str) -> None:
    """A reference pins the hour whose draw orders a list: an hour spelt otherwise must not be read as one."""
    page = visitor.get("/recherche?insee=69123&rayon=50")
    reference = re.search(r"ref=(2026-[0-9T-]+-[0-9a-f]{8})", page.text)
    assert reference is not None

    spelt = visitor.get("/recherche", query_string={
        "insee": "69123", "rayon": "50", "ref": reference[1].replace("2026", digits, 1)})  # fmt: skip

    assert spelt.status_code == 400
    assert re.findall(r'id="lieu-[0-9]+"', spelt.text) == re.findall(r'id="lieu-[0-9]+"', page.text)
