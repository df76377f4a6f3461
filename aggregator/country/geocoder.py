"""Looks an address up with the State's geocoder, if the operator has switched it on: it sends what was typed.

Off by default: towns and postal codes are answered here. The point that comes back is rounded to 0.01 degree
before it is used, so that no list and no log knows a street.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from geopy.adapters import BaseSyncAdapter
from geopy.geocoders import BANFrance

from aggregator.instants import now as utc_now
from providers.breaker import Breaker
from providers.errors import InvalidAnswerError, ProviderError
from providers.http import FetchClient, Limits
from providers.strict_json import StrictJsonError, loads

# geopy's default is the host that the State has closed.
DOMAIN = "data.geopf.fr/geocodage"
LIMITS = Limits(connect_s=1.0, total_s=2.0, max_bytes=1024 * 1024, rate_per_s=None, retry_wait_s=0.0, connections=4)
AT_ONCE = 2
"""Threads of the web process that may wait for the geocoder; however slow it is, all the others stay free."""


class NoAnswerError(Exception):
    """The geocoder failed, was too slow, is left alone after failures, or is busy with other people's questions."""


@dataclass(frozen=True, slots=True)
class Point:
    """A grid point: degrees, rounded to 0.01."""

    lat: float
    lon: float


class Addresses:
    """Thread-safe. The bounds are those of a platform: wall clock, size, strict JSON, a pause after failures."""

    def __init__(
        self,
        domain: str = DOMAIN,
        scheme: str = "https",
        now: Callable[[], datetime] = utc_now,
        limits: Limits = LIMITS,
    ) -> None:
        client = FetchClient([f"{scheme}://{domain.partition('/')[0]}"], "Aiguillage", limits=limits, now=now)
        self._geocoder = BANFrance(
            domain=domain,
            scheme=scheme,
            user_agent="Aiguillage",
            adapter_factory=lambda **kept: _Bounded(client, **kept),
        )
        self._breaker = Breaker(now, longest_pause_s=300)
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def locate(self, text: str) -> Point | None:
        """The point of an address; None when the geocoder knows none. Raises NoAnswerError, after 2 s at most."""
        if not self._free.acquire(blocking=False):
            raise NoAnswerError("busy")
        try:
            return self._ask_unless_paused(text)
        except ProviderError as error:
            raise NoAnswerError(str(error)) from error
        finally:
            self._free.release()

    def _ask_unless_paused(self, text: str) -> Point | None:
        self._breaker.before()
        try:
            point = self._ask(text)
        except ProviderError as error:
            self._breaker.failed(error)
            raise
        self._breaker.succeeded()
        return point

    def _ask(self, text: str) -> Point | None:
        try:
            found = self._geocoder.geocode(text, exactly_one=True)
            return Point(round(found.latitude, 2), round(found.longitude, 2)) if found else None
        except ProviderError:
            raise
        except (StrictJsonError, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            # geopy looks into an answer without asking what it is.
            raise InvalidAnswerError(f"{type(error).__name__} in the geocoder's answer") from error


class _Bounded(BaseSyncAdapter):  # type: ignore[misc]
    """What geopy asks goes through our own client: geopy's time-outs are for each read, not for the whole answer."""

    def __init__(self, client: FetchClient, **kept: Any) -> None:
        super().__init__(**kept)
        self._client = client

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        answer = loads(self._client.get(url).body)
        if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
            raise InvalidAnswerError("no list of features")  # geopy would take it for "no such address"
        return answer

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> NoReturn:
        raise NotImplementedError
