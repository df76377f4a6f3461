"""From a button to the platform's page: everybody is sent on, and each click is sealed as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.redirect.redirector import Redirector, UnknownOfferError
from aggregator.redirect.tokens import Tokens
from aggregator.redirect.visitors import ClickLimits, Duplicates, Visitor
from aggregator.snapshot.shelf import Snapshot
from providers.booking_url import BookingSites
from tests import tiny
from tests.clock import NOON

HASH = "7f3a91c2" * 8
PLACE, OFFER, STRANGER = "p-abcdefghij", "o-klmnopqrst", "o-zzzzzzzzzz"
PERSON = Visitor("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", {}, "here")
TOKENS = Tokens(b"k" * 32)


def with_link(url: str) -> Snapshot:
    return tiny.snapshot([tiny.place(1, id=PLACE, offers=[{"id": OFFER, "provider": "a", "url": url}])])


SNAPSHOT = with_link("https://a.example/salle")


def token(offer: str = OFFER, epoch: str = "2026-11-23T12", tokens: Tokens = TOKENS) -> str:
    return tokens.write(epoch, HASH, PLACE, offer, 3)


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    with closing(EventLog(tmp_path / "events.db", wait_s=5)) as opened:
        yield opened


@pytest.fixture
def redirector(events: EventLog) -> Redirector:
    return Redirector(
        TOKENS, Duplicates(), ClickLimits("2026-11-23T14"), events, BookingSites({"https://a.example": "a"}, {})
    )


def test_a_click_leads_to_the_exact_link_and_is_sealed_with_what_the_list_said(redirector: Redirector) -> None:
    departure = redirector.depart(token(), PERSON, SNAPSHOT, NOON + timedelta(minutes=65))
    event = departure.sealed.event

    assert (departure.url, departure.place.id, departure.offer.id) == ("https://a.example/salle", PLACE, OFFER)
    assert departure.durable
    assert event.sealed_fields() == {
        "basket": "dep=69", "bin": "2026-11-23T13", "centre": PLACE, "class": "counted", "list": HASH[:32],
        "policy": "order/1", "pos": 3, "prov": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pressed", "visitor", "cls"),
    [
        (token(), PERSON, EventClass.COUNTED),
        (token(tokens=Tokens(b"x" * 32)), PERSON, EventClass.FORGED),
        (token(), replace(PERSON, headers={"origin": "https://elsewhere.example"}), EventClass.FORGED),
        (token(epoch="2026-11-23T06"), PERSON, EventClass.EXPIRED),
        (token(), replace(PERSON, headers={"sec-purpose": "prefetch"}), EventClass.PREFETCH),
        (token(), replace(PERSON, user_agent="curl/8.5.0"), EventClass.ROBOT),
    ],
    ids=lambda one: one.value if isinstance(one, EventClass) else "",
)
def test_whatever_a_click_is_it_is_sent_on(
    redirector: Redirector, pressed: str, visitor: Visitor, cls: EventClass
) -> None:
    departure = redirector.depart(pressed, visitor, SNAPSHOT, NOON)

    assert departure.url == "https://a.example/salle"
    assert departure.sealed.event.cls is cls


def test_a_button_of_a_machine_whose_clock_is_slightly_ahead_counts(redirector: Redirector) -> None:
    ahead = token(epoch="2026-11-23T13")
    moments = (NOON + timedelta(minutes=58), NOON + timedelta(minutes=59, seconds=30))

    classes = [redirector.depart(ahead, PERSON, SNAPSHOT, now).sealed.event.cls for now in moments]

    assert classes == [EventClass.EXPIRED, EventClass.COUNTED]


def test_the_surest_sign_is_the_one_that_is_told(redirector: Redirector) -> None:
    """A robot with an old token of its own making, that only prefetches."""
    signs = replace(PERSON, user_agent="curl/8.5.0", headers={"purpose": "prefetch"})
    forged, old = token(epoch="2026-11-20T12", tokens=Tokens(b"x" * 32)), token(epoch="2026-11-20T12")

    classes = [redirector.depart(one, signs, SNAPSHOT, NOON).sealed.event.cls for one in (forged, old, token())]

    assert classes == [EventClass.FORGED, EventClass.EXPIRED, EventClass.PREFETCH]


def test_the_second_click_of_a_person_is_a_duplicate_and_that_of_another_is_not(redirector: Redirector) -> None:
    people = (PERSON, PERSON, replace(PERSON, address="192.0.2.2"))

    classes = [redirector.depart(token(), one, SNAPSHOT, NOON).sealed.event.cls for one in people]

    assert classes == [EventClass.COUNTED, EventClass.DUPLICATE, EventClass.COUNTED]


def test_a_click_that_was_set_apart_makes_no_duplicate_of_the_true_one(redirector: Redirector) -> None:
    """A browser that prefetches and then goes: one redirect."""
    early = replace(PERSON, headers={"sec-purpose": "prefetch"})

    classes = [redirector.depart(token(), one, SNAPSHOT, NOON).sealed.event.cls for one in (early, PERSON)]

    assert classes == [EventClass.PREFETCH, EventClass.COUNTED]


@pytest.mark.parametrize(
    "pressed", ["", "garbage", token(STRANGER), token()[:-4]], ids=["empty", "garbage", "stranger", "cut"]
)
def test_what_names_no_offer_of_ours_leads_nowhere_and_is_not_counted(
    redirector: Redirector, pressed: str, tmp_path: Path
) -> None:
    with pytest.raises(UnknownOfferError):
        redirector.depart(pressed, PERSON, SNAPSHOT, NOON)

    assert [EventReader(tmp_path / "events.db").totals(cls) for cls in EventClass] == [0] * len(EventClass)


@pytest.mark.parametrize(
    "url", ["https://evil.example/salle", "http://a.example/salle", "https://a.example@evil.example/"]
)
def test_a_link_that_slipped_into_the_snapshot_leads_nowhere(redirector: Redirector, url: str) -> None:
    with pytest.raises(UnknownOfferError, match="not allowed"):
        redirector.depart(token(), PERSON, with_link(url), NOON)


def test_a_person_is_sent_on_although_nothing_can_be_stored(redirector: Redirector, events: EventLog) -> None:
    events.close()
    events._wait_s = 0.01

    departure = redirector.depart(token(), PERSON, SNAPSHOT, NOON)

    assert (departure.url, departure.durable) == ("https://a.example/salle", False)
