"""The base class of adapters: what each must implement, and what they share.

An adapter states facts (its slug, the names of the origins it asks) and says what to ask and how to read it.
This class does HTTP, politeness, the breaker, the error mapping and the bookkeeping of a reading,
so that the same failure has the same outcome whoever the provider is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import monotonic
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from providers.ask import Ask, as_failure
from providers.booking_url import origin_of
from providers.breaker import Breaker
from providers.errors import (
    InvalidAnswerError,
    ProviderError,
)
from providers.http import FetchClient, Limits
from providers.reading import Draft, Window
from providers.records import Centre, Department, Discovered, Outcome, Reading, Reason
from providers.text import page_segments, split_link

MAX_PAGES = 200  # P24: a listing may serve the same page for ever
PARTS_AT_ONCE = 8


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
    # The page of a centre: how many segments its path has, and which parameters say which centre it is, by what name.
    page_depth: ClassVar[int] = 3
    page_query: ClassVar[Mapping[str, str]] = {}

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
        """The provider's centres by part, in the order of `parts`. Raises nothing: a failure is a part's outcome."""
        try:
            parts = list(self.parts(departments))
        except Exception as error:
            failure = as_failure(error)
            yield Discovered("*", failure.outcome, http_status=failure.status, note=str(failure))
            return
        with ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix=f"discover-{self.slug}") as pool:
            yield from pool.map(lambda part: self._part(*part), parts)

    def _part(self, name: str, read: Callable[[Ask], Iterable[Centre]]) -> Discovered:
        ask, clock = Ask(self), monotonic()
        found: dict[str, Centre] = {}
        failure: ProviderError | None = None
        try:
            for centre in read(ask):
                if centre.source_id in found:
                    ask.odd.field(f"{centre.source_id}: listed twice, first kept")
                found.setdefault(centre.source_id, centre)  # P14: the first is kept, the second noted
        except Exception as error:  # an adapter's own fault costs its part, never the run of all platforms
            failure = as_failure(error)
        # P7: rows that cannot be read are no empty list, which would say that the platform has no centre.
        if failure is None and ask.odd.lost and not found:
            failure = InvalidAnswerError("nothing of the list can be read", 200)
        return Discovered(
            part=name,
            outcome=failure.outcome if failure else Outcome.OK if found else Outcome.EMPTY,
            centres=tuple(found.values()),
            http_status=failure.status if failure else 200,
            requests=ask.requests,
            note=str(failure or ""),
            refused=tuple(ask.odd.named),
            lost=ask.odd.lost,
            retry_after_s=failure.retry_after_s if failure else None,
            duration_ms=round((monotonic() - clock) * 1000),
        )

    def slots(self, centre_url: str, start: date, days: int) -> Reading:
        """Free slots from `start` (included) over `days` days. Raises nothing: a failure is an outcome."""
        draft = Draft(Ask(self), Window(start, days))
        try:
            self.read_slots(draft, centre_url)
        except Exception as error:
            draft.fail(as_failure(error))
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

    @classmethod
    def centre_page(cls, url: str) -> str:
        """The page of the centre, for a link from the middle of a booking; any other link as it is. Never raises."""
        segments = page_segments(url, cls.page_depth)
        if segments == page_segments(url, cls.page_depth + 1):
            return url
        said: dict[str, str] = {}
        for name, value in parse_qsl(split_link(url).query):
            if name in cls.page_query:
                said.setdefault(cls.page_query[name], value)
        return f"{origin_of(url)}/{'/'.join(segments)}{'?' if said else ''}{urlencode(said)}"

    def blocked_instead(self, error: ProviderError, path: str) -> bool:
        """True where this provider's own way of refusing is not the usual 403."""
        return False
