"""Towns as people write them; homonyms are a choice, never a guess."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country import NotBuiltError, outlines
from aggregator.country import gazetteer as gazetteers
from aggregator.country.gazetteer import FORMAT, Commune, Gazetteer, department_of, normal, time_zone
from aggregator.country.geography import in_territory
from aggregator.country.misspelt import Misspelt


@pytest.mark.parametrize("text", ["st etienne", "SAINT-ÉTIENNE", "Saint  Étienne", "saint-etienne", "42000", "42 000"])
def test_a_town_is_found_however_it_is_written(gazetteer: Gazetteer, text: str) -> None:
    assert [commune.insee for commune in gazetteer.find(text)] == ["42218"]


def test_homonyms_are_all_returned_largest_first(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("Saint-Denis")

    assert [commune.department for commune in found[:2]] == ["974", "93"]
    assert len(found) == 4


def test_a_postal_code_of_two_departments_gives_both(gazetteer: Gazetteer) -> None:
    assert {commune.department for commune in gazetteer.find("01200")} == {"01", "74"}


def test_a_name_with_its_postal_code_is_one_town(gazetteer: Gazetteer) -> None:
    assert [commune.insee for commune in gazetteer.find("Saint-Denis 93200")] == ["93066"]


@pytest.mark.parametrize(
    ("text", "insee"),
    [("75015", "75115"), ("69003", "69383"), ("13001", "13201"), ("97400", "97411"), ("20000", "2A004")],
)
def test_arrondissements_corsica_and_overseas(gazetteer: Gazetteer, text: str, insee: str) -> None:
    assert insee in [commune.insee for commune in gazetteer.find(text)]


def test_articles_may_be_left_out(gazetteer: Gazetteer) -> None:
    assert [commune.name for commune in gazetteer.find("havre")] == ["Le Havre"]
    assert [commune.name for commune in gazetteer.find("Le Havre")] == ["Le Havre"]


def test_suggestions_put_the_exact_name_first_then_the_largest(gazetteer: Gazetteer) -> None:
    assert gazetteer.suggest("lyon")[0].insee == "69123"
    assert gazetteer.suggest("bourg en b")[0].name == "Bourg-en-Bresse"
    assert len(gazetteer.suggest("saint")) == 6
    assert gazetteer.suggest("saint") == gazetteer.suggest("saint")  # asked again: kept, and the same


@pytest.mark.parametrize(
    ("postcode", "city", "insee"),
    [
        ("01200", "Valserhône", "01033"),
        ("75015", "Paris", "75115"),
        ("77011", "MELUN CEDEX", "77288"),
        ("97133", "SAINT-BARTHELEMY", "97701"),
        ("97150", "SAINT MARTIN", "97801"),
        ("99999", "Nulle-Part", None),
    ],
)
def test_an_address_is_located_in_its_commune(
    gazetteer: Gazetteer, postcode: str, city: str, insee: str | None
) -> None:
    commune = gazetteer.locate(postcode, city)

    assert (commune.insee if commune else None) == insee


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


def test_normal_form() -> None:
    assert normal("L’Haÿ-les-Roses") == "l hay les roses"
    assert normal("Ste-Marie") == "sainte marie"


def written(path: Path, town: str, made_at: int, version: int = FORMAT) -> Path:
    """A gazetteer of one town, of a given moment."""
    content = {"format": version, "communes": [["1", town, [], "69", 45, 4, 9, None]], "departments": [], "regions": {}}
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


@given(st.text(max_size=30))
def test_a_name_has_one_normal_form(text: str) -> None:
    once = normal(text)

    assert normal(once) == once
    assert normal(f"  {text.upper()} - ") == normal(text.upper())
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert once == " ".join(once.split())


def commune(insee: str, name: str, *postcodes: str, department: str = "69") -> Commune:
    return Commune(insee, name, postcodes, department, 45.0, 4.0, 1)


@given(st.text(max_size=20))
def test_any_text_may_be_looked_for(text: str) -> None:
    few = Gazetteer([commune("69123", "Lyon", "69003"), commune("42218", "Saint-Étienne", "42000")], [])

    for found in (few.find(text), few.suggest(text), Misspelt(few).towns_like(text)):
        assert all(one.insee in few.communes for one in found)


class TestLocate:
    """An address that several communes could have is not guessed."""

    FEW = Gazetteer(
        [
            commune("1", "Valserhône", "01200", department="01"),
            commune("2", "Éloise", "01200", department="74"),
            commune("3", "Saint-Denis", "97400", department="974"),
            commune("4", "Saint-Denis", "93200", department="93"),
            commune("5", "Le Havre", "76600", "76610", department="76"),
            commune("6", "Saint-Rémy", "21500", department="21"),
            commune("7", "Saint-Remy", "21500", department="21"),
        ],
        [],
    )

    @pytest.mark.parametrize(
        ("postcode", "city", "insee"),
        [
            ("01200", "ELOISE", "2"),
            ("01200", "Ailleurs", None),
            ("01200", "", None),
            ("93200", "Ailleurs", "4"),  # the only one of its code
            ("93999", "St-Denis cedex 2", "4"),  # a code of firms: the name, in its département
            ("", "Saint-Denis", None),
            ("21500", "SAINT REMY", None),  # two of one name and one code
            ("76600", "Havre", "5"),
            (" 76600 ", "le havre", "5"),
        ],
    )
    def test_name_and_code_settle_it_together(self, postcode: str, city: str, insee: str | None) -> None:
        found = self.FEW.locate(postcode, city)

        assert (found and found.insee) == insee
