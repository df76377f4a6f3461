"""The data sets in schema.org's words, for search engines."""

from __future__ import annotations

from typing import Any

from flask import url_for

from aggregator.config.datasets import FORMATS, LICENCE_URL
from aggregator.web.evidence.edition_files import RUNNING
from aggregator.web.serving.site import Site


def linked_data(site: Site, running: dict[str, Any]) -> dict[str, Any]:
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
