"""The bounded fetch client: the only user of `requests`.

Every request has a connect budget, a *total* wall-clock budget, a size cap counted after decompression,
and follows redirects only to the provider's own declared API origins. What comes back is bytes and a status,
or one of the named errors of `providers.errors`. Politeness (honest User-Agent, rate per host, Retry-After)
lives here too, so that no adapter can forget it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterMixin
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from providers.deadline import Watchdog
from providers.errors import (
    BlockedError,
    ForeignRedirectError,
    GoneError,
    InvalidAnswerError,
    ProviderError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
)

MAX_REDIRECTS = 3
MAX_RETRIES = 2
MAX_RETRY_AFTER_S = 3600.0  # P4: a platform that names the year 2099 is asked again after an hour
DEFAULT_RETRY_AFTER_S = 60.0
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """`connect_s` and `total_s` in seconds; `max_bytes` after decompression; `rate_per_s` requests a second a host."""

    connect_s: float = 3.0
    total_s: float = 10.0
    max_bytes: int = 16 * 1024 * 1024
    rate_per_s: float | None = 10.0
    retry_wait_s: float = 0.3
    connections: int = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with status 200: `body` is whole and within the cap."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class FetchClient:
    """Fetches from one provider. Thread-safe. `origins`: the only "scheme://host[:port]" that it may speak to."""

    def __init__(
        self,
        origins: Iterable[str],
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.origins = frozenset(origins)
        self.limits = limits or Limits()
        self._now = now
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment could read and answer our questions
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # no cookie is kept (§1.1)
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json", **(headers or {})})
        adapter = _adapter(self.limits)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def get(self, url: str, params: Iterable[tuple[str, str]] = (), query: str | None = None) -> Answer:
        """GET `url` with `params`; `query` is appended as written, for servers that are particular about it."""
        return self._fetch("GET", f"{url}?{query}" if query else url, params=list(params))

    def post(self, url: str, payload: Any) -> Answer:
        return self._fetch("POST", url, json=payload)

    def close(self) -> None:
        self._session.close()

    def _fetch(self, method: str, url: str, **arguments: Any) -> Answer:
        """One question, asked again at most twice when the server failed, within one wall-clock budget."""
        clock = _Budget(self.limits.total_s)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: _worth_retrying(error) and clock.left_s > 0),
            stop=tenacity.stop_after_attempt(1 + MAX_RETRIES),
            wait=tenacity.wait_random_exponential(multiplier=self.limits.retry_wait_s, max=2),
            reraise=True,
        )
        return retrying(self._follow, method, url, clock, arguments)

    def _follow(self, method: str, url: str, clock: _Budget, arguments: dict[str, Any]) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            self._check_origin(url)  # each hop anew: P23
            answer, location = self._once(method, url, clock, arguments)
            if location is None:
                return answer
            url, method, arguments = urljoin(url, location.strip()), "GET", {}
        raise InvalidAnswerError(f"more than {MAX_REDIRECTS} redirects, the last to {urlsplit(url).path}")

    def _check_origin(self, url: str) -> None:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in self.origins:
            raise ForeignRedirectError(f"refused to leave the declared origins for {parts.scheme}://{parts.netloc}")

    def _once(self, method: str, url: str, clock: _Budget, arguments: dict[str, Any]) -> tuple[Answer, str | None]:
        _CURRENT.clock = clock
        try:
            response = self._session.request(
                method,
                url,
                stream=True,  # so that `_read` can stop at the cap (P10)
                allow_redirects=False,  # requests would follow to any host: see `_follow`
                timeout=(self.limits.connect_s, self.limits.total_s),
                **arguments,
            )
            with response:
                if response.is_redirect:
                    return Answer(url, response.status_code, b""), response.headers["Location"]
                body = self._read(response, clock)
        except ProviderError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _translate(error, clock, url) from error
        finally:
            clock.stop()
        self._refuse_bad_status(response, body)
        return Answer(url, response.status_code, body, dict(response.headers)), None

    def _read(self, response: requests.Response, clock: _Budget) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self.limits.max_bytes:
                raise InvalidAnswerError(f"answer larger than {self.limits.max_bytes} bytes", response.status_code)
        if clock.left_s <= 0:
            # The socket was shut down at its deadline: what looks like the end of the answer is not.
            raise TimedOutError(f"answer not complete within {self.limits.total_s:g} s", response.status_code)
        # `tell` counts bytes on the wire, before decompression, as Content-Length does.
        expected = response.headers.get("Content-Length")
        if expected and expected.isascii() and expected.isdigit() and response.raw.tell() < int(expected):
            raise InvalidAnswerError("answer shorter than it announced", response.status_code)
        return bytes(body)

    def _refuse_bad_status(self, response: requests.Response, body: bytes) -> None:
        status, where = response.status_code, urlsplit(response.url).path  # no query: notes are published
        if status == 200:
            return
        retry_after = response.headers.get("Retry-After")
        if status == 429 or (status == 503 and retry_after is not None):
            raise RateLimitedError(
                f"{status} on {where}", status, retry_after_s=retry_after_seconds(retry_after, self._now())
            )
        if status == 403 or (status in (503, 520) and _is_challenge(body)):
            raise BlockedError(f"{status} on {where}", status)
        if status in (404, 410):
            raise GoneError(f"{status} on {where}", status)
        if 200 < status < 300:
            raise InvalidAnswerError(f"{status} where 200 was promised, on {where}", status)
        raise UnavailableError(f"{status} on {where}", status)


def retry_after_seconds(value: str | None, now: datetime) -> float:
    """Seconds to wait after a Retry-After header (RFC 9110 §10.2.3: seconds or a date).

    The wait that was asked for, one hour at most; one minute when the header is missing or unreadable.
    """
    if value is None:
        return DEFAULT_RETRY_AFTER_S
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text.lstrip("0")[:9] or 0), MAX_RETRY_AFTER_S)  # nine digits are beyond the cap anyway
    try:
        at = parsedate_to_datetime(text)
        wait_s = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return DEFAULT_RETRY_AFTER_S
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)


def _worth_retrying(error: BaseException) -> bool:
    return isinstance(error, UnavailableError) and (error.status is None or error.status >= 500)


def _is_challenge(body: bytes) -> bool:
    """True for the waiting page of an anti-robot shield, sent in place of an answer (docs/providers.md §1.2)."""
    text = body[:20_000].lower()
    return b"cloudflare" in text or b"checking your browser" in text


def _translate(error: Exception, clock: _Budget, url: str) -> ProviderError:
    where = urlsplit(url).path
    # The watchdog's shutdown surfaces as a broken connection: with the budget spent it is a time-out.
    if clock.left_s <= 0.05 or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return TimedOutError(f"no complete answer within {clock.total_s:g} s on {where}")
    if isinstance(error, requests.exceptions.ConnectionError | OSError) and not isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.InvalidURL
    ):
        return UnavailableError(f"{type(error).__name__} on {where}")
    return InvalidAnswerError(f"{type(error).__name__} on {where}")


class _Budget:
    """The wall clock of one question. Waiting for our own rate limit does not count: only time on the wire does."""

    def __init__(self, total_s: float) -> None:
        self.total_s = total_s
        self._spent = 0.0
        self._started: float | None = None
        self._ticket: int | None = None

    def start(self) -> None:
        self._started = time.monotonic()

    def watch(self, sock: Any) -> None:
        if sock is not None:
            self._ticket = _WATCHDOG.guard(sock, time.monotonic() + max(self.left_s, 0.0))

    def stop(self) -> None:
        if self._ticket is not None:
            _WATCHDOG.release(self._ticket)
            self._ticket = None
        if self._started is not None:
            self._spent += time.monotonic() - self._started
            self._started = None

    @property
    def left_s(self) -> float:
        running = time.monotonic() - self._started if self._started is not None else 0.0
        return self.total_s - self._spent - running


_WATCHDOG = Watchdog()
_CURRENT = threading.local()  # how the clock of a question reaches the connections that urllib3 makes


class _WatchedHTTP(HTTPConnection):
    def getresponse(self) -> Any:
        _CURRENT.clock.watch(self.sock)
        return super().getresponse()


class _WatchedHTTPS(HTTPSConnection):
    def getresponse(self) -> Any:
        _CURRENT.clock.watch(self.sock)
        return super().getresponse()


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        _CURRENT.clock.start()
        return super().send(request, *args, **kwargs)


class _PoliteAdapter(LimiterMixin, _BoundedAdapter):  # type: ignore[misc]
    """The limiter waits before the clock starts, so that our own wait is never taken for a slow platform."""


def _adapter(limits: Limits) -> HTTPAdapter:
    pool: dict[str, Any] = {"pool_maxsize": limits.connections, "pool_block": True}
    if limits.rate_per_s is None:
        return _BoundedAdapter(**pool)
    # `limit_statuses`: after a 429 the limiter would wait too, by default; waiting is the breaker's task.
    if limits.rate_per_s >= 1:
        return _PoliteAdapter(per_second=limits.rate_per_s, limit_statuses=(), **pool)
    return _PoliteAdapter(per_minute=limits.rate_per_s * 60, limit_statuses=(), **pool)
