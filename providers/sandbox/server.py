"""One loopback origin per platform, with latency and faults by flag, and a booking page per place."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from providers.official_list import TEMPLATE_COLUMNS
from providers.sandbox.faults import FAULTS, send
from providers.sandbox.pages import Pages
from providers.sandbox.platform import Platform
from providers.sandbox.platforms import PLATFORMS
from providers.sandbox.world import World

LIST_PATH = "/centres-vaccination.csv"


class Sandbox:
    """All platforms, running. `faults`: platform slug ("*" = all) -> name of a fault; may be changed while running."""

    def __init__(
        self,
        world: World,
        port: int = 0,
        latency_ms: float = 0,
        faults: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pages: Pages | None = None,
    ) -> None:
        self.world = world
        self.latency_s = latency_ms / 1000
        self.faults = dict(faults or {})
        self.requests = 0
        self.pages = pages or Pages()
        self._servers: dict[str, _Server] = {}
        for number, (slug, platform) in enumerate(sorted(PLATFORMS.items())):
            self._servers[slug] = _Server(port + number if port else 0, self, slug, platform(world, now))
        self._list = _Server(port + len(PLATFORMS) if port else 0, self, "official", None)
        self._told, self._tell = socket.socketpair()
        self._door = threading.Thread(target=self._let_in, daemon=True)
        self._door.start()

    def _let_in(self) -> None:
        """Take the connections of all platforms until told to stop, and sleep in between.

        `serve_forever` looks up twenty times a second whether it is to stop: five of them took half of what the idle
        sandbox took.
        """
        doors: list[_Server | socket.socket] = [*self._all, self._told]
        with selectors.DefaultSelector() as selector:
            for door in doors:
                selector.register(door, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if not isinstance(key.fileobj, _Server):
                        return
                    key.fileobj.handle_request()

    @property
    def _all(self) -> tuple[_Server, ...]:
        return (*self._servers.values(), self._list)

    @property
    def origins(self) -> dict[str, str]:
        return {slug: server.origin for slug, server in self._servers.items()}

    def description(self) -> dict[str, Any]:
        """What `sandbox.json` holds."""
        return {
            "providers": self.origins,
            "official_list": self._list.origin + LIST_PATH if self.world.listed else None,
            "places": sum(map(len, self.world.centres.values())) + len(self.world.listed),
        }

    def fault_of(self, slug: str) -> str | None:
        return self.faults.get(slug) or self.faults.get("*")

    def stop(self) -> None:
        self._tell.close()
        self._door.join()
        self._told.close()
        for server in self._all:
            server.server_close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # an answer that hangs must not keep the process alive
    request_queue_size = 256
    timeout = 0  # `handle_request` waits for no client that has hung up before it was let in

    def __init__(self, port: int, sandbox: Sandbox, slug: str, platform: Platform | None) -> None:
        self.sandbox, self.slug, self.platform = sandbox, slug, platform
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: a client that hangs up in the middle of an answer is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # buffered: head and body of an answer leave in one write
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a demonstration keeps no access log either."""

    def _answer(self, body: bytes) -> None:
        server, parts = self.server, urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query, keep_blank_values=True)
        server.sandbox.requests += 1
        if server.platform is None:
            send(self, 200, official_list(server.sandbox.world), "text/csv; charset=utf-8")
            return
        if "text/html" in self.headers.get("Accept", ""):
            gone = server.sandbox.fault_of(server.slug) == "gone"
            centre = None if gone else server.platform.at_path(path, query)
            page = server.sandbox.pages.booking(server.platform, centre)
            send(self, 200 if centre else 404, page, "text/html; charset=utf-8")
            return
        if server.sandbox.latency_s:
            time.sleep(server.sandbox.latency_s)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer_as_platform(server, server.platform, path, query, body)

    def _answer_as_platform(
        self, server: _Server, platform: Platform, path: str, query: dict[str, list[str]], body: bytes
    ) -> None:
        try:
            found = platform.answer(path, query, body)
        except (KeyError, ValueError, IndexError):
            send(self, 400, b'{"error":"bad request"}')
            return
        answer: bytes | None = json.dumps(found, ensure_ascii=False).encode()
        fault = server.sandbox.fault_of(server.slug)
        if fault is not None:
            answer = FAULTS[fault](self, answer or b"")
        if answer is not None:
            send(self, 404 if found is None and fault is None else 200, answer)


def official_list(world: World) -> bytes:
    """The world's rows in our twelve-column template."""
    text = io.StringIO()
    writer = csv.DictWriter(text, TEMPLATE_COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(world.listed)
    return text.getvalue().encode()
