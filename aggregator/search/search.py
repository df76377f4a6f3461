"""Answers a question: picks candidate places, counts those that filters hide, and ranks the rest by the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from aggregator.config.campaign import ANY
from aggregator.search.order import Candidate, list_hash, rank
from aggregator.search.question import Question
from aggregator.search.slot_filter import Needs, SlotFilter, slot_filter
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot

WIDENED_COUNT = 8  # both: docs/ranking.md §3
WIDENED_LIMIT_M = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a list: a place and what the order knew of it. `first`: its first slot that fits, aware UTC."""

    place: Place
    candidate: Candidate
    first: datetime | None


@dataclass(frozen=True)
class Ranking:
    """A whole list, ranked. `hidden`: filter -> places that it hides. `widened`: no place was within the radius.

    `snapshot`: the one that the order comes from; `facts`: the one whose slots are shown; `fits`: its slot filter.
    """

    question: Question
    epoch: str
    snapshot: Snapshot
    facts: Snapshot
    fits: SlotFilter
    found: tuple[Found, ...]
    hidden: dict[str, int] = field(default_factory=dict)
    widened: bool = False

    @cached_property
    def hash(self) -> str:
        return list_hash(self.snapshot.hash, self.epoch, self.question.key, (one.place.id for one in self.found))

    @property
    def considered(self) -> int:
        """How many places filters were applied to: those within the radius, or the nearest of a widened list."""
        return len(self.found) + sum(self.hidden.values())

    @property
    def reference(self) -> str:
        """Hour and first digits of the snapshot hash, by which a link pins this order (docs/ranking.md §7.3)."""
        return f"{self.epoch}-{self.snapshot.short}"


class UnknownOriginError(ValueError):
    """The question starts from a commune that the snapshot does not have."""


def search(snapshot: Snapshot, question: Question, epoch: str, seed: bytes, campaign: Needs) -> Ranking:
    """The list for `question` in the hour `epoch`. Depends on nothing but its arguments: anyone can replay it."""
    near, widened = _considered(snapshot, question)
    fits = slot_filter(snapshot, question, campaign)
    kept: dict[str, Found] = {}
    hidden: Counter[str] = Counter()
    for number, metres in near:
        found = _found(snapshot.places.all[number], metres, fits, epoch)
        why = _hidden_by(question, found.place, found.first, snapshot)
        if why:
            hidden[why] += 1
        else:
            kept[found.place.id] = found
    ranked = rank((one.candidate for one in kept.values()), question.sort, seed, epoch, question.key)
    lines = tuple(kept[one.id] for one in ranked)
    return Ranking(question, epoch, snapshot, snapshot, fits, lines, dict(hidden), widened)


def counts(snapshot: Snapshot, questions: Sequence[Question], campaign: Needs) -> list[int]:
    """How many places the list of each question has, without the work of their order."""
    considered: dict[tuple[str | None, float | None, float | None, int], list[tuple[int, int]]] = {}
    found = []
    for one in questions:
        around = (one.insee, one.lat, one.lon, one.radius_km)
        if around not in considered:
            considered[around], _ = _considered(snapshot, one)
        places = [snapshot.places.all[number] for number, _ in considered[around]]
        fits = slot_filter(snapshot, one, campaign)
        found.append(sum(_hidden_by(one, place, fits.outlook(place).first, snapshot) is None for place in places))
    return found


def _considered(snapshot: Snapshot, question: Question) -> tuple[list[tuple[int, int]], bool]:
    """The places that filters are applied to, as (number, metres); True when none is within the radius."""
    lat, lon = origin(snapshot, question)
    near = _near(snapshot, lat, lon, question.radius_km * 1000)
    if near:
        return near, False
    # Equal distances by id: which eight are the nearest depends on nothing else.
    far = _near(snapshot, lat, lon, WIDENED_LIMIT_M)
    return sorted(far, key=lambda one: (one[1], snapshot.places.all[one[0]].id))[:WIDENED_COUNT], True


def nearest(snapshot: Snapshot, question: Question, campaign: Needs) -> tuple[Place, int] | None:
    """The nearest place that no filter hides, and its metres, whatever the radius; None within `WIDENED_LIMIT_M`."""
    lat, lon = origin(snapshot, question)
    far = _near(snapshot, lat, lon, WIDENED_LIMIT_M)
    fits = slot_filter(snapshot, question, campaign)
    for number, metres in sorted(far, key=lambda one: (one[1], snapshot.places.all[one[0]].id)):
        place = snapshot.places.all[number]
        if _hidden_by(question, place, fits.outlook(place).first, snapshot) is None:
            return place, metres
    return None


def _near(snapshot: Snapshot, lat: float, lon: float, radius_m: int) -> list[tuple[int, int]]:
    numbers, metres = snapshot.places.within(lat, lon, radius_m)
    return list(zip(numbers.tolist(), metres.tolist(), strict=True))


def origin(snapshot: Snapshot, question: Question) -> tuple[float, float]:
    """Where distances are measured from. Raises UnknownOriginError."""
    if question.lat is not None and question.lon is not None:
        return question.lat, question.lon
    point = snapshot.places.points.get(question.insee or "")
    if point is None:
        raise UnknownOriginError(question.insee or "")
    return point


def refreshed(answer: Ranking, newest: Snapshot, campaign: Needs) -> Ranking:
    """The same order with the facts of `newest`; a place that is gone keeps its line and its old facts."""
    if newest is answer.snapshot:
        return answer
    # The candidates stay: their distances and slots are what the order was made of.
    fits = slot_filter(newest, answer.question, campaign)
    found = []
    for one in answer.found:
        number = newest.places.index.get(one.place.id)
        if number is None:
            found.append(one)
        else:
            place = newest.places.all[number]
            found.append(replace(one, place=place, first=fits.outlook(place).first))
    return replace(answer, facts=newest, fits=fits, found=tuple(found))


def _found(place: Place, metres: int, fits: SlotFilter, epoch: str) -> Found:
    first, section, half = fits.outlook(place)
    return Found(place, Candidate(place.id, metres, section, half, place.drawn == epoch[:10]), first)


def _hidden_by(question: Question, place: Place, first: datetime | None, snapshot: Snapshot) -> str | None:
    """The first filter that hides a place, or None (docs/ranking.md §5). A need never hides unknown slots.

    `first`: its first slot that fits.
    """
    if question.walk_in and not place.walk_in:
        return "walk_in"
    if question.access and place.wheelchair is not True:
        return "access"
    if question.seen and first is None:
        return "seen"
    if question.need != ANY and first is None and _has_slots_for_others(place, snapshot):
        return "need"
    return None


def _has_slots_for_others(place: Place, snapshot: Snapshot) -> bool:
    states = [snapshot.slots.offers.get(offer.id) for offer in place.offers]
    return bool(states) and all(state is not None and state.state == "seen" for state in states)
