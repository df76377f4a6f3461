"""`/api/v1` as a program meets it: described by itself, refused in words, the same order as on the pages."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask, abort
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from aggregator.config.settings import Settings
from app import create_app
from tests.web.conftest import BROWSER
from tests.web.test_pages import names
from tests.week import AFTER

CASES_AN_OPERATION = 350


@pytest.fixture
def program(week_app: Flask) -> FlaskClient:
    return week_app.test_client()


def test_the_same_question_gives_the_same_order_as_the_page(program: FlaskClient) -> None:
    for query in ("insee=69123&rayon=50", "insee=69123&rayon=50&tri=tot", "insee=01053&rayon=50&vu=1"):
        listed = program.get(f"/api/v1/places?{query}&limit=20").get_json()
        page = program.get(f"/recherche?{query}", headers={"User-Agent": BROWSER}).text

        assert [place["id"] for place in listed["places"]] == names(page)
        assert listed["contract"] == "order/1"
        assert f"empreinte={listed['list'][:16]}" in page


def test_pages_hold_every_place_once(program: FlaskClient) -> None:
    for query in ("", "&insee=69123&rayon=50"):
        seen: list[str] = []
        after = ""
        while after is not None:
            page = program.get(f"/api/v1/places?limit=17{query}{f'&after={after}' if after else ''}").get_json()
            seen += [place["id"] for place in page["places"]]
            after = page["next"]
        assert len(seen) == len(set(seen)) == page["total"]


def test_a_place_says_where_it_is_counted(program: FlaskClient) -> None:
    listed = program.get("/api/v1/places?limit=1").get_json()["places"][0]
    alone = program.get(f"/api/v1/places/{listed['id']}").get_json()["place"]

    assert alone["page"].endswith(f"/centre/{listed['id']}")
    assert alone == listed


def test_the_first_slot_of_a_place_in_a_list_is_one_that_was_asked_for(program: FlaskClient) -> None:
    query = "/api/v1/places?insee=69123&rayon=50"
    any_time, evenings = ({one["id"]: one["first_slot"] for one in program.get(asked).get_json()["places"]}
                          for asked in (query, f"{query}&moment=soir"))  # fmt: skip

    without = {one for one, first in evenings.items() if first is None}
    # Lyon in November: six in the evening is 17:00 UTC.
    assert all(first[11:] >= "17:00:00Z" for first in evenings.values() if first)
    assert any(any_time[one] for one in without)  # it has slots, at other times: not those of this list


def test_an_answer_is_asked_for_again_only_when_it_has_changed(program: FlaskClient) -> None:
    first = program.get("/api/v1/places?insee=69123")
    again = program.get("/api/v1/places?insee=69123", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.data == b""
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=30" in first.headers["Cache-Control"]


def test_answers_are_compressed_for_whoever_takes_it(program: FlaskClient) -> None:
    assert program.get("/api/v1/places", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in program.get("/api/v1/places").headers


@pytest.mark.parametrize("path", ["places", "places?insee=69123", "providers", "shares", "fetches", "datasets"])
def test_csv_and_json_say_the_same(program: FlaskClient, path: str) -> None:
    joined = "&" if "?" in path else "?"
    content = program.get(f"/api/v1/{path}").get_json()
    table = list(csv.DictReader(io.StringIO(program.get(f"/api/v1/{path}{joined}format=csv").text, newline="")))
    rows = content[path.partition("?")[0]]

    assert len(table) == len(rows)
    for line, row in zip(table, rows, strict=True):
        for name, cell in line.items():
            if isinstance(row[name], str):
                assert cell.removeprefix("'") == row[name]
            elif isinstance(row[name], float | int) and not isinstance(row[name], bool):
                assert float(cell) == row[name]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("places?insee=abc", 400, "insee"),
        ("places?insee=99999", 404, "no such commune"),
        ("places?lat=45.7", 400, "lat and lon go together"),
        ("places?lat=0&lon=0", 404, "outside the territory"),
        ("places?rayon=7", 400, "rayon"),
        ("places?colour=red", 400, "unknown parameter"),
        ("places?insee=69123&du=2026-12-02&au=2026-12-01", 400, "au"),
        ("places?insee=69123&after=p-nothing000", 400, "begin again"),
        ("places/p-nothing000", 404, "no such place"),
        ("places?limit=0", 400, "limit"),
        ("places?vu=1", 400, "a filter needs an origin"),
        ("places?besoin=chocolat", 400, "besoin"),
        ("places?insee=69123&public=", 400, "public"),
        ("places?insee=69123&du=%20", 400, "du"),
    ],
)
def test_what_is_wrong_is_said_in_words(program: FlaskClient, query: str, code: int, said: str) -> None:
    answer = program.get(f"/api/v1/{query}")

    assert answer.status_code == code
    assert answer.mimetype == "application/problem+json"
    assert said in answer.get_json()["detail"]


def test_addresses_and_methods_that_do_not_exist_are_problems_too(program: FlaskClient) -> None:
    for answer, code in ((program.get("/api/v1/nope"), 404), (program.post("/api/v1/places"), 405)):
        assert answer.status_code == code
        assert answer.mimetype == "application/problem+json"


def test_a_limit_is_told_in_headers_and_keeps_no_address(a_week: Settings) -> None:
    app = create_app(a_week.but(search_rate=4), lambda: AFTER)
    client = app.test_client()
    answers = [client.get("/api/v1/shares") for _ in range(4)]
    app.extensions["aiguillage"].close()

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert int(answers[0].headers["X-RateLimit-Remaining"]) == 1
    assert answers[-1].mimetype == "application/problem+json"
    assert "Retry-After" in answers[-1].headers


def test_a_fault_of_ours_is_a_problem_without_a_traceback(filled: Settings) -> None:
    app = create_app(filled, lambda: AFTER)
    app.add_url_rule("/api/v1/broken", view_func=lambda: 1 / 0)
    answer = app.test_client().get("/api/v1/broken")
    app.extensions["aiguillage"].close()

    assert answer.status_code == 500
    assert answer.get_json() == {"type": "about:blank", "title": "Internal error", "status": 500}


def test_the_description_names_every_operation_and_every_parameter(program: FlaskClient, week_app: Flask) -> None:
    described = program.get("/api/v1/openapi.json").get_json()
    routes = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for rule in week_app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }

    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == routes
    assert all(operation["get"]["summary"] for operation in described["paths"].values())


CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance,
          negative_data_rejection, unsupported_method]  # fmt: skip


def together(case: Case) -> None:
    """What a schema cannot say: a latitude has a longitude, a first day comes before a last one."""
    query: dict[str, Any] = case.query if isinstance(case.query, dict) else {}
    for one, other in (("lat", "lon"), ("du", "au")):
        if (one in query) != (other in query):
            query.pop(one, None)
            query.pop(other, None)


def check(app: Flask, cases: int) -> int:
    """Schemathesis against the description that the site serves. Returns how many cases were run."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    run = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=cases, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
        def try_one(case: Case) -> None:
            nonlocal run
            run += 1
            together(case)
            case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"})

        try_one()
    return run


@pytest.mark.long
def test_two_thousand_requests_keep_the_promise_of_the_description(week_app: Flask) -> None:
    assert check(week_app, CASES_AN_OPERATION) >= 2000


def test_a_planted_fault_would_be_found(filled: Settings) -> None:
    """The control."""
    app = create_app(filled, lambda: AFTER)
    app.view_functions["api.shares"] = lambda: abort(500)
    try:
        with pytest.raises(FailureGroup):
            check(app, 3)
    finally:
        app.extensions["aiguillage"].close()
