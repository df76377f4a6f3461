"""From a button to the platform's own page: token, class of the event, durable record, exact URL.

The token names list, place, offer and rank, and proves that we served them. Nothing that happens to our count ever
keeps a citizen from being sent on; a click that is not counted is sealed with the reason, and published apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass, Sealed
from aggregator.redirect.tokens import Click, TokenError, Tokens, still_valid
from aggregator.redirect.visitors import (
    MOST_A_NETWORK,
    MOST_AN_ADDRESS,
    ClickLimits,
    Duplicates,
    Visitor,
    is_foreign,
    is_prefetch,
    is_robot,
    networks_of,
)
from aggregator.search.order import CONTRACT, epoch_of
from aggregator.snapshot.places import Offer, Place
from aggregator.snapshot.shelf import Snapshot
from providers.booking_url import BookingSites


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a citizen goes, and what was recorded of it. `receipt`: None when it could not be stored in time."""

    url: str
    place: Place
    offer: Offer
    sealed: Sealed
    durable: bool
    receipt: str | None


class UnknownOfferError(LookupError):
    """The token names no offer that we list, or one whose link is no longer allowed."""


class Redirector:
    def __init__(
        self, tokens: Tokens, duplicates: Duplicates, limits: ClickLimits, events: EventLog, sites: BookingSites
    ) -> None:
        self._tokens = tokens
        self._duplicates = duplicates
        self.limits = limits
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
        hour = epoch_of(now)
        event = Event(
            basket=f"dep={place.department}",
            bin=hour,
            centre=place.id,
            cls=self._class_of(click, offer, visitor, now, hour),
            list=click.list_hash,
            policy=CONTRACT,
            pos=click.position,
            prov=offer.provider,
        )
        return Departure(offer.url, place, offer, *self._events.record(event))

    def _class_of(self, click: Click, offer: Offer, visitor: Visitor, now: datetime, hour: str) -> EventClass:
        """The first class that fits, from the surest sign to the least; the same tests for every offer."""
        if not click.genuine or is_foreign(visitor):
            return EventClass.FORGED
        if not still_valid(click.epoch, now):
            return EventClass.EXPIRED
        if is_prefetch(visitor.headers):
            return EventClass.PREFETCH
        if is_robot(visitor.user_agent):
            return EventClass.ROBOT
        # From here on asking also remembers. Robots and prefetches must have left by now, or they would turn the click
        # of the person that follows into a duplicate.
        address, network = networks_of(visitor.address)
        if self._duplicates.seen_before(address, offer.id):
            return EventClass.DUPLICATE
        # " *": an address that cannot be parsed is its own network, and the two counts must not become one.
        sources = {f"{address} {offer.provider}": MOST_AN_ADDRESS, f"{network} {offer.provider} *": MOST_A_NETWORK}
        if self.limits.exceeded(hour, click.epoch, click.list_hash, offer.id, sources):
            return EventClass.EXCESS
        return EventClass.COUNTED
