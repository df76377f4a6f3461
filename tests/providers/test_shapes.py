"""Typed shapes: what is missing or of another type is an error that names its path, what is more is ignored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from providers import shapes
from providers.errors import InvalidAnswerError
from providers.shapes import as_shape


class Slot(Struct):
    start: str
    agenda: int | None = None


class Page(Struct):
    slots: list[Slot]


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    assert as_shape({"slots": [{"start": "x", "doctor": "NOM"}], "total": 1}, Page, "/a") == Page([Slot("x")])


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({}, "missing required field `slots`"),
        ({"slots": None}, "`$.slots`"),
        ({"slots": [{"start": "x"}, {"start": 7}]}, "`$.slots[1].start`"),
        ({"slots": [{"start": "x", "agenda": True}]}, "`$.slots[0].agenda`"),
        ({"slots": [{"start": "x", "agenda": "7"}]}, "`$.slots[0].agenda`"),
        ([], "Expected `object`"),
        (None, "Expected `object`"),
    ],
)
def test_another_shape_is_an_error_that_names_the_question_and_the_field(value: Any, where: str) -> None:
    with pytest.raises(InvalidAnswerError) as raised:
        as_shape(value, Page, "/availabilities")

    assert str(raised.value).startswith("/availabilities: ")
    assert where in str(raised.value)
    assert raised.value.status == 200


def test_an_error_repeats_no_value_of_the_answer() -> None:
    with pytest.raises(InvalidAnswerError) as raised:
        as_shape({"slots": [{"start": ["NOM PRENOM"]}]}, Page, "/a")

    assert "NOM" not in str(raised.value)


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
        as_shape({"name": 7}, Fresh, "/a")  # a first use that fails has built it all the same
    as_shape({"name": "x"}, Fresh, "/a")

    assert alone == [True, False]
