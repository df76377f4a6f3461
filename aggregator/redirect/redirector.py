"""From a button to the platform's own page: token, class of the event, durable record, exact URL.

The token names list, place, offer and rank, and proves that we served them. Nothing that happens to our count ever
keeps a citizen from being sent on; a click that is not counted is sealed with the reason, and published apart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import crawleruseragents

from aggregator import canonical
from aggregator.redirect.event_log import Event, EventClass, EventLog, Sealed
from aggregator.search.order import CONTRACT, epoch_of
from aggregator.snapshot.shelf import Offer, Place, Snapshot
from providers.booking_url import BookingSites

HOURS_VALID = 5
DUPLICATE_S = 30 * 60
MAX_REMEMBERED = 500_000
MAC_BYTES = 16
_BODY = struct.Struct(">BI16s7s7sH")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


class TokenError(ValueError):
    """Not a token at all: wrong length, wrong characters, unknown version."""


@dataclass(frozen=True, slots=True)
class Click:
    """What a token says. `list_hash`: 32 hexadecimal digits; `genuine`: the proof that we wrote it holds."""

    epoch: str
    list_hash: str
    place_id: str
    offer_id: str
    position: int
    genuine: bool


class Tokens:
    """Writes and reads list tokens under one key an hour, derived from the node's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._hour_key = lru_cache(maxsize=16)(self._derive)

    def write(self, epoch: str, list_hash: str, place_id: str, offer_id: str, position: int) -> str:
        hour = _hour_number(epoch)
        body = _BODY.pack(
            1, hour, bytes.fromhex(list_hash[:32]), _pack_id(place_id), _pack_id(offer_id), min(position, 65535)
        )
        return base64.urlsafe_b64encode(body + self._mac(hour, body)).rstrip(b"=").decode()

    def read(self, token: str) -> Click:
        """Raises TokenError."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise TokenError("not base64") from error
        if len(raw) != _BODY.size + MAC_BYTES or raw[0] != 1:
            raise TokenError("wrong length or version")
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        _, hour, list_part, place, offer, position = _BODY.unpack(body)
        try:
            epoch = epoch_of(datetime.fromtimestamp(hour * 3600, UTC))
        except (ValueError, OverflowError) as error:
            raise TokenError("no such hour") from error
        genuine = hmac.compare_digest(mac, self._mac(hour, body))
        return Click(epoch, list_part.hex(), _unpack_id("p", place), _unpack_id("o", offer), position, genuine)

    def _mac(self, hour: int, body: bytes) -> bytes:
        return hmac.digest(self._hour_key(hour), body, "sha256")[:MAC_BYTES]

    def _derive(self, hour: int) -> bytes:
        return hmac.digest(self._secret, f"aiguillage-token/v1\n{hour}".encode(), "sha256")


class Duplicates:
    """Remembers clicks for half an hour as keyed hashes, in memory only, under a key drawn at start and each day."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._key, self._drawn = secrets.token_bytes(32), clock()

    def seen_before(self, address: str, user_agent: str, offer_id: str) -> bool:
        """True when the same address, user agent and offer were counted within the last half hour."""
        now = self._clock()
        with self._lock:
            if now - self._drawn > 24 * 3600:
                self._key, self._drawn = secrets.token_bytes(32), now
                self._seen.clear()
            while self._seen and (
                next(iter(self._seen.values())) < now - DUPLICATE_S or len(self._seen) > MAX_REMEMBERED
            ):
                self._seen.popitem(last=False)
            text = "\0".join((address, user_agent, offer_id)).encode("utf-8", "surrogatepass")
            mark = hashlib.blake2b(text, key=self._key, digest_size=16).digest()
            if mark in self._seen:
                return True
            self._seen[mark] = now
            return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request says of itself, used at once and kept nowhere. `headers` with lower-case names."""

    address: str
    user_agent: str
    headers: Mapping[str, str]
    own_host: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a citizen goes, and what was recorded of it."""

    url: str
    place: Place
    offer: Offer
    sealed: Sealed
    durable: bool


