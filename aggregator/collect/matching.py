"""Decides which centres of several sources are one place. Pure: the caller stores the decision and its date.

In this order: the same booking link; the same official id; the same commune, near each other and alike in name.
What is likely but not certain becomes a place of its own and a question for the operator: two cards for one place
are a nuisance, one card for two places sends people to the wrong door.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from rapidfuzz import fuzz

from aggregator.country.geography import distance_m
from providers.records import Centre
from providers.text import fold

SAME_WITHIN_M, SAME_SCORE = 150, 86.0
MAYBE_WITHIN_M, MAYBE_SCORE = 500, 72.0

# Words that half of all names share and that tell nothing apart.
COMMON_WORDS = frozenset(
    re.findall(
        r"\S+",
        "centre center de du des la le les l d en et a au aux vaccination vaccinal covid 19 covid19 anti site lieu "
        "pharmacie salle",
    )
)

LinkKey = tuple[str, str]
"""(provider slug, key of the link within that provider)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`place_id` None: a new place. `review_with`: the place that it may be, for an operator to say."""

    place_id: str | None
    method: str
    score: float | None = None
    distance_m: int | None = None
    review_with: str | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    place_id: str
    centre: Centre
    name: str


class Matcher:
    """The places known so far, indexed for comparison. `insee` is the commune that the caller resolved."""

    def __init__(self) -> None:
        self._by_link: dict[LinkKey, str] = {}
        self._by_partial_link: dict[LinkKey, set[str]] = defaultdict(set)
        self._by_official_id: dict[str, str] = {}
        self._by_commune: dict[str, list[_Placed]] = defaultdict(list)
        self._sources: dict[str, set[str]] = defaultdict(set)

    def add(self, place_id: str, centre: Centre, insee: str | None, link: LinkKey | None) -> None:
        if link is not None:
            self._by_link.setdefault(link, place_id)  # two places with one link: the one that was known first has it
            self._by_partial_link[_without_practice(link)].add(place_id)
        if centre.official_id:
            self._by_official_id.setdefault(centre.official_id, place_id)
        if insee:
            self._by_commune[insee].append(_Placed(place_id, centre, telling_name(centre.name)))
        self._sources[place_id].add(centre.source)

    def judge(self, centre: Centre, insee: str | None, link: LinkKey | None) -> Verdict:
        if link is not None and (place_id := self._linked(link, centre.source)):
            return Verdict(place_id, "link")
        if centre.official_id and centre.official_id in self._by_official_id:
            return Verdict(self._by_official_id[centre.official_id], "official-id")
        return self._alike(centre, insee)

    def _linked(self, link: LinkKey, source: str) -> str | None:
        """The place of a link, by the whole link or, where one of the two names no practice ("#12"), without it."""
        if link in self._by_link:
            return self._by_link[link]
        candidates = self._by_partial_link.get(_without_practice(link), set())
        # With two practices a link that names none could mean either: then distance and name decide.
        if len(candidates) == 1 and "#" not in link[1]:
            return next(iter(candidates))
        if (provider_wide := (link[0], _without_practice(link)[1])) in self._by_link and len(candidates) == 1:
            place_id = self._by_link[provider_wide]
            # The same source has listed that place already: this is another practice behind the same link.
            return place_id if source not in self._sources[place_id] else None
        return None

    def _alike(self, centre: Centre, insee: str | None) -> Verdict:
        best = Verdict(None, "new")
        name = telling_name(centre.name)
        for other in self._by_commune.get(insee or "", ()):
            # One source lists a place once: two of its centres are two places.
            if centre.source in self._sources[other.place_id]:
                continue
            metres = _apart(centre, other.centre)
            score = _likeness((name, centre.name), (other.name, other.centre.name))
            if metres is not None and metres <= SAME_WITHIN_M and score >= SAME_SCORE:
                return Verdict(other.place_id, "commune+distance+name", score, metres)
            # Without a position of its own a centre is never merged by its name, but an operator may be asked.
            likely = metres is None or metres <= MAYBE_WITHIN_M
            if likely and score >= MAYBE_SCORE and score > (best.score or 0):
                best = Verdict(None, "new", score, metres, review_with=other.place_id)
        return best


def _likeness(one: tuple[str, str], other: tuple[str, str]) -> float:
    """0 to 100, of two pairs (telling name, whole name)."""
    if one[0] and other[0]:
        return fuzz.token_set_ratio(one[0], other[0])
    # "Pharmacie" and "Centre de vaccination" have no telling word at all: only the same whole name is the same.
    return 100.0 if fold(one[1]) == fold(other[1]) else 0.0


def telling_name(name: str) -> str:
    """A name without case, accents and `COMMON_WORDS`: the words that tell it from others in its town."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    return " ".join(word for word in words if word not in COMMON_WORDS)


def _without_practice(link: LinkKey) -> LinkKey:
    return link[0], link[1].partition("#")[0]


def _apart(one: Centre, other: Centre) -> int | None:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    # Such a position is the commune's point: two centres that stand on it would be 0 m apart.
    if "position" in one.flags or "position" in other.flags:
        return None
    return distance_m(one.lat, one.lon, other.lat, other.lon)
