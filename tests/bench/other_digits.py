"""Row 32: digits of other scripts wherever a number is read from an address, a parameter or an hour."""

from __future__ import annotations

from tests.bench.score import Score, report, run_tests

TITLE = "digits of other scripts that are a number, a page that fails, or another draw, over all routes and parameters"
BAR = "0"
TESTS = "tests/web/serving/test_security.py"


def score() -> Score:
    survived, of = run_tests(
        [
            f"{TESTS}::test_digits_of_other_scripts_are_no_numbers_in_any_address",
            f"{TESTS}::test_digits_of_other_scripts_are_no_numbers_in_any_parameter",
            f"{TESTS}::test_no_spelling_of_an_hour_chooses_another_draw",
        ]
    )
    # The control: what Python itself takes for digits, which these routes once did.
    careless = "\u0666\u0669".isdigit() and int("\u0666\u0669") == 69
    return Score(of, survived, 1, int(careless))


if __name__ == "__main__":
    report(TITLE, score)
