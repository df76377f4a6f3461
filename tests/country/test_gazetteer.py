"""Communes by code and postal code, and what became of those that are no more."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from aggregator.country import NotBuiltError, building, outlines
from aggregator.country import gazetteer as gazetteers
from aggregator.country.gazetteer import FORMAT, Gazetteer, department_of, time_zone
from aggregator.country.geography import in_territory


def test_a_postal_code_of_two_departments_gives_both_largest_first(gazetteer: Gazetteer) -> None:
    found = gazetteer.of_postcode("01200")

    assert {commune.department for commune in found} == {"01", "74"}
    assert [commune.population for commune in found] == sorted((one.population for one in found), reverse=True)


@pytest.mark.parametrize(
    ("postcode", "insee"),
    [("75015", "75115"), ("69003", "69383"), ("13001", "13201"), ("97400", "97411"), ("20000", "2A004")],
)
def test_arrondissements_corsica_and_overseas(gazetteer: Gazetteer, postcode: str, insee: str) -> None:
    assert insee in [commune.insee for commune in gazetteer.of_postcode(postcode)]


@pytest.mark.parametrize(
    ("code", "insee"),
    [
        ("59350", "59350"),
        ("59355", "59350"),  # Lomme, associated to Lille
        ("01033", "01033"),  # Bellegarde-sur-Valserine was, Valserhône is
        ("01091", "01033"),  # Châtillon-en-Michaille, delegated
        ("14697", "14654"),  # of which not even the name is left
        ("99999", None),
    ],
)
def test_the_code_of_a_former_commune_leads_to_the_one_that_took_it_over(
    gazetteer: Gazetteer, code: str, insee: str | None
) -> None:
    found = gazetteer.of_code(code)

    assert (found and found.insee) == insee


def test_every_former_code_leads_to_a_commune_of_today(gazetteer: Gazetteer) -> None:
    rows = building.FORMER_CODES.read_text(encoding="utf-8").splitlines()[1:]
    codes = [row.split(",")[0] for row in rows]

    assert len(codes) > 2000
    assert [code for code in codes if gazetteer.of_code(code) is None] == []


def test_every_commune_lies_in_the_territory_and_in_a_time_zone(gazetteer: Gazetteer) -> None:
    outside = [c.insee for c in gazetteer.communes.values() if not in_territory(c.lat, c.lon)]

    assert outside == []
    assert len(gazetteer.communes) > 34_900
    assert time_zone("974") == "Indian/Reunion"
    assert time_zone("93") == "Europe/Paris"


@pytest.mark.parametrize(
    ("code", "department"),
    [("75056", "75"), ("97411", "974"), ("2A004", "2A"), ("20200", "2B"), ("20000", "2A"), ("97133", "977")],
)
def test_the_department_of_a_code(code: str, department: str) -> None:
    assert department_of(code) == department


def written(path: Path, town: str, made_at: int, version: int = FORMAT) -> Path:
    """A gazetteer of one town, of a given moment."""
    content = {"format": version, "communes": [["1", town, [], "69", 45, 4, 9, None]], "departments": [], "regions": {}}
    content |= {"former": [], "former_codes": {}}
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    os.utime(path, ns=(made_at, made_at))
    return path


def test_a_gazetteer_is_read_once_whatever_the_name_of_its_file(tmp_path: Path) -> None:
    path = written(tmp_path / "one.gz", "Lyon", made_at=1)
    (tmp_path / "link.gz").symlink_to(path)

    assert gazetteers.load_gazetteer(tmp_path / "link.gz") is gazetteers.load_gazetteer(path)


def test_a_gazetteer_that_was_built_anew_is_read_anew(tmp_path: Path) -> None:
    before = gazetteers.load_gazetteer(written(tmp_path / "one.gz", "Lyon", made_at=1))
    after = gazetteers.load_gazetteer(written(tmp_path / "one.gz", "Lugdunum", made_at=2))

    assert [one.communes["1"].name for one in (before, after)] == ["Lyon", "Lugdunum"]


def test_a_table_that_is_missing_or_of_another_version_is_refused_with_the_command_that_builds_it(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "one.gz", "Lyon", made_at=1)
    gazetteers.load_gazetteer(path)
    path.unlink()
    old = written(tmp_path / "old.gz", "Lyon", made_at=1, version=FORMAT - 1)

    for load, missing in (
        (gazetteers.load_gazetteer, path),
        (gazetteers.load_gazetteer, old),
        (outlines.load_outlines, tmp_path / "none.npz"),
    ):
        with pytest.raises(NotBuiltError, match=f"{missing.name} .*build-gazetteer"):
            load(missing)


@pytest.mark.parametrize(
    "content",
    [b"", b"no table", gzip.compress(b"{}"), gzip.compress(b"{}")[:-4]],
    ids=["empty", "foreign", "no format", "cut short"],
)
def test_a_damaged_table_is_refused_as_a_missing_one_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gazetteer.json.gz").write_bytes(content)

    with pytest.raises(NotBuiltError, match=r"gazetteer\.json\.gz .*build-gazetteer"):
        gazetteers.load_gazetteer(tmp_path / "gazetteer.json.gz")
