"""Errors as programs read them (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from aggregator.web.evidence.public_files import open_to_all

TITLES = {
    400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Content too large", 414: "URI too long",
    431: "Request header fields too large",
    429: "Too many requests", 500: "Internal error", 503: "Not ready",
}  # fmt: skip
RETRY_AFTER_S = 30  # for 429: one window of the limit in serving/security.py


class Problem(HTTPException):
    """An error with a sentence that says what to do."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def problem(error: HTTPException | None) -> Response:
    """The `application/problem+json` answer for an error; None: an exception of ours, of which nothing is told."""
    code = (error.code if error else None) or 500
    content: dict[str, Any] = {"type": "about:blank", "title": TITLES.get(code, "Error"), "status": code}
    if isinstance(error, Problem):
        content["detail"] = error.description
    response = Response(json.dumps(content) + "\n", code, mimetype="application/problem+json")
    if error is not None:  # a 405 has to name the methods that there are (RFC 9110 §15.5.6)
        response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    if code in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    open_to_all(response)
    return response
