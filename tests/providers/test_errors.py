"""The error tree: one error for every outcome that is not an answer, each named where a reader looks first."""

from __future__ import annotations

import re

from providers import errors
from providers.errors import ProviderError
from providers.records import Outcome

TREE = ProviderError.__subclasses__()
NARROWER = [narrower for error in TREE for narrower in error.__subclasses__()]


def test_every_outcome_that_is_no_answer_has_one_error_and_no_answer_has_any() -> None:
    assert sorted(error.outcome for error in TREE) == sorted(one for one in Outcome if not one.readable)


def test_the_tree_at_the_top_of_the_file_names_each_error() -> None:
    named = re.findall(r"\w+Error", errors.__doc__ or "")

    assert sorted(named) == sorted(["ProviderError", *(error.__name__ for error in TREE + NARROWER)])


def test_an_error_carries_the_status_and_the_wait_that_were_asked_for() -> None:
    error = errors.RateLimitedError("429 on /a", 429, retry_after_s=90)

    assert (str(error), error.status, error.retry_after_s) == ("429 on /a", 429, 90)
    assert (errors.TimedOutError("x").status, errors.TimedOutError("x").retry_after_s) == (None, None)
