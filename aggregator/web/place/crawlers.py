"""What programs that follow links ask for first: what to leave alone, the pages there are, the icon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for

from aggregator.web.evidence import edition_files
from aggregator.web.language.catalogues import FRENCH, LANGUAGES
from aggregator.web.place.directory import departments
from aggregator.web.serving.site import Site, here

crawlers = Blueprint("crawlers", __name__)

MAX_AGE_S = 3600
# Departures count people; lists and filters are without end, and the directory has every place.
LEFT_ALONE = ("/rdv/", "/recherche", "/filtres", "/embed/")
PAGES = (
    "pages.home", "directory.country", "transparency.shares", "transparency.method", "transparency.contract",
    "transparency.verify", "transparency.proof", "transparency.hosting_sheets", "data.overview", "data.cite",
    "api.documentation",
)  # fmt: skip


@crawlers.get("/robots.txt")
def robots() -> Response:
    lines = ("User-agent: *", *(f"Disallow: {path}" for path in LEFT_ALONE))
    sitemap_line = f"Sitemap: {url_for('crawlers.sitemap', _external=True)}"
    return _kept(Response("\n".join((*lines, "", sitemap_line)) + "\n", mimetype="text/plain"))


@crawlers.get("/sitemap.xml")
def sitemap() -> Response:
    """Home, the directory by département, transparency and data, each in every language."""
    pages = [_in_languages(endpoint, values) for endpoint, values in _pages(here())]
    return _kept(Response(render_template("sitemap.xml", pages=pages), mimetype="application/xml"))


@crawlers.get("/favicon.ico")
def icon() -> Response:
    """For browsers that ask for it by habit, and for feeds; pages name the drawing itself."""
    return current_app.send_static_file("favicon.ico")


def _pages(site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((endpoint, {}) for endpoint in PAGES)
    yield from (("directory.department", {"code": one["code"]}) for one in departments(site))
    for name in (*edition_files.weeks(site), *edition_files.names(site)):
        yield "data.edition", {"edition": name}


def _in_languages(endpoint: str, values: dict[str, Any]) -> dict[str, str]:
    """Language -> the absolute address of a page in it; French has none of its own in the query."""
    # None, not left out: an address keeps the language of the page that it stands on.
    return {
        code: url_for(endpoint, _external=True, langue=None if code == FRENCH else code, **values) for code in LANGUAGES
    }


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response
