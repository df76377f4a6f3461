"""Row 13: whatever a platform writes into Retry-After, it is not asked earlier."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from providers.breaker import Breaker
from providers.errors import CircuitOpenError, RateLimitedError
from providers.http import DEFAULT_RETRY_AFTER_S, MAX_RETRY_AFTER_S, retry_after_seconds
from tests.bench.score import Score, report

TITLE = "Retry-After values that were disobeyed"
BAR = "0 of 200 generated values"
VALUES, NOW = 200, datetime(2026, 11, 23, 12, tzinfo=UTC)
JUNK = ("soon", "-5", "1e3", "12.5", "", "\u0661\u0662", "120 ", "NaN", "Mon, 99 Nov 2026 12:00:00 GMT", "0x10")


def generated(draw: random.Random) -> tuple[str, float]:
    """(a header, the seconds that may not be undercut, one hour at most)."""
    kind = draw.randrange(4)
    if kind == 0:
        seconds = draw.choice([0, 1, 59, 120, 3599, 3600, 3601, 10**6, 10**15, draw.randrange(10_000)])
        return f"{'0' * draw.randrange(4) * 4}{seconds}", min(seconds, MAX_RETRY_AFTER_S)
    if kind == 1:
        ahead = draw.choice([-86_400, -1, 0, 1, 90, 3_600, 10**7, draw.randrange(7_200)])
        header = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
        return header, min(max(ahead, 0), MAX_RETRY_AFTER_S)
    if kind == 2:
        return str(draw.randrange(100_000)), 0.0
    text = draw.choice(JUNK)
    return text, 120 if text.strip() == "120" else DEFAULT_RETRY_AFTER_S


def asked_again_after(header: str, understand: object = retry_after_seconds) -> float:
    """The first second at which the breaker lets a request through."""
    clock = [NOW]
    breaker = Breaker(lambda: clock[0])
    breaker.failed(RateLimitedError("x", retry_after_s=understand(header, NOW)))  # type: ignore[operator]
    for second in range(int(MAX_RETRY_AFTER_S) + 2):
        clock[0] = NOW + timedelta(seconds=second)
        try:
            breaker.before()
        except CircuitOpenError:
            continue
        return float(second)
    return MAX_RETRY_AFTER_S + 2


def seconds_only(text: str, _: datetime) -> float:
    """The control: a client that understands no dates."""
    return float(text[:6]) if text.isascii() and text.isdigit() else 0.0


def score() -> Score:
    draw = random.Random(1)
    values = [generated(draw) for _ in range(VALUES)]
    obeyed = sum(asked_again_after(header) >= wanted for header, wanted in values)
    careless = sum(asked_again_after(header, seconds_only) < wanted for header, wanted in values)
    return Score(VALUES, obeyed, 1, int(careless > 0), f"a client that reads only seconds disobeys {careless}")


if __name__ == "__main__":
    report(TITLE, score)
