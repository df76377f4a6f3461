"""Writes instants as the portal does: in UTC, to the second, the minute or the hour; and says what is too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    return datetime.now(UTC)


def second(at: datetime) -> str:
    """ "2026-11-23T12:00:00Z"."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(at: datetime) -> str:
    """ "2026-11-23T12:00"."""
    return at.strftime("%Y-%m-%dT%H:%M")


def hour(at: datetime) -> str:
    """ "2026-11-23T12"."""
    return at.strftime("%Y-%m-%dT%H")


def is_last_half_hour(at: datetime) -> bool:
    """Of its UTC day."""
    return (at.hour, at.minute) >= (23, 30)


def unread_after(interval_s: int) -> timedelta:
    """How old a reading or a publication may be before every page says so (docs/ranking.md §9).

    Two intervals, and a minute in which what was read is published.
    """
    return timedelta(seconds=2 * interval_s + 60)
