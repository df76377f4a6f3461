"""Canonical JSON: one value, one spelling, whoever computes it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canonical import sha256, to_json

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def reversed_keys(value: Any) -> Any:
    """The same value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: reversed_keys(one) for key, one in reversed(value.items())}
    return [reversed_keys(one) for one in value] if isinstance(value, list) else value


@given(VALUES)
def test_what_is_written_reads_back_and_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    written = to_json(value)

    assert json.loads(written) == value
    assert to_json(reversed_keys(value)) == written
    assert to_json(json.loads(written)) == written


def test_the_standard_encoder_would_depend_on_the_order_of_keys() -> None:
    """The control."""
    value = {"b": 1, "a": 2}

    assert json.dumps(value) != json.dumps(reversed_keys(value))


def test_keys_are_sorted_without_spaces_and_accents_stay_as_they_are() -> None:
    assert (
        to_json({"é": [1, 2.5], "a": {"c": None, "b": "Lyon 3ᵉ"}})
        == '{"a":{"b":"Lyon 3ᵉ","c":null},"é":[1,2.5]}'.encode()
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_is_no_number_in_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        to_json(value)


@given(st.binary(max_size=64))
def test_a_hash_is_sixty_four_lower_case_digits(data: bytes) -> None:
    assert sha256(data) == hashlib.sha256(data).hexdigest()
    assert len(sha256(data)) == 64
