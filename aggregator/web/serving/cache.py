"""A thread-safe LRU cache bounded in bytes."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")
OVERHEAD_BYTES = 500
"""Of an entry: key, record and links of the cache, besides what they name."""


class SizedCache(Generic[Value]):
    """Keeps the values used last while they and their keys take `max_bytes` at most. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._lock = threading.Lock()
        self._entries: LRUCache[Hashable, tuple[Value, int]] = LRUCache(max_bytes, lambda entry: entry[1])

    @property
    def size(self) -> int:
        """Bytes in use, about."""
        return int(self._entries.currsize)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Value | None:
        with self._lock:  # a read moves its entry to the end of the queue: it changes the cache too
            entry: tuple[Value, int] | None = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: tuple[Any, ...], value: Value, size: int) -> None:
        """Keep a value. `size`: bytes of the value alone; what is larger than the whole cache is not kept."""
        entry = (value, size + OVERHEAD_BYTES + sum(len(part) for part in key if isinstance(part, str)))
        with self._lock:
            # cachetools raises ValueError for an entry that is larger than the cache.
            if entry[1] <= self._entries.maxsize:
                self._entries[key] = entry

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
