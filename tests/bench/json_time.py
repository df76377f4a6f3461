"""Row 33: bodies of 16 MB made to keep a parser busy: each is read or refused in less than a second, in linear time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from providers import strict_json
from tests.bench.score import Score, report

TITLE = "JSON bodies of 16 MB made to keep a parser busy"
BAR = "read or refused in 1 s of the processor each; twice the bytes take three times as long at most"
MOST_S, MOST_TIMES = 1.0, 3.0
FULL, SMALL = 16_000_000, 120_000  # below the cap of 16 MiB; small enough for a parser of quadratic time
NOISE_S = 0.2  # ratios of shorter times say nothing on a busy machine


def repeated(unit: bytes, size: int, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def many_keys(many: int, twice: bool) -> bytes:
    """One object of so many different keys; the last of them twice."""
    keys = [b'"%07d":1' % n for n in range(many)]
    return b"{" + b",".join([*keys, keys[-1]] if twice else keys) + b"}"


BODIES: dict[str, Callable[[int], bytes]] = {
    "brackets that open": lambda n: repeated(b"[", n),
    "brackets that close": lambda n: repeated(b"]", n),
    "brackets in turn": lambda n: repeated(b"[],", n, b"[", b"[]]"),
    "brackets within a text": lambda n: repeated(b"[", n, b'["', b'"]'),
    "braces and keys": lambda n: repeated(b'{"a":', n),
    "quotes": lambda n: repeated(b'"', n),
    "quotes behind brackets": lambda n: repeated(b'"', n, b"[" * 100),
    "texts of nothing": lambda n: repeated(b'"",', n, b"[" * 65, b'""'),
    "escapes": lambda n: repeated(b"\\", n, b'["', b'"]'),
    "escapes behind brackets": lambda n: repeated(b"\\", n, b"[" * 65 + b'"'),
    "escaped quotes": lambda n: repeated(b'\\"', n, b"[" * 65 + b'"'),
    "one key again and again": lambda n: repeated(b'"k":1,', n, b"{", b'"k":1}'),
    "many keys, one of them twice": lambda n: many_keys(n // 12, twice=True),
    "as many keys as may be, one twice": lambda n: many_keys(strict_json.MAX_COMMAS * n // FULL - 1, twice=True),
    "as many numbers as may be": lambda n: b"[%s1]" % (b"1.5e3," * (strict_json.MAX_COMMAS * n // FULL)),
    "as many objects as may be": lambda n: b"[%s1]" % (b'{"a":[]},' * (strict_json.MAX_COMMAS * n // FULL)),
    "digits of one integer": lambda n: repeated(b"9", n, b"[", b"]"),
    "digits behind the point": lambda n: repeated(b"9", n, b"[1.", b"]"),
    "digits of an exponent": lambda n: repeated(b"9", n, b"[1e", b"]"),
    "minus signs": lambda n: repeated(b"-", n, b"[", b"]"),
    "blanks": lambda n: repeated(b" ", n, b"[", b"]"),
    "blanks and nothing": lambda n: repeated(b" ", n),
    "one long text": lambda n: repeated(b"x", n, b'["', b'"]'),
    "text of another script": lambda n: repeated("\u0661".encode(), n, b'["', b'"]'),
    "bytes that are no UTF-8, at the end": lambda n: repeated(b"x", n, b'["', b'\xff"]'),
    "a text that never ends": lambda n: repeated(b"x", n, b'["'),
    "commas": lambda n: repeated(b",", n, b"[", b"]"),
    "zero bytes": lambda n: repeated(b"\x00", n),
}  # fmt: skip

# The controls: what a parser does that looks at each bracket in turn, or counts each key in the whole list of keys.
STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def depth_bracket_by_bracket(body: bytes) -> int:
    depth = deepest = 0
    for match in STRUCTURE.finditer(body.decode()):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match.group(), 0)
        deepest = max(deepest, depth)
    return deepest


def first_key_twice(body: bytes) -> Any:
    keys = re.findall(rb'"([^"]*)":', body)
    return next((key for key in keys if keys.count(key) > 1), None)


def seconds_of(read: Callable[[bytes], Any], body: bytes) -> float:
    """Of the processor: what else runs on the machine does not count."""
    started = time.thread_time()
    try:
        read(body)
    except ValueError:  # StrictJsonError is one: refused by name
        pass
    return time.thread_time() - started


def measured(read: Callable[[bytes], Any], body: Callable[[int], bytes], size: int) -> tuple[float, bool]:
    """(seconds for `size` bytes, whether half of them take about half of that)."""
    half, whole = body(size // 2), body(size)
    half_s, whole_s = (min(seconds_of(read, one) for _ in range(2)) for one in (half, whole))
    return whole_s, whole_s <= max(half_s * MOST_TIMES, NOISE_S)


def score() -> Score:
    survived, slowest, said = 0, (0.0, ""), []
    for name, body in BODIES.items():
        took_s, linear = measured(strict_json.loads, body, FULL)
        survived += took_s <= MOST_S and linear
        slowest = max(slowest, (took_s, name))
        if took_s > MOST_S or not linear:
            said.append(f"{name}: {took_s:.1f} s, {'linear' if linear else 'not linear'}")
    _, linear = measured(first_key_twice, lambda n: many_keys(n // 12, twice=True), SMALL)
    by_bracket_s = seconds_of(depth_bracket_by_bracket, BODIES["brackets in turn"](FULL))
    said.append(
        f"slowest {slowest[0]:.2f} s ({slowest[1]}); looking at each bracket in turn takes {by_bracket_s:.1f} s"
    )
    return Score(len(BODIES), survived, 2, (not linear) + (by_bracket_s > MOST_S), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, score)
