"""Changes that are too sudden to be believed: one rule for all."""

from __future__ import annotations

import pytest

from aggregator.collect.quarantine import is_another, sudden_change
from providers.records import Centre


@pytest.mark.parametrize(
    ("known", "found", "complete", "held"),
    [
        (100, 0, True, True),
        (100, 10, True, True),
        (100, 11, True, False),
        (100, 0, False, False),  # an interrupted list takes nothing away anyway
        (100, 9_999, True, False),
        (100, 10_000, True, True),
        (0, 13_000, True, False),
        (3, 1, True, False),
    ],
)
def test_one_rule_of_sudden_change_for_all(known: int, found: int, complete: bool, held: bool) -> None:
    assert (sudden_change(known, found, complete) is not None) is held


def test_an_id_that_stands_for_another_place_is_not_believed() -> None:
    here = Centre("x", "1", "Gymnase", lat=45.0, lon=4.0)

    assert is_another(here, Centre("x", "1", "Piscine", lat=45.1, lon=4.0))
    assert not is_another(here, Centre("x", "1", "Gymnase", lat=45.1, lon=4.0))
    assert not is_another(here, Centre("x", "1", "Piscine", lat=45.0, lon=4.0))
