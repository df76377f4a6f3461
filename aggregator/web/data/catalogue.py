"""The data sets for portals that harvest catalogues: DCAT-AP 2.1.1 in JSON-LD, valid by SEMIC's shapes.

`data/dcat.jsonld` holds the context, and every term of the EU's authority tables with its name: the profile asks that
what is referred to has its class in the same document. It knows no checksum but SHA-1; SHA-256 stands beside it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import url_for

from aggregator.config.datasets import LICENCE_URL, Dataset
from aggregator.config.settings import ROOT
from aggregator.web.data import distributions
from aggregator.web.data.distributions import Held
from aggregator.web.evidence import edition_files
from aggregator.web.serving.site import Site

LANGUAGES = ["language:FRA", "language:ENG"]
THEMES = "http://publications.europa.eu/resource/authority/data-theme"


def catalogue(site: Site) -> dict[str, Any]:
    """The catalogue first, then what it refers to. Raises NotFound before the first edition."""
    editions = distributions.held(site)
    base = url_for("data.overview", _external=True)
    terms = _terms()
    named = [
        {"@id": f"{base}#operator", "@type": "foaf:Agent", "foaf:name": site.campaign.operator.name or "Aiguillage"},
        _contact(site, base),
        {"@id": base, "@type": "foaf:Document"},
    ]
    return {
        "@context": terms["@context"],
        "@graph": [_catalogue(site, editions, base), *named, *terms["@graph"]],
    }


@lru_cache(maxsize=1)
def _terms() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "data" / "dcat.jsonld").read_text(encoding="utf-8"))
    return found


def _catalogue(site: Site, editions: list[Held], base: str) -> dict[str, Any]:
    words = site.settings.catalogue()
    first, last = distributions.first_day(site, editions).isoformat(), editions[0].index["updated"]
    dates = {"dct:issued": f"{first}T00:00:00Z", "dct:modified": last}
    days = (first, last[:10])
    whole: Dataset = words["whole"]
    return {
        "@id": f"{base}#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": {"fr": "Aiguillage", "en": "Aiguillage"},
        "dct:description": {code: _told(site, text, code) for code, text in words["description"].items()},
        "dct:publisher": f"{base}#operator",
        "dct:license": LICENCE_URL,
        "dct:language": LANGUAGES,
        "dct:spatial": "country:FRA",
        "foaf:homepage": base,
        "dcat:themeTaxonomy": THEMES,
        **dates,
        "dcat:service": _service(site, base),
        "dcat:dataset": [
            *(
                {
                    **_dataset(site, one, one.days or days, base),
                    **dates,
                    "dcat:distribution": distributions.of_dataset(one, editions, base),
                }
                for one in site.settings.datasets().values()
            ),
            {
                **_dataset(site, whole, days, base),
                **dates,
                "dct:provenance": _gaps(site, base),
                "dcat:distribution": distributions.of_whole(site, whole, editions, base),
            },
        ],
    }


def _dataset(site: Site, one: Dataset, days: tuple[str, ...], base: str) -> dict[str, Any]:
    return {
        "@id": f"{base}#{one.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": one.name,
        "dct:title": {"fr": one.title},
        "dct:description": {"fr": one.description if one.real else _told(site, one.description, "fr")},
        "dcat:keyword": {"fr": list(one.keywords)},
        "dcat:theme": [f"theme:{code}" for code in one.themes],
        "dct:language": "language:FRA",
        "dct:spatial": "country:FRA",
        "dct:temporal": {"@type": "dct:PeriodOfTime", "dcat:startDate": days[0], "dcat:endDate": days[-1]},
        "dct:accrualPeriodicity": f"frequency:{one.frequency}",
        "dct:accessRights": "access:PUBLIC",
        "dct:publisher": f"{base}#operator",
        "dcat:contactPoint": f"{base}#contact",
        "dcat:landingPage": base,
    }


def _told(site: Site, text: str, language: str) -> str:
    """In a demonstration every description says that the data are invented."""
    return f"{text} {site.settings.catalogue()['demo'][language]}" if site.settings.demo else text


def _service(site: Site, base: str) -> dict[str, Any]:
    described = url_for("api.description", _external=True)
    return {
        "@id": f"{base}#api",
        "@type": "dcat:DataService",
        "dct:title": {"fr": "API d’Aiguillage", "en": "API of Aiguillage"},
        "dct:description": site.settings.catalogue()["api"],
        "dcat:endpointURL": described.rpartition("/")[0],
        "dcat:endpointDescription": described,
        "dcat:servesDataset": [f"{base}#{one.name}" for one in site.settings.datasets().values() if one.in_api],
        "dct:license": LICENCE_URL,
        "dct:accessRights": "access:PUBLIC",
    }


def _contact(site: Site, base: str) -> dict[str, Any]:
    """The operator's address, or the page for messages."""
    contact = site.campaign.operator.contact
    where = (
        {"vcard:hasEmail": f"mailto:{quote(contact, safe='@')}"}
        if "@" in contact
        else {"vcard:hasURL": url_for("about.report", _external=True)}
    )
    name = site.campaign.operator.name or "Aiguillage"
    return {"@id": f"{base}#contact", "@type": ["vcard:Kind", "vcard:Organization"], "vcard:fn": name, **where}


def _gaps(site: Site, base: str) -> list[dict[str, Any]]:
    """Days and weeks without an edition are told, never passed over."""
    return [
        {
            "@id": f"{base}#lacune-{one['edition']}",
            "@type": "dct:ProvenanceStatement",
            "dct:identifier": one["edition"],
            "dct:description": {"fr": f"Pas d’édition {one['edition']} : {one['why']}."},
        }
        for one in edition_files.gaps(site)
    ]
