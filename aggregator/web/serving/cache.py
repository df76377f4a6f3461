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
    """`max_bytes` counts values and keys."""

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
        with self._lock:
            entry: tuple[Value, int] | None = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: tuple[Any, ...], value: Value, size: int) -> None:
        """`size`: bytes of the value alone. What is larger than the whole cache is not kept."""
        entry = (value, size + OVERHEAD_BYTES + sum(len(part) for part in key if isinstance(part, str)))
        with self._lock:
            if entry[1] <= self._entries.maxsize:
                self._entries[key] = entry

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
