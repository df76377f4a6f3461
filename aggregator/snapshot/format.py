"""The snapshot's two files as they are read: row by row, so that other threads are never kept waiting for long.

A national slots file holds half a million numbers. Parsed at once it keeps the interpreter for a fifth of a second, and
every visitor with it; a row at a time it may be interrupted after each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray


class SlotsRow(msgspec.Struct, gc=False):
    """One offer. `slots`: [number of the kind, minutes since 1970 as the first and the steps after it]."""

    state: str
    answered: str | None
    since: str | None
    cause: str | None
    partial: bool
    slots: list[tuple[int, list[int]]]


class PlacesFile(msgspec.Struct):
    campaign: dict[str, Any]
    communes: list[tuple[str, float, float]]
    places: list[msgspec.Raw]

    def rows(self) -> Iterator[dict[str, Any]]:
        yield from map(_any.decode, self.places)


class SlotsFile(msgspec.Struct):
    places: str
    at: str
    until: str
    interval_s: int
    kinds: list[dict[str, Any]]
    offers: dict[str, msgspec.Raw]

    def rows(self) -> Iterator[tuple[str, SlotsRow]]:
        for offer_id, raw in self.offers.items():
            yield offer_id, _slots_row.decode(raw)


_any: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
_slots_row = msgspec.json.Decoder(SlotsRow)
read_places = msgspec.json.Decoder(PlacesFile).decode
read_slots = msgspec.json.Decoder(SlotsFile).decode


class Series:
    """Runs of growing numbers, told by their steps, each with what is the same for the whole run."""

    def __init__(self) -> None:
        self._steps = array("q")
        self._sizes, self._kinds, self._zones = array("q"), array("h"), array("h")

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, steps: list[int], kind: int, zone: int) -> None:
        self._steps.extend(steps)
        self._sizes.append(len(steps))
        self._kinds.append(kind)
        self._zones.append(zone)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int16]]:
        """(number, kind, zone) of every member of every run, in the order in which they were added."""
        steps, sizes = np.array(self._steps), np.array(self._sizes)
        sums = np.cumsum(steps)
        firsts = np.cumsum(sizes) - sizes
        before = np.where(sizes > 0, np.concatenate(([0], sums))[firsts], 0)
        return sums - np.repeat(before, sizes), np.repeat(self._kinds, sizes), np.repeat(self._zones, sizes)
