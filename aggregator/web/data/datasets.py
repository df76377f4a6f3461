"""`/donnees`: the open data for people and for machines, its catalogue, its figures, and how to cite them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import NotFound

from aggregator.config.datasets import FORMATS, LICENCE, LICENCE_URL, Dataset
from aggregator.opendata.editions import gaps as gap_files
from aggregator.web.data import catalogue as catalogues
from aggregator.web.data import citing, schema_org
from aggregator.web.evidence import edition_files, waiting
from aggregator.web.evidence.edition_files import CUMULATIVE, MADE_AGAIN, RUNNING
from aggregator.web.evidence.public_files import open_to_all, public
from aggregator.web.language.catalogues import language, lazy_gettext
from aggregator.web.language.words import moment
from aggregator.web.serving.site import Site, here

data = Blueprint("data", __name__)

FIGURE_FORMATS = ("svg", "png", "csv", "json")
EDITIONS_SHOWN = 31
FRAME_HEIGHT = 640  # pixels, which hold every figure from a width of 320 on (tests/browser/test_journey.py)
# Why a day or a week has no edition.
CAUSES = {
    "silent": lazy_gettext("aucun relevé n’a été publié pendant cette période"),
    "open": lazy_gettext("la période n’est pas close : un contrôle de ses chiffres n’a pas abouti"),
    "lost": lazy_gettext("le dernier relevé publié de cette période manque, ou n’est plus ce que dit son nom"),
    "left": lazy_gettext("cette édition a été laissée de côté : le passé de la démonstration est livré sans elle"),
}


@data.get("/donnees")
def overview() -> str:
    """Every data set with a preview, of the running day and of the last closed one."""
    site = here()
    try:
        running = edition_files.index(site, RUNNING)
    except NotFound:
        titles = [one.title for one in site.settings.datasets().values()]
        return render_template("data.html", running=None, titles=titles)
    dated = edition_files.names(site)
    return render_template(
        "data.html",
        running=running,
        updated=moment(running["updated"]),
        datasets=[_described(site, one, running) for one in site.settings.datasets().values()],
        formats=FORMATS,
        editions=dated[:EDITIONS_SHOWN],
        weeks=edition_files.weeks(site)[:EDITIONS_SHOWN],
        closings=_closings(site),
        gaps=edition_files.gaps(site)[:EDITIONS_SHOWN],
        causes=CAUSES,
        all_days=_all_days(site),
        licence={"name": LICENCE, "url": LICENCE_URL},
        linked_data=schema_org.linked_data(site, running),
    )


@data.get("/donnees/<edition>/")
def edition(edition: str) -> str:
    """One edition: its files with their sums, and what changed since the one before."""
    found = edition_files.index(here(), edition)
    return render_template(
        "edition.html",
        edition=found,
        named=citing.named(found),
        made_again=edition in MADE_AGAIN,
        written=moment(found.get("written", found["updated"])),
        changes=found.get("changes"),
        licence={"name": LICENCE, "url": LICENCE_URL},
    )


@data.get("/donnees/dernier-jour/")
@data.get("/donnees/dernier-jour/<path:name>")
def last_day(name: str = "") -> Response:
    """An address that stays: what it names, in the edition of the last closed day."""
    return _latest(edition_files.names(here()), name)


@data.get("/donnees/derniere-semaine/")
@data.get("/donnees/derniere-semaine/<path:name>")
def last_week(name: str = "") -> Response:
    return _latest(edition_files.weeks(here()), name)


@data.get("/donnees/lacunes.json")
def gaps() -> Response:
    """The days and weeks without an edition, and why."""
    response = jsonify({"format": gap_files.FORMAT, "gaps": edition_files.gaps(here())})
    open_to_all(response)
    return response


@data.get("/donnees/<edition>/<path:name>")
@public
def file(edition: str, name: str) -> Response:
    return edition_files.send(here(), edition, name)


@data.get("/donnees/<edition>/figure/<name>")
def figure(edition: str, name: str) -> str:
    """One figure with its table, its files, and the sentence that cites it."""
    return render_template("figure.html", **_figure(edition, name))


@data.get("/embed/figure/<name>")
def embedded_figure(name: str) -> str:
    """The figure in a frame for other sites; `?edition=2026-11-23` pins it."""
    return render_template("embed_figure.html", **_figure(request.args.get("edition", RUNNING), name), embedded=True)


@data.get("/donnees/citer")
def cite() -> str:
    """A ready sentence for each figure of one edition, the last closed day's or `?edition=`, and links to that one."""
    site = here()
    latest = next(iter(edition_files.names(site)), None)
    asked = request.args.get("edition") or latest
    found = edition_files.index(site, asked) if asked else None
    if found is None or "figures" not in found:
        return render_template("cite.html", edition=None, closings=None if latest else _closings(site))
    sentences = {name: citing.sentence(name, figure) for name, figure in found["figures"].items()}
    return render_template("cite.html", edition=found, named=citing.named(found), sentences=sentences)


