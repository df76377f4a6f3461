"""Row 17: the properties of parsers, guard, order, ledger and shares over many generated cases."""

from __future__ import annotations

from tests.bench.score import Score, report, run_tests

TITLE = "generated cases of parsers, guard, order, ledger and shares that break a property"
BAR = "0 of 30,000"
EXAMPLES = 1_000
NODES = ("-m", "property", "tests")
CONTROL = "tests/test_house.py::test_a_property_that_does_not_hold_would_be_found"


def score() -> Score:
    held, of = run_tests(NODES, {"HYPOTHESIS_EXAMPLES": str(EXAMPLES)})
    caught, planted = run_tests([CONTROL])
    return Score(of * EXAMPLES, held * EXAMPLES, planted, caught, f"{of} properties, {EXAMPLES:,} cases each")


if __name__ == "__main__":
    report(TITLE, score)
