"""Ids for life, matches that are dated and undone, decisions that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.store import Doubt, How, Registry
from tests.clock import NOON


@pytest.fixture
def registry(tmp_path: Path, database_url: str | None) -> Iterator[Registry]:
    with closing(Registry(database_url or tmp_path / "registry.db")) as opened:
        yield opened


def test_ids_are_random_and_for_life(registry: Registry) -> None:
    first = registry.new_place(NOON)
    offer = registry.put_offer(first, "doctolib", "a#1", "https://x/1", NOON)

    assert first.startswith("p-")
    assert len(first) == 12
    assert registry.put_offer(first, "doctolib", "a#1", "https://x/2", NOON) == offer
    assert registry.put_offer(first, "doctolib", "a#2", "https://x/3", NOON) == offer
    history = registry.rows("SELECT booking_url FROM offer_links ORDER BY since")
    assert [row["booking_url"] for row in history] == ["https://x/1", "https://x/2", "https://x/3"]


def test_a_match_is_dated_and_undone_not_erased(registry: Registry) -> None:
    one, other = registry.new_place(NOON), registry.new_place(NOON)
    registry.match(("official", "12"), one, How("new"), NOON)
    registry.match(("official", "12"), other, How("operator"), NOON + timedelta(days=1))

    assert registry.matches() == {("official", "12"): other}
    rows = registry.rows("SELECT place_id, undone_at FROM matches ORDER BY match_id")
    assert [(row["place_id"], row["undone_at"] is None) for row in rows] == [(one, False), (other, True)]


def test_an_operator_confirms_or_refuses_a_likely_match(registry: Registry) -> None:
    one, other = registry.new_place(NOON), registry.new_place(NOON)
    registry.match(("doctolib", "a"), one, How("new"), NOON)
    registry.match(("official", "b"), other, How("new"), NOON)
    registry.open_review(("doctolib", "a"), one, Doubt(other, 80, 300), NOON)
    (review,) = registry.open_reviews()

    assert registry.decide_review(review["review_id"], same=True, at=NOON, role="operator")

    assert registry.matches()[("doctolib", "a")] == other
    assert registry.places()[one]["merged_into"] == other
    assert registry.open_reviews() == []
    assert not registry.decide_review(review["review_id"], same=True, at=NOON, role="operator")
    new = registry.split("doctolib", "a", NOON, "operator")
    assert registry.matches()[("doctolib", "a")] == new
    assert [row["kind"] for row in registry.decisions()] == ["review", "split"]


def doubt(registry: Registry, source_id: str, place: str, other: str) -> int:
    """A review of whether the centre's place is the other one; its number."""
    registry.open_review(("x", source_id), place, Doubt(other, 80, 300), NOON)
    return next(row["review_id"] for row in registry.open_reviews() if row["source_id"] == source_id)


def places_with_a_centre(registry: Registry, *ids: str) -> list[str]:
    places = [registry.new_place(NOON) for _ in ids]
    for source_id, place in zip(ids, places, strict=True):
        registry.match(("x", source_id), place, How("new"), NOON)
    return places


class TestChains:
    """Three places of which an operator says, one after the other, that they are one: none may vanish."""

    @pytest.mark.parametrize("first", [0, 1])
    def test_all_centres_end_in_the_one_place_that_is_left(self, registry: Registry, first: int) -> None:
        a, b, c = places_with_a_centre(registry, "a", "b", "c")
        reviews = [doubt(registry, "a", a, b), doubt(registry, "b", b, c)]

        for number in (reviews[first], reviews[1 - first]):
            assert registry.decide_review(number, same=True, at=NOON, role="operator")

        rows = registry.places()
        assert {rows[place]["merged_into"] for place in registry.matches().values()} == {None}
        assert set(registry.matches().values()) == {c}
        assert rows[c]["merged_into"] is None

    def test_a_circle_of_doubts_leaves_one_place(self, registry: Registry) -> None:
        a, b = places_with_a_centre(registry, "a", "b")
        reviews = [doubt(registry, "a", a, b), doubt(registry, "b", b, a)]

        for number in reviews:
            registry.decide_review(number, same=True, at=NOON, role="operator")

        assert registry.places()[b]["merged_into"] is None
        assert set(registry.matches().values()) == {b}

    def test_two_that_are_not_the_same_stay_two(self, registry: Registry) -> None:
        a, b = places_with_a_centre(registry, "a", "b")

        assert registry.decide_review(doubt(registry, "a", a, b), same=False, at=NOON, role="operator")

        assert registry.matches() == {("x", "a"): a, ("x", "b"): b}
        assert registry.open_reviews() == []
        assert registry.decisions()[0]["detail"] == f"not {b}"


def test_the_links_of_a_place_go_where_the_place_goes(registry: Registry) -> None:
    a, b = places_with_a_centre(registry, "a", "b")
    offer = registry.put_offer(a, "doctolib", "salle", "https://x/1", NOON)

    registry.decide_review(doubt(registry, "a", a, b), same=True, at=NOON, role="operator")

    assert [(row.offer_id, row.place_id) for row in registry.offers()] == [(offer, b)]


