"""HTTP for public data: files in whole or in part, told apart by tags, open to the programs and pages of every site.

Werkzeug answers 304 and 412. Parts are read here: it refuses what RFC 9110 §14.2 has a server ignore (several ranges,
an unknown unit), and lets a part win over a file that the reader has already (RFC 9110 §13.2.2). A part is one of the
representation that is sent: of the gzip file for who takes gzip, of the plain bytes for all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar

from flask import Flask, Response, current_app, request

METHODS = "GET, HEAD, OPTIONS"
# What a page of another site may send, and what it may read: by itself a browser shows it next to nothing.
ASKED_WITH = "Range, If-Range, If-None-Match, If-Modified-Since"
TOLD_WITH = (
    "ETag, Content-Length, Content-Range, Accept-Ranges, Last-Modified, Content-Disposition, Retry-After, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
A_DAY = 86_400
# Kept, but asked about each time: a list that grew a moment ago must not look as it did before.
REVALIDATED = "public, no-cache"
AN_HOUR = "public, max-age=3600"
FOR_EVER = "public, max-age=31536000, immutable"

PIECE = 1 << 16
RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.IGNORECASE)

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it goes out: opened, so that neither an append nor a swap changes it on its way.

    `size`: in bytes, of what `file` gives; `changed`: seconds since 1970; `coding`: "gzip", or "" for plain bytes.
    """

    file: BinaryIO
    size: int
    changed: float
    etag: str
    kind: str
    coding: str = ""


def send(what: Sent, cache: str) -> Response:
    """The file, the part that was asked for, or that the reader has it already. `cache`: its Cache-Control."""
    response = Response(mimetype=what.kind)
    response.call_on_close(what.file.close)
    response.set_etag(what.etag)
    response.last_modified = datetime.fromtimestamp(int(what.changed), UTC)
    response.accept_ranges = "bytes"
    response.content_length = what.size
    response.headers["Cache-Control"] = cache
    if what.coding:
        response.headers["Content-Encoding"] = what.coding
    open_to_all(response)
    response.make_conditional(request)
    first, last = 0, what.size - 1
    if response.status_code == 200 and (asked := _part(response)):
        first, last = _ends(asked, what.size)
        if first > last:
            what.file.close()
            return _no_such_part(what.size)
        response.status_code = 206
        response.content_length = last - first + 1
        response.headers["Content-Range"] = f"bytes {first}-{last}/{what.size}"
    # A stream even for HEAD: what is whole in memory would be compressed on the way, under the same tag.
    response.response = _pieces(what.file, first, last - first + 1)
    return response


def open_to_all(response: Response) -> None:
    """Public data may be read by any page of any site."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = TOLD_WITH
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def public(view: View) -> View:
    """Marks a view whose answers are data: it answers OPTIONS, too. Pages are not marked."""
    view.public = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    """Answer OPTIONS for public data; before the limit of searches, of which a question about methods is none."""

    @app.before_request
    def say_what_may_be_asked() -> Response | None:
        view = current_app.view_functions.get(request.endpoint or "")
        if request.method != "OPTIONS" or not getattr(view, "public", False):
            return None
        response = Response(status=204, headers={"Allow": METHODS, "Cache-Control": f"public, max-age={A_DAY}"})
        open_to_all(response)
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = ASKED_WITH
        response.headers["Access-Control-Max-Age"] = str(A_DAY)
        del response.headers["Content-Type"]  # of no content
        return response


def _part(response: Response) -> re.Match[str] | None:
    """The one range that is asked for; None when the whole is to be sent."""
    asked = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or asked is None or (asked[2] and int(asked[2]) < int(asked[1])):
        return None
    condition = request.headers.get("If-Range", "").strip()
    # As it is written (RFC 9110 §13.1.5): a weak tag, or another time, does not say that the bytes are the same.
    return asked if condition in ("", response.headers["ETag"], response.headers["Last-Modified"]) else None


def _ends(asked: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte; the first is behind the last when the file has none of those that are asked for."""
    if asked[3]:
        return max(0, size - int(asked[3])), size - 1
    return int(asked[1]), min(int(asked[2] or size), size - 1)


def _no_such_part(size: int) -> Response:
    response = Response(f"The file has {size} bytes.\n", 416, mimetype="text/plain")
    response.headers["Content-Range"] = f"bytes */{size}"
    response.headers["Cache-Control"] = "no-store"
    open_to_all(response)
    return response


def _pieces(file: BinaryIO, first: int, left: int) -> Iterator[bytes]:
    """In pieces: memory does not grow with the file. Never more than was announced, should the file grow meanwhile."""
    if first:
        file.seek(first)
    while left > 0 and (piece := file.read(min(PIECE, left))):
        left -= len(piece)
        yield piece
