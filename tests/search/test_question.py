"""What a citizen asks has one spelling, from which anyone can ask it again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.search.order import Sort
from aggregator.search.question import RADII_KM, Moment, Question

SLUGS = st.sampled_from(["any", "pfizer", "grippe-covid", "5-11"])
GRID = st.integers(-18000, 18000).map(lambda hundredths: hundredths / 100)
ORIGINS = st.fixed_dictionaries({"insee": st.sampled_from(["69123", "2A004", "97411"])}) | st.fixed_dictionaries(
    {"lat": GRID, "lon": GRID}
)
REST = st.fixed_dictionaries(
    {
        "sort": st.sampled_from(Sort), "radius_km": st.sampled_from(RADII_KM), "need": SLUGS, "step": SLUGS,
        "audience": SLUGS, "first_day": st.none() | st.dates(), "last_day": st.none() | st.dates(),
        "moment": st.none() | st.sampled_from(Moment), "seen": st.booleans(), "walk_in": st.booleans(),
        "access": st.booleans(),
    }
)  # fmt: skip
QUESTIONS = st.builds(lambda origin, rest: Question(**origin, **rest), ORIGINS, REST)


@given(QUESTIONS)
def test_a_question_comes_back_from_its_key(question: Question) -> None:
    assert Question.of_key(question.key) == question


@given(QUESTIONS, QUESTIONS)
def test_two_questions_have_one_key_only_when_they_are_the_same(one: Question, other: Question) -> None:
    assert (one.key == other.key) is (one == other)


def test_the_default_question_names_no_filter() -> None:
    assert Question(insee="69123").key == "insee=69123&need=any&radius=10&sort=near&step=any"


def test_every_filter_is_in_the_key() -> None:
    """A filter that the key does not name would give two lists one hash."""
    changes: dict[str, Any] = {
        "insee": "01053", "lat": 45.7, "lon": 4.8, "sort": Sort.SOON, "radius_km": 50, "need": "pfizer", "step": "1",
        "audience": "5-11", "first_day": date(2026, 12, 1), "last_day": date(2026, 12, 2), "moment": Moment.EVENING,
        "seen": True, "walk_in": True, "access": True,
    }  # fmt: skip
    plain = Question(insee="69123", lat=1.0, lon=2.0)

    keys = {name: replace(plain, **{name: value}).key for name, value in changes.items()}

    assert set(changes) == {field.name for field in fields(Question)}
    assert plain.key not in keys.values()
    assert len(set(keys.values())) == len(changes)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "insee=69123",
        "insee=69123&need=any&radius=10&sort=price&step=any",
        "insee=69123&need=any&radius=ten&sort=near&step=any",
        "insee=69123&need=any&radius=010&sort=near&step=any",
        "insee=69123&need=any&radius=10&sort=near&step=any&provider=x",
        "need=any&insee=69123&radius=10&sort=near&step=any",
        "insee=69123&insee=01053&need=any&radius=10&sort=near&step=any",
        "insee=69123&need=any&radius=10&seen=0&sort=near&step=any",
        "lat=45.123&lon=4.85&need=any&radius=10&sort=near&step=any",
        "from=tomorrow&insee=69123&need=any&radius=10&sort=near&step=any",
        "insee=69123&moment=nuit&need=any&radius=10&sort=near&step=any",
        "a&b",
    ],
)
def test_what_is_not_a_question_in_its_own_spelling_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Question.of_key(key)


@given(st.text(max_size=60))
def test_any_text_is_a_question_or_a_value_error(text: str) -> None:
    for key in (text, f"insee={text}&need=any&radius=10&sort=near&step=any"):
        try:
            question = Question.of_key(key)
        except ValueError:
            continue
        assert question.key == key
