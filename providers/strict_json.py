"""JSON as the contracts mean it: strict UTF-8, no NaN, no duplicate key, bounded depth and numbers.

The standard parser accepts seven things that a hostile or broken server sends (`NaN`, `Infinity`, `1e999`,
integers of 4,000 digits, duplicate keys of which the last wins, nesting that exhausts the stack, a BOM);
each of them is refused here, before it can become a wrong slot or a wrong link. Half a character, as JavaScript leaves
when it cuts an emoji in two (`\\ud83d`), is no reason to lose a list: it becomes U+FFFD, which can be stored.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 20

_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class StrictJsonError(ValueError):
    """The text is not the JSON that a contract promises; the message names the defect."""


def loads(body: bytes) -> Any:
    """The value in `body`. Raises StrictJsonError."""
    text = _decode(body)
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
            object_pairs_hook=_unique_keys,
        )
    except json.JSONDecodeError as error:
        raise StrictJsonError(f"not JSON at character {error.pos}: {error.msg}") from error
    return _with_whole_characters(value) if _HALF_CHARACTER.search(text) else value


def _decode(body: bytes) -> str:
    if not body.strip():
        raise StrictJsonError("empty body")
    if body.startswith(b"\xef\xbb\xbf"):
        raise StrictJsonError("byte order mark before the JSON")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"not UTF-8 at byte {error.start}") from error


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StrictJsonError(f"nested deeper than {MAX_DEPTH}")
        elif mark in "]}":
            depth -= 1


def _refuse_constant(name: str) -> Any:
    raise StrictJsonError(f"{name} is not a JSON number")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise StrictJsonError(f"integer of {len(digits)} digits")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise StrictJsonError(f"{digits[:24]} is beyond the range of a number")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise StrictJsonError(f"key {twice!r} appears twice in one object")
    return found


def _with_whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_with_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return {_with_whole_characters(key): _with_whole_characters(one) for key, one in value.items()}
    return value
