"""What every adapter must offer, and what none has to write again.

An adapter states facts (its slug, the names of the origins it asks) and says what to ask and how to read it.
This class does HTTP, politeness, the breaker, the error mapping and the bookkeeping of a reading,
so that the same failure has the same outcome whoever the provider is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from providers import strict_json
from providers.breaker import Breaker
from providers.errors import (
    BlockedError,
    CircuitOpenError,
    InvalidAnswerError,
    ProviderError,
    RateLimitedError,
)
from providers.http import Answer, FetchClient, Limits
from providers.records import Centre, Department, Discovered, Outcome, Reading, Reason, Slot
from providers.shapes import as_shape

PARIS = ZoneInfo("Europe/Paris")
MAX_PAGES = 200
PARTS_AT_ONCE = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What `data/providers.toml` says of one provider. `origins`: name used by the adapter -> "https://host".

    `booking_origins`: where citizens may be sent, the canonical one first.
    """

    slug: str
    label: str
    origins: Mapping[str, str]
    booking_origins: tuple[str, ...]
    user_agent: str = "Aiguillage"
    headers: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def booking_origin(self) -> str:
        return self.booking_origins[0]


class Provider(ABC):
    """One appointment platform. Thread-safe: holds no state but its client and its breaker."""

    slug: ClassVar[str]
    origin_names: ClassVar[tuple[str, ...]] = ("api",)

    def __init__(
        self,
        config: ProviderConfig,
        wants: Callable[[Reason], bool],
        breaker: Breaker | None = None,
        client: FetchClient | None = None,
    ) -> None:
        """`wants` says whether the campaign is about a reason: what it is not about is never asked for."""
        self.config = config
        self.wants = wants
        self.breaker = breaker or Breaker(lambda: datetime.now(UTC))
        self.client = client or FetchClient(config.origins.values(), config.user_agent, config.headers, config.limits)

    def discover(self, departments: Sequence[Department]) -> Iterator[Discovered]:
        """The provider's centres, part by part, as parts end. Raises nothing: a failure is a part with its outcome."""
        with ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix=f"discover-{self.slug}") as pool:
            yield from pool.map(lambda part: self._part(*part), list(self.parts(departments)))

    def _part(self, name: str, read: Callable[[Ask], Iterable[Centre]]) -> Discovered:
        ask, clock = Ask(self), monotonic()
        found: dict[str, Centre] = {}
        failure: ProviderError | None = None
        try:
            for centre in read(ask):
                if centre.source_id in found:
                    ask.refused.append(f"{centre.source_id}: listed twice, first kept")
                found.setdefault(centre.source_id, centre)
        except ProviderError as error:
            failure = error
        except ValueError as error:
            failure = _unreadable(error)
        return Discovered(
            part=name,
            outcome=failure.outcome if failure else Outcome.OK if found else Outcome.EMPTY,
            centres=tuple(found.values()),
            http_status=failure.status if failure else 200,
            requests=ask.requests,
            note=str(failure or ""),
            refused=tuple(ask.refused),
            retry_after_s=failure.retry_after_s if failure else None,
            duration_ms=round((monotonic() - clock) * 1000),
        )

    def slots(self, centre_url: str, start: date, days: int) -> Reading:
        """Free slots from `start` (included) over `days` days. Raises nothing: a failure is an outcome."""
        draft = Draft(Ask(self), Window(start, days))
        try:
            self.read_slots(draft, centre_url)
        except ProviderError as error:
            draft.fail(error)
        except ValueError as error:
            draft.fail(_unreadable(error))
        return draft.finish()

    @abstractmethod
    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        """(name of the part, how to read it), lazily; a part may raise ProviderError."""

    @abstractmethod
    def read_slots(self, draft: Draft, centre_url: str) -> None:
        """Fill `draft` by asking; may raise ProviderError."""

    @classmethod
    @abstractmethod
    def link_key(cls, url: str) -> str | None:
        """What identifies a centre in a booking link, whatever its spelling; None when the link names no centre."""

    def blocked_instead(self, error: ProviderError, path: str) -> bool:
        """True where this provider's own way of refusing is not the usual 403."""
        return False


