"""Row 13: whatever a platform writes into Retry-After, it is not asked earlier, and nothing else is raised."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from providers.breaker import Breaker
from providers.errors import CircuitOpenError, RateLimitedError
from providers.http import DEFAULT_RETRY_AFTER_S, MAX_RETRY_AFTER_S, FetchClient, Limits, retry_after_seconds
from tests.bench.score import Score, report
from tests.loopback import Loopback, Request, Status

TITLE = "Retry-After values that were disobeyed, or raised what nobody expects"
BAR = "0 of 600 generated values, of which 200 on the wire"
VALUES, ON_THE_WIRE, NOW = 400, 200, datetime(2026, 11, 23, 12, tzinfo=UTC)
Understand = Callable[[str, datetime], float]
JUNK = ("soon", "-5", "1e3", "12.5", "", "NaN", "Mon, 99 Nov 2026 12:00:00 GMT", "0x10", "\x00", "120, 60", "()" * 500)
# Digits of other scripts, superscripts and circles: `str.isdigit` holds for all, `int` for some, `float` for others.
SCRIPTS = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９", "⁰¹²³⁴⁵⁶⁷⁸⁹", "⓪①②③④⑤⑥⑦⑧⑨")
OFFSETS = ("+9999999", "-9999999", "+2400", "-9960", "+999999999999999999999", "-0000", "+0000000", "²")
FAR = ("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "Thu, 1 Jan 2099 00:00:00 +2359")
HALVES = ("\ud800", "\udfff120", "120\udc80", "Sun, 06 Nov 2026 08:49:37 \ud83d")


def generated(draw: random.Random) -> tuple[str, float]:
    """(a header, the seconds that may not be undercut, one hour at most; what no reading makes a wait: one minute)."""
    ahead = draw.choice([90, 3_600, 10**7, draw.randrange(60, 7_200)])
    late = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    kinds: tuple[Callable[[], tuple[str, float]], ...] = (
        lambda: seconds(draw),
        lambda: (late, min(ahead, MAX_RETRY_AFTER_S)),
        lambda: (format_datetime(NOW - timedelta(seconds=ahead), usegmt=True), 0.0),
        lambda: (draw.choice(JUNK), DEFAULT_RETRY_AFTER_S),
        lambda: (in_script(str(draw.randrange(100_000)), draw.choice(SCRIPTS)), DEFAULT_RETRY_AFTER_S),
        lambda: (in_script(late, draw.choice(SCRIPTS)), DEFAULT_RETRY_AFTER_S),
        lambda: (f"Sun, 06 Nov 2026 08:49:37 {draw.choice(OFFSETS[:5])}", DEFAULT_RETRY_AFTER_S),
        lambda: (late.replace("GMT", draw.choice(OFFSETS[5:])), DEFAULT_RETRY_AFTER_S),
        lambda: (draw.choice(FAR), MAX_RETRY_AFTER_S),
        lambda: (draw.choice(HALVES), DEFAULT_RETRY_AFTER_S),
    )
    return draw.choice(kinds)()


def seconds(draw: random.Random) -> tuple[str, float]:
    wait_s = draw.choice([0, 1, 59, 120, 3599, 3600, 3601, 10**6, 10**15, 10**400, draw.randrange(10_000)])
    return f"{'0' * draw.randrange(4) * 4}{wait_s}{' ' * draw.randrange(2)}", float(min(wait_s, int(MAX_RETRY_AFTER_S)))


def in_script(text: str, digits: str) -> str:
    return text.translate({ord(str(n)): digit for n, digit in enumerate(digits)})


def asked_again_after(header: str, understand: Understand = retry_after_seconds) -> float:
    """The first second at which the breaker lets a request through; at once when the header raised something."""
    try:
        error = RateLimitedError("x", retry_after_s=understand(header, NOW))
    except Exception:  # this is what the row looks for
        return -1.0
    return let_through_after(error)


def let_through_after(error: RateLimitedError) -> float:
    clock = [NOW]
    breaker = Breaker(lambda: clock[0])
    breaker.failed(error)
    for second in range(int(MAX_RETRY_AFTER_S) + 2):
        clock[0] = NOW + timedelta(seconds=second)
        try:
            breaker.before()
        except CircuitOpenError:
            continue
        return float(second)
    return MAX_RETRY_AFTER_S + 2


def obeyed_on_the_wire(values: list[tuple[str, float]]) -> int:
    """How many of the values that a header can carry are obeyed by the real client, as a server wrote them."""
    current = [""]

    def refuse(_: Request) -> Status:
        return Status(429, b"{}", Retry_After=current[0])

    obeyed = 0
    with Loopback({"*": refuse}) as server:
        client = FetchClient([server.origin], "Aiguillage", limits=Limits(rate_per_s=None), now=lambda: NOW)
        for header, wanted in values:
            current[0] = header
            try:
                client.get(f"{server.origin}/x")
            except RateLimitedError as error:
                obeyed += let_through_after(error) >= wanted
            except Exception:  # noqa: S112 - anything else is not what was promised: not obeyed
                continue
        client.close()
    return obeyed


def of_bytes(header: str) -> str | None:
    """The header as bytes of UTF-8, which a client reads as Latin-1; None where no server can send it."""
    if "\x00" in header:
        return None
    return header.encode("utf-8", "surrogatepass").decode("latin-1")


def seconds_only(text: str, _: datetime) -> float:
    """A control: a client that understands no dates."""
    return float(text[:6]) if text.isascii() and text.isdigit() else 0.0


def any_digit(text: str, now: datetime) -> float:
    """A control: a client that takes whatever Python calls a digit, and trusts the parser of dates."""
    if text.strip().isdigit():
        return min(float(int(text)), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text.strip())
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    return min(max((at - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def score() -> Score:
    draw = random.Random(1)
    values = [generated(draw) for _ in range(VALUES)]
    sendable = [(text, wanted) for header, wanted in values if (text := of_bytes(header)) is not None][:ON_THE_WIRE]
    obeyed = sum(asked_again_after(header) >= wanted for header, wanted in values) + obeyed_on_the_wire(sendable)
    careless = sum(asked_again_after(header, seconds_only) < wanted for header, wanted in values)
    raised = sum(asked_again_after(header, any_digit) < 0 for header, _ in values)
    said = f"a client that reads only seconds disobeys {careless}, one that takes any digit raises for {raised}"
    return Score(VALUES + len(sendable), obeyed, 2, (careless > 0) + (raised > 0), said)


if __name__ == "__main__":
    report(TITLE, score)
