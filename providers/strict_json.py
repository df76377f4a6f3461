"""Parses JSON strictly (docs/providers.md §1.3): UTF-8, no NaN, no duplicate key, bounded depth and numbers.

The standard parser accepts seven things that a hostile or broken server sends (`NaN`, `Infinity`, `1e999`,
integers of 4,000 digits, duplicate keys of which the last wins, nesting that exhausts the stack, a BOM);
each of them is refused here, before it can become a wrong slot or a wrong link. Half a surrogate pair, which no store
takes, becomes U+FFFD. Every check takes time in proportion to the size of the body: bytes that keep one platform's
reader busy for long would keep all platforms' readers busy.
"""

from __future__ import annotations

import gc
import json
import math
import re
import threading
from contextlib import nullcontext
from typing import Any

import numpy as np

MAX_DEPTH = 64
# The largest recorded listing has some seventeen thousand commas; as many values as fit into 16 MiB take seconds.
MAX_BRACKETS, MAX_COMMAS = 1_000_000, 250_000
MANY = 10_000  # objects, lists and values of one answer
MAX_INTEGER_DIGITS = 20
MAX_FLOAT_DIGITS = 400
BLOCK = 65_536

_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")


class _GarbagePause:
    """No search for cycles while a large answer is parsed, by as many threads as do so at once.

    What JSON builds has no cycles; looking for some among half a million new objects takes longer than parsing them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parsing, self._was_on = 0, False

    def __enter__(self) -> None:
        with self._lock:
            if self._parsing == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._parsing += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._parsing -= 1
            if self._parsing == 0 and self._was_on:
                gc.enable()


_PAUSE = _GarbagePause()


class StrictJsonError(ValueError):
    """The text is not the JSON that a contract promises; the message names the defect."""


def loads(body: bytes) -> Any:
    """The value in `body`. Raises StrictJsonError."""
    text = _decode(body)
    brackets = body.count(b"[") + body.count(b"{")
    if brackets > MAX_BRACKETS:
        raise StrictJsonError(f"more than {MAX_BRACKETS:,} lists and objects")
    commas = body.count(b",")
    if commas > MAX_COMMAS:
        raise StrictJsonError(f"more than {MAX_COMMAS:,} values")
    # P11: measured before the parser runs, whose own recursion is what deep nesting exhausts.
    if brackets > MAX_DEPTH and _too_deep(body):
        raise StrictJsonError(f"nested deeper than {MAX_DEPTH}")
    try:
        with _PAUSE if brackets + commas > MANY else nullcontext():
            value = json.loads(
                text,
                parse_constant=_refuse_constant,
                parse_int=_bounded_int,
                parse_float=_finite_float,
                object_pairs_hook=_unique_keys,
            )
    except json.JSONDecodeError as error:
        raise StrictJsonError(f"not JSON at character {error.pos}: {error.msg}") from error
    return _storable(value) if _HALF_PAIR.search(body) else value


def _decode(body: bytes) -> str:
    if not body.strip():
        raise StrictJsonError("empty body")
    if body.startswith(b"\xef\xbb\xbf"):
        raise StrictJsonError("byte order mark before the JSON")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"not UTF-8 at byte {error.start}") from error


def _too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than `MAX_DEPTH`. Block by block, and no further than it has to."""
    depth, inside, escaped = 0, np.uint8(0), False
    for start in range(0, len(body), BLOCK):
        block = body[start : start + BLOCK]
        # Pairs of backslashes first, from the left: one that is left over escapes what follows it.
        if escaped and block[:1] in (b'"', b"\\"):
            block = b"_" + block[1:]
        plain = block.replace(rb"\\", b"__")
        escaped = plain.endswith(b"\\")
        array = np.frombuffer(plain.replace(rb"\"", b"__"), dtype=np.uint8)
        # Inside a string exactly where the quotes so far are odd in number; brackets there are text.
        within = np.bitwise_xor.accumulate((array == ord('"')).view(np.uint8)) ^ inside
        steps = ((array == ord("[")) | (array == ord("{"))).view(np.int8)
        steps = steps - ((array == ord("]")) | (array == ord("}"))).view(np.int8)
        steps[within.view(bool)] = 0
        depths = np.cumsum(steps, dtype=np.int32)
        if depth + int(depths.max()) > MAX_DEPTH:
            return True
        depth, inside = depth + int(depths[-1]), within[-1]
    return False


def _refuse_constant(name: str) -> Any:
    raise StrictJsonError(f"{name} is not a JSON number")


def _bounded_int(digits: str) -> int:
    length = len(digits.lstrip("-"))
    if length > MAX_INTEGER_DIGITS:
        raise StrictJsonError(f"integer of {length} digits")
    return int(digits)


def _finite_float(digits: str) -> float:
    if len(digits) > MAX_FLOAT_DIGITS:
        raise StrictJsonError(f"number of {len(digits)} characters")
    value = float(digits)
    if not math.isfinite(value):
        raise StrictJsonError(f"{digits[:24]} is beyond the range of a number")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise StrictJsonError(f"key {twice[:40]!r} appears twice in one object")
    return found


def _storable(value: Any) -> Any:
    """The value with U+FFFD for every half of a surrogate pair. Nests no deeper than `MAX_DEPTH`."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value
