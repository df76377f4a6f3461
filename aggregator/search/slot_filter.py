"""Finds the slots that fit a question, and of each place the first one with its section and half-day in the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from aggregator.config.campaign import ANY
from aggregator.search.order import Section, half_day
from aggregator.search.question import Moment, Question
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import OfferState, Slots

EPOCH_DAY = date(1970, 1, 1)


class Needs(Protocol):
    """All that a search asks of a campaign: which needs one choice requires together."""

    def required_needs(self, need: str) -> tuple[str, ...]: ...


class Outlook(NamedTuple):
    """All that the order asks of a place's slots: the first that fits (aware UTC), its section, its local half-day."""

    first: datetime | None
    section: Section
    half_day: str


class SlotFilter:
    """Finds the slots of one snapshot that fit a question, by masks over its arrays; keeps each place's outlook."""

    def __init__(self, slots: Slots, question: Question, needs: Sequence[str]) -> None:
        """`needs`: a slot is required for each of them."""
        self._slots = slots
        self.question = question
        self._outlooks: dict[str, Outlook] = {}
        # Every slot fits a question without filters: what comes first was worked out when the snapshot was loaded.
        self._fits_all = _of_slots(question) == Question()
        self._kinds_by_need = [
            np.array([_kind_fits(kind, need, question.step, question.audience) for kind in slots.kinds], dtype=bool)
            for need in needs
        ]

    def outlook(self, place: Place) -> Outlook:
        """The first slot of a place that fits, and where that puts it in the order."""
        found = self._outlooks.get(place.id)
        if found is None:
            first = self.first_slot(place)
            half = half_day(first.astimezone(place.zone)) if first else ""
            found = self._outlooks[place.id] = Outlook(first, self._section(place, first), half)
        return found

    def first_slot(self, place: Place, after: datetime | None = None) -> datetime | None:
        """The first slot seen that fits; where two needs are required, the moment from which both have one.

        The order never asks for slots `after` a moment: it depends on the snapshot, not on the second of the visit.
        """
        if after is None and self._fits_all:
            return self._earliest(place)
        least = int(after.timestamp()) // 60 if after else 0
        firsts: list[int | None] = []
        for offer in place.offers:
            state = self._slots.offers.get(offer.id)
            if state is None or state.state != "seen":
                continue
            for number, minutes in enumerate(self.minutes(state)):
                minutes = minutes[minutes > least]
                earliest = int(minutes.min()) if len(minutes) else None
                if number == len(firsts):
                    firsts.append(earliest)
                elif earliest is not None:
                    firsts[number] = min(earliest, firsts[number] or earliest)
        known = [one for one in firsts if one is not None]
        if not known or len(known) < len(firsts):
            return None
        # The latest of the needs' first slots (docs/ranking.md §4.1).
        return datetime.fromtimestamp(max(known) * 60, UTC)

    def _earliest(self, place: Place) -> datetime | None:
        offers, earliest = self._slots.offers, self._slots.earliest
        firsts = [
            minute
            for offer in place.offers
            if (minute := earliest.get(offer.id)) is not None and offers[offer.id].state == "seen"
        ]
        return datetime.fromtimestamp(min(firsts) * 60, UTC) if firsts else None

    def _section(self, place: Place, first: datetime | None) -> Section:
        """SEEN, NONE or UNKNOWN (docs/ranking.md §4.2): a failure to read is "unknown", as is no link at all."""
        if first is not None:
            return Section.SEEN
        states = [self._slots.offers.get(offer.id) for offer in place.offers]
        readable = bool(states) and all(one is not None and one.state in ("seen", "none") for one in states)
        return Section.NONE if readable else Section.UNKNOWN

    def count(self, places: Iterable[Place], after: datetime) -> int:
        """How many slots that fit lie ahead at these places."""
        states = [self._slots.offers.get(offer.id) for place in places for offer in place.offers]
        numbers = [np.arange(one.first, one.last) for one in states if one is not None and one.state == "seen"]
        if not numbers:
            return 0
        slots = np.concatenate(numbers)
        slots = slots[self._slots.minute[slots] > int(after.timestamp()) // 60]
        if not self._fits_all:
            slots = slots[self._in_time(self._slots.local[slots]) & self._any_need(self._slots.kind[slots])]
        return len(slots)

    def minutes(self, state: OfferState) -> list[NDArray[np.int64]]:
        """Minutes (UTC) of the slots that fit, one array for each need required."""
        part = slice(state.first, state.last)
        in_time = self._in_time(self._slots.local[part])
        kinds = self._slots.kind[part]
        return [self._slots.minute[part][in_time & fits[kinds]] for fits in self._kinds_by_need]

    def kinds_of(self, state: OfferState) -> list[dict[str, object]]:
        """The kinds of the slots that fit any of the required needs, those with the most slots first."""
        part = slice(state.first, state.last)
        kinds = self._slots.kind[part]
        fitting = kinds[self._in_time(self._slots.local[part]) & self._any_need(kinds)]
        return [self._slots.kinds[number] for number, _ in Counter(fitting.tolist()).most_common()]

    def local_minutes(self, state: OfferState) -> NDArray[np.int64]:
        """Wall-clock minutes of the slots that fit any of the needs required."""
        part = slice(state.first, state.last)
        local = self._slots.local[part]
        return local[self._in_time(local) & self._any_need(self._slots.kind[part])]

    def _any_need(self, kinds: NDArray[np.int16]) -> NDArray[np.bool_]:
        fitting = np.zeros(len(kinds), dtype=bool)
        for fits in self._kinds_by_need:
            fitting |= fits[kinds]
        return fitting

    def _in_time(self, local: NDArray[np.int64]) -> NDArray[np.bool_]:
        question, fits = self.question, np.ones(len(local), dtype=bool)
        day, minute = local // 1440, local % 1440
        if question.first_day is not None:
            fits &= day >= (question.first_day - EPOCH_DAY).days
        if question.last_day is not None:
            fits &= day <= (question.last_day - EPOCH_DAY).days
        if question.moment is Moment.MORNING:
            fits &= minute < 12 * 60
        elif question.moment is Moment.AFTERNOON:
            fits &= (minute >= 12 * 60) & (minute < 18 * 60)
        elif question.moment is Moment.EVENING:
            fits &= minute >= 18 * 60
        elif question.moment is Moment.WEEK_END:
            fits &= (day + 3) % 7 >= 5  # 1 January 1970 was a Thursday
        return fits


def slot_filter(snapshot: Snapshot, question: Question, campaign: Needs) -> SlotFilter:
    """The filter of a question, kept with the snapshot: questions that ask the same of slots share one."""
    needs = campaign.required_needs(question.need) if question.need != ANY else (ANY,)
    asked = _of_slots(question)
    return snapshot.kept(("slot filter", asked, needs), lambda: SlotFilter(snapshot.slots, asked, needs))


def _of_slots(question: Question) -> Question:
    """A question that asks only what this one asks of slots: no origin, no sort, no filter of places."""
    return Question(
        need=question.need,
        step=question.step,
        audience=question.audience,
        first_day=question.first_day,
        last_day=question.last_day,
        moment=question.moment,
    )


def days_of(local_minutes: Iterable[int]) -> Counter[date]:
    """Local day -> number of slots."""
    return Counter(EPOCH_DAY + timedelta(days=int(minute) // 1440) for minute in local_minutes)


def _kind_fits(kind: dict[str, object], need: str, step: str, audience: str) -> bool:
    """A slot whose need or step the platform does not say fits every choice; an audience has to be said."""
    needs: Sequence[str] = kind["needs"]  # type: ignore[assignment]
    return (
        (need == ANY or not needs or need in needs)
        and (step == ANY or kind["step"] in (None, step))
        and (audience == ANY or kind["audience"] == audience)
    )
