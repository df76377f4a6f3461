"""What programs that follow links ask for first: what to leave alone, the pages there are, the icon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from werkzeug.exceptions import NotFound

from aggregator.web.evidence import edition_files
from aggregator.web.language.catalogues import FRENCH, LANGUAGES
from aggregator.web.language.links import STAND_IN
from aggregator.web.place.directory import departments
from aggregator.web.serving.site import Site, here

crawlers = Blueprint("crawlers", __name__)

MAX_AGE_S = 3600
MOST_ADDRESSES = 50_000  # of one file, at most (sitemaps.org)
# Departures count people; lists and filters are without end, and the sitemaps have every place.
LEFT_ALONE = ("/rdv/", "/recherche", "/filtres", "/embed/")
PAGES = (
    "pages.home", "directory.country", "transparency.shares", "transparency.method", "transparency.contract",
    "transparency.verify", "transparency.proof", "transparency.hosting_sheets", "data.overview", "data.cite",
    "api.documentation",
)  # fmt: skip


@crawlers.get("/robots.txt")
def robots() -> Response:
    lines = ("User-agent: *", *(f"Disallow: {path}" for path in LEFT_ALONE))
    sitemap_line = f"Sitemap: {url_for('crawlers.index', _external=True)}"
    return _kept(Response("\n".join((*lines, "", sitemap_line)) + "\n", mimetype="text/plain"))


@crawlers.get("/sitemap.xml")
def index() -> Response:
    """The sitemaps that there are: one of pages, one of each `MOST_ADDRESSES` places (sitemaps.org, "index")."""
    parts = range(1, -(-len(_ids(here())) // MOST_ADDRESSES) + 1)
    maps = [
        url_for("crawlers.pages", _external=True),
        *(url_for("crawlers.places", part=part, _external=True) for part in parts),
    ]
    return _kept(Response(render_template("sitemaps.xml", maps=maps), mimetype="application/xml"))


@crawlers.get("/sitemap-pages.xml")
def pages() -> Response:
    """Home, the directory by département, transparency and data, each in every language."""
    found = [_in_languages(endpoint, values) for endpoint, values in _pages(here())]
    return _kept(Response(render_template("sitemap.xml", pages=found), mimetype="application/xml"))


@crawlers.get("/sitemap-lieux-<int:part>.xml")
def places(part: int) -> Response:
    """The places' own pages, in the order of their ids, which are drawn; 404 for a part that there is not."""
    site = here()
    mine = _ids(site)[(part - 1) * MOST_ADDRESSES : part * MOST_ADDRESSES] if part else []
    if site.snapshot is None or not mine:
        raise NotFound
    changes, known = site.published("changes"), site.snapshot.places
    page = _in_languages("places.place", {"place_id": STAND_IN})
    rows = [
        # A place's changes begin with its last one (publish/publisher.py).
        (one, changes[one][0]["at"][:10] if changes.get(one) else known.all[known.index[one]].drawn)
        for one in mine
    ]
    body = render_template("sitemap_places.xml", page=page, rows=rows, stand_in=STAND_IN)
    return _kept(Response(body, mimetype="application/xml"))


@crawlers.get("/favicon.ico")
def icon() -> Response:
    """For browsers that ask for it by habit, and for feeds; pages name the drawing itself."""
    return current_app.send_static_file("favicon.ico")


def _pages(site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((endpoint, {}) for endpoint in PAGES)
    yield from (("directory.department", {"code": one["code"]}) for one in departments(site))
    for name in (*edition_files.weeks(site), *edition_files.names(site)):
        yield "data.edition", {"edition": name}


def _ids(site: Site) -> list[str]:
    return sorted(site.snapshot.places.index) if site.snapshot else []


def _in_languages(endpoint: str, values: dict[str, Any]) -> dict[str, str]:
    """Language -> the absolute address of a page in it; French has none of its own in the query."""
    # None, not left out: an address keeps the language of the page that it stands on.
    return {
        code: url_for(endpoint, _external=True, langue=None if code == FRENCH else code, **values) for code in LANGUAGES
    }


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    response.add_etag()  # serving/page_cache.py answers 304
    return response
