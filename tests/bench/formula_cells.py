"""Row 28: cells that a spreadsheet would run, and texts that do not come back as they were."""

from __future__ import annotations

from tests.bench.score import Score, by_tests, report

TITLE = "cells that a spreadsheet would run, and texts that do not come back as they were"
BAR = "0 of 200 and more"


def score() -> Score:
    return by_tests(
        [
            "tests/opendata/test_text_formats.py::test_no_cell_is_a_formula_and_taking_the_apostrophe_off_gives_the_text",
            "tests/opendata/test_edition.py::test_all_formats_of_a_data_set_say_the_same",
        ],
        ["tests/opendata/test_text_formats.py::test_a_cell_written_without_care_would_be_a_formula"],
        said='200 generated tables of hostile cells in three dialects; `="01"`, digits alone, is ours',
        HYPOTHESIS_EXAMPLES="200",
    )


if __name__ == "__main__":
    report(TITLE, score)
