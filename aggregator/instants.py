"""Writes instants as the portal does: in UTC, to the second, the minute or the hour."""

from __future__ import annotations

from datetime import UTC, datetime


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
