"""Who presses a button: a person, a robot, a browser that prefetches, the same person twice."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import crawleruseragents

DUPLICATE_S = 30 * 60
MAX_REMEMBERED = 500_000


class Duplicates:
    """Remembers clicks for half an hour as keyed hashes, in memory only, under a key drawn at start and each day."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._key, self._drawn = secrets.token_bytes(32), clock()

    def seen_before(self, address: str, user_agent: str, offer_id: str) -> bool:
        """True when the same address, user agent and offer were counted within the last half hour."""
        now = self._clock()
        with self._lock:
            if now - self._drawn > 24 * 3600:
                self._key, self._drawn = secrets.token_bytes(32), now
                self._seen.clear()
            while self._seen and (
                next(iter(self._seen.values())) < now - DUPLICATE_S or len(self._seen) > MAX_REMEMBERED
            ):
                self._seen.popitem(last=False)
            text = "\0".join((address, user_agent, offer_id)).encode("utf-8", "surrogatepass")
            mark = hashlib.blake2b(text, key=self._key, digest_size=16).digest()
            if mark in self._seen:
                return True
            self._seen[mark] = now
            return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request says of itself, used at once and kept nowhere. `headers` with lower-case names."""

    address: str
    user_agent: str
    headers: Mapping[str, str]
    own_host: str


def is_foreign(visitor: Visitor) -> bool:
    """A POST that does not come from our own pages (docs/figures.md §1.1): Sec-Fetch-Site when present, else Origin."""
    site = visitor.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = visitor.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != visitor.own_host


def is_prefetch(headers: Mapping[str, str]) -> bool:
    signs = (headers.get("sec-purpose", ""), headers.get("purpose", ""), headers.get("x-moz", ""))
    return any(sign.lower().startswith("prefetch") for sign in signs)


@lru_cache(maxsize=4096)
def is_robot(user_agent: str) -> bool:
    """By the public list of crawlers; an empty user agent is one."""
    return not user_agent.strip() or bool(crawleruseragents.is_crawler(user_agent))
