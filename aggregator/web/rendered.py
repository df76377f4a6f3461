"""Pages that have been made already. Everybody who asks the same within a minute gets the same bytes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from aggregator.search import Answer

MAX_BYTES = 64 * 1024 * 1024
BYTES_A_PLACE = 400


@dataclass(frozen=True, slots=True)
class RenderedList:
    """A page, and the list that it shows: what is counted each time it is shown."""

    answer: Answer
    html: bytes
    status: int


Page = TypeVar("Page", RenderedList, str)


class Rendered(Generic[Page]):
    """The most recently asked pages, as many as fit. Thread-safe."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._pages: LRUCache[tuple[Any, ...], Page] = LRUCache(max_bytes, _size)

    def get(self, key: tuple[Any, ...]) -> Page | None:
        with self._lock:
            return self._pages.get(key)

    def put(self, key: tuple[Any, ...], page: Page) -> None:
        with self._lock:
            self._pages[key] = page


def _size(page: RenderedList | str) -> int:
    if isinstance(page, str):
        return len(page)
    return len(page.html) + BYTES_A_PLACE * len(page.answer.found)
