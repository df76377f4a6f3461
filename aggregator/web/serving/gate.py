"""Limits how much expensive work is done at once: a short, fair queue, and 503 for who would wait too long.

Pages made already and departures never pass here. Threads at work or waiting leave most of the process's threads to
them, and more at once would only take turns (one interpreter, one lock).
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache
from werkzeug.exceptions import ServiceUnavailable

AT_ONCE = 4  # of the WEB_THREADS of config/settings.py: with those that wait, fewer than half of them
WAITING = 8
PATIENCE_S = 1.0
REMEMBERED = 1000
"""Networks whose last turn is known; one that is forgotten is treated as new."""


class _Turn:
    """Somebody who waits. `admitted`: None until it is decided."""

    def __init__(self, network: str) -> None:
        self.network = network
        self.admitted: bool | None = None
        self.decided = threading.Event()

    def decide(self, admitted: bool) -> None:
        self.admitted = admitted
        self.decided.set()


class Gate:
    """Admits `at_once`; `waiting` more wait for `patience_s` seconds. Networks take turns, whatever they ask.

    So eight connections of one place, asking without pause, leave a visitor from elsewhere the very next turn.
    """

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, patience_s: float = PATIENCE_S) -> None:
        self._at_once, self._most_waiting, self._patience_s = at_once, waiting, patience_s
        self._lock = threading.Lock()
        self._at_work: Counter[str] = Counter()
        self._queue: list[_Turn] = []
        self._turns = itertools.count(1)
        self._last_turn: LRUCache[str, int] = LRUCache(REMEMBERED)
        self.shed = 0

    @contextmanager
    def expensive_work(self, network: str) -> Iterator[None]:
        """Raises ServiceUnavailable (503). `network`: where the visitor comes from, as a mark that names nobody."""
        turn = _Turn(network)
        with self._lock:
            self._queue.append(turn)
            self._let_in()
            if len(self._queue) > self._most_waiting:
                self._send_away()
        if not turn.decided.wait(self._patience_s):
            with self._lock:
                if turn.admitted is None:  # it may have been let in at the last moment
                    self._queue.remove(turn)
                    turn.decide(admitted=False)
        if not turn.admitted:
            with self._lock:
                self.shed += 1
            raise ServiceUnavailable
        try:
            yield
        finally:
            with self._lock:
                self._at_work[network] -= 1
                self._at_work += Counter()  # forgets the networks that nobody is at work for
                self._let_in()

    def _let_in(self) -> None:
        """While there is room: of the networks with the fewest at work, the one whose last turn is longest ago."""
        while self._queue and self._at_work.total() < self._at_once:
            turn = min(self._queue, key=lambda one: (self._at_work[one.network], self._last_turn.get(one.network, 0)))
            self._queue.remove(turn)
            self._at_work[turn.network] += 1
            self._last_turn[turn.network] = next(self._turns)
            turn.decide(admitted=True)

    def _send_away(self) -> None:
        """The last of the network that has the most waiting."""
        waiting = Counter(one.network for one in self._queue)
        turn = max(reversed(self._queue), key=lambda one: waiting[one.network])
        self._queue.remove(turn)
        turn.decide(admitted=False)
