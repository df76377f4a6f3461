"""Outlines of communes, for maps drawn on our own server.

Neighbours keep their common border (they are simplified together), so that a map has no gaps. Held as two flat arrays.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aggregator.country import NotBuiltError

PATHS_KEPT = 65_536  # some 15 MB; the country has 35,160 rings
SCALE = 100_000  # coordinates are whole hundred-thousandths of a degree, about a metre


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle in degrees."""

    south: float
    west: float
    north: float
    east: float


class Outlines:
    """`points`: (longitude, latitude) of all rings, one after the other; `starts`: where each begins, and the end.

    Boxes stand in the order of their south: a window lies in a band of them, and only the band is looked at.
    """

    def __init__(self, points: NDArray[np.int32], starts: NDArray[np.int32]) -> None:
        self._points = points
        self._starts = starts
        rings = starts[:-1]
        low = np.minimum.reduceat(points, rings, axis=0) if len(rings) else points
        high = np.maximum.reduceat(points, rings, axis=0) if len(rings) else points
        self._rings = np.argsort(low[:, 1], kind="stable")
        self._west, self._south = low[self._rings].T.copy()
        self._east, self._north = high[self._rings].T.copy()
        self._north_so_far = np.maximum.accumulate(self._north)
        self.path = lru_cache(maxsize=PATHS_KEPT)(self._path)

    def within(self, window: Window) -> Iterator[NDArray[np.float64]]:
        """Every ring that touches a window, as (longitude, latitude) in degrees."""
        for ring in self.touching(window):
            yield self._points[self._starts[ring] : self._starts[ring + 1]] / SCALE

    def _path(self, ring: int, shift: int) -> str:
        """One ring as an SVG path in steps of 2^`shift` / `SCALE` degrees, south down; "" where nothing is left of it.

        Drawn once, whatever map it is on: only the scale and the place on the map are the map's own.
        """
        half = 1 << shift >> 1
        points = (((self._points[self._starts[ring] : self._starts[ring + 1]] + half) >> shift) * (1, -1)).tolist()
        moves, (begin_x, begin_y) = [], points[0]
        x, y = begin_x, begin_y
        for to_x, to_y in points[1:-1]:
            if (to_x, to_y) != (x, y):
                moves.append(f"{to_x - x} {to_y - y}" if to_y >= y else f"{to_x - x}{to_y - y}")
                x, y = to_x, to_y
        return f"M{begin_x} {begin_y}l{' '.join(moves)}z" if len(moves) > 1 else ""

    def touching(self, window: Window) -> list[int]:
        """The numbers of the rings that touch a window."""
        west, south = window.west * SCALE, window.south * SCALE
        east, north = window.east * SCALE, window.north * SCALE
        band = slice(
            int(np.searchsorted(self._north_so_far, south)), int(np.searchsorted(self._south, north, side="right"))
        )
        touching = (self._west[band] <= east) & (self._east[band] >= west) & (self._north[band] >= south)
        found: list[int] = self._rings[band][touching].tolist()
        return found


def load(path: Path) -> Outlines:
    """The outlines that `building.build_outlines` wrote, read once a process as the gazetteer is.

    Raises NotBuiltError.
    """
    try:
        return _read(path.resolve(), path.stat().st_mtime_ns)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, BadZipFile) as error:
        raise NotBuiltError(path) from error


@lru_cache(maxsize=1)
def _read(path: Path, written_ns: int) -> Outlines:
    """`written_ns` tells a file that was built anew from the one that has been read."""
    with np.load(path) as content:
        return Outlines(content["points"], content["starts"])
