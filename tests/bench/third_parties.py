"""Row 20: third-party requests, cookies, Referer at the platform."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "third-party requests, cookies, Referer at the platform"
BAR = "0 / 0 / none"


def score() -> Score:
    return by_tests(
        [
            "tests/web/test_privacy.py::test_no_cookie_and_nothing_from_another_host",
            "tests/browser/test_journey.py::test_nothing_is_asked_of_another_host",
            "tests/browser/test_journey.py::test_the_whole_way_from_the_home_page_for_every_platform",
            "tests/web/test_privacy.py::test_neither_address_nor_browser_nor_question_is_written_anywhere",
        ],
        ["tests/web/test_privacy.py::test_the_search_for_traces_would_find_one"],
    )


if __name__ == "__main__":
    report(TITLE, score)
