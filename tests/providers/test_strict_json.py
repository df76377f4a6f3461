"""JSON as the contracts mean it: what the standard parser lets through, or chokes on, is refused by name."""

from __future__ import annotations

import gc
import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.strict_json import MANY, MAX_DEPTH, StrictJsonError, _GarbagePause, loads
from tests.answers import Recorded


@pytest.mark.parametrize(
    ("body", "defect"),
    [
        (b"", "empty body"),
        (b" \n ", "empty body"),
        (b"{", "not JSON at character 1"),
        (b"nul", "not JSON at character 0"),
        (b"{} {}", "not JSON at character 3"),
        (b"{'a': 1}", "not JSON at character 1"),
        (b"NaN", "NaN is not a JSON number"),
        (b"[Infinity]", "Infinity is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[1e999]", "1e999 is beyond the range of a number"),
        (b"[" * 70 + b"]" * 70, "nested deeper than 64"),
        (b"[" * 200_000, "nested deeper than 64"),
        (b'{"a":1,"a":2}', "key 'a' appears twice in one object"),
        (b'[{"b":{"a":1,"c":2,"a":1}}]', "key 'a' appears twice in one object"),
        (b"\xef\xbb\xbf{}", "byte order mark before the JSON"),
        ('{"a":"é"}'.encode("latin-1"), "not UTF-8 at byte 6"),
        ("{}".encode("utf-16"), "not UTF-8 at byte 0"),
        (b"[" + b"9" * 400 + b"]", "integer of 400 digits"),
        (b"[" + b"0," * 250_000 + b"0,0]", "more than 250,000 values"),
        (b"[" * 60 + b"{}" * 1_000_000, "more than 1,000,000 lists and objects"),
    ],
)
def test_what_is_not_plain_json_is_refused_by_the_name_of_its_defect(body: bytes, defect: str) -> None:
    with pytest.raises(StrictJsonError) as raised:
        loads(body)

    assert str(raised.value).startswith(defect)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_all_that_is_plain_json_is_read(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


def test_depth_is_refused_beyond_its_limit_and_not_at_it() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert loads(deepest)
    assert loads(b"[[],[]," + deepest[1:])
    with pytest.raises(StrictJsonError, match="nested deeper"):
        loads(b"[" + deepest + b"]")


def test_brackets_inside_texts_and_side_by_side_are_no_depth() -> None:
    text = '[{"\\\\' * 100

    assert loads(json.dumps([text]).encode()) == [text]
    assert loads(b"[" + b",".join([b"[]"] * 500) + b"]") == [[]] * 500


@pytest.mark.parametrize("backslashes", range(6))
def test_a_text_ends_at_the_first_quote_that_is_not_escaped(backslashes: int) -> None:
    """An odd number of backslashes makes the quote part of the text, and what follows it too."""
    body = b"[" + b"[]," * 40 + b'"' + b"\\" * backslashes + b'"' + b"[" * MAX_DEPTH

    with pytest.raises(StrictJsonError, match="not JSON" if backslashes % 2 else "nested deeper"):
        loads(body)


def test_integers_are_read_up_to_twenty_digits() -> None:
    assert loads(b"9" * 20) == 10**20 - 1
    with pytest.raises(StrictJsonError, match="integer of 21 digits"):
        loads(b"9" * 21)


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert loads(b'[{"a":1},{"a":2,"b":{"a":3}}]') == [{"a": 1}, {"a": 2, "b": {"a": 3}}]


def test_a_backslash_that_escapes_nothing_is_refused() -> None:
    """As careless scrubbing of an e-mail address leaves it behind."""
    with pytest.raises(StrictJsonError, match="Invalid"):
        loads(rb'{"email": "personne\@example.invalid"}')


def test_a_recording_that_its_scrubbing_broke_is_refused_as_it_is(recorded: Recorded) -> None:
    with pytest.raises(StrictJsonError):
        loads(recorded.raw("maiia/scrap-center.json"))


def test_no_cycles_are_looked_for_while_a_large_answer_is_parsed_and_always_afterwards() -> None:
    seen = []
    large = b"[" + b"{}," * MANY + b"{}]"
    with patch("json.loads", lambda *_, **__: seen.append(gc.isenabled())):
        loads(large)
        loads(b"[]")
    with pytest.raises(StrictJsonError):
        loads(large[:-1])

    assert seen == [False, True]
    assert gc.isenabled()


def test_the_last_of_several_that_parse_at_once_looks_for_cycles_again() -> None:
    pause = _GarbagePause()
    with pause:
        with pause:
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
