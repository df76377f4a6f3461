"""The catalogue as a harvester reads it: RDF, valid by the shapes of DCAT-AP 2.1.1."""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyshacl
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, Namespace, URIRef

from aggregator.config.settings import ROOT
from tests.portal import Portal
from tests.web.data.conftest import distributions

SH = Namespace("http://www.w3.org/ns/shacl#")
OURS = ROOT / "tests" / "fixtures" / "dcat-ap.ttl"
OFFICIAL = ("shapes", "range", "shapes_recommended")
# The profile would like to know what kind of body publishes; an operator states its legal form, which is another list.
NOT_SAID = {(SH.Warning, DCTERMS.type): 1}


@lru_cache(maxsize=4)
def shapes(path: Path) -> Graph:
    return Graph().parse(path, format="turtle")


def read(content: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(content), format="json-ld")


def complaints(content: dict[str, Any], path: Path = OURS) -> Counter[tuple[Any, Any]]:
    """(severity, property) -> how often the shapes have something to say."""
    _, report, _ = pyshacl.validate(read(content), shacl_graph=shapes(path))
    return Counter(
        (report.value(one, SH.resultSeverity), report.value(one, SH.resultPath))
        for one in report.objects(None, SH.result)
    )


def test_the_catalogue_is_valid_dcat_ap(content: dict[str, Any]) -> None:
    assert complaints(content) == NOT_SAID


@pytest.mark.parametrize("part", OFFICIAL)
def test_the_official_shapes_find_the_catalogue_valid(content: dict[str, Any], part: str) -> None:
    """The shapes are SEMIC's, and not ours to publish: DCAT_AP_SHAPES names the folder where they lie."""
    folder = os.environ.get("DCAT_AP_SHAPES")
    if not folder:
        pytest.skip("DCAT_AP_SHAPES names no folder with dcat-ap_2.1.1_shacl_*.ttl (github.com/SEMICeu/DCAT-AP)")

    found = complaints(content, Path(folder) / f"dcat-ap_2.1.1_shacl_{part}.ttl")
    # In the file of recommendations the namespace of `availability` lacks its last character.
    del found[SH.Warning, URIRef("http://data.europa.eu/r5ravailability")]

    assert found == (NOT_SAID if part == "shapes_recommended" else {})


def test_before_the_first_closed_day_the_catalogue_is_valid_too(portal: Portal) -> None:
    portal.release()
    content = portal.app.test_client().get("/donnees/catalogue.jsonld").get_json()

    assert complaints(content) == NOT_SAID
    assert {one["dcat:accessURL"].split("/")[4] for one in distributions(content)} == {"en-cours"}


def without_title(catalogue: dict[str, Any]) -> None:
    del catalogue["dct:title"]


def with_untyped_size(catalogue: dict[str, Any]) -> None:
    catalogue["dcat:dataset"][0]["dcat:distribution"][0]["dcat:byteSize"] = {"@value": "12"}


def with_media_type_as_text(catalogue: dict[str, Any]) -> None:
    catalogue["dcat:dataset"][0]["dcat:distribution"][0]["dcat:mediaType"] = {"@value": "text/csv"}


def with_day_as_text(catalogue: dict[str, Any]) -> None:
    catalogue["dcat:dataset"][0]["dct:modified"] = {"@value": "2026-11-30"}


def without_keyword(catalogue: dict[str, Any]) -> None:
    del catalogue["dcat:dataset"][0]["dcat:keyword"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without_title, (SH.Violation, DCTERMS.title)),
        (with_untyped_size, (SH.Violation, DCAT.byteSize)),
        (with_media_type_as_text, (SH.Violation, DCAT.mediaType)),
        (with_day_as_text, (SH.Violation, DCTERMS.modified)),
        (without_keyword, (SH.Warning, DCAT.keyword)),
    ],
)
def test_a_spoilt_catalogue_is_found_by_the_shapes(
    content: dict[str, Any], spoil: Callable[[dict[str, Any]], None], said: tuple[URIRef, URIRef]
) -> None:
    """The control."""
    small = copy.deepcopy(content)
    small["@graph"][0]["dcat:dataset"] = small["@graph"][0]["dcat:dataset"][:1]
    del small["@graph"][0]["dcat:service"]
    assert complaints(small) == NOT_SAID

    spoil(small["@graph"][0])

    assert complaints(small) == {**NOT_SAID, said: 1}


def test_every_name_in_the_catalogue_is_of_one_thing(content: dict[str, Any]) -> None:
    graph = read(content)

    for kind, number in ((DCAT.Catalog, 1), (DCAT.DataService, 1), (DCAT.Dataset, 13)):
        assert len(set(graph.subjects(RDF.type, kind))) == number
    assert len(set(graph.subjects(RDF.type, DCAT.Distribution))) == len(distributions(content))
    assert len(set(graph.objects(None, DCAT.servesDataset))) == 3
    assert [str(one) for one in graph.objects(None, DCAT.endpointURL)] == ["http://localhost/api/v1"]


def test_every_description_tells_a_demonstration(content: dict[str, Any]) -> None:
    catalogue = content["@graph"][0]
    french = {one["dct:identifier"]: one["dct:description"]["fr"] for one in catalogue["dcat:dataset"]}

    assert catalogue["dct:description"]["en"].endswith("Demonstration: invented data.")
    assert [name for name, text in french.items() if "données inventées" not in text] == ["centres-2021"]
