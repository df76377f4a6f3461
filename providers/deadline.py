"""Closes a socket when the time of its request is spent.

`requests` bounds each *read*; a server that sends one byte a second is then never late.
One daemon thread holds the deadlines and shuts a socket down when its time is over,
which wakes the reader at once, whatever it was waiting for (header or body).
"""

from __future__ import annotations

import heapq
import itertools
import socket
import threading
import time


class Watchdog:
    """Shuts guarded sockets down at their deadline (monotonic seconds). Thread-safe."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._queue: list[tuple[float, int]] = []
        self._sockets: dict[int, socket.socket] = {}
        self._tickets = itertools.count()
        self._thread: threading.Thread | None = None

    def guard(self, sock: socket.socket, deadline: float) -> int:
        """Watch `sock` until `release`; the ticket returned is what `release` takes."""
        with self._wake:
            ticket = next(self._tickets)
            self._sockets[ticket] = sock
            heapq.heappush(self._queue, (deadline, ticket))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            # Only a deadline before all others changes how long the thread has to wait.
            if self._queue[0][1] == ticket:
                self._wake.notify()
            return ticket

    def release(self, ticket: int) -> None:
        with self._wake:
            # Its entry in the heap goes when it reaches the top: finding it earlier would take a search.
            self._sockets.pop(ticket, None)

    def _run(self) -> None:
        with self._wake:
            while True:
                while self._queue and self._queue[0][1] not in self._sockets:
                    heapq.heappop(self._queue)
                if not self._queue:
                    self._wake.wait()
                    continue
                deadline, ticket = self._queue[0]
                left = deadline - time.monotonic()
                if left > 0:
                    self._wake.wait(left)
                    continue
                heapq.heappop(self._queue)
                # Still under the lock: once `release` has returned, the connection may serve another question.
                _shut(self._sockets.pop(ticket))


def _shut(sock: socket.socket) -> None:
    try:
        # The plain socket's method: SSLSocket.shutdown would reset its TLS state under the reader.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass  # already closed by the reader or by the peer: nothing left to end
