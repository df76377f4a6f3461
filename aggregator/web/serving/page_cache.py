"""A WSGI cache of whole responses, each valid for the minute it was made in. Its size is bounded in bytes.

A view says that its answer may be kept (`keep`). It is given again while nothing that it is made of has changed: the
minute, the snapshot, the state of the platforms. It holds no trace of who asked; it is not rate-limited, since giving
it again costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.datastructures import CharsetAccept
from werkzeug.http import parse_accept_header, parse_etags, unquote_etag

from aggregator.redirect.impressions import Showing
from aggregator.web.serving.cache import SizedCache
from aggregator.web.serving.site import Site

MAX_BYTES = 128 * 1024 * 1024
# Headers that describe a body: a 304 has none.
OF_A_BODY = ("Content-Length", "Content-Type", "Content-Encoding")
OF_A_VISITOR = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
STATE = "aiguillage.state"
Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """`state`: what it is made of; `listed`: the hash of the list that it shows, "" for none; `showing`: see `keep`."""

    state: tuple[Any, ...]
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    listed: str
    showing: Showing | None


def keep(listed: str = "", showing: Showing | None = None) -> None:
    """Called by a view: this answer is the same for all who ask the same within the minute.

    `listed`: the hash of the list whose buttons it holds; `showing`: what a person is shown by it, when it is counted.
    The view returns it whole: `PageCache` answers 304 to those who have it already.
    """
    g.keep = (listed, showing)


class PageCache:
    """WSGI, in front of Flask. Thread-safe."""

    def __init__(self, app: Flask, site: Site, max_bytes: int = MAX_BYTES) -> None:
        self._site = site
        self._answers: SizedCache[CachedResponse] = SizedCache(max_bytes)
        self._flask = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]
        app.after_request(self._remember)  # registered first, so that it runs last and sees the finished answer

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            answer = self._answers.get(_key(environ))
            # Before the page is made: one that is made while the minute or the snapshot changes is not the new one's.
            environ[STATE] = self._state()
            if answer is not None and answer.state == environ[STATE]:
                return self._again(answer, environ, start_response)
        return self._flask(environ, start_response)

    def _again(self, answer: CachedResponse, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if answer.listed:
            self._site.count_list(environ, answer.listed, answer.showing)
        if _is_one_of(environ.get("HTTP_IF_NONE_MATCH", ""), answer.etag):
            start_response("304 NOT MODIFIED", [pair for pair in answer.headers if pair[0] not in OF_A_BODY])
            return []
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _remember(self, response: Response) -> Response:
        kept = g.pop("keep", None)
        if kept is not None and STATE in request.environ and response.status_code == 200 and not response.is_streamed:
            body = response.get_data()
            if "ETag" not in response.headers:
                response.add_etag()
            headers = [pair for pair in response.headers if pair[0] not in OF_A_VISITOR]
            answer = CachedResponse(
                request.environ[STATE], response.status, headers, body, response.headers["ETag"], *kept
            )
            size = len(body) + sum(len(name) + len(value) for name, value in headers)
            self._answers.put(_key(request.environ), answer, size)
        # After the page has been kept: the first to ask in a new minute may get a 304, those who follow need the page.
        if request.if_none_match or request.if_modified_since:
            response.make_conditional(request)
        return response

    def _state(self) -> tuple[Any, ...]:
        """All that a kept answer depends on. A hash, not the snapshot: that would stay in memory with the answer."""
        site = self._site
        return int(site.now().timestamp()) // 60, site.snapshot and site.snapshot.hash, site.version("health")


def _is_one_of(asked: str, etag: str) -> bool:
    """True when If-None-Match names the tag: alone, weak, in a list, or as "*" (RFC 9110 §13.1.2)."""
    # Browsers send back the one tag that they have, as they got it.
    return asked == etag or (asked != "" and parse_etags(asked).contains_weak(unquote_etag(etag)[0] or ""))


def _key(environ: Environ) -> tuple[str, ...]:
    return (
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        # Absolute addresses of the page hold host and scheme: a forged one reaches nobody else (W13).
        environ.get("HTTP_HOST", ""),
        environ.get("wsgi.url_scheme", ""),
        _coding(environ.get("HTTP_ACCEPT_ENCODING", "")),
    )


@lru_cache(maxsize=256)
def _coding(accepted: str) -> str:
    """Every way to write Accept-Encoding as one of the two answers that it gets: "gzip", or "" for plain bytes."""
    return "gzip" if parse_accept_header(accepted, CharsetAccept)["gzip"] > 0 else ""
