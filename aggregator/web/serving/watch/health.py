"""Endpoints for monitoring: whether the process is alive, whether it can answer, and how old its data are."""

from __future__ import annotations

import html

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request
from prometheus_client import generate_latest

from aggregator.web.language.catalogues import language, lazy_gettext
from aggregator.web.serving.published import PUBLISHED
from aggregator.web.serving.site import Site, here
from aggregator.web.serving.watch.metrics import gauges
from aggregator.web.serving.watch.requests import REQUESTS

health = Blueprint("health", __name__)

API = "/api/v1"
STILL_ANSWERED = ("/healthz", "/readyz", "/metrics", "/static/", "/log/", "/verify.py", "/rdv/")
RETRY_AFTER_S = 60
UNFIT = (
    lazy_gettext("Le site est en cours de mise à jour"),
    lazy_gettext("Les pages reviennent dans quelques minutes. Rien de ce qui a été compté n’est perdu."),
)


@health.get("/healthz")
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 with hash and age (seconds) of the snapshot in force; 503 while pages cannot be made, with the reason."""
    site = here()
    if site.snapshot is None:
        return jsonify(ready=False, reason=site.unfit or "no snapshot published yet"), 503
    if not site.snapshot.kept(("home is made", *map(site.version, PUBLISHED)), _home_is_made):
        return jsonify(ready=False, reason="the home page cannot be made: the log of this process says why"), 503
    age_s = round((site.now() - site.snapshot.slots.at).total_seconds())
    return jsonify(ready=True, snapshot=site.snapshot.hash, age_s=age_s), 200


def _home_is_made() -> bool:
    """Whether the home page can be made of what is published: a process that is alive may yet fail at every page."""
    return current_app.test_client().get("/", headers={"User-Agent": "readyz (bot)"}).status_code == 200


def install(app: Flask, site: Site) -> None:
    """While nothing that is published can be read, pages say so in two sentences and nothing else."""

    @app.before_request
    def refuse_unfit() -> Response | None:
        if site.unfit is None or request.path.startswith(STILL_ANSWERED):
            return None
        if request.path.startswith(API):
            abort(503)
        title, text = (html.escape(str(words)) for words in UNFIT)
        page = f'<!doctype html><html lang="{language()}"><title>{title}</title><h1>{title}</h1><p>{text}</p></html>\n'
        return Response(page, 503, {"Retry-After": str(RETRY_AFTER_S)})


@health.get("/metrics")
def metrics() -> Response:
    requests = current_app.extensions[REQUESTS].registry
    text = generate_latest(gauges(here())) + generate_latest(requests)
    return Response(text, mimetype="text/plain; version=0.0.4; charset=utf-8")
