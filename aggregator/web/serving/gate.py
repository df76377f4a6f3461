"""Limits how many expensive requests run at once and answers the others 503. Redirects are never refused.

Cached pages cost next to nothing and are always served. Threads that do expensive work leave most of the
process's threads to departures, and more at once would only take turns (one interpreter, one lock).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable

AT_ONCE = 4  # of the WEB_THREADS of config/settings.py: the others stay free for departures and kept pages


class Gate:
    """Admits `at_once` requests and rejects the rest at once: a queue would only make everybody late."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self.shed = 0

    @contextmanager
    def expensive_work(self) -> Iterator[None]:
        """Raises ServiceUnavailable (503) when `at_once` others are at work."""
        if not self._free.acquire(blocking=False):
            with self._lock:  # "+=" reads, then writes: two threads at once would count one
                self.shed += 1
            raise ServiceUnavailable
        try:
            yield
        finally:
            self._free.release()
