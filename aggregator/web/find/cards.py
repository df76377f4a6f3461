"""What a card says: one line of state per offer, the same words for all (screens §5).

Three facts never look alike: a slot seen, none seen, unknown. Wording depends on the state, never on the platform.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, cast

from flask import current_app
from markupsafe import Markup

from aggregator.config import hosting
from aggregator.config.campaign import ANY
from aggregator.search.order import tie_key
from aggregator.search.search import EPOCH_DAY, Answer, Found, SlotFilter, days_of, slot_filter
from aggregator.snapshot.shelf import Offer, OfferState, Place, Snapshot
from aggregator.web.language import words
from aggregator.web.language.catalogues import gettext, language
from aggregator.web.language.links import to_places
from aggregator.web.serving.fragments import Fragment, hole
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
        if self.count is None:
            return "–"
        return f"{MANY_SLOTS}+" if self.count > MANY_SLOTS else str(self.count)


@dataclass(frozen=True, slots=True)
class OfferBlock:
    """One platform of one place. `glyph`: seen, none, unknown; `token`: of its button.

    `about`: what the slots are for, where the question left it open.
    """

    label: str
    glyph: str
    fact: str
    then: str
    detail: str
    about: str
    token: str
    strip: tuple[DayCell, ...]
    provider: str
    hosting: hosting.Card | None


@dataclass(frozen=True, slots=True)
class Card:
    """One place in a list. `number`: its rank, printed and used by the map; `link`: its page, back to this list."""

    number: str
    place: Place
    distance: str
    link: str
    offers: tuple[OfferBlock, ...]
    hours_today: str


class Cards:
    """The cards of one list, as HTML: what a place says is rendered once a minute, the rest is filled in.

    Rank, distance, link and buttons belong to the list. `place_query`: what leads from a place's page back to it.
    """

    def __init__(self, site: Site, answer: Answer, facts: Snapshot, place_query: Mapping[str, str]) -> None:
        self._site, self._answer, self._facts = site, answer, facts
        self._key, self._hash, self._seed = answer.question.key, answer.hash, site.seed(answer.epoch)
        self._fits = slot_filter(facts, answer.question, site.campaign)
        self._asked = self._fits.question.key
        self._minute = site.now().strftime("%Y-%m-%dT%H:%M")
        self._page_of = to_places(place_query)

    def html(self, found: Found, rank: int, headed: bool) -> Markup:
        """One line of the list. `headed`: it stands below a heading of its own."""
        place, epoch = found.place, self._answer.epoch
        drawn = sorted(place.offers, key=lambda offer: tie_key(self._seed, epoch, self._key, offer.id))
        tokens = [self._site.tokens.write(epoch, self._hash, place.id, offer.id, rank) for offer in drawn]
        return self._fragment(place, drawn, headed).fill(
            {
                "number": rank,
                "distance": words.band(found.candidate.distance_m),
                "link": self._page_of(place.id),
                **{f"token{number}": token for number, token in enumerate(tokens)},
            }
        )

    def _fragment(self, place: Place, drawn: Sequence[Offer], headed: bool) -> Fragment:
        """A place that has left the facts keeps those of its list: it is not kept for others."""
        order = tuple(offer.id for offer in drawn)
        key = (self._facts.hash, self._asked, self._minute, language(), headed, place.id, order)
        known = place.id in self._facts.places.index
        made = self._site.cards.get(key) if known else None
        if made is None:
            made = Fragment(self._rendered(place, drawn, headed))
            if known:
                self._site.cards.put(key, made)
        return made

    def _rendered(self, place: Place, drawn: Sequence[Offer], headed: bool) -> str:
        today = self._site.now().astimezone(place.zone).date()
        blocks = tuple(
            offer_block(self._site, place, offer, self._facts, self._fits, hole(f"token{number}"))
            for number, offer in enumerate(drawn)
        )
        card = Card(hole("number"), place, hole("distance"), hole("link"), blocks, hours_of(place, today))
        return current_app.jinja_env.get_template("_card.html").render(self._context, card=card, headed=headed)

    @cached_property
    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = {}
        current_app.update_template_context(context)
        return context


def offer_block(site: Site, place: Place, offer: Offer, snapshot: Snapshot, fits: SlotFilter, token: str) -> OfferBlock:
    now = site.now()
    local_now = now.astimezone(place.zone)
    today = local_now.date()
    state = snapshot.slots.offers.get(offer.id)
    glyph, fact, then, detail, about = "unknown", gettext("créneaux inconnus"), "", gettext("pas encore relevé"), ""
    days: Counter[date] | None = None
    if state is None and not site.is_read(offer.provider):
        fact, detail = gettext("créneaux non relevés ici"), gettext("à voir sur le site du lieu")
    elif state is not None and state.state == "unknown":
        moment = (state.since or snapshot.slots.at).astimezone(place.zone)
        detail = words.unread_since(moment, today)
    elif state is not None:
        answered = (state.answered or snapshot.slots.at).astimezone(place.zone)
        minutes = fits.local_minutes(state)
        ahead = minutes[minutes > _wall_minutes(local_now)]
        days = days_of(ahead.tolist())
        read_at = words.seen_at(answered, today)
        old = now - answered > timedelta(seconds=2 * snapshot.slots.interval_s + 60)
        if len(ahead):
            first = _from_wall_minutes(int(ahead.min()))
            glyph, fact = "seen", words.when(first, today)
            then = _then(days, first.date())
            about = _about(site, fits, state)
            detail = gettext("relevé incomplet · %(seen)s", seen=read_at) if state.partial else read_at
        elif state.state == "phone":
            glyph, fact = "phone", gettext("par téléphone")
            detail = gettext("réservation en ligne fermée · %(seen)s", seen=read_at)
        else:
            glyph, fact = "none", gettext("aucun créneau vu")
            until = words.day_only(date.fromisoformat(snapshot.slots.until))
            detail = gettext("d’ici au %(day)s · %(seen)s", day=until, seen=read_at)
        if old:
            fact = gettext("sans doute dépassé : %(fact)s", fact=fact)
    label = site.label(offer.provider) if offer.provider else _domain(offer.url)
    strip = tuple(
        DayCell(day, None if days is None else days.get(day, 0))
        for day in (today + timedelta(days=ahead_days) for ahead_days in range(STRIP_DAYS))
    )
    sheet = hosting_of(site, offer.provider)
    return OfferBlock(label, glyph, fact, then, detail, about, token, strip, offer.provider, sheet)


def _about(site: Site, fits: SlotFilter, state: OfferState) -> str:
    """ "Pfizer-BioNTech, Moderna": needs in the campaign's words, unless one was asked for; "" when none is said."""
    if fits.question.need != ANY:
        return ""
    found = dict.fromkeys(need for kind in fits.kinds_of(state) for need in cast(Iterable[str], kind["needs"]))
    labels = [site.campaign.said(label, language()) for label in site.campaign.need_labels(tuple(found))]
    shown = ", ".join(labels[:MOST_NEEDS])
    more = len(labels) - MOST_NEEDS
    return gettext("%(needs)s et %(number)s autres", needs=shown, number=more) if more > 0 else shown


def hosting_of(site: Site, provider: str) -> hosting.Card | None:
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


def _domain(url: str) -> str:
    return url.split("/")[2]
