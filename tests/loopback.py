"""A real HTTP server on 127.0.0.1 that answers what a test tells it to: recorded answers go through the real client."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Route = Callable[["Request"], Any]


class Request:
    """One request as it arrived: `path` unquoted, `query` with every value, `raw` as written on the wire."""

    def __init__(self, method: str, raw: str, body: bytes, headers: Any) -> None:
        parts = urlsplit(raw)
        self.method, self.raw, self.body, self.headers = method, raw, body, headers
        self.path = unquote(parts.path)
        self.query = parse_qs(parts.query, keep_blank_values=True)

    def first(self, name: str) -> str:
        return self.query[name][0]


class Status:
    """An answer that is not 200 with JSON."""

    def __init__(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.code, self.body, self.headers = code, body, headers


class Loopback:
    """`routes`: path (or its prefix ending in "*") -> JSON value, bytes, Status, or a function of the request."""

    def __init__(self, routes: dict[str, Any]) -> None:
        self.routes = routes
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: Request) -> Any:
        self.requests.append(request)
        for path, answer in self.routes.items():
            if path == request.path or (path.endswith("*") and request.path.startswith(path[:-1])):
                return answer(request) if callable(answer) else answer
        return Status(404, b"{}")

    def _handler(loopback) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.reply(b"")

            def do_POST(self) -> None:
                self.reply(self.rfile.read(int(self.headers["Content-Length"] or 0)))

            def reply(self, body: bytes) -> None:
                answer = loopback._answer(Request(self.command, self.path, body, self.headers))
                if not isinstance(answer, Status):
                    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                    answer = Status(200, raw)
                self.send_response(answer.code)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
