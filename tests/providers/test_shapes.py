"""Typed shapes: what is missing or of another type is an error that names its path, what is more is ignored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from providers import shapes
from providers.errors import InvalidAnswerError
from providers.shapes import MOST_NAMED, Oddities, as_shape


class Slot(Struct):
    start: str
    agenda: int | None = None


class Page(Struct):
    slots: list[Slot]


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    assert as_shape({"slots": [{"start": "x", "doctor": "NOM"}], "total": 1}, Page, "/a", Oddities()) == Page(
        [Slot("x")]
    )


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({}, "missing required field `slots`"),
        ({"slots": None}, "slots: Expected `array`"),
        ({"slots": {"start": "x"}}, "slots: Expected `array`"),
        ([], "Expected `object`"),
        (None, "Expected `object`"),
    ],
)
def test_another_shape_is_an_error_that_names_the_question_and_the_field(value: Any, where: str) -> None:
    with pytest.raises(InvalidAnswerError) as raised:
        as_shape(value, Page, "/availabilities", Oddities())

    assert str(raised.value).startswith("/availabilities: ")
    assert where in str(raised.value)
    assert raised.value.status == 200


@pytest.mark.parametrize(
    ("slots", "read", "lost", "named"),
    [
        ([{"start": "x"}, {"start": 7}], [Slot("x")], 1, "/a.slots[1]: start: Expected `str`, got `int`"),
        ([{"start": "x"}, None], [Slot("x")], 1, "/a.slots[1]: Expected `object`, got `null`"),
        ([{"start": "x", "agenda": True}], [Slot("x")], 0, "/a.slots[0].agenda: Expected `int | null`, got `bool`"),
        ([{"start": "x", "agenda": "7"}], [Slot("x")], 0, "/a.slots[0].agenda: Expected `int | null`, got `str`"),
    ],
)
def test_an_odd_element_is_left_out_and_an_odd_field_is_missing_and_each_is_named(
    slots: Any, read: list[Slot], lost: int, named: str
) -> None:
    odd = Oddities()

    page = as_shape({"slots": slots}, Page, "/a", odd)

    assert (page.slots, odd.lost, odd.named) == (read, lost, [named])


def test_ten_thousand_oddities_are_counted_and_a_few_are_named() -> None:
    odd = Oddities()

    assert as_shape({"slots": [7] * 10_000}, Page, "/a", odd).slots == []
    assert (odd.lost, len(odd.named)) == (10_000, MOST_NAMED)


def test_an_error_repeats_no_value_of_the_answer() -> None:
    odd = Oddities()
    as_shape({"slots": [{"start": ["NOM PRENOM"]}]}, Page, "/a", odd)
    with pytest.raises(InvalidAnswerError) as raised:
        as_shape({"slots": "NOM PRENOM"}, Page, "/a", Oddities())

    assert odd.named
    assert not any("NOM" in said for said in [*odd.named, str(raised.value)])


def test_the_first_use_of_a_shape_is_made_by_one_thread_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """msgspec crashes when two threads build what it knows of a type at the same time."""

    class Fresh(Struct):
        name: str

    alone = []
    convert = msgspec.convert

    def watched(*arguments: Any) -> Any:
        alone.append(shapes._FIRST_USE.locked())
        return convert(*arguments)

    monkeypatch.setattr(shapes.msgspec, "convert", watched)
    with pytest.raises(InvalidAnswerError):
        as_shape({"name": 7}, Fresh, "/a", Oddities())  # a first use that fails has built it all the same
    as_shape({"name": "x"}, Fresh, "/a", Oddities())

    assert alone[0]
    assert not any(alone[1:])
