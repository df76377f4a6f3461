"""Headers that every answer carries, and the limit of searches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, abort, request
from flask_limiter import Limiter

from aggregator.config.settings import Settings
from aggregator.web.serving.site import Site

FRAMED = "/embed/"
LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?")
MOST_QUERY_BYTES, MOST_HEADER_BYTES = 2048, 8192  # more than any question of ours holds (W8)


def policy(site: Site, ancestors: str = "'none'") -> str:
    """Content-Security-Policy. `form-action` names the booking sites, or a browser blocks the counted redirect (W18).

    `ancestors`: who may put the page in a frame.
    """
    departures = " ".join(sorted(site.sites.owners))
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        f"form-action 'self' {departures}; base-uri 'none'; frame-ancestors {ancestors}"
    )


def limit(app: Flask, site: Site, *searching: Blueprint) -> None:
    """Limit the searches of one address, counted in memory only. `/rdv` and the public files have no limit."""
    if site.settings.search_rate:
        limiter = Limiter(site.visitor_mark, app=app, storage_uri="memory://", headers_enabled=True)
        for blueprint in searching:
            # Half as many in half a minute: whoever has to wait waits thirty seconds at most, as the page says.
            limiter.limit(f"{max(1, site.settings.search_rate // 2)} per 30 seconds")(blueprint)


def headers_of(site: Site) -> dict[str, str]:
    """What every answer carries."""
    headers = {
        "Content-Security-Policy": policy(site),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not "no-referrer": our own POST would carry "Origin: null", and the click of a browser without Sec-Fetch-Site
        # would count as forged (docs/figures.md §1.1). No platform learns where a citizen came from.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), browsing-topics=()",
    }
    if site.settings.secure:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


class OwnHost:
    """WSGI, in front of everything: absolute addresses are made of the portal's own origin, not of what a request says.

    Without `AIGUILLAGE_SITE` (a demonstration) the names of this machine's own loopback are believed, and no other.
    """

    def __init__(self, app: Flask, settings: Settings, headers: Mapping[str, str]) -> None:
        self._flask = app.wsgi_app
        # RFC 9112 §3.2: a server must answer 400 to a request with two Host lines, or with none.
        self._refusal = Response("One Host header is needed.\n", 400, headers, mimetype="text/plain")
        scheme, _, host = (settings.site or "").partition("://")
        self._own = (scheme, host) if host else None
        self._default = f"{settings.host}:{settings.port}"
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if not host or "," in host:  # the server joins what came twice
            return self._refusal(environ, start_response)
        if self._own:
            environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._own
        elif host != self._default and not LOOPBACK.fullmatch(host):
            environ["HTTP_HOST"] = self._default
        return self._flask(environ, start_response)


def _bounded() -> None:
    """Refuses a query (414) or headers (431) longer than any page of ours makes a browser send."""
    if len(request.environ.get("QUERY_STRING", "")) > MOST_QUERY_BYTES:
        abort(414)
    if sum(len(name) + len(value) for name, value in request.headers) > MOST_HEADER_BYTES:
        abort(431)


def install(app: Flask, site: Site) -> None:
    app.before_request(_bounded)
    headers = {**headers_of(site), "Cache-Control": "private, no-cache"}
    framed = {**headers, "Content-Security-Policy": policy(site, "*"), "Cross-Origin-Resource-Policy": "cross-origin"}
    del framed["X-Frame-Options"]  # it has no word for "anybody"; frame-ancestors of the policy has

    @app.after_request
    def add_headers(response: Response) -> Response:
        # A view's own header wins: departures are "no-store", public files may be kept.
        given = {name for name, _ in response.headers}
        ours = framed if request.path.startswith(FRAMED) else headers
        response.headers.extend([(name, value) for name, value in ours.items() if name not in given])
        return response
