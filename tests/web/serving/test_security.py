"""Questions that are too long to be questions are refused before they are read."""

from __future__ import annotations

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


@pytest.mark.parametrize("digits", ["٦٩١٢٣", "６９１２３", "²²²²²", "69123\u200b"])
@pytest.mark.parametrize(
    "path", ["/recherche?insee={}", "/recherche?insee=69123&page={}", "/recherche?insee=69123&rayon={}",
             "/recherche?lat={}&lon=4.8", "/api/v1/places?insee={}", "/api/v1/places?insee=69123&rayon={}",
             "/annuaire/{}", "/lieu/{}", "/suggestions?q={}", "/carte?insee={}"],
)  # fmt: skip
def test_digits_of_other_scripts_are_no_numbers_and_no_crash(visitor: FlaskClient, path: str, digits: str) -> None:
    """`int("٦٩")` and `"²".isdigit()` hold in Python: a number of this portal is written in 0 to 9."""
    assert visitor.get(path.format(digits)).status_code < 500
