"""The one place that wires the site together, and the WSGI entry points (`app:create_app`, `app:served`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from flask_compress import Compress

from aggregator.config.settings import ROOT, Settings
from aggregator.demonstration.tour import tour
from aggregator.instants import now as utc_now
from aggregator.web import errors
from aggregator.web.data.api.endpoints import api
from aggregator.web.data.datasets import data
from aggregator.web.evidence import public_files
from aggregator.web.evidence.about import about
from aggregator.web.evidence.bundles.pages import bundles
from aggregator.web.evidence.log import log
from aggregator.web.evidence.transparency import transparency
from aggregator.web.find.feeds import feeds
from aggregator.web.find.home import pages
from aggregator.web.language import catalogues, links, words
from aggregator.web.language import places as places_words
from aggregator.web.place.crawlers import crawlers
from aggregator.web.place.departures import departures
from aggregator.web.place.directory import directory
from aggregator.web.place.fast_redirect import Door
from aggregator.web.place.page import places
from aggregator.web.process import end_with_server
from aggregator.web.serving import security
from aggregator.web.serving.page_cache import PageCache
from aggregator.web.serving.site import Site, install
from aggregator.web.serving.watch import health
from aggregator.web.serving.watch.requests import Requests

# No route reads a body; the proxy of docs/operations.md refuses the same.
MAX_BODY_BYTES = 16 * 1024
COMPRESSION = {
    "COMPRESS_ALGORITHM": ["gzip"],  # the key of a kept page (serving/page_cache.py) knows gzip and plain only
    "COMPRESS_LEVEL": 5,
    "COMPRESS_MIMETYPES": [
        "text/html", "text/css", "text/csv", "text/javascript", "image/svg+xml", "application/json",
        "application/problem+json", "application/ld+json", "application/atom+xml", "application/xml",
    ],
    "COMPRESS_STREAMS": False,
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,  # serving/page_cache.py does, on whole answers
}  # fmt: skip
BLUEPRINTS = (
    pages, places, feeds, directory, departures, transparency, data, api, about, health.health, log, bundles, crawlers,
)  # fmt: skip


def served() -> Flask:
    """The site in the process that Granian forks (`aiguillage serve`)."""
    end_with_server()
    return create_app()


def create_app(settings: Settings | None = None, now: Callable[[], datetime] = utc_now) -> Flask:
    """The site for `settings` (the environment's by default). Raises SettingsError, EventLogError, SeedError."""
    settings = settings or Settings.from_env()
    app = Flask("aiguillage", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, SEND_FILE_MAX_AGE_DEFAULT=86_400, **COMPRESSION)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({**words.FILTERS, **places_words.FILTERS})
    # Else `{{ 1|percent }}` is worked out when the template is compiled, in French, and stays so on English pages.
    app.jinja_env.optimized = False
    site = Site(settings, now)
    # `url_for` is not Flask's own: a page asks for the same addresses again and again (language/links.py).
    app.jinja_env.globals.update(
        url_for=links.path_to, demo=settings.demo, campaign=site.campaign, terms=site.campaign.terms
    )
    install(app, site)
    # Each of these four wraps the one before: a request is counted, then meets OwnHost, since the host is part of the
    # key of a kept page (W13). Hooks after a request run in reverse: PageCache, registered first, keeps the answer.
    PageCache(app, site)
    Door(app, site, security.headers_of(site))
    security.OwnHost(app, settings, security.headers_of(site))
    Requests(app)
    Compress(app)
    # Before security: what that refuses is refused in the language asked for.
    catalogues.install(app, settings.campaign)
    security.install(app, site)
    errors.install(app, site)
    health.install(app, site)
    public_files.install(app)
    security.limit(app, site, pages, places, feeds, api)
    for blueprint in (*BLUEPRINTS, tour) if settings.demo else BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
