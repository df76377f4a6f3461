"""Headers that every answer carries, and the pages for what goes wrong."""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask_limiter import Limiter
from werkzeug.exceptions import HTTPException

from aggregator.web.data.api.problems import problem
from aggregator.web.language.catalogues import language, lazy_gettext, others
from aggregator.web.place.directory import departments
from aggregator.web.serving.site import Site

log = logging.getLogger(__name__)

FRAMED = "/embed/"
API = "/api/v1"
RETRY_AFTER_S = {429: 30, 503: 120}
ERRORS = {
    400: (
        lazy_gettext("Adresse non comprise"),
        lazy_gettext("Cette adresse contient quelque chose que nous ne comprenons pas."),
    ),
    404: (lazy_gettext("Page introuvable"), lazy_gettext("Cette page n’existe pas, ou n’existe plus.")),
    405: (lazy_gettext("Demande non prévue"), lazy_gettext("Cette adresse ne répond pas à ce type de demande.")),
    413: (lazy_gettext("Demande trop longue"), lazy_gettext("Cette demande est trop longue pour être lue.")),
    414: (lazy_gettext("Adresse trop longue"), lazy_gettext("Cette adresse est trop longue pour être lue.")),
    429: (lazy_gettext("Trop de recherches depuis votre réseau"), lazy_gettext("Réessayez dans 30 secondes.")),
    500: (
        lazy_gettext("Une partie du site ne répond pas"),
        lazy_gettext("Le défaut vient d’ici, et il est noté. Les lieux peuvent être joints par téléphone."),
    ),
    503: (
        lazy_gettext("Beaucoup de monde en ce moment"),
        lazy_gettext("Voici les téléphones ; réessayez dans 2 minutes."),
    ),
}


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

    _say_errors(app, site)


def _say_errors(app: Flask, site: Site) -> None:
    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> Response:
        code = error.code or 500
        if code < 400:
            return Response(status=code, headers=dict(error.get_headers()))
        if request.path.startswith(API):
            return problem(error)
        title, text = ERRORS.get(code, ERRORS[400 if code < 500 else 500])
        if code in RETRY_AFTER_S:
            return _come_back(site, code, str(title), str(text))
        return Response(render_template("message.html", title=title, text=text), code)

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        # The kind of error and where it stands; never the request, which may hold what a citizen typed.
        log.error("page failed", extra={"kind": type(error).__name__}, exc_info=error)
        if request.path.startswith(API):
            return problem(None)
        title, text = ERRORS[500]
        return Response(render_template("message.html", title=title, text=text), 500)


def _come_back(site: Site, code: int, title: str, text: str) -> Response:
    """Telephones, and when to try again; rendered once for everybody, for it is asked for by many at once."""
    places = site.snapshot.places.sha256 if site.snapshot else ""
    key = ("come back", code, places, language(), request.host_url)
    html = site.directories.get(key)
    if html is None:
        # Nothing of the address that this visitor asked for: others will read the same page.
        home = list(others(url_for("pages.home")))
        html = render_template(
            "message.html", title=title, text=text, departments=departments(site), other_languages=home
        )
        site.directories.put(key, html)
    return Response(html, code, {"Retry-After": str(RETRY_AFTER_S[code])})