def test_a_doubt_is_asked_once(registry: Registry) -> None:
    a, b = places_with_a_centre(registry, "a", "b")
    for _ in range(2):
        registry.open_review(("x", "a"), a, Doubt(b, 80, 300), NOON)

    assert len(registry.open_reviews()) == 1
    registry.decide_review(registry.open_reviews()[0]["review_id"], same=False, at=NOON, role="operator")
    registry.open_review(("x", "a"), a, Doubt(b, 80, 300), NOON)
    assert registry.open_reviews() == []  # an operator has said: not asked again


def test_a_link_that_moves_to_another_place_keeps_its_id(registry: Registry) -> None:
    a, b = places_with_a_centre(registry, "a", "b")
    offer = registry.put_offer(a, "doctolib", "salle", "https://x/1", NOON)

    assert registry.put_offer(b, "doctolib", "salle", "https://x/1", NOON + timedelta(days=1)) == offer
    assert [(row.place_id, row.booking_url) for row in registry.offers()] == [(b, "https://x/1")]


def test_a_link_is_known_by_itself_before_it_is_known_by_its_place(registry: Registry) -> None:
    """Two centres exchange their links: each link keeps its id."""
    a, b = places_with_a_centre(registry, "a", "b")
    one = registry.put_offer(a, "doctolib", "salle", "https://x/salle", NOON)
    other = registry.put_offer(b, "doctolib", "gymnase", "https://x/gymnase", NOON)

    assert registry.put_offer(a, "doctolib", "gymnase", "https://x/gymnase", NOON) == other
    assert registry.put_offer(b, "doctolib", "salle", "https://x/salle", NOON) == one


def test_each_platform_has_an_offer_of_its_own(registry: Registry) -> None:
    (place,) = places_with_a_centre(registry, "a")

    offers = {registry.put_offer(place, slug, "salle", f"https://{slug}/1", NOON) for slug in ("doctolib", "maiia")}

    assert len(offers) == 2


def test_a_place_is_withdrawn_for_a_reason_and_put_back(registry: Registry) -> None:
    (place,) = places_with_a_centre(registry, "a")

    assert registry.withdraw(place, "closed", NOON, "operator")
    assert registry.places()[place]["withdrawn"] == "closed"
    assert registry.withdraw(place, None, NOON, "operator")
    assert registry.places()[place]["withdrawn"] is None
    assert not registry.withdraw("p-none", "closed", NOON, "operator")
    assert [(row["kind"], row["target"], row["detail"]) for row in registry.decisions()] == [
        ("withdraw", place, "closed"), ("restore", place, ""),
    ]  # fmt: skip


def test_what_changed_of_a_place_is_told_from_its_second_day_on(registry: Registry) -> None:
    (place,) = places_with_a_centre(registry, "a")
    registry.put_offer(place, "doctolib", "salle", "https://x/1", NOON)
    next_day = NOON + timedelta(days=1)
    registry.match(("y", "b"), place, How("link"), next_day)
    registry.put_offer(place, "doctolib", "salle", "https://x/2", next_day)
    registry.withdraw(place, "closed", next_day, "operator")

    assert [(row["kind"], row["what"]) for row in registry.changes()] == [
        ("link", "doctolib"), ("matched", "y"), ("withdraw", "closed"),
    ]  # fmt: skip
    assert [row["booking_url"] for row in registry.link_changes()] == ["https://x/2"]


def test_a_link_is_a_change_only_when_it_replaces_another_one_after_the_first_day(registry: Registry) -> None:
    """A first reading spells most links twice, as the official list does and as the platform does."""
    one, other = places_with_a_centre(registry, "a"), places_with_a_centre(registry, "b")
    days = [NOON + timedelta(days=number) for number in range(4)]
    registry.put_offer(one[0], "doctolib", "salle", "https://x/of-the-list", days[0])
    registry.put_offer(one[0], "doctolib", "salle", "https://x/1", days[0] + timedelta(seconds=40))
    assert registry.link_changes() == []

    registry.put_offer(other[0], "doctolib", "salle", "https://x/1", days[1])  # another place, the same link
    assert registry.link_changes() == []

    registry.put_offer(other[0], "doctolib", "salle", "https://x/2", days[2])
    registry.put_offer(other[0], "doctolib", "salle", "https://x/1", days[3])  # back again: a change too
    assert [row["booking_url"] for row in registry.link_changes()] == ["https://x/2", "https://x/1"]


def test_a_centre_that_nobody_matched_cannot_be_split(registry: Registry) -> None:
    assert registry.split("x", "nobody", NOON, "operator") is None
    assert registry.decisions() == []


def test_a_change_that_fails_half_way_leaves_nothing(registry: Registry) -> None:
    with pytest.raises(ZeroDivisionError), registry.transaction():
        registry.new_place(NOON)
        raise ZeroDivisionError

    assert registry.places() == {}