class UnknownOfferError(LookupError):
    """The token names no offer that we list, or one whose link is no longer allowed."""


class Redirector:
    def __init__(self, tokens: Tokens, duplicates: Duplicates, events: EventLog, sites: BookingSites) -> None:
        self._tokens = tokens
        self._duplicates = duplicates
        self._events = events
        self._sites = sites

    def depart(self, token: str, visitor: Visitor, snapshot: Snapshot, now: datetime) -> Departure:
        """Record one click and say where it leads. Raises UnknownOfferError."""
        try:
            click = self._tokens.read(token)
        except TokenError as error:
            raise UnknownOfferError("not a token") from error
        offer = snapshot.places.offers.get(click.offer_id)
        if offer is None:
            raise UnknownOfferError("no such offer")
        # The same guard as at ingest: a link that slipped into the store goes nowhere.
        if not self._sites.allows(offer.url):
            raise UnknownOfferError("the link of this offer is not allowed")
        place = snapshot.places.all[offer.place]
        event = Event(
            basket=f"dep={place.department}",
            bin=epoch_of(now),
            centre=place.id,
            cls=self._class_of(click, offer, visitor, now),
            list=click.list_hash,
            policy=CONTRACT,
            pos=click.position,
            prov=offer.provider,
        )
        sealed, durable = self._events.record(event)
        return Departure(offer.url, place, offer, sealed, durable)

    def _class_of(self, click: Click, offer: Offer, visitor: Visitor, now: datetime) -> EventClass:
        """The first class that fits, from the surest sign to the least; the same tests for every offer."""
        if not click.genuine or is_foreign(visitor):
            return EventClass.FORGED
        if not _still_valid(click.epoch, now):
            return EventClass.EXPIRED
        if is_prefetch(visitor.headers):
            return EventClass.PREFETCH
        if is_robot(visitor.user_agent):
            return EventClass.ROBOT
        if self._duplicates.seen_before(visitor.address, visitor.user_agent, offer.id):
            return EventClass.DUPLICATE
        return EventClass.COUNTED


def is_foreign(visitor: Visitor) -> bool:
    """A POST that does not come from our own pages (spec 4.2.3): Sec-Fetch-Site when present, else Origin."""
    site = visitor.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = visitor.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != visitor.own_host


def is_prefetch(headers: Mapping[str, str]) -> bool:
    signs = (headers.get("sec-purpose", ""), headers.get("purpose", ""), headers.get("x-moz", ""))
    return any(sign.lower().startswith("prefetch") for sign in signs)


@lru_cache(maxsize=4096)
def is_robot(user_agent: str) -> bool:
    """By the public list of crawlers; an empty user agent is one."""
    return not user_agent.strip() or bool(crawleruseragents.is_crawler(user_agent))


def load_secret(path: Path) -> bytes:
    """The node's token secret, drawn once."""
    return canonical.drawn_once(path, lambda: secrets.token_bytes(32))


def _still_valid(epoch: str, now: datetime) -> bool:
    hour = datetime.fromtimestamp(_hour_number(epoch) * 3600, UTC)
    # One minute of grace ahead: clocks of two nodes may differ.
    return hour <= now + timedelta(minutes=1) and now < hour + timedelta(hours=HOURS_VALID + 1)


@lru_cache(maxsize=256)
def _hour_number(epoch: str) -> int:
    return int(datetime.strptime(epoch, "%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp()) // 3600


def _pack_id(identifier: str) -> bytes:
    """The ten base32 characters of "p-…" as 7 bytes."""
    return int(identifier[2:].translate(_DIGITS), 32).to_bytes(7, "big")


def _unpack_id(prefix: str, raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    characters = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(9, -1, -1)]
    return f"{prefix}-{''.join(characters)}"
