"""Row 16: cases of schemathesis on every operation of the API."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "cases of schemathesis on every operation of the API"
BAR = "0 failures of 2,100; a planted 500 found"


def score() -> Score:
    return by_tests(
        ["tests/web/data/test_api.py::test_two_thousand_requests_keep_the_promise_of_the_description"],
        ["tests/web/data/test_api.py::test_a_planted_fault_would_be_found"],
        said="2,100 requests, valid and invalid",
    )


if __name__ == "__main__":
    report(TITLE, score)
