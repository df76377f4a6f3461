"""Collects the slots of one offer while it is read, and what could not be read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from providers.ask import LEAVE_ALONE, Ask, as_failure
from providers.errors import InvalidAnswerError, ProviderError
from providers.records import Outcome, Reading, Reason, Slot
from providers.shapes import MOST_NAMED

PARIS = ZoneInfo("Europe/Paris")
FAR = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Window:
    """`days` days from `start`; slots outside are dropped and counted."""

    start: date
    days: int

    @property
    def end(self) -> date:
        """First day that is no longer asked for."""
        return self.start + timedelta(days=self.days)

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment.date() < self.end

    def is_far(self, moment: datetime) -> bool:
        """Later than anybody can book."""
        return moment.date() - self.end >= FAR


class Draft:
    """Collects one reading until `finish`. The same start for the same reason under the same key counts once."""

    def __init__(self, ask: Ask, window: Window) -> None:
        self.ask = ask
        self.window = window
        self.phone: str | None = None
        self.phone_only = False
        self.booking_url: str | None = None
        self.centre_id: str | None = None
        self.later_at: datetime | None = None
        self._slots: dict[Any, Slot] = {}
        self._dropped: set[Any] = set()
        self._unbelievable = ""
        self._failures: list[ProviderError] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """A failure in here is noted and the reading goes on, unless the provider has asked to be left alone."""
        try:
            yield
        except LEAVE_ALONE:
            raise
        except Exception as error:
            self.fail(as_failure(error))

    def fail(self, error: ProviderError) -> None:
        if len(self._failures) < MOST_NAMED:
            self._failures.append(error)

    def add(self, starts_at: datetime, reason: Reason, key: Hashable = None) -> None:
        """One slot. `key` (the provider's id, an agenda) tells slots apart; without it start and reason do."""
        identity = key or (starts_at, reason)
        local = starts_at.astimezone(PARIS)  # by the date in Paris (docs/providers.md §1.4)
        if local in self.window:
            self._slots.setdefault(identity, Slot(starts_at, reason))
            return
        self._dropped.add(identity)
        if local.date() < self.window.start:
            self._unbelievable = "only slots in the past"
        elif self.window.is_far(local):
            self._unbelievable = f"only slots {FAR.days} days ahead"

    def slot(self, text: str, reason: Reason, *key: Hashable) -> datetime | None:
        """One slot by its start as the answer writes it; None when that is no date, which is noted.

        `key`: what tells slots of one start apart (the provider's id, an agenda).
        """
        try:
            moment = instant(text)
            self.add(moment, reason, (*key, moment))
        except (InvalidAnswerError, OverflowError) as error:  # a year 1 or 9999 may have no time in Paris
            self.fail(as_failure(error))
            return None
        return moment

    def hint(self, text: str | None) -> datetime | None:
        """A date that the answer names beside its slots; None without one, or when it is no date, which is noted."""
        try:
            hint = instant(text).astimezone(PARIS) if text else None
            if hint and self.window.is_far(hint):
                raise InvalidAnswerError(f"not a date of our time: {hint.date()}", 200)
            return hint
        except (InvalidAnswerError, OverflowError) as error:
            self.fail(as_failure(error))
            return None

    def later(self, moment: datetime) -> None:
        """The platform itself says that its first availability is at `moment`, beyond the window."""
        self.later_at = min(moment, self.later_at) if self.later_at else moment

    def __len__(self) -> int:
        return len(self._slots)

    def finish(self) -> Reading:
        for odd in self.ask.odd.named:
            self.fail(InvalidAnswerError(odd, 200))
        slots = tuple(sorted(self._slots.values(), key=lambda slot: (slot.starts_at, slot.reason.text)))
        if self._unbelievable and not slots:
            # Old slots alone are an old answer, those of the year 9999 a broken one: no news that nothing is free.
            self.fail(InvalidAnswerError(self._unbelievable, 200))
        first = self._failures[0] if self._failures else None
        if slots:
            outcome = Outcome.OK
        elif first is not None:
            outcome = first.outcome
        else:
            outcome = Outcome.EMPTY
        return Reading(
            outcome=outcome,
            slots=slots,
            partial=bool(slots and self._failures),
            phone_only=self.phone_only,
            phone=self.phone,
            booking_url=self.booking_url,
            centre_id=self.centre_id,
            later_at=None if slots else self.later_at,
            http_status=first.status if first else (200 if self.ask.requests else None),
            requests=self.ask.requests,
            dropped=len(self._dropped),
            note="; ".join(dict.fromkeys(map(str, self._failures)))[:500],  # docs/providers.md §1.7
            retry_after_s=next((f.retry_after_s for f in self._failures if f.retry_after_s), None),
        )


def instant(text: str, zone: ZoneInfo = PARIS) -> datetime:
    """An ISO 8601 text as an aware datetime; a naive one, or a bare date (midnight), is local to `zone`.

    Raises InvalidAnswerError.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise InvalidAnswerError(f"not a date: {text[:40]!r}", 200) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def midnight(day: date) -> str:
    """The first instant of `day` as naive ISO text, as platforms write it."""
    return datetime.combine(day, time.min).isoformat()
