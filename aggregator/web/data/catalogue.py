"""The data sets for machines that harvest: DCAT-AP, and schema.org for search engines."""

from __future__ import annotations

from typing import Any

from flask import url_for

from aggregator.config.datasets import FORMATS, LICENCE_URL, Dataset
from aggregator.web.evidence import edition_files
from aggregator.web.evidence.edition_files import CUMULATIVE, RUNNING
from aggregator.web.serving.site import Site


def linked_data(site: Site, running: dict[str, Any]) -> dict[str, Any]:
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


def catalogue(site: Site, running: dict[str, Any], all_days: dict[str, Any]) -> dict[str, Any]:
    """In DCAT-AP. `all_days`: the index of the cumulative files."""
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
        # Days without an edition are told, never passed over.
        "dct:provenance": [
            {
                "@type": "dct:ProvenanceStatement",
                "dct:identifier": one["edition"],
                "dct:description": {"@value": f"Pas d’édition {one['edition']} : {one['why']}.", "@language": "fr"},
            }
            for one in edition_files.gaps(site)
        ],
        "dcat:dataset": [
            {
                **_described(one),
                "dct:modified": running["updated"],
                "dct:publisher": publisher,
                "dcat:distribution": [
                    _distribution(one, suffix, held)
                    for held in (running, all_days)
                    for suffix in one.formats
                    if one.name in held["datasets"]
                ],
            }
            for one in site.settings.datasets().values()
        ],
    }


def _described(one: Dataset) -> dict[str, Any]:
    return {
        "@id": url_for("data.overview", _external=True, _anchor=one.name),
        "@type": "dcat:Dataset",
        "dct:title": {"@value": one.title, "@language": "fr"},
        "dct:description": {"@value": one.description, "@language": "fr"},
        "dct:identifier": one.name,
        "dct:license": {"@id": LICENCE_URL},
    }


def _distribution(one: Dataset, suffix: str, held: dict[str, Any]) -> dict[str, Any]:
    """One file of the running edition, or of all closed days."""
    name = f"{one.name}.{suffix}"
    address = url_for("data.file", edition=held["edition"], name=name, _external=True)
    of_all = ", tous les jours clos" if held["edition"] == CUMULATIVE else ""
    return {
        "@type": "dcat:Distribution",
        "dct:title": f"{one.title}{of_all} ({FORMATS[suffix][0]})",
        "dcat:downloadURL": {"@id": address},
        "dcat:accessURL": {"@id": address},
        "dcat:mediaType": FORMATS[suffix][1],
        "dcat:byteSize": held["files"][name]["bytes"],
        "dct:license": {"@id": LICENCE_URL},
        "spdx:checksum": {
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": held["files"][name]["sha256"],
        },
    }
