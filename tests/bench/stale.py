"""Row 11: platforms that stop are marked within one interval, on page, API and export alike."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "platforms that stop are marked within one interval, on page, API and export alike"
BAR = "all"


def score() -> Score:
    return by_tests(
        ["tests/web/find/test_stale.py::test_a_platform_that_stops_is_stale_everywhere_within_one_interval"],
        ["tests/web/find/test_stale.py::test_a_portal_that_forgot_to_mark_it_would_be_seen"],
    )


if __name__ == "__main__":
    report(TITLE, score)
