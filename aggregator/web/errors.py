"""Answers every error: with a page in the visitor's language, or with JSON under `/api/v1`."""

from __future__ import annotations

import logging

from flask import Flask, Response, render_template, request, url_for
from werkzeug.exceptions import HTTPException, NotFound

from aggregator.web.data.api.problems import problem
from aggregator.web.language.catalogues import language, lazy_gettext, others
from aggregator.web.place.directory import departments
from aggregator.web.serving.site import Site
from aggregator.web.slashes import leads_somewhere, without_slash

log = logging.getLogger(__name__)

API = "/api/v1"
# As the sentences below say. 429: one window of the limit in `security.limit`.
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
    431: (lazy_gettext("Demande trop longue"), lazy_gettext("Cette demande est trop longue pour être lue.")),
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


def install(app: Flask, site: Site) -> None:
    """Register the handlers; under `/api/v1` an error is a problem of RFC 9457."""

    @app.before_request
    def refuse_to_lead_nowhere() -> None:
        if not leads_somewhere(request):
            raise NotFound

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> Response:
        code = error.code or 500
        if code == 404 and (moved := without_slash(request)):
            return moved
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
    """A page of telephones with a time to try again. Rendered once a snapshot: many ask for it at once (W6)."""

    def render() -> str:
        # Nothing of the address that this visitor asked for: others will read the same page.
        home = list(others(url_for("pages.home")))
        return render_template(
            "message.html", title=title, text=text, departments=departments(site), other_languages=home
        )

    # Besides the snapshot, all that words and links of the page depend on.
    key = ("come back", code, language(), request.script_root)
    html = site.snapshot.kept(key, render) if site.snapshot else render()
    return Response(html, code, {"Retry-After": str(RETRY_AFTER_S[code])})
