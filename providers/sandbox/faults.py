"""Faults that a simulated platform can play: what a broken, hostile or overloaded server really sends.

Each takes (handler, body) and writes raw bytes, or returns a body to send as usual. Names are those of `--fault`.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

HANG_S = 60  # far beyond the 10 s that one question may take (docs/providers.md §1.1)
Handler = BaseHTTPRequestHandler
Fault = Callable[[Handler, bytes], bytes | None]


def send(handler: Handler, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
    """One whole answer in one write."""
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _status(status: int, body: bytes = b"{}", **headers: str) -> Fault:
    def play(handler: Handler, _: bytes) -> None:
        send(handler, status, body, **headers)

    return play


def _raw(content: bytes, content_type: str = "application/json", **headers: str) -> Fault:
    def play(handler: Handler, _: bytes) -> None:
        send(handler, 200, content, content_type, **headers)

    return play


def _reset(handler: Handler, _: bytes) -> None:
    handler.close_connection = True
    handler.connection.close()


def _hang(handler: Handler, _: bytes) -> None:
    time.sleep(HANG_S)
    handler.close_connection = True


# P2, P3: each byte or header comes in time for a limit on single reads, so that only a wall clock ends these two.
def _drip(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 1000))
    handler.end_headers()
    for number in range(HANG_S * 5):
        handler.wfile.write(body[number : number + 1] or b" ")
        handler.wfile.flush()
        time.sleep(0.2)


def _drip_headers(handler: Handler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(HANG_S * 5):
        handler.wfile.write(f"X-{number}: {number}\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.2)


def _truncated(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def _cut(handler: Handler, body: bytes) -> bytes:
    return body[: len(body) // 2]


def _flapping(handler: Handler, body: bytes) -> bytes | None:
    server: Any = handler.server
    server.flap = not getattr(server, "flap", False)
    if server.flap:
        send(handler, 502, b"bad gateway", "text/html")
        return None
    return body


def _edited(edit: Callable[[bytes], bytes]) -> Fault:
    return lambda handler, body: edit(body)


def _renamed(body: bytes) -> bytes:
    """Renames every key of the answer, as an incompatible version would (P25)."""
    return body.replace(b'":', b'_v2":')


def _each(change: Callable[[Any], Any], kind: type | tuple[type, ...]) -> Fault:
    """Every value of one kind becomes another: one that the type allows, and that nobody expects there."""

    def mapped(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mapped(one) for key, one in value.items()}
        if isinstance(value, list):
            return [mapped(one) for one in value]
        return change(value) if isinstance(value, kind) and not isinstance(value, bool) else value

    return _edited(lambda body: json.dumps(mapped(json.loads(body))).encode())


def _in_year(year: bytes) -> Fault:
    return _edited(lambda body: re.sub(rb"\b20\d\d-(?=\d\d-\d\d)", year + b"-", body))


def _filled(before: bytes, unit: bytes, after: bytes) -> Fault:
    """An answer of nearly 16 MiB, made when it is asked for: all load this module."""

    def play(handler: Handler, _: bytes) -> None:
        send(handler, 200, before + unit * (FULL // len(unit)) + after)

    return play


BIG = 200 * 1024 * 1024  # P10: far beyond the cap of 16 MiB
FULL = 16 * 1024 * 1024 - 1024  # just below it: read whole, and looked at
LONG_NUMBER = re.compile("[0-9]{4}")
ARABIC = {ord(digit): 0x0660 + int(digit) for digit in "0123456789"}

FAULTS: dict[str, Fault] = {
    "reset": _reset,
    "hang": _hang,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "rate-limited": _status(429, Retry_After="120"),
    "rate-limited-date": _status(429, Retry_After="Fri, 31 Dec 2099 23:59:59 GMT"),
    "rate-limited-negative": _status(429, Retry_After="-5"),
    "rate-limited-junk": _status(429, Retry_After="soon"),
    "blocked": _status(403, b"Anti dDos"),
    "challenge": _status(503, b"<html>Checking your browser - cloudflare</html>"),
    "error": _status(500, b"<html>error</html>"),
    "unavailable": _status(503, b""),
    "flapping": _flapping,
    "gone": _status(404),
    "no-content": _status(204, b""),
    "html": _raw(b"<!doctype html><title>Maintenance</title>", "text/html"),
    "empty": _raw(b""),
    "truncated": _truncated,
    "cut-json": _cut,
    "latin-1": _raw('{"items":[],"x":"é"}'.encode("latin-1")),
    "utf-16": _raw('{"items":[]}'.encode("utf-16")),
    "bom": _edited(lambda body: b"\xef\xbb\xbf" + body),
    "huge": lambda handler, body: _stream(handler, BIG),
    # A hundred members of one file: packing it whole would take every command a second, as all load this module.
    "gzip-bomb": _raw(gzip.compress(b" " * (BIG // 100), 9) * 100, Content_Encoding="gzip"),
    "deep": _raw(b"[" * 200_000 + b"]" * 200_000),
    "long-integer": _raw(b'{"items":[],"total":' + b"9" * 4000 + b"}"),
    "nan": _raw(b'{"items":[],"total":NaN}'),
    "infinity": _raw(b'{"items":[],"total":1e999}'),
    "duplicate-key": _raw(b'{"items":[],"items":[],"data":{},"data":{}}'),
    "redirect-loop": _status(302, b"", Location="/loop"),
    "redirect-away": _status(302, b"", Location="http://127.0.0.1:9/internal"),
    "redirect-file": _status(302, b"", Location="file:///etc/passwd"),
    "renamed": _edited(_renamed),
    "booleans": _each(lambda _: True, (int, float)),  # `true` is no identifier
    "scalar": _raw(b"42"),
    # Dates, numbers and ids: what has four digits. A name that is not the same any more may be true.
    "arabic-digits": _each(lambda text: text.translate(ARABIC) if LONG_NUMBER.search(text) else text, str),
    "half-pairs": _each(lambda text: text + "\ud800" if LONG_NUMBER.search(text) else text, str),
    "year-9999": _in_year(b"9999"),
    "year-1": _in_year(b"0001"),
    "huge-numbers": _each(lambda _: 1e300, (int, float)),
    "brackets": _filled(b"", b"[]", b""),
    "quotes": _filled(b"[" * 65, b'""', b""),
    "escapes": _filled(b"[" * 65 + b'"', rb"\"", b'"'),
    "same-key": _filled(b"{", b'"k":1,', b'"k":1}'),
}


def _stream(handler: Handler, size: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    block = b" " * 65_536
    for _ in range(size // len(block)):
        handler.wfile.write(block)
