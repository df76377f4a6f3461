"""A day of honest clicks through the real classes that judge them, on a clock that is moved; and as it once was.

"Before": no limits, and duplicates told apart by the user agent too.
"""

from __future__ import annotations

import ipaddress
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from aggregator.redirect.event_log import EventLog, Recorded
from aggregator.redirect.events import Event, EventClass, Sealed
from aggregator.redirect.redirector import Departure, Redirector
from aggregator.redirect.tokens import Tokens
from aggregator.redirect.visitors import ClickLimits, Duplicates, Visitor
from aggregator.search.order import epoch_of
from aggregator.snapshot.shelf import Snapshot
from providers.booking_url import BookingSites
from tests import tiny
from tests.clock import NOON

MIDNIGHT = NOON.replace(hour=0)
SHARES = {"a": 40, "b": 30, "c": 20, "d": 10}
TOWNS, CARDS = 50, 20
LISTS_A_CLICK = 3
SNAPSHOT_MIN = 5  # a list has another hash, and other tokens, after each reading
CLICKS_OF_HOUR = (1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 8, 7, 6, 6, 7, 7, 6, 6, 6, 6, 5, 4, 2, 1)  # of a hundred, UTC
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(100, 140)]
SITES = BookingSites({f"https://{one}.example": one for one in SHARES}, {})


# The portal


class NoLimits(ClickLimits):
    def exceeded(self, *_: object, **__: object) -> bool:
        return False


class ByBrowser(Duplicates):
    """As it once was: another user agent makes another person."""

    agent = ""

    def seen_before(self, address: str, offer_id: str) -> bool:
        return super().seen_before(f"{address} {self.agent}", offer_id)


class Sink(EventLog):
    """Counts events by platform and class, and writes nothing."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, EventClass]] = Counter()

    def record(self, event: Event) -> Recorded:
        self.counts[event.prov, event.cls] += 1
        return Recorded(Sealed(event, b""), True, None)


def identifier(prefix: str, number: int) -> str:
    """As ids are drawn: ten letters, which is what a token has room for."""
    return f"{prefix}-{''.join(chr(97 + number // 26**power % 26) for power in range(9, -1, -1))}"


@lru_cache(maxsize=1)
def country() -> Snapshot:
    """A thousand places, twenty to a town, each on one platform, in the proportion of the shares."""
    draw, rows = random.Random(1), []
    for town in range(TOWNS):
        platforms = [slug for slug, share in SHARES.items() for _ in range(share * CARDS // 100)]
        draw.shuffle(platforms)
        for rank, slug in enumerate(platforms):
            number = town * CARDS + rank
            offer = {"id": identifier("o", number), "provider": slug, "url": f"https://{slug}.example/{number}"}
            rows.append(tiny.place(number, id=identifier("p", number), offers=[offer]))
    return tiny.snapshot(rows)


@lru_cache(maxsize=1)
def buttons() -> dict[tuple[int, str], list[int]]:
    """(town, platform) -> numbers of the places whose button its list has."""
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, place in enumerate(country().places.all):
        found[number // CARDS, place.offers[0].provider].append(number)
    return found


@dataclass(frozen=True, slots=True)
class Button:
    """As it stood in one list."""

    epoch: str
    list_hash: str
    place: int


class Portal:
    def __init__(self, limited: bool) -> None:
        self.at = MIDNIGHT
        self.limited, self.events, self._tokens = limited, Sink(), Tokens(b"k" * 32)
        self._duplicates = (Duplicates if limited else ByBrowser)(self.seconds)
        # Started the day before: it knows of every list how often it was served.
        limits = (ClickLimits if limited else NoLimits)("2026-11-22T00", clock=self.seconds)
        self._redirector = Redirector(self._tokens, self._duplicates, limits, self.events, SITES)

    def seconds(self) -> float:
        return self.at.timestamp()

    def serve(self, town: int) -> tuple[str, str]:
        """(hour, hash) of the list of a town, which somebody gets now."""
        reading = int(self.seconds()) // (60 * SNAPSHOT_MIN)
        epoch, named = epoch_of(self.at), _hash(town, reading)
        self._redirector.limits.served(named, epoch)
        return epoch, named

    def press(self, button: Button, address: str, agent: str) -> EventClass:
        place = country().places.all[button.place]
        rank = button.place % CARDS + 1
        token = self._tokens.write(button.epoch, button.list_hash, place.id, place.offers[0].id, rank)
        if isinstance(self._duplicates, ByBrowser):
            self._duplicates.agent = agent
        gone: Departure = self._redirector.depart(token, Visitor(address, agent, {}, "here"), country(), self.at)
        return gone.sealed.event.cls

    def counted(self, slug: str) -> int:
        return self.events.counts[slug, EventClass.COUNTED]

    def of_class(self, cls: EventClass) -> int:
        return sum(self.events.counts[slug, cls] for slug in SHARES)

    def share(self, slug: str) -> float:
        """In percent."""
        return 100 * self.counted(slug) / self.of_class(EventClass.COUNTED)


@lru_cache(maxsize=100_000)
def _hash(town: int, reading: int) -> str:
    return sha256(f"{town} {reading}".encode()).hexdigest()


# Honest people


@dataclass(frozen=True, slots=True)
class Click:
    second: int
    town: int
    place: int
    address: str
    agent: str
    others: tuple[int, ...]  # towns whose list was looked at and left


def honest_day(clicks: int, shared: float = 0, addresses: Sequence[str] = ()) -> list[Click]:
    """A day's clicks in exactly the shares, the part `shared` of them from `addresses`, each other from its own."""
    draw = random.Random(2)
    platforms = [slug for slug, share in SHARES.items() for _ in range(clicks * share // 100)]
    draw.shuffle(platforms)
    towns = draw.choices(range(TOWNS), [1 / (1 + town) for town in range(TOWNS)], k=LISTS_A_CLICK * clicks)
    hours = draw.choices(range(24), CLICKS_OF_HOUR, k=clicks)
    found = []
    for number, (slug, hour) in enumerate(zip(platforms, hours, strict=True)):
        town, *others = towns[LISTS_A_CLICK * number : LISTS_A_CLICK * (number + 1)]
        own = str(ipaddress.IPv4Address(draw.randrange(1 << 24, 100 << 24)))
        address = draw.choice(addresses) if draw.random() < shared else own
        place = draw.choice(buttons()[town, slug])
        second = hour * 3600 + draw.randrange(3600)
        found.append(Click(second, town, place, address, draw.choice(AGENTS), tuple(others)))
    return sorted(found, key=lambda click: click.second)


def go(portal: Portal, clicks: Iterable[Click]) -> None:
    for click in clicks:
        portal.at = MIDNIGHT + timedelta(seconds=click.second)
        for town in click.others:
            portal.serve(town)
        portal.press(Button(*portal.serve(click.town), click.place), click.address, click.agent)
