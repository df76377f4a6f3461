"""The country's tables are built once, and again when they are missing, damaged or of another version."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from aggregator.country import building, gazetteer, outlines
from aggregator.country.building import COLLECTIVITIES, build_missing
from aggregator.country.gazetteer import FORMAT, Gazetteer


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is built meanwhile. The real tables cost fifteen seconds: small ones are put in their place."""
    done: list[str] = []

    def build(path: Path) -> int:
        done.append("gazetteer")
        lyon = ["69123", "Lyon", ["69001"], "69", 45.75, 4.85, 500_000, None]
        content = {"format": FORMAT, "communes": [lyon], "departments": [["69", "Rhône"]], "regions": {"69": "x"}}
        content |= {"former": [], "former_codes": {}}
        path.write_bytes(gzip.compress(json.dumps(content).encode()))
        return 1

    def build_outlines(path: Path) -> int:
        done.append("outlines")
        owners = np.zeros(0, "U5")
        np.savez_compressed(path, points=np.zeros((0, 2), np.int32), starts=np.zeros(1, np.int32), owners=owners)
        return 0

    monkeypatch.setattr(building, "build", build)
    monkeypatch.setattr(building, "build_outlines", build_outlines)
    return done


def both(folder: Path) -> tuple[Path, Path]:
    return folder / "gazetteer.json.gz", folder / "outlines.npz"


def test_what_is_missing_is_built_once(tmp_path: Path, built: list[str]) -> None:
    for _ in range(2):
        build_missing(*both(tmp_path))

    assert built == ["gazetteer", "outlines"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no table", gzip.compress(b"{}"), gzip.compress(b'{"format": 2}'), gzip.compress(b'{"format": 3}')[:-6]],
    ids=["empty", "foreign", "no format", "older", "cut short"],
)
def test_a_gazetteer_that_cannot_be_used_is_built_anew(tmp_path: Path, built: list[str], content: bytes) -> None:
    build_missing(*both(tmp_path))
    (tmp_path / "gazetteer.json.gz").write_bytes(content)

    build_missing(*both(tmp_path))

    assert built == ["gazetteer", "outlines", "gazetteer"]
    assert gazetteer.load_gazetteer(tmp_path / "gazetteer.json.gz").get("69123")


def test_outlines_that_cannot_be_used_are_built_anew(tmp_path: Path, built: list[str]) -> None:
    build_missing(*both(tmp_path))
    (tmp_path / "outlines.npz").write_bytes(b"cut short")

    build_missing(*both(tmp_path))

    assert built == ["gazetteer", "outlines", "outlines"]
    assert outlines.load_outlines(tmp_path / "outlines.npz")


class TestContent:
    """What the package's tables become."""

    def test_the_collectivities_that_the_package_links_to_nothing_are_there(self, gazetteer: Gazetteer) -> None:
        for insee, name, postcode, department, *_ in COLLECTIVITIES:
            commune = gazetteer.get(insee)
            assert commune is not None
            assert (commune.name, commune.postcodes, commune.department) == (name, (postcode,), department)

    def test_articles_stand_before_names(self, gazetteer: Gazetteer) -> None:
        names = {insee: commune.name for insee in ("76351", "17300", "94038") if (commune := gazetteer.get(insee))}

        assert names == {"76351": "Le Havre", "17300": "La Rochelle", "94038": "L’Haÿ-les-Roses"}

    def test_an_arrondissement_knows_its_town_and_lies_in_its_departement(self, gazetteer: Gazetteer) -> None:
        commune = gazetteer.get("69383")

        assert commune is not None
        assert (commune.parent, commune.department, commune.postcodes) == ("69123", "69", ("69003",))

    def test_every_departement_has_a_name_and_a_region(self, gazetteer: Gazetteer) -> None:
        used = {commune.department for commune in gazetteer.communes.values()}

        assert used <= set(gazetteer.departments) == set(gazetteer.regions)
        assert len(used) == 101 + 3
        assert gazetteer.regions["69"] == "Auvergne-Rhône-Alpes"
