"""A provider that fails is left alone, asked once, then resumed or left alone for longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.breaker import Breaker, BreakerState
from providers.errors import BlockedError, CircuitOpenError, RateLimitedError, UnavailableError
from tests.clock import NOON


class TestBreaker:
    """Left alone after failures, asked once, then resumed or left alone for longer."""

    def test_it_opens_after_five_failures_in_a_row(self) -> None:
        breaker = Breaker(lambda: NOON)
        for _ in range(4):
            breaker.failed(UnavailableError("x"))
        breaker.before()
        breaker.failed(UnavailableError("x"))

        with pytest.raises(CircuitOpenError):
            breaker.before()

    def test_a_refusal_opens_at_once_for_an_hour(self) -> None:
        breaker = Breaker(lambda: NOON)
        breaker.failed(BlockedError("x"))

        assert breaker.state.open_until == NOON + timedelta(hours=1)

    def test_half_open_lets_one_probe_through(self) -> None:
        breaker = Breaker(lambda: NOON, BreakerState(5, 1, NOON - timedelta(seconds=1), "timeout"))
        breaker.before()

        with pytest.raises(CircuitOpenError):
            breaker.before()
        breaker.failed(UnavailableError("x"))
        assert breaker.state.open_until == NOON + timedelta(seconds=120)  # the pause doubles

    @given(st.floats(0, 3600))
    def test_the_wait_asked_for_is_never_shortened(self, seconds: float) -> None:
        breaker = Breaker(lambda: NOON)
        breaker.failed(RateLimitedError("x", 429, retry_after_s=seconds or 60))
        breaker.failed(RateLimitedError("x", 429, retry_after_s=1))

        assert breaker.state.open_until is not None
        assert breaker.state.open_until >= NOON + timedelta(seconds=seconds)