@data.get("/donnees/catalogue.jsonld")
@public
def catalogue() -> Response:
    """The data sets in DCAT-AP, for portals that harvest catalogues."""
    response = jsonify(catalogues.catalogue(here()))
    response.mimetype = "application/ld+json"
    open_to_all(response)
    return response


def _latest(known: list[str], name: str) -> Response:
    """To the newest edition of a kind; the query is kept. Raises NotFound before the first one."""
    if not known:
        raise NotFound
    query = request.query_string.decode("ascii", "ignore")
    path = f"{request.script_root}/donnees/{known[0]}/{quote(name)}"
    # It leads elsewhere tomorrow: kept for minutes only.
    headers = {"Location": f"{path}?{query}" if query else path, "Cache-Control": "public, max-age=300"}
    response = Response(status=302, headers=headers)
    open_to_all(response)
    return response


def _closings(site: Site) -> dict[str, str]:
    return waiting.closings(site.now(), site.published("shares").get("since"))


def _all_days(site: Site) -> dict[str, Any] | None:
    """The index of the cumulative files; None before the first closed day."""
    path = site.settings.editions_dir / CUMULATIVE / "index.json"
    return edition_files.content(path) if path.exists() else None


def _described(site: Site, one: Dataset, running: dict[str, Any]) -> dict[str, Any]:
    held = running["datasets"][one.name]
    return {
        "name": one.name,
        "title": one.title,
        "description": one.description,
        "rows": held["rows"],
        "preview": held["preview"],
        "columns": one.columns,
        "files": [
            {"format": FORMATS[suffix][0], "file": f"{one.name}.{suffix}", **running["files"][f"{one.name}.{suffix}"]}
            for suffix in one.formats
        ],
    }


def _figure(edition: str, name: str) -> dict[str, Any]:
    found = edition_files.index(here(), edition)
    # Both parts of the path below are known by now: `index` has checked the edition, this the name (W11).
    if name not in found.get("figures", {}):
        raise NotFound
    path = here().settings.editions_dir / edition / "figures" / f"{name}.json"
    table = edition_files.content(path)["rows"]
    spoken = f"{language()}." if language() in found["figures"][name] else ""
    return {
        "edition": found,
        "name": name,
        "said": citing.words(found["figures"][name]),
        "updated": moment(found["updated"]),
        "table": table,
        "formats": FIGURE_FORMATS,
        # The drawings are in the language of the page, where the edition has them; tables are the same in all.
        "spoken_as": {one: f"{spoken}{one}" if one in ("svg", "png") else one for one in FIGURE_FORMATS},
        "frame_height": FRAME_HEIGHT,
        "named": citing.named(found),
        "sentence": citing.sentence(name, found["figures"][name]),
        # What is cited must not change: the running edition has no link that lasts, and none to other figures.
        "lasts": edition not in MADE_AGAIN,
    }
