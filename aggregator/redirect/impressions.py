"""What a list shows of each provider: offers, parts of places, and their weight by rank (docs/figures.md §1.3).

Everything is counted in whole units, so that the exposure that was served and the exposure of the replayed list can be
compared to the last digit: a place is `PLACE` units, shared equally by its offers; a rank is worth 1/log2(1 + rank).
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2

from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import OfferState
from aggregator.snapshot.supply import PLACE

RANKS = 20  # the first page of a list (docs/figures.md §1.2)
WEIGHT = 100_000
WEIGHTS = tuple(round(WEIGHT / log2(1 + rank)) for rank in range(1, RANKS + 1))
UNKNOWN_AGE = -1
OLDEST_AGE_MIN = 7 * 24 * 60  # older readings share one row: a long outage does not make the table grow

Basket = tuple[str, str]
"""(basket, provider): ("dep=75", slug)."""


def exposure_of(places: Iterable[Place]) -> dict[Basket, tuple[int, int, int]]:
    """(offers, place units, weighted units) by basket and provider, of a list whose places come in their order."""
    found: dict[Basket, list[int]] = defaultdict(lambda: [0, 0, 0])
    # Not strict: ranks beyond the first page have no weight and are not counted.
    for place, weight in zip(places, WEIGHTS, strict=False):
        for offer in place.offers:
            row = found[(f"dep={place.department}", offer.provider)]
            row[0] += 1
            row[1] += PLACE // len(place.offers)
            row[2] += weight * PLACE // len(place.offers)
    return {key: (row[0], row[1], row[2]) for key, row in found.items()}


def answered(state: OfferState | None) -> datetime | None:
    """Time of the reading that a card shows; None when the card says that the state is unknown."""
    return None if state is None or state.state == "unknown" else state.answered


def age_minutes(read_at: datetime | None, now: datetime) -> int:
    """How old a reading was when it was shown; `UNKNOWN_AGE` when there was none."""
    if read_at is None:
        return UNKNOWN_AGE
    return min(max(int((now - read_at).total_seconds()) // 60, 0), OLDEST_AGE_MIN)


@dataclass(frozen=True, slots=True)
class Showing:
    """The first page of one list as shown within one hour. Holds numbers only, so that no snapshot stays in memory.

    `named`: hour of the order, snapshot, question, hash; `facts`: hash of the snapshot whose readings the cards told;
    `exposure`: see `exposure_of`; `readings`: (provider, when it last answered) of each offer shown.
    """

    hour: str
    named: tuple[str, str, str, str]
    facts: str
    exposure: Mapping[Basket, tuple[int, int, int]]
    readings: tuple[tuple[str, datetime | None], ...]


def showing_of(hour: str, named: tuple[str, str, str, str], places: Sequence[Place], facts: Snapshot) -> Showing:
    """`places`: the whole list, in its order; the cards told the readings of `facts`."""
    first = places[:RANKS]
    offers = facts.slots.offers
    readings = tuple((offer.provider, answered(offers.get(offer.id))) for place in first for offer in place.offers)
    return Showing(hour, named, facts.hash, exposure_of(first), readings)


class Showings:
    """Counts every showing to a person, in memory, until they are taken. Thread-safe.

    Showing a list again is one addition; the rows are worked out when the counts are taken. Ages are those of the
    minute in which it was shown.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: Counter[tuple[str, tuple[str, str, str, str], str, int]] = Counter()
        self._shown: dict[tuple[str, tuple[str, str, str, str], str, int], tuple[Showing, datetime]] = {}

    def add(self, showing: Showing, now: datetime) -> None:
        key = (showing.hour, showing.named, showing.facts, int(now.timestamp()) // 60)
        with self._lock:
            self._times[key] += 1
            self._shown.setdefault(key, (showing, now))

    def take(self) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[object, ...]]]:
        """Rows of impressions, lists and ages since the last call."""
        with self._lock:
            # Exchanged here and worked out after the lock: visitors who are shown a list wait for the exchange only.
            times, shown = self._times, self._shown
            self._times, self._shown = Counter(), {}
        impressions: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        lists: Counter[tuple[str, ...]] = Counter()
        ages: Counter[tuple[str, str, int]] = Counter()
        for key, n in times.items():
            showing, now = shown[key]
            lists[(showing.hour, *showing.named)] += n
            for (basket, provider), amounts in showing.exposure.items():
                row = impressions[(showing.hour, basket, provider)]
                for index, amount in enumerate(amounts):
                    row[index] += n * amount
            for provider, read_at in showing.readings:
                ages[(showing.hour, provider, age_minutes(read_at, now))] += n
        return (
            [(*key, *amounts) for key, amounts in impressions.items()],
            [(*named, n) for named, n in lists.items()],
            [(*key, n) for key, n in ages.items()],
        )
