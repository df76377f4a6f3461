"""Every name that a place can be called by."""

from __future__ import annotations

from aggregator.country.finder.finder import Finder
from aggregator.country.finder.names import Area, Level, Names, Town, searchable
from aggregator.country.gazetteer import Commune, FormerCommune, Gazetteer
from providers.records import Department


def commune(insee: str, name: str, department: str = "69", population: int = 1) -> Commune:
    return Commune(insee, name, (), department, 45.0, 4.0, population)


def test_articles_may_be_left_out() -> None:
    assert searchable("Le Havre") == ["le havre", "havre"]
    assert searchable("L’Isle-d’Abeau") == ["l isle d abeau", "isle d abeau"]
    assert searchable("Lyon") == ["lyon"]


def test_all_that_bear_a_name_stand_largest_first_and_former_ones_last() -> None:
    towns = [
        commune("1", "Vienne", "38", 30_000),
        commune("2", "Autre", "51", 9),
        commune("3", "Poitiers", "86", 90_000),
        commune("4", "Loudun", "86"),
    ]
    gazetteer = Gazetteer(
        towns,
        [Department("86", "Vienne")],
        {},
        [FormerCommune("9", "Vienne", "2")],
    )

    found = Names(gazetteer).of("vienne")

    assert [one.code if isinstance(one, Area) else one.commune.insee for one in found] == ["86", "1", "2"]
    assert [isinstance(one, Town) and one.former for one in found] == [False, "", "Vienne"]


def test_a_former_commune_of_its_successor_s_name_is_not_told_twice() -> None:
    names = Names(Gazetteer([commune("1", "Annecy", "74")], [], {}, [FormerCommune("9", "Annecy", "1")]))

    assert names.of("annecy") == [Town(commune("1", "Annecy", "74"))]


def test_a_departement_of_one_commune_is_that_commune(finder: Finder) -> None:
    assert [one.commune.name for one in finder.names.of("75") if isinstance(one, Town)] == ["Paris"]
    assert len(finder.names.of("paris")) == 1


def test_a_region_of_one_departement_is_that_departement(finder: Finder) -> None:
    assert [(one.level, one.code) for one in finder.names.of("guadeloupe") if isinstance(one, Area)] == [
        (Level.DEPARTMENT, "971")
    ]
    assert [one.code for one in finder.names.of("corse") if isinstance(one, Area)] == ["corse"]


def test_the_largest_whose_names_begin_so_are_found_among_thousands(finder: Finder) -> None:
    every = {named for name, named in finder.names.all() if name.startswith("saint ")}
    largest = sorted(every, key=lambda one: one.weight)[:6]

    assert finder.names.beginning("saint ", 12)[:6] == largest
    assert finder.names.count_beginning("saint ") > 3_000
    assert finder.names.beginning("", 12) == []
    assert finder.names.beginning("zzz", 12) == []
