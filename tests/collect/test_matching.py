"""Centres of several sources become one place when that is certain, and a question when it is likely."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.collect.matching import Matcher, telling_name
from providers.records import Centre

LISTED = Centre(
    "official", "12", "Centre de vaccination Salle Molière", insee="69123", lat=45.75, lon=4.85, official_id="12"
)
READ = Centre("doctolib", "x#1", "Salle Molière - Vaccination COVID-19", insee="69123", lat=45.7503, lon=4.8502)


@pytest.fixture
def matcher() -> Matcher:
    known = Matcher()
    known.add("p-listed", LISTED, LISTED.insee, ("doctolib", "salle-moliere"))
    return known


def test_the_same_booking_link_is_the_same_place_whatever_the_names(matcher: Matcher) -> None:
    other = replace(READ, name="Hôpital", lat=48.0)

    assert matcher.judge(other, other.insee, ("doctolib", "salle-moliere")).place_id == "p-listed"


def test_a_link_without_a_practice_is_that_of_the_only_practice() -> None:
    known = Matcher()
    known.add("p-1", READ, READ.insee, ("doctolib", "salle-moliere#165"))

    assert known.judge(LISTED, "69123", ("doctolib", "salle-moliere")).place_id == "p-1"

    known.add("p-2", replace(READ, source_id="y"), "01053", ("doctolib", "salle-moliere#166"))
    assert known.judge(replace(LISTED, insee="x"), "x", ("doctolib", "salle-moliere")).place_id is None


def test_near_and_alike_in_one_commune_is_one_place(matcher: Matcher) -> None:
    verdict = matcher.judge(READ, READ.insee, None)

    assert (verdict.place_id, verdict.method) == ("p-listed", "commune+distance+name")


@pytest.mark.parametrize(
    "other",
    [
        replace(READ, lat=45.76),  # a kilometre away
        replace(READ, name="Pharmacie du Parc"),
        replace(READ, source="official", source_id="13", official_id="13"),  # the same list twice: two places
    ],
)
def test_what_is_not_certain_is_a_place_of_its_own(matcher: Matcher, other: Centre) -> None:
    assert matcher.judge(other, other.insee, None).place_id is None


def test_likely_but_uncertain_asks_an_operator(matcher: Matcher) -> None:
    likely = replace(READ, lat=45.7535)  # 390 m

    verdict = matcher.judge(likely, likely.insee, None)

    assert (verdict.place_id, verdict.review_with) == (None, "p-listed")


def test_an_approximate_position_never_proves_nearness(matcher: Matcher) -> None:
    vague = replace(READ, flags=("position",))

    assert matcher.judge(vague, vague.insee, None).place_id is None


def test_names_without_any_telling_word_are_alike_only_when_they_are_the_same() -> None:
    matcher = Matcher()
    matcher.add("p-any", replace(LISTED, name="Centre de vaccination"), LISTED.insee, None)

    assert matcher.judge(replace(READ, name="Vaccination COVID-19"), READ.insee, None).place_id is None
    assert matcher.judge(replace(READ, name="CENTRE DE VACCINATION"), READ.insee, None).place_id == "p-any"


def test_only_words_that_tell_places_apart_count() -> None:
    assert telling_name("Centre de vaccination COVID-19 du Gymnase Jean-Moulin") == "gymnase jean moulin"
