"""Since when a platform has not been read: one rule for all, whatever its size and whatever kept it from answering."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from aggregator.instants import unread_after
from aggregator.publish.health import Watched, provider_health, unread_since
from aggregator.store import Catalog
from providers.breaker import BreakerState
from tests.clock import NOON

EVERY_S = 600
CLOSED = BreakerState()


def row(answered: int | None = None, failing: int | None = None, **more: Any) -> dict[str, Any]:
    """The last reading of an offer: answered, and failing since, so many seconds before noon."""
    at = {
        "answered_at": ago(answered) if answered is not None else None,
        "failing_since": ago(failing) if failing is not None else None,
    }
    return {"outcome": "ok" if failing is None else "http_error", "slot_count": 3, **at, **more}


def ago(seconds: int) -> str:
    return (NOON - timedelta(seconds=seconds)).isoformat()


def watched(catalog: Any = None, since: str | None = None, answers: dict[str, str] | None = None) -> Watched:
    return Watched(catalog, NOON, EVERY_S, since, {}, {}, answers or {}, [])


def opened(failing: int, cause: str = "http_error") -> BreakerState:
    return BreakerState(5, 1, NOON + timedelta(seconds=60), cause, NOON - timedelta(seconds=failing))


def test_a_platform_that_answered_within_two_intervals_is_read() -> None:
    assert unread_since("a", [row(answered=2 * EVERY_S)], CLOSED, watched()) is None


@pytest.mark.parametrize("offers", [1, 2, 48, 1_000])
def test_the_outage_begins_at_the_first_reading_that_failed_whatever_the_size(offers: int) -> None:
    rows = [row(answered=900, failing=100 + 300 * (n == 0)) for n in range(offers)]

    assert unread_since("a", rows, CLOSED, watched()) == ago(400)


def test_one_reading_that_fails_among_others_is_no_outage() -> None:
    assert unread_since("a", [row(answered=10), row(answered=900, failing=400)], CLOSED, watched()) is None


def test_an_open_breaker_is_an_outage_since_the_first_failure_and_not_since_it_opened() -> None:
    assert unread_since("a", [row(answered=200)], opened(failing=150), watched()) == ago(150)


def test_a_wait_that_the_platform_asked_for_is_none() -> None:
    assert unread_since("a", [row(answered=200)], opened(150, "rate_limited"), watched()) is None


def test_a_platform_that_nobody_asks_any_more_is_unread_two_intervals_and_a_minute_later() -> None:
    """Everything may be dead, the worker included: no failure is needed to say so."""
    limit = int(unread_after(EVERY_S).total_seconds())

    assert limit == 2 * EVERY_S + 60
    assert unread_since("a", [row(answered=limit)], CLOSED, watched()) is None
    assert unread_since("a", [row(answered=limit + 1)], CLOSED, watched()) == ago(limit + 1)


def test_a_platform_that_was_never_read_is_unread_since_the_first_run() -> None:
    assert unread_since("a", [], CLOSED, watched(since=ago(5_000))) == ago(5_000)
    assert unread_since("a", [], CLOSED, watched(since=ago(60))) is None


def test_a_platform_that_lists_no_offer_is_read_when_its_listing_answers() -> None:
    assert unread_since("a", [], CLOSED, watched(since=ago(90_000), answers={"a": ago(30)})) is None


def test_what_was_read_is_counted_beside_all_that_is_to_be_read(stores: Any) -> None:
    seen: Catalog = stores.catalog
    rows = [row(answered=10), row(answered=20, slot_count=0), row(answered=900, failing=400)]
    known = Watched(seen, NOON, EVERY_S, ago(9_000), {"a": rows}, {"a": 5}, {}, [])

    health = provider_health("a", "Un", known)

    assert (health["offers"], health["readable"], health["seen"], health["slots"]) == (5, 2, 1, 3)
    assert health["failing_since"] is None


@pytest.mark.parametrize(
    ("rows", "listed", "asked", "breaker", "once"),
    [
        (2, 3, True, CLOSED, False),
        (3, 3, True, CLOSED, True),
        (0, 0, False, CLOSED, False),  # its list has not been asked for yet
        (0, 0, True, CLOSED, True),  # asked, and it lists nothing
        (1, 3, True, opened(150), True),
        (1, 3, True, opened(150, "rate_limited"), False),  # it asked us to wait, and goes on
    ],
)
def test_a_platform_was_read_once_when_all_its_offers_were_asked_about_or_it_failed(
    stores: Any, rows: int, listed: int, asked: bool, breaker: BreakerState, once: bool
) -> None:
    seen: Catalog = stores.catalog
    seen.put_breaker("a", breaker)
    hours = [{"provider": "a", "requests": 1, "fetches": 1, "outcome": "ok"}] if asked else []
    known = Watched(seen, NOON, EVERY_S, ago(60), {"a": [row(answered=10)] * rows}, {"a": listed}, {}, hours)

    assert provider_health("a", "Un", known)["read_once"] is once
