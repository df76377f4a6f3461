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
