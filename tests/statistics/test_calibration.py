"""The rule that finds a preference, on crowds whose truth is known (docs/figures.md §6; the bench plays more)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.crowds import HABITS, Floats, Shown, clicks_until, path, pooled_alarm, raised, tie_alarm

PATHS, CLICKS = 100, 1_100


def town(platforms: list[int], groups: list[int], weight: float) -> Shown:
    return Shown(np.array(platforms), np.array(groups), np.array([one % 2 == 0 for one in groups]), weight)


# A city with many places of the first platform, where few lists are asked for, and villages with one place of another.
COUNTRY = [
    town([0] * 14 + [1] * 4 + [2] * 2, [0] * 5 + [1] * 5 + [2] * 4 + [1] * 4 + [0] * 2, 3.0),
    town([0, 1, 0, 2], [0, 0, 1, 1], 2.0),
    town([1], [0], 2.0),
    town([2, 2, 0], [0, 1, 1], 1.0),
]


def prefer_the_second(shown: Shown, order: np.ndarray) -> Floats:
    return np.where(shown.platforms[order] == 1, 3.0, 1.0)


@pytest.mark.parametrize("habit", HABITS)
def test_a_crowd_that_looks_at_no_platform_is_accused_of_nothing(habit: str) -> None:
    draw = np.random.default_rng(11)
    paths = [path(draw, COUNTRY, HABITS[habit], CLICKS, 3) for _ in range(PATHS)]

    assert sum(raised(tie_alarm(one)) for one in paths) <= 5


def test_the_rule_of_before_accused_that_very_crowd() -> None:
    """The control: one figure for all lists together differs from what a blind crowd does, and for ever."""
    draw = np.random.default_rng(11)
    paths = [path(draw, COUNTRY, HABITS["1/log2(1 + rank)"], CLICKS, 3) for _ in range(20)]

    assert sum(raised(pooled_alarm(one)) for one in paths) == 20


def test_a_lasting_preference_is_found_within_a_few_hundred_clicks() -> None:
    draw = np.random.default_rng(11)
    habit = HABITS["1/log2(1 + rank)"]
    paths = [path(draw, COUNTRY, habit, CLICKS, 3, prefer_the_second) for _ in range(20)]

    assert np.median([clicks_until(tie_alarm(one)) for one in paths]) < 500
