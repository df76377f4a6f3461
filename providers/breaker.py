"""A circuit breaker: after repeated failures a provider is left alone, then asked once before all is resumed.

Pure state and a clock that is handed in; whoever runs the collection stores the state between runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from providers.errors import CircuitOpenError, ProviderError
from providers.records import Outcome

# The three figures of docs/providers.md §1.2.
FAILURES_TO_OPEN = 5
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`failures` in a row, of any kind; `open_until` is None when closed; `pauses` counts openings in a row.

    `since`: the first of the failures in a row.
    """

    failures: int = 0
    pauses: int = 0
    open_until: datetime | None = None
    cause: str = ""
    since: datetime | None = None


class Breaker:
    """Thread-safe. Half-open lets exactly one request through at a time (the probe)."""

    def __init__(
        self,
        now: Callable[[], datetime],
        state: BreakerState | None = None,
        longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> None:
        """`longest_pause_s`: pauses double up to it; a wait that the provider asked for is obeyed beyond."""
        self._now = now
        self._longest_pause_s = longest_pause_s
        self._lock = threading.Lock()
        self._probing = False
        self.state = state or BreakerState()

    def before(self) -> None:
        """Raises CircuitOpenError when the provider must not be asked now."""
        with self._lock:
            until = self.state.open_until
            if until is None:
                return
            if self._now() < until or self._probing:
                raise CircuitOpenError(f"not asked before {until:%H:%M:%S} UTC ({self.state.cause})")
            self._probing = True

    def succeeded(self) -> None:
        with self._lock:
            self._probing = False
            self.state = BreakerState()

    def failed(self, error: ProviderError) -> None:
        """A refusal opens at once, a wait that was asked for is obeyed, other failures open after five in a row."""
        with self._lock:
            half_open, self._probing = self._probing, False
            # A dead link says nothing about its platform; a probe that met one leaves its turn to another.
            if error.outcome is Outcome.GONE:
                return
            since = self.state.since or self._now()
            state = replace(self.state, failures=self.state.failures + 1, cause=error.outcome.value, since=since)
            if half_open and error.outcome is Outcome.INVALID:
                # It answers: what it said of one item decides nothing about the others, until they fail too.
                self.state = replace(state, failures=FAILURES_TO_OPEN - 1, open_until=None)
                return
            if error.outcome is Outcome.RATE_LIMITED:
                state = self._open(state, error.retry_after_s or FIRST_PAUSE_S)
            elif error.outcome is Outcome.BLOCKED:
                state = self._open(state, self._longest_pause_s)
            elif self._is_open() and not half_open:
                return  # an answer that was still under way when it opened is no new failure
            elif half_open or state.failures >= FAILURES_TO_OPEN:
                # The exponent is bounded: after enough pauses the product would overflow a float.
                state = self._open(state, min(FIRST_PAUSE_S * 2 ** min(state.pauses, 20), self._longest_pause_s))
            self.state = state

    def _is_open(self) -> bool:
        return self.state.open_until is not None and self._now() < self.state.open_until

    def _open(self, state: BreakerState, pause_s: float) -> BreakerState:
        until = self._now() + timedelta(seconds=pause_s)
        # P4: a wait that the platform asked for is never shortened by a later failure.
        if state.open_until is not None and state.open_until > until:
            until = state.open_until
        return replace(state, pauses=state.pauses + 1, open_until=until)
