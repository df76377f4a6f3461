"""What a card says of one offer: the same words for every platform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import cast

from aggregator import instants
from aggregator.config import hosting
from aggregator.config.campaign import ANY
from aggregator.search.slot_filter import EPOCH_DAY, SlotFilter, days_of
from aggregator.snapshot.places import Offer, Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import OfferState, Slots
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext, language
from aggregator.web.serving.site import Site

STRIP_DAYS = 7
MANY_SLOTS = 50
MOST_NEEDS = 3


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the strip: `count` None = not known."""

    day: date
    count: int | None

    @property
    def text(self) -> str:
        if self.count is None:  # never 0: unknown does not look like none (docs/ranking.md §9)
            return "–"
        return f"{MANY_SLOTS}+" if self.count > MANY_SLOTS else str(self.count)


@dataclass(frozen=True, slots=True)
class OfferBlock:
    """One platform of one place. `glyph`: seen, none, unknown; `token`: of its button.

    `about`: what the slots are for, where the question left it open. `first_day`, with its `first_count` slots: told in
    place of a strip that would show nothing but zeros; 0 where the strip shows some.
    """

    label: str
    glyph: str
    fact: str
    then: str
    detail: str
    about: str
    token: str
    strip: tuple[DayCell, ...]
    first_day: date | None
    first_count: int
    provider: str
    hosting: hosting.CardLines | None


def call_leads(place: Place, blocks: Iterable[OfferBlock]) -> bool:
    """True where no slot can be told: the telephone then stands before the platforms' buttons, whosever they are."""
    return place.phone is not None and all(block.glyph in ("phone", "unknown") for block in blocks)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one offer's slots. `days`: slots ahead by local day; None when they are not known."""

    glyph: str
    fact: str
    detail: str
    then: str = ""
    about: str = ""
    days: Counter[date] | None = None


def offer_block(site: Site, place: Place, offer: Offer, snapshot: Snapshot, fits: SlotFilter, token: str) -> OfferBlock:
    now = site.now().astimezone(place.zone)
    said = _said(site, offer, snapshot.slots, fits, now)
    strip = tuple(
        DayCell(day, None if said.days is None else said.days.get(day, 0))
        for day in (now.date() + timedelta(days=ahead) for ahead in range(STRIP_DAYS))
    )
    beyond = min(said.days) if said.days and not any(cell.count for cell in strip) else None
    return OfferBlock(
        label=label_of(site, offer),
        glyph=said.glyph,
        fact=said.fact,
        then=said.then,
        detail=said.detail,
        about=said.about,
        token=token,
        strip=strip,
        first_day=beyond,
        first_count=said.days[beyond] if said.days and beyond else 0,
        provider=offer.provider,
        hosting=hosting_of(site, offer.provider),
    )


def _said(site: Site, offer: Offer, slots: Slots, fits: SlotFilter, now: datetime) -> Said:
    """`now`: in the place's own time zone, as all that is said."""
    state = slots.offers.get(offer.id)
    if state is None and site.is_read(offer.provider):
        return Said("unknown", gettext("créneaux inconnus"), gettext("pas encore relevé"))
    if state is None:
        return Said("unknown", gettext("créneaux non relevés ici"), gettext("à voir sur le site du lieu"))
    if state.state == "unknown":
        since = (state.since or slots.at).astimezone(now.tzinfo)
        return Said("unknown", gettext("créneaux inconnus"), words.unread_since(since, now.date()))
    said = _of_reading(site, state, slots, fits, now)
    if now - (state.answered or slots.at) > instants.unread_after(slots.interval_s):
        return replace(said, fact=gettext("sans doute dépassé : %(fact)s", fact=said.fact))
    return said


def _of_reading(site: Site, state: OfferState, slots: Slots, fits: SlotFilter, now: datetime) -> Said:
    read_at = words.seen_at((state.answered or slots.at).astimezone(now.tzinfo), now.date())
    minutes = fits.local_minutes(state)
    # A reading may be older than its first slots.
    ahead = minutes[minutes > _wall_minutes(now)]
    days = days_of(ahead.tolist())
    if len(ahead):
        first = _from_wall_minutes(int(ahead.min()))
        detail = gettext("relevé incomplet · %(seen)s", seen=read_at) if state.partial else read_at
        then, about = _then(days, first.date()), _about(site, fits, state)
        return Said("seen", words.when(first, now.date()), detail, then, about, days)
    if state.state == "phone":
        return Said("phone", gettext("réservation en ligne fermée"), read_at, days=days)
    until = words.day_only(date.fromisoformat(slots.until))
    detail = gettext("d’ici au %(day)s · %(seen)s", day=until, seen=read_at)
    # Slots that the question does not ask for are slots all the same.
    others = state.state == "seen" and bool((slots.local[state.first : state.last] > _wall_minutes(now)).any())
    fact = gettext("aucun créneau vu pour cette demande") if others else gettext("aucun créneau vu")
    return Said("none", fact, detail, days=days)


def _about(site: Site, fits: SlotFilter, state: OfferState) -> str:
    """ "Pfizer-BioNTech, Moderna": needs in the campaign's words, unless one was asked for; "" when none is said."""
    if fits.question.need != ANY:
        return ""
    found = dict.fromkeys(need for kind in fits.kinds_of(state) for need in cast(Iterable[str], kind["needs"]))
    labels = [site.campaign.said(label, language()) for label in site.campaign.need_labels(tuple(found))]
    shown = ", ".join(labels[:MOST_NEEDS])
    more = len(labels) - MOST_NEEDS
    return gettext("%(needs)s et %(number)s autres", needs=shown, number=more) if more > 0 else shown


def hosting_of(site: Site, provider: str) -> hosting.CardLines | None:
    """What the platform's sheet says, in the campaign's lines; None without a sheet."""
    facts, sheet = site.campaign.facts, site.sheets.get(provider)
    return hosting.card(sheet, facts.hosting, facts.service, site.now().date()) if sheet else None


def hours_of(place: Place, day: date) -> str:
    """The hours of a day as the source gives them: "fermé", "9:00-12:00", or "" when nothing is said."""
    if not place.hours:
        return ""
    text = place.hours[day.weekday()]
    return "" if text is None else text or gettext("fermé")


def _then(days: Counter[date], first: date) -> str:
    later = [words.weekday_short(day) for day in sorted(days) if day > first][:3]
    return gettext("puis %(days)s", days=", ".join(later)) if later else ""


def _wall_minutes(local: datetime) -> int:
    return (local.date() - EPOCH_DAY).days * 1440 + local.hour * 60 + local.minute


def _from_wall_minutes(minutes: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(minutes=minutes)  # noqa: DTZ001 - a wall clock has no zone


def label_of(site: Site, offer: Offer) -> str:
    """The platform's name; of a site without a platform its bare domain."""
    return site.label(offer.provider) if offer.provider else offer.url.split("/")[2]
