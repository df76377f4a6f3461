"""JSON as the contracts mean it: what the standard parser lets through is refused."""

from __future__ import annotations

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
    import json

    assert strict_json.loads(json.dumps(value).encode()) == value
