"""Row 24: eight hundred clients that drip their headers and three hundred that drip a body, and an ordinary visitor."""

from __future__ import annotations

import resource
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.bench.score import Score, report
from tests.bench.stage import LYON, Web, post, served, staged

TITLE = "visits that waited a second or failed while 800 + 300 slow clients hold on"
BAR = "0"
HEADERS, BODIES, VISITS, LIMIT_S = 800, 300, 40, 1.0


class Crowd:
    """Connections that send a byte each few seconds, until the end of the block."""

    def __init__(self, port: int, path: str, headers: int, bodies: int) -> None:
        self._open: list[socket.socket] = []
        self._stop = threading.Event()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for number in range(headers + bodies):
            one = socket.create_connection(("127.0.0.1", port), timeout=5)
            one.sendall((head + ("X-a: b" if number < headers else "Content-Length: 1000000\r\n\r\na")).encode())
            self._open.append(one)

    def __enter__(self) -> Crowd:
        threading.Thread(target=self._drip, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._open:
            one.close()

    def _drip(self) -> None:
        while not self._stop.wait(2):
            for one in self._open:
                try:
                    one.sendall(b"c")
                except OSError:
                    continue


def visits(visit: Callable[[int], int]) -> int:
    """How many got their page within the limit."""
    good = 0
    for number in range(VISITS):
        started = time.monotonic()
        try:
            status = visit(number)
        except OSError:
            status = 0
        good += status in (200, 303) and time.monotonic() - started < LIMIT_S
    return good


def ordinary(web: Web, tokens: list[str], number: int) -> int:
    return web.get(LYON)[0] if number % 2 else post(web.port, tokens[number % len(tokens)])[0]


class Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return


class SixtyFour(socketserver.ThreadingMixIn, HTTPServer):
    """The control: a server that gives a thread to each client, 64 at most."""

    daemon_threads = True
    places = threading.Semaphore(64)

    def process_request_thread(self, *arguments: object) -> None:
        with self.places:
            super().process_request_thread(*arguments)  # type: ignore[arg-type]


def control() -> bool:
    """True when the ordinary visitors of the control are kept waiting."""
    server = SixtyFour(("127.0.0.1", 0), Plain)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port

    def visit(_: int) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as one:
            one.settimeout(LIMIT_S)
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return int(one.recv(64)[9:12] or 0)

    with Crowd(port, "/", 100, 0):
        good = sum(visits_of(visit) for _ in range(3))
    server.shutdown()
    return good < 3


def visits_of(visit: Callable[[int], int]) -> int:
    try:
        return int(visit(0) == 200)
    except OSError:
        return 0


def score() -> Score:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _), served(settings) as web:
        tokens = web.tokens()
        with Crowd(web.port, tokens[0], HEADERS, BODIES):
            started = time.monotonic()
            good = visits(lambda number: ordinary(web, tokens, number))
            mean_ms = 1000 * (time.monotonic() - started) / VISITS
    return Score(
        VISITS, good, 1, int(control()), f"{HEADERS} slow headers, {BODIES} slow bodies, {mean_ms:.0f} ms a visit"
    )


if __name__ == "__main__":
    report(TITLE, score)
