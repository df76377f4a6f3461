"""A sealed log of some minutes of events, for rows that damage it."""

from __future__ import annotations

import contextlib
import io
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import verify
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def event(number: int) -> Event:
    return Event("dep=69", "2026-11-23T12", "p-a", EventClass.COUNTED, f"{number:032x}", "order/1", 1, "ab"[number % 2])


def sealed(folder: Path, minutes: int, events: int) -> Settings:
    """`minutes` minute entries of `events` events each, and the day closed after them."""
    settings = Settings(data_dir=folder)
    log, at = EventLog(folder / "events.db", wait_s=5), START
    with closing(Accounts(settings)) as accounts:
        for minute in range(minutes):
            for number in range(events):
                log.record(event(minute * events + number))
            at += timedelta(minutes=1)
            accounts.seal(at)
        accounts.seal(at + timedelta(days=1))
    log.close()
    return settings


def verdict(*arguments: object) -> int:
    """Exit code of the auditor's file: 0 all agrees, 1 found wrong, 2 could not check."""
    with contextlib.redirect_stdout(io.StringIO()):
        return verify.main([str(one) for one in arguments])
