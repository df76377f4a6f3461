"""Row 22: redirects that land on the platform in a real browser, counted = landed."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "redirects that land on the platform in a real browser, counted = landed"
BAR = "100 %; a policy that blocks the form must be seen"


def score() -> Score:
    return by_tests(
        [
            "tests/browser/test_journey.py::test_the_whole_way_from_the_home_page_for_every_platform",
            "tests/browser/test_journey.py::test_every_platform_is_landed_on_and_counted",
        ],
        ["tests/browser/test_journey.py::test_a_policy_that_forgets_a_platform_counts_and_strands"],
    )


if __name__ == "__main__":
    report(TITLE, score)
