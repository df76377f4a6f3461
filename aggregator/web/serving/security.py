"""Headers that every answer carries, and the limit of searches."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request
from flask_limiter import Limiter

from aggregator.web.serving.site import Site

FRAMED = "/embed/"


def policy(site: Site, ancestors: str = "'none'") -> str:
    """Content-Security-Policy. `form-action` names the booking sites, or a browser blocks the counted redirect.

    `ancestors`: who may put the page in a frame.
    """
    departures = " ".join(sorted(site.sites.owners))
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        f"form-action 'self' {departures}; base-uri 'none'; frame-ancestors {ancestors}"
    )


def limit(app: Flask, site: Site, *searching: Blueprint) -> None:
    """So many searches a minute from one address, in memory only. `/rdv` and the public files are never limited."""
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
        # Our own POST carries its Origin; no platform learns where a citizen came from.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), browsing-topics=()",
    }
    if site.settings.secure:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


def install(app: Flask, site: Site) -> None:
    headers = {**headers_of(site), "Cache-Control": "private, no-cache"}
    framed = {**headers, "Content-Security-Policy": policy(site, "*"), "Cross-Origin-Resource-Policy": "cross-origin"}
    del framed["X-Frame-Options"]  # it knows no "anybody": the policy says it

    @app.after_request
    def add_headers(response: Response) -> Response:
        given = {name for name, _ in response.headers}
        ours = framed if request.path.startswith(FRAMED) else headers
        response.headers.extend([(name, value) for name, value in ours.items() if name not in given])
        return response
