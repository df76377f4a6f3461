"""A town whose name was typed with a mistake is proposed; nothing is guessed."""

from __future__ import annotations

import pytest

from aggregator.country.finder.finder import Finder
from aggregator.country.finder.misspelt import Misspelt
from aggregator.country.finder.names import Town
from aggregator.country.finder.typed import normal


@pytest.fixture(scope="module")
def misspelt(finder: Finder) -> Misspelt:
    return Misspelt(finder.names.all())


def towns_like(misspelt: Misspelt, text: str) -> list[Town]:
    return [one for one in misspelt.like(normal(text)) if isinstance(one, Town) and not one.former]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Sain-Deni", "Saint-Denis"),
        ("marseile", "Marseille"),
        ("clermon feran", "Clermont-Ferrand"),
        ("st germin en laye", "Saint-Germain-en-Laye"),
        ("Bouloge bilancour", "Boulogne-Billancourt"),
        ("la roch sur yon", "La Roche-sur-Yon"),
        ("lyonn", "Lyon"),
        ("montigny bretonneux", "Montigny-le-Bretonneux"),
    ],
)
def test_a_mistake_in_spelling_gets_the_town_that_was_meant(misspelt: Misspelt, typed: str, meant: str) -> None:
    assert towns_like(misspelt, typed)[0].commune.name == meant


def test_of_names_about_as_alike_the_larger_town_comes_first(misspelt: Misspelt) -> None:
    found = [town.commune for town in towns_like(misspelt, "saint deniss") if town.commune.name == "Saint-Denis"]

    assert found == sorted(found, key=lambda town: -town.population)
    assert len(found) > 1


@pytest.mark.parametrize("typed", ["", "xq", "qqqqqq", "12345", "<?>", "\ud800"])
def test_what_is_like_no_name_gets_nothing(misspelt: Misspelt, typed: str) -> None:
    assert misspelt.like(normal(typed)) == []


def test_a_short_name_that_lies_within_the_text_was_not_meant(misspelt: Misspelt) -> None:
    assert "Ur" not in [town.commune.name for town in towns_like(misspelt, "la roch sur yon")]


def test_what_is_compared_are_few_of_all_names(misspelt: Misspelt, finder: Finder) -> None:
    assert len(misspelt._sharing_most("marseile")) < len(list(finder.names.all())) / 100
