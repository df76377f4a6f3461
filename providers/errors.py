"""The errors of this package, one for each outcome that is not an answer.

ProviderError
├── BlockedError             403, or the provider's own way of refusing us
├── RateLimitedError         429, or 503 with Retry-After
├── GoneError                404, 410: the thing asked about no longer exists
├── UnavailableError         connection refused or reset, 5xx, any other status
├── TimedOutError            the wall-clock budget of the request is spent
├── InvalidAnswerError       the body is not what the contract says
│   └── ForeignRedirectError     sent on to an origin that the provider has not declared
└── CircuitOpenError         not asked: the breaker is open
"""

from __future__ import annotations

from providers.records import Outcome


class ProviderError(Exception):
    """`status` is the HTTP status where there was one."""

    outcome = Outcome.HTTP_ERROR

    def __init__(self, message: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class BlockedError(ProviderError):
    outcome = Outcome.BLOCKED


class RateLimitedError(ProviderError):
    outcome = Outcome.RATE_LIMITED


class GoneError(ProviderError):
    outcome = Outcome.GONE


class UnavailableError(ProviderError):
    outcome = Outcome.HTTP_ERROR


class TimedOutError(ProviderError):
    outcome = Outcome.TIMEOUT


class InvalidAnswerError(ProviderError):
    outcome = Outcome.INVALID


class ForeignRedirectError(InvalidAnswerError):
    pass


class CircuitOpenError(ProviderError):
    outcome = Outcome.SKIPPED
