"""The records that adapters return, with units and shapes stated. Frozen.

Nothing here knows how a platform is read, nor where the records are stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

Hours = tuple[str | None, ...]
"""Seven texts, Monday first: "09:00-12:00, 14:00-17:00"; "" = closed; None = not stated."""


class Outcome(StrEnum):
    """What became of one attempt to read one provider about one thing."""

    # Stored by these names: one that changed would no longer be found in what is stored.
    OK = "ok"
    EMPTY = "empty"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    SKIPPED = "skipped"

    @property
    def readable(self) -> bool:
        """True when the platform answered the question, be it with "nothing free"."""
        return self in (Outcome.OK, Outcome.EMPTY)


class SuddenChange(StrEnum):
    """Why what a source lists is held back until an operator decides; the values stand in published files."""

    EMPTY = "no centre at all"
    SHRUNK = "nine centres of ten are missing"
    GROWN = "a hundred times more centres"
    MOVED = "an id stands for another place"


@dataclass(frozen=True, slots=True)
class Department:
    """One of the 101 départements: `code` as INSEE writes it ("01", "2A", "974")."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Reason:
    """What a slot is for, in the provider's own words.

    `code` is the provider's code where it has one (a national motive number, an injection type),
    `context` the heading under which the reason stands.
    """

    text: str
    code: str | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One free appointment for one person. `starts_at` is timezone-aware."""

    starts_at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Centre:
    """What one source says about one physical place.

    `lat`/`lon` in degrees (WGS 84), both or neither. `source_id` is stable within `source`.
    `booking_url` is the page of the platform where a citizen books; None when there is none that we may send to.
    `booking_site` is the domain, as text, of a booking site that nobody has declared.
    """

    source: str
    source_id: str
    name: str
    address: str = ""
    postcode: str = ""
    city: str = ""
    insee: str | None = None
    lat: float | None = None
    lon: float | None = None
    phone: str | None = None
    hours: Hours = ()
    booking_url: str | None = None
    booking_site: str | None = None
    kind: str = "vaccination-center"
    wheelchair: bool | None = None
    walk_in: bool = False
    note: str = ""
    official_id: str | None = None
    closed: bool = False
    professionals_only: bool = False
    opens_on: date | None = None
    closes_on: date | None = None
    platform_hint: str | None = None
    flags: tuple[str, ...] = ()

    def with_flag(self, flag: str) -> Centre:
        """The same centre, marked (for example "position": coordinates that cannot be right)."""
        return replace(self, flags=(*self.flags, flag))


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one call of `Provider.slots` learnt about one centre.

    `later_at` is a first availability that the platform itself states beyond the window asked; it is not a slot.
    `dropped` counts slots refused for their date (in the past, beyond the window).
    """

    outcome: Outcome
    slots: tuple[Slot, ...] = ()
    partial: bool = False
    phone_only: bool = False
    phone: str | None = None
    booking_url: str | None = None
    centre_id: str | None = None
    later_at: datetime | None = None
    http_status: int | None = None
    requests: int = 0
    dropped: int = 0
    note: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Discovered:
    """One part of a provider's list of centres (a page, a département), with what became of it.

    `refused`: what was odd, by name; `lost`: how many rows could not be read.
    """

    part: str
    outcome: Outcome
    centres: tuple[Centre, ...] = ()
    http_status: int | None = None
    requests: int = 0
    note: str = ""
    refused: tuple[str, ...] = field(default=())
    lost: int = 0
    retry_after_s: float | None = None
    duration_ms: int = 0

    @property
    def complete(self) -> bool:
        """True when every row of the part was read, so that a centre it lacks is no longer listed."""
        return self.outcome.readable and not self.lost
