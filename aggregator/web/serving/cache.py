"""Pages that have been made already. Everybody who asks the same within a minute gets the same bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sized
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from aggregator.redirect.impressions import Showing

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RenderedList:
    """A page, and the list that it shows: what is counted each time it is shown."""

    showing: Showing
    html: bytes
    status: int

    def __len__(self) -> int:
        return len(self.html) + 2000

    @property
    def etag(self) -> str:
        """Of the content alone: it tells nobody apart."""
        return hashlib.blake2b(self.html, digest_size=12).hexdigest()


Page = TypeVar("Page", bound=Sized)


class Rendered(Generic[Page]):
    """The most recently asked pages, as many as fit. Thread-safe."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._pages: LRUCache[tuple[Any, ...], Page] = LRUCache(max_bytes, len)

    @property
    def size(self) -> int:
        """Bytes in use, about."""
        return int(self._pages.currsize)

    def get(self, key: tuple[Any, ...]) -> Page | None:
        try:
            with self._lock:
                return self._pages[key]
        except KeyError:
            return None

    def put(self, key: tuple[Any, ...], page: Page) -> None:
        with self._lock:
            self._pages[key] = page
