"""Simulated citizens: who they are, what they see of a page, and what they press."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from aggregator.country.gazetteer import Gazetteer
from aggregator.demonstration.citizens import HABITS, KINDS, Button, Citizen, Crowd, buttons_of
from tests.portal import Portal

BUTTON = (
    '<form method="post" action="/rdv/{token}">\n'
    '<button class="bouton">Rendez-vous sur <span class="insecable">{label}</span>'
)


def page(*labels: str) -> str:
    return "".join(BUTTON.format(token=f"t{n}", label=label) for n, label in enumerate(labels, 1))


@pytest.fixture
def crowd(gazetteer: Gazetteer) -> Crowd:
    return Crowd(random.Random(1), list(gazetteer.communes.values()))


def test_all_kinds_together_are_a_hundred() -> None:
    assert sum(kind.share for kind in KINDS) == 100


def test_the_same_seed_brings_the_same_people(gazetteer: Gazetteer) -> None:
    communes = list(gazetteer.communes.values())
    one, same, other = (Crowd(random.Random(seed), communes) for seed in (7, 7, 8))

    people = [[crowd.citizen() for _ in range(20)] for crowd in (one, same, other)]

    assert people[0] == people[1] != people[2]


def test_people_come_from_towns_by_their_population(crowd: Crowd, gazetteer: Gazetteer) -> None:
    towns = Counter(crowd.citizen().town.insee for _ in range(3000))
    large = sum(n for insee, n in towns.items() if gazetteer.communes[insee].population > 20_000)

    assert 0.3 < large / 3000 < 0.55  # four of ten in France, arrondissements beside their towns


def test_nobody_comes_from_an_address_that_somebody_has(crowd: Crowd) -> None:
    assert all(crowd.citizen().address.startswith(("198.18.", "198.19.")) for _ in range(200))


def test_the_buttons_of_a_real_list_are_read_in_their_order(portal: Portal) -> None:
    text = portal.citizen(1).get("/recherche?insee=69123&rayon=50").text

    found = buttons_of(text)

    assert len(found) == text.count('class="bouton">Rendez-vous sur') > 3
    assert all(one.path.startswith("/rdv/") and one.label.strip() for one in found)


@pytest.mark.parametrize(("habit", "first"), [("the first card only", 1.0), ("anywhere on the page", 0.25)])
def test_people_press_by_rank_as_their_habit_says(gazetteer: Gazetteer, habit: str, first: float) -> None:
    crowd = Crowd(random.Random(1), list(gazetteer.communes.values()))
    kind = next(one for one in KINDS if one.habit == habit)
    citizen = Citizen(kind, next(iter(gazetteer.communes.values())), "198.18.0.1", leaves=True)
    pressed = Counter(crowd.press(citizen, page("A", "B", "A", "B")) for _ in range(2000))

    assert pressed[Button("/rdv/t1", "A")] / 2000 == pytest.approx(first, abs=0.04)


def test_a_label_that_is_liked_is_pressed_more_and_none_is_liked_otherwise(gazetteer: Gazetteer) -> None:
    crowd = Crowd(random.Random(1), list(gazetteer.communes.values()))
    kind = next(one for one in KINDS if one.habit == "anywhere on the page")
    citizen = Citizen(kind, next(iter(gazetteer.communes.values())), "198.18.0.1", leaves=True)

    def of_b(*liking: object) -> float:
        buttons = [crowd.press(citizen, page("A", "B"), *liking) for _ in range(2000)]  # type: ignore[arg-type]
        return sum(one is not None and one.label == "B" for one in buttons) / 2000

    assert of_b() == pytest.approx(0.5, abs=0.04)
    assert of_b("B", 4.0) == pytest.approx(0.8, abs=0.04)


def test_where_there_is_no_button_nobody_leaves(crowd: Crowd) -> None:
    assert crowd.press(crowd.citizen(), "<p>Aucun lieu connu</p>") is None


def test_the_first_rank_is_never_pressed_less_than_another() -> None:
    for habit, weight in HABITS.items():
        assert all(weight(1) >= weight(rank) >= 0 for rank in range(1, 21)), habit
