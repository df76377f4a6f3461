"""Row 21: axe violations on every page, both themes, 320 px, hostile names."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "axe violations on every page, both themes, 320 px, hostile names"
BAR = "0; a page that is not accessible must be found"


def score() -> Score:
    return by_tests(
        [
            "tests/browser/test_journey.py::test_axe_finds_no_violation",
            "tests/browser/test_journey.py::test_hostile_names_break_neither_the_page_nor_its_accessibility",
        ],
        ["tests/browser/test_journey.py::test_axe_would_find_a_page_that_is_not_accessible"],
    )


if __name__ == "__main__":
    report(TITLE, score)
