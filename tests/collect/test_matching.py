"""Centres of several sources become one place when that is certain, and a question when it is likely."""

from __future__ import annotations

from dataclasses import replace
from math import degrees

import pytest

from aggregator.collect.matching import Matcher, Verdict, telling_name
from aggregator.country.geography import EARTH_RADIUS_M, distance_m
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


def north_of_the_listed(metres: int) -> Centre:
    found = replace(READ, lat=45.75 + degrees(metres / EARTH_RADIUS_M), lon=4.85)
    assert distance_m(45.75, 4.85, found.lat or 0.0, 4.85) == metres
    return found


@pytest.mark.parametrize(
    ("metres", "place", "asked_about"),
    [(150, "p-listed", None), (151, None, "p-listed"), (500, None, "p-listed"), (501, None, None)],
)
def test_one_place_is_150_metres_wide_and_a_question_500(
    matcher: Matcher, metres: int, place: str | None, asked_about: str | None
) -> None:
    other = north_of_the_listed(metres)

    verdict = matcher.judge(other, other.insee, None)

    assert (verdict.place_id, verdict.review_with) == (place, asked_about)
    assert verdict.distance_m in (metres, None)


def test_a_name_that_is_only_similar_is_a_question_however_near(matcher: Matcher) -> None:
    similar = replace(READ, name="Salle Molinier", lat=45.75, lon=4.85)

    assert matcher.judge(similar, similar.insee, None).place_id is None
    assert matcher.judge(similar, similar.insee, None).review_with == "p-listed"


def test_of_several_likely_places_the_most_alike_is_asked_about(matcher: Matcher) -> None:
    matcher.add("p-similar", replace(LISTED, source_id="13", name="Salle Molinier"), LISTED.insee, None)
    likely = north_of_the_listed(390)

    assert matcher.judge(likely, likely.insee, None).review_with == "p-listed"


def test_a_centre_without_a_position_is_asked_about_and_never_merged_by_its_name(matcher: Matcher) -> None:
    nowhere = replace(READ, lat=None, lon=None)

    verdict = matcher.judge(nowhere, nowhere.insee, None)

    assert (verdict.place_id, verdict.review_with, verdict.distance_m) == (None, "p-listed", None)


def test_a_known_place_that_stands_on_its_commune_s_point_proves_no_nearness() -> None:
    known = Matcher()
    known.add("p-vague", replace(LISTED, flags=("position",)), LISTED.insee, None)

    assert known.judge(READ, READ.insee, None).place_id is None


def test_the_same_name_in_another_commune_is_another_place(matcher: Matcher) -> None:
    assert matcher.judge(READ, "69266", None) == Verdict(None, "new")


def test_the_same_official_id_is_the_same_place_wherever_it_says_that_it_stands(matcher: Matcher) -> None:
    moved = replace(READ, name="Hôpital", lat=48.0, official_id="12")

    verdict = matcher.judge(moved, "75056", None)

    assert (verdict.place_id, verdict.method) == ("p-listed", "official-id")


def test_a_place_that_one_source_lists_already_takes_no_second_centre_of_it(matcher: Matcher) -> None:
    """Also where the record that it would be compared with is that of the other source."""
    matcher.add("p-listed", replace(READ, lat=48.0), READ.insee, None)

    assert matcher.judge(replace(READ, source_id="x#2"), READ.insee, None).place_id is None
    assert matcher.judge(replace(READ, source="maiia"), READ.insee, None).place_id == "p-listed"


class TestPartialLinks:
    """A link may name a practice ("#165") or not: it means a place only where it cannot mean another."""

    def judged(self, known: dict[str, str], link: str, source: str = "doctolib") -> str | None:
        """The place of a centre that has nothing but its link in common with the known ones (place -> link)."""
        matcher = Matcher()
        for place_id, key in known.items():
            matcher.add(place_id, replace(LISTED, official_id=None), "69123", ("doctolib", key))
        return matcher.judge(Centre(source, "9", "Ailleurs", insee="01053"), "01053", ("doctolib", link)).place_id

    def test_two_practices_of_one_page_are_two_places(self) -> None:
        assert self.judged({"p-1": "salle#165"}, "salle#166") is None

    def test_a_practice_is_at_the_place_whose_link_named_none(self) -> None:
        assert self.judged({"p-1": "salle"}, "salle#165") == "p-1"

    def test_and_is_not_when_its_own_source_has_listed_that_place(self) -> None:
        assert self.judged({"p-1": "salle"}, "salle#165", LISTED.source) is None

    def test_and_is_not_when_another_place_has_the_page_too(self) -> None:
        assert self.judged({"p-1": "salle", "p-2": "salle#165"}, "salle#166") is None

    def test_two_places_with_one_link_leave_it_to_the_one_that_was_known_first(self) -> None:
        assert self.judged({"p-1": "salle#165", "p-2": "salle#165"}, "salle#165") == "p-1"

    def test_the_same_key_on_another_platform_is_another_link(self) -> None:
        matcher = Matcher()
        matcher.add("p-1", replace(LISTED, official_id=None), "69123", ("doctolib", "salle"))

        assert matcher.judge(Centre("maiia", "9", "Ailleurs"), "01053", ("maiia", "salle")).place_id is None


def test_names_without_any_telling_word_are_alike_only_when_they_are_the_same() -> None:
    matcher = Matcher()
    matcher.add("p-any", replace(LISTED, name="Centre de vaccination"), LISTED.insee, None)

    assert matcher.judge(replace(READ, name="Vaccination COVID-19"), READ.insee, None).place_id is None
    assert matcher.judge(replace(READ, name="CENTRE DE VACCINATION"), READ.insee, None).place_id == "p-any"


def test_only_words_that_tell_places_apart_count() -> None:
    assert telling_name("Centre de vaccination COVID-19 du Gymnase Jean-Moulin") == "gymnase jean moulin"
