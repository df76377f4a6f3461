"""Records: which outcomes are answers, and marks that change nothing else."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest

from providers.records import WEEKDAYS, Centre, Outcome, Reading


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_slots_and_no_slots_are_answers(outcome: Outcome) -> None:
    """A refusal, a dead link, a question never asked: none of them says that nothing is free."""
    assert outcome.readable is (outcome.value in ("ok", "empty"))


def test_outcomes_are_stored_by_names_that_do_not_change() -> None:
    assert [outcome.value for outcome in Outcome] == [
        "ok", "empty", "blocked", "rate_limited", "gone", "http_error", "timeout", "invalid", "skipped",
    ]  # fmt: skip


def test_a_flag_is_added_to_those_there_are_and_to_a_copy() -> None:
    centre = Centre("official", "1", "Salle", flags=("position",))

    marked = centre.with_flag("unsafe-link")

    assert marked.flags == ("position", "unsafe-link")
    assert centre.flags == ("position",)
    assert replace(marked, flags=centre.flags) == centre


def test_a_record_cannot_be_changed_by_whoever_is_handed_it() -> None:
    with pytest.raises(FrozenInstanceError):
        Reading(Outcome.EMPTY).partial = True  # type: ignore[misc]


def test_the_days_of_the_week_stand_where_dates_count_them() -> None:
    assert WEEKDAYS[date(2021, 10, 25).weekday()] == "lundi"
    assert len(WEEKDAYS) == 7
