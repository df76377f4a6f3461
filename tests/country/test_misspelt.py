"""A town whose name was typed with a mistake is proposed; nothing is guessed."""

from __future__ import annotations

import pytest

from aggregator.country.gazetteer import Gazetteer
from aggregator.country.misspelt import Misspelt, load_misspelt


@pytest.fixture(scope="module")
def misspelt(gazetteer: Gazetteer) -> Misspelt:
    return load_misspelt(gazetteer)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Sain-Deni", "Saint-Denis"),
        ("marseile", "Marseille"),
        ("clermon feran", "Clermont-Ferrand"),
        ("st germin en laye", "Saint-Germain-en-Laye"),
        ("Bouloge bilancour", "Boulogne-Billancourt"),
        ("la roch sur yon", "La Roche-sur-Yon"),
    ],
)
def test_a_mistake_in_spelling_gets_the_town_that_was_meant(misspelt: Misspelt, typed: str, meant: str) -> None:
    assert misspelt.towns_like(typed)[0].name == meant


def test_of_names_about_as_alike_the_larger_town_comes_first(misspelt: Misspelt) -> None:
    found = [town for town in misspelt.towns_like("saint deniss") if town.name == "Saint-Denis"]

    assert found == sorted(found, key=lambda town: -town.population)
    assert len(found) > 1


@pytest.mark.parametrize("typed", ["", "xq", "qqqqqq", "12345", "<?>", "\ud800"])
def test_what_is_like_no_name_gets_nothing(misspelt: Misspelt, typed: str) -> None:
    assert misspelt.towns_like(typed) == []


def test_a_short_name_that_lies_within_the_text_was_not_meant(misspelt: Misspelt) -> None:
    assert "Ur" not in [town.name for town in misspelt.towns_like("la roch sur yon")]


def test_the_index_is_built_once(gazetteer: Gazetteer) -> None:
    assert load_misspelt(gazetteer) is load_misspelt(gazetteer)


def test_what_is_compared_are_few_of_all_names(misspelt: Misspelt, gazetteer: Gazetteer) -> None:
    assert len(misspelt._sharing_most("marseile")) < len(list(gazetteer.names)) / 100
