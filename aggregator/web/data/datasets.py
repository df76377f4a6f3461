"""`/donnees`: the open data for people and for machines, its catalogue, its figures, and how to cite them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from aggregator.config.datasets import FORMATS, LICENCE, LICENCE_URL, Dataset
from aggregator.web.evidence import edition_files
from aggregator.web.evidence.edition_files import RUNNING
from aggregator.web.evidence.public_files import open_to_all, public
from aggregator.web.language.words import day, moment
from aggregator.web.serving.site import Site, here

data = Blueprint("data", __name__)

FIGURE_FORMATS = ("svg", "png", "csv", "json")
EDITIONS_SHOWN = 31


@data.get("/donnees")
def overview() -> str:
    """Every data set with a preview, of the running day and of the last closed one."""
    site = here()
    try:
        running = edition_files.index(site, RUNNING)
    except NotFound:
        return render_template("data.html", running=None)
    dated = edition_files.names(site)
    return render_template(
        "data.html",
        running=running,
        updated=moment(running["updated"]),
        datasets=[_described(site, one, running) for one in site.settings.datasets().values()],
        formats=FORMATS,
        editions=dated[:EDITIONS_SHOWN],
        newest=dated[0] if dated else None,
        licence={"name": LICENCE, "url": LICENCE_URL},
        linked_data=_linked_data(site, running),
    )


@data.get("/donnees/<edition>/")
def edition(edition: str) -> str:
    """One edition: its files with their sums, and what changed since the one before."""
    found = edition_files.index(here(), edition)
    return render_template(
        "edition.html",
        edition=found,
        day=day(found["edition"]),
        updated=moment(found["updated"]),
        changes=found["changes"],
        since=day(found["changes"]["since"]),
        licence={"name": LICENCE, "url": LICENCE_URL},
    )


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
    """Ready sentences with links that show the same figures for ever."""
    site = here()
    dated = edition_files.names(site)
    found = edition_files.index(site, dated[0]) if dated else None
    return render_template("cite.html", edition=found, day=day(found["edition"]) if found else None)


@data.get("/donnees/catalogue.jsonld")
@public
def catalogue() -> Response:
    """The data sets in DCAT-AP, for portals that harvest catalogues."""
    site = here()
    found = edition_files.index(site, RUNNING)
    response = jsonify(_catalogue(site, found))
    response.mimetype = "application/ld+json"
    open_to_all(response)
    return response


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
    if name not in found["figures"]:
        raise NotFound
    path = here().settings.editions_dir / edition / "figures" / f"{name}.json"
    table = edition_files.content(path)["rows"]
    return {
        "edition": found,
        "name": name,
        "figure": found["figures"][name],
        "updated": moment(found["updated"]),
        "table": table,
        "formats": FIGURE_FORMATS,
        # What is cited must not change: for the running day the last closed one is named.
        "pinned": edition if edition != RUNNING else next(iter(edition_files.names(here())), None),
    }


def _linked_data(site: Site, running: dict[str, Any]) -> dict[str, Any]:
    """The data sets in schema.org's words, for search engines."""
    return {
        "@context": "https://schema.org",
        "@type": "DataCatalog",
        "name": "Aiguillage",
        "url": url_for("data.overview", _external=True),
        "license": LICENCE_URL,
        "dataset": [
            {
                "@type": "Dataset",
                "name": one.title,
                "description": one.description,
                "license": LICENCE_URL,
                "dateModified": running["updated"],
                "isAccessibleForFree": True,
                "distribution": [
                    {
                        "@type": "DataDownload",
                        "encodingFormat": FORMATS[suffix][1],
                        "contentUrl": url_for(
                            "data.file", edition=RUNNING, name=f"{one.name}.{suffix}", _external=True
                        ),
                    }
                    for suffix in one.formats
                ],
            }
            for one in site.settings.datasets().values()
        ],
    }


def _catalogue(site: Site, running: dict[str, Any]) -> dict[str, Any]:
    publisher = {"@type": "foaf:Agent", "foaf:name": site.campaign.operator.name or "Aiguillage"}
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "spdx": "http://spdx.org/rdf/terms#",
        },
        "@id": url_for("data.overview", _external=True),
        "@type": "dcat:Catalog",
        "dct:title": {"@value": "Aiguillage", "@language": "fr"},
        "dct:publisher": publisher,
        "dct:license": {"@id": LICENCE_URL},
        "dct:modified": running["updated"],
        "dcat:dataset": [
            {
                "@id": url_for("data.overview", _external=True, _anchor=one.name),
                "@type": "dcat:Dataset",
                "dct:title": {"@value": one.title, "@language": "fr"},
                "dct:description": {"@value": one.description, "@language": "fr"},
                "dct:identifier": one.name,
                "dct:license": {"@id": LICENCE_URL},
                "dct:modified": running["updated"],
                "dct:publisher": publisher,
                "dcat:distribution": [_distribution(one, suffix, running) for suffix in one.formats],
            }
            for one in site.settings.datasets().values()
        ],
    }


def _distribution(one: Dataset, suffix: str, running: dict[str, Any]) -> dict[str, Any]:
    name = f"{one.name}.{suffix}"
    address = url_for("data.file", edition=RUNNING, name=name, _external=True)
    return {
        "@type": "dcat:Distribution",
        "dct:title": f"{one.title} ({FORMATS[suffix][0]})",
        "dcat:downloadURL": {"@id": address},
        "dcat:accessURL": {"@id": address},
        "dcat:mediaType": FORMATS[suffix][1],
        "dcat:byteSize": running["files"][name]["bytes"],
        "dct:license": {"@id": LICENCE_URL},
        "spdx:checksum": {
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": running["files"][name]["sha256"],
        },
    }
