"""JSON as the contracts mean it: what the standard parser lets through is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import strict_json


@pytest.mark.parametrize(
    "body",
    [
        b"", b"  ", b"{", b"nul", b"NaN", b"[Infinity]", b"[-Infinity]", b"[1e999]", b"[" * 70 + b"]" * 70,
        b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", '{"a":"é"}'.encode("latin-1"), "{}".encode("utf-16"),
        b"[" + b"9" * 400 + b"]",
    ],
)  # fmt: skip
def test_strict_json_refuses_what_the_standard_parser_lets_through_or_chokes_on(body: bytes) -> None:
    with pytest.raises(strict_json.StrictJsonError):
        strict_json.loads(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_strict_json_reads_all_that_is_plain_json(value: object) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"Salle \ud83d"', "Salle �"),
        (rb'"\ude00 salle"', "� salle"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d\ud83d\ude00"', "�\U0001f600"),
        (rb'{"\ud800": ["\udfff", 1, null, true]}', {"�": ["�", 1, None, True]}),
        (rb'"\\ud83d"', r"\ud83d"),  # an escaped backslash: six letters
    ],
)
def test_half_a_character_is_replaced_and_a_whole_one_kept(body: bytes, value: object) -> None:
    assert strict_json.loads(body) == value


@given(st.lists(st.sampled_from(["\ud800", "\udfff", "a", "\U0001f600"])).map("".join))
def test_whatever_was_read_can_be_written(text: str) -> None:
    read = strict_json.loads(json.dumps([text, {text: text}]).encode())

    assert json.dumps(read, ensure_ascii=False).encode()


def test_the_standard_parser_reads_what_nobody_can_write() -> None:
    """The control."""
    with pytest.raises(UnicodeEncodeError):
        json.loads(rb'"\ud83d"').encode()