class Ask:
    """One conversation with one provider: counts its requests, minds the breaker, turns bytes into typed shapes."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.requests = 0
        self.refused: list[str] = []

    def get(
        self,
        shape: type[T],
        origin: str,
        path: str,
        params: Iterable[tuple[str, str]] = (),
        query: str | None = None,
    ) -> T:
        """The answer to GET, as `shape` (a msgspec type). Raises ProviderError."""
        url = self._provider.config.origins[origin] + path
        return self._call(shape, path, lambda client: client.get(url, params, query))

    def post(self, shape: type[T], origin: str, path: str, payload: Any) -> T:
        url = self._provider.config.origins[origin] + path
        return self._call(shape, path, lambda client: client.post(url, payload))

    def get_any(self, origin: str, path: str, query: str | None = None) -> Any:
        """The answer to GET as plain JSON, for an endpoint whose answers have several shapes."""
        url = self._provider.config.origins[origin] + path
        return self._call(object, path, lambda client: client.get(url, (), query))

    def _call(self, shape: type[T], path: str, send: Callable[[FetchClient], Answer]) -> T:
        provider = self._provider
        provider.breaker.before()
        self.requests += 1
        try:
            read = _typed(send(provider.client).body, shape, path)
        except ProviderError as error:
            if provider.blocked_instead(error, path) and not isinstance(error, BlockedError):
                error = BlockedError(str(error), error.status)
            provider.breaker.failed(error)
            raise error from None
        provider.breaker.succeeded()
        return read


def _typed(body: bytes, shape: type[T], path: str) -> T:
    try:
        value = strict_json.loads(body)
    except strict_json.StrictJsonError as error:
        raise InvalidAnswerError(f"{path}: {error}", 200) from error
    return value if shape is object else as_shape(value, shape, path)


@dataclass(frozen=True, slots=True)
class Window:
    """`days` days from `start`; slots outside are dropped and counted."""

    start: date
    days: int

    @property
    def end(self) -> date:
        """First day that is no longer asked for."""
        return self.start + timedelta(days=self.days)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


class Draft:
    """A reading in the making. The same start for the same reason under the same key counts once."""

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
        self._stale = False
        self._failures: list[ProviderError] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """A failure in here is noted and the reading goes on, unless the provider has asked to be left alone."""
        try:
            yield
        except (BlockedError, RateLimitedError, CircuitOpenError):
            raise
        except ProviderError as error:
            self.fail(error)

    def fail(self, error: ProviderError) -> None:
        self._failures.append(error)

    def add(self, starts_at: datetime, reason: Reason, key: Hashable = None) -> None:
        """One slot. `key` (the provider's id, an agenda) tells slots apart; without it start and reason do."""
        identity, day = key or (starts_at, reason), day_in_paris(starts_at)
        if day not in self.window:
            self._dropped.add(identity)
            self._stale = self._stale or day < self.window.start
        else:
            self._slots.setdefault(identity, Slot(starts_at, reason))

    def later(self, moment: datetime) -> None:
        """The platform itself says that its first availability is at `moment`, beyond the window."""
        self.later_at = min(moment, self.later_at) if self.later_at else moment

    def __len__(self) -> int:
        return len(self._slots)

    def finish(self) -> Reading:
        slots = tuple(sorted(self._slots.values(), key=lambda slot: (slot.starts_at, slot.reason.text)))
        if self._stale and not slots:
            # Old slots alone are an old answer, not the news that nothing is free.
            self.fail(InvalidAnswerError("only slots in the past", 200))
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
            note="; ".join(dict.fromkeys(map(str, self._failures)))[:500],
            retry_after_s=next((f.retry_after_s for f in self._failures if f.retry_after_s), None),
        )


def instant(text: str, zone: ZoneInfo = PARIS) -> datetime:
    """An ISO 8601 text as an aware datetime; a naive one, or a bare date (midnight), is local to `zone`.

    Raises InvalidAnswerError.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidAnswerError(f"not a date: {text[:40]!r}", 200) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_in_paris(moment: datetime) -> date:
    """At the ends of the calendar, which some servers send for "never", the day as it was told."""
    try:
        return moment.astimezone(PARIS).date()
    except OverflowError:
        return moment.date()


def _unreadable(error: ValueError) -> InvalidAnswerError:
    """What an answer holds that no shape tells: a link that is none, for instance."""
    return InvalidAnswerError(f"a value that cannot be read: {error}"[:200], 200)


def midnight(day: date) -> str:
    """The first instant of `day` as naive ISO text, as the contracts write it."""
    return datetime.combine(day, time.min).isoformat()


def phone_number(text: str | None) -> str | None:
    """+33…, as contracts.md writes numbers; None for what is no number."""
    if not text:
        return None
    digits = "".join(character for character in text if character.isdigit() or character == "+")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+33" + digits[1:]
    elif digits and not digits.startswith("+"):
        digits = "+33" + digits
    return digits if 8 <= len(digits) <= 16 else None


# France in Europe, then overseas: behind each stand the nine digits that are dialled after a 0.
FRENCH_PREFIXES = ("+33", "+262", "+590", "+594", "+596")


def dialled(number: str) -> str:
    """ "0499000001" of "+33499000001"; a foreign number stays as it is."""
    prefix = next((one for one in FRENCH_PREFIXES if number.startswith(one)), None)
    digits = number.removeprefix("+")
    if prefix and digits.isdigit() and len(digits) == len(prefix) - 1 + 9:
        return "0" + digits[len(prefix) - 1 :]
    return number
