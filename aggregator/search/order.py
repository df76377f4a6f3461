"""Ranks places by the contract `order/1` (docs/ranking.md §6). Pure; has no way to see a provider.

`near`: distance band, then the public draw. `soon`: slots seen by half-day, then unknown, then none seen; inside each,
as `near`. In a tie, ids drawn today come after older ones. Nothing else enters.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CONTRACT = "order/1"


class Sort(StrEnum):
    NEAR = "near"
    SOON = "soon"


class Section(StrEnum):
    """The sections of `soon`, in their order."""

    SEEN = "seen"
    UNKNOWN = "unknown"
    NONE = "none"


TieGroup = tuple[int, str, int, bool]
"""(section, half-day, distance band, id drawn today), ascending."""

_SECTION_RANK = {section: rank for rank, section in enumerate(Section)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """All that the order may know of a place. `half_day`: of its first slot in its own time zone, "2026-11-24T0"
    (morning) or "…T1" (from noon). `drawn_today`: its id was drawn on the day of the epoch.
    """

    id: str
    distance_m: int
    section: Section = Section.UNKNOWN
    half_day: str = ""
    drawn_today: bool = False


def rank(candidates: Iterable[Candidate], sort: Sort, seed: bytes, epoch: str, query_key: str) -> list[Candidate]:
    """`candidates` in the order of the contract. `seed`: 32 bytes of the day; `epoch`: "2026-11-23T13" (UTC)."""

    def key(candidate: Candidate) -> tuple[TieGroup, str]:
        return tie_group(candidate, sort), tie_key(seed, epoch, query_key, candidate.id)

    return sorted(candidates, key=key)


def tie_group(candidate: Candidate, sort: Sort) -> TieGroup:
    """What the rule looks at before the draw: candidates of one group are told apart by the draw alone."""
    soon = sort is Sort.SOON
    return (
        _SECTION_RANK[candidate.section] if soon else 0,
        candidate.half_day if soon and candidate.section is Section.SEEN else "",
        band(candidate.distance_m),
        # Else an operator who holds tomorrow's seeds could choose the id of a new place so that it is drawn well.
        candidate.drawn_today,
    )


def band(distance_m: int) -> int:
    """The distance band: 250 m up to 2 km, 500 m up to 10 km, 2 km up to 50 km, then 10 km."""
    # Positions are not good to the metre: ranking on metres would leave no ties for the draw (§6.1).
    if distance_m < 2_000:
        return distance_m // 250
    if distance_m < 10_000:
        return 8 + (distance_m - 2_000) // 500
    if distance_m < 50_000:
        return 24 + (distance_m - 10_000) // 2_000
    return 44 + (distance_m - 50_000) // 10_000


def band_limits(distance_m: int) -> tuple[int, int]:
    """The band of a distance as (from, to) in metres, `to` excluded: what a page prints."""
    for limit, width in ((2_000, 250), (10_000, 500), (50_000, 2_000)):
        if distance_m < limit:
            start = distance_m // width * width
            return start, start + width
    start = distance_m // 10_000 * 10_000
    return start, start + 10_000


def tie_key(seed: bytes, epoch: str, query_key: str, identifier: str) -> str:
    """T(x), the public draw of one id: 64 hexadecimal digits, uniform, and independent of all other ids."""
    # Hour and question are inside, or one place would have the top of every tie for a day (§6.3).
    message = f"aiguillage-order/v1\n{epoch}\n{query_key}\n{identifier}"
    return hmac.digest(seed, message.encode(), "sha256").hex()


def query_key(parameters: Mapping[str, str]) -> str:
    """The canonical form of a question: sorted "k=v" joined by "&" (§2.1)."""
    return "&".join(f"{key}={value}" for key, value in sorted(parameters.items()))


def list_hash(snapshot: str, epoch: str, key: str, ids: Iterable[str]) -> str:
    """The hash of one whole list: contract, snapshot, hour, question and the ids in their order (§7.2)."""
    head = f"aiguillage-list/v1\n{CONTRACT}\n{snapshot}\n{epoch}\n{key}\n"
    return hashlib.sha256((head + "".join(f"{one}\n" for one in ids)).encode()).hexdigest()


def epoch_of(moment: datetime) -> str:
    """The hour of an aware UTC moment: "2026-11-23T13"."""
    return moment.strftime("%Y-%m-%dT%H")


def half_day(local: datetime) -> str:
    """The half-day of a local time, "2026-11-24T0" before noon and "…T1" from noon."""
    return f"{local:%Y-%m-%d}T{int(local.hour >= 12)}"
