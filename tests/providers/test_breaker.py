"""A provider is left alone after failures, asked once, then resumed or left alone for longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.breaker import FAILURES_TO_OPEN, Breaker, BreakerState
from providers.errors import (
    BlockedError,
    CircuitOpenError,
    GoneError,
    InvalidAnswerError,
    ProviderError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
)
from tests.clock import NOON, Clock

HALF_OPEN = BreakerState(5, 1, NOON - timedelta(seconds=1), "timeout")


def is_open(breaker: Breaker) -> bool:
    try:
        breaker.before()
    except CircuitOpenError:
        return True
    return False


def test_it_opens_after_five_failures_in_a_row() -> None:
    breaker = Breaker(lambda: NOON)
    for _ in range(4):
        breaker.failed(UnavailableError("x"))
    breaker.before()
    breaker.failed(UnavailableError("x"))

    with pytest.raises(CircuitOpenError):
        breaker.before()


def test_failures_of_different_kinds_add_up_and_one_answer_ends_the_row() -> None:
    breaker = Breaker(lambda: NOON)
    for error in (UnavailableError("x"), TimedOutError("x"), InvalidAnswerError("x"), UnavailableError("x")):
        breaker.failed(error)
    breaker.succeeded()
    breaker.failed(UnavailableError("x"))

    assert (breaker.state.failures, is_open(breaker)) == (1, False)


def test_what_is_gone_says_nothing_about_its_platform() -> None:
    """A hundred dead links of one platform are no reason to stop asking it about the living ones."""
    breaker = Breaker(lambda: NOON)
    for _ in range(100):
        breaker.failed(GoneError("404", 404))

    assert breaker.state == BreakerState()


def test_a_refusal_opens_at_once_for_an_hour() -> None:
    breaker = Breaker(lambda: NOON)
    breaker.failed(BlockedError("x"))

    assert breaker.state.open_until == NOON + timedelta(hours=1)


def test_half_open_lets_one_probe_through() -> None:
    breaker = Breaker(lambda: NOON, HALF_OPEN)
    breaker.before()

    with pytest.raises(CircuitOpenError):
        breaker.before()
    breaker.failed(UnavailableError("x"))
    assert breaker.state.open_until == NOON + timedelta(seconds=120)  # the pause doubles


def test_of_many_at_once_exactly_one_is_the_probe() -> None:
    breaker = Breaker(lambda: NOON, HALF_OPEN)

    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(lambda _: is_open(breaker), range(64)))

    assert refused.count(False) == 1


@pytest.mark.parametrize(
    ("error", "pause_s"),
    [
        (BlockedError("x"), 3600),
        (RateLimitedError("x", 429, retry_after_s=7), 7),
        (RateLimitedError("x", 429), 60),
        (TimedOutError("x"), 120),
    ],
)
def test_what_the_probe_met_decides_how_long_the_next_pause_is(error: ProviderError, pause_s: int) -> None:
    breaker = Breaker(lambda: NOON, HALF_OPEN)
    breaker.before()
    breaker.failed(error)

    assert breaker.state.open_until == NOON + timedelta(seconds=pause_s)


def test_a_probe_that_meets_a_dead_link_decides_nothing_and_leaves_its_turn_to_another() -> None:
    breaker = Breaker(lambda: NOON, HALF_OPEN)
    breaker.before()
    breaker.failed(GoneError("404", 404))

    breaker.before()  # the next one is the probe
    assert breaker.state.open_until == HALF_OPEN.open_until


def test_a_probe_that_is_answered_resumes_all() -> None:
    breaker = Breaker(lambda: NOON, HALF_OPEN)
    breaker.before()
    breaker.succeeded()

    assert [is_open(breaker) for _ in range(3)] == [False] * 3
    assert breaker.state == BreakerState()


def test_pauses_double_up_to_an_hour() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(UnavailableError("x"))
    pauses = []
    for _ in range(8):
        assert breaker.state.open_until is not None
        pauses.append((breaker.state.open_until - clock.at).total_seconds())
        clock.at = breaker.state.open_until
        breaker.before()
        breaker.failed(UnavailableError("x"))

    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_answers_still_under_way_when_it_opened_do_not_lengthen_the_pause() -> None:
    breaker = Breaker(lambda: NOON)
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(UnavailableError("x"))
    opened = breaker.state
    for _ in range(30):
        breaker.failed(UnavailableError("x"))

    assert breaker.state == opened


@given(st.floats(0, 3600))
def test_the_wait_asked_for_is_never_shortened(seconds: float) -> None:
    breaker = Breaker(lambda: NOON)
    breaker.failed(RateLimitedError("x", 429, retry_after_s=seconds or 60))
    breaker.failed(RateLimitedError("x", 429, retry_after_s=1))

    assert breaker.state.open_until is not None
    assert breaker.state.open_until >= NOON + timedelta(seconds=seconds)


def test_whoever_is_held_back_is_told_until_when_and_why() -> None:
    breaker = Breaker(lambda: NOON)
    breaker.failed(BlockedError("a text of the platform"))

    with pytest.raises(CircuitOpenError, match=r"^not asked before 13:00:00 UTC \(blocked\)$"):
        breaker.before()


@pytest.mark.parametrize("error", [UnavailableError("x"), BlockedError("x")])
def test_no_pause_of_ours_is_longer_than_it_may_be(error: ProviderError) -> None:
    """The collector bounds pauses by its interval: one outage, the same recovery for every platform."""
    clock = Clock()
    breaker = Breaker(clock, longest_pause_s=300)
    for _ in range(12):
        for _ in range(FAILURES_TO_OPEN):
            breaker.failed(error)
        assert breaker.state.open_until is not None
        assert breaker.state.open_until <= clock.at + timedelta(seconds=300)
        clock.at = breaker.state.open_until
        breaker.before()


def test_a_wait_that_was_asked_for_may_be_longer() -> None:
    clock = Clock()
    breaker = Breaker(clock, longest_pause_s=300)

    breaker.failed(RateLimitedError("x", 429, retry_after_s=900))

    assert breaker.state.open_until == clock.at + timedelta(seconds=900)


def test_it_remembers_the_first_of_the_failures_in_a_row() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    first = clock.at
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(UnavailableError("x"))
        clock.at += timedelta(seconds=30)

    assert breaker.state.since == first
