"""Answers that were given within this minute are given again before Flask is asked: the same bytes, and counted.

An answer is kept when its view says so (`keep`), for as long as nothing that it is made of has changed: the minute, the
snapshot, the state of the platforms. What is kept has no trace of who asked; it is not limited, for it costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from flask import Flask, Response, g, request

from aggregator.redirect.impressions import Showing
from aggregator.redirect.visitors import is_robot
from aggregator.web.serving.site import Site

MAX_BYTES = 128 * 1024 * 1024
Environ = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`state`: what it is made of; `showing`: what a person was shown by it, None on a page that is not counted."""

    state: tuple[Any, ...]
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    showing: Showing | None


def keep(showing: Showing | None = None) -> None:
    """Called by a view: this answer is the same for all who ask the same within the minute.

    The view leaves it whole: here readers are told that they have it already.
    """
    g.keep = (showing,)


class Kept:
    """WSGI, in front of Flask. Thread-safe."""

    def __init__(self, app: Flask, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._answers: LRUCache[Key, Answer] = LRUCache(MAX_BYTES, lambda answer: len(answer.body) + 2000)
        self._flask = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]
        app.after_request(self._remember)  # registered first, so that it runs last and sees the finished answer

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            with self._lock:
                answer = self._answers.get(_key(environ))
            if answer is not None and self._same(answer.state):
                return self._again(answer, environ, start_response)
        return self._flask(environ, start_response)

    def _again(self, answer: Answer, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if answer.showing is not None and not is_robot(environ.get("HTTP_USER_AGENT", "")):
            self._site.showings.add(answer.showing, self._site.now())
        if answer.etag and environ.get("HTTP_IF_NONE_MATCH") == answer.etag:
            start_response("304 NOT MODIFIED", [pair for pair in answer.headers if pair[0] not in OF_A_BODY])
            return []
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _remember(self, response: Response) -> Response:
        kept = g.pop("keep", None)
        if kept is not None and response.status_code == 200 and not response.is_streamed:
            answer = Answer(
                self._state(),
                response.status,
                list(response.headers),
                response.get_data(),
                response.headers.get("ETag", ""),
                kept[0],
            )
            with self._lock:
                self._answers[_key(request.environ)] = answer
        # Only now, for every answer: the first to ask in a new minute may have the page already, those who follow not.
        if request.if_none_match or request.if_modified_since:
            response.make_conditional(request)
        return response

    def _state(self) -> tuple[Any, ...]:
        site = self._site
        return int(site.now().timestamp()) // 60, site.snapshot, site.health

    def _same(self, state: tuple[Any, ...]) -> bool:
        """Files are read anew as new objects: what is the same object has not changed."""
        minute, snapshot, health = self._state()
        return state[0] == minute and state[1] is snapshot and state[2] is health


OF_A_BODY = ("Content-Length", "Content-Type", "Content-Encoding")


def _key(environ: Environ) -> Key:
    return (
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_HOST", ""),
        environ.get("wsgi.url_scheme", ""),
        environ.get("HTTP_ACCEPT_ENCODING", ""),
    )
