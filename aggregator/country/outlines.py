"""Holds the outlines of communes in two flat arrays, for maps drawn on our own server.

Neighbours keep their common border (they are simplified together), so that a map has no gaps.
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
class Box:
    """A rectangle in degrees."""

    south: float
    west: float
    north: float
    east: float


class Outlines:
    """`points`: (longitude, latitude) of all rings, one after the other; `starts`: where each begins, and the end.

    `owners`: INSEE code of the commune of each ring.

    The rings' boxes are sorted by their southern edge, so that only a band of them is compared with a window.
    """

    def __init__(
        self, points: NDArray[np.int32], starts: NDArray[np.int32], owners: NDArray[np.str_] | None = None
    ) -> None:
        self._owners = np.full(len(starts) - 1, "") if owners is None else owners
        self._points = points
        self._starts = starts
        rings = starts[:-1]
        low = np.minimum.reduceat(points, rings, axis=0) if len(rings) else points
        high = np.maximum.reduceat(points, rings, axis=0) if len(rings) else points
        self._rings = np.argsort(low[:, 1], kind="stable")
        self._west, self._south = low[self._rings].T.copy()
        self._east, self._north = high[self._rings].T.copy()
        # Northern edges are not sorted, but their running maximum is: it tells the first box that can reach a window.
        self._north_so_far = np.maximum.accumulate(self._north)
        # A cache of the instance: one on the method would be shared, and would keep every instance alive.
        self.path = lru_cache(maxsize=PATHS_KEPT)(self._path)

    def within(self, window: Box) -> Iterator[NDArray[np.float64]]:
        """Every ring that touches a window, as (longitude, latitude) in degrees."""
        for ring in self.touching(window):
            yield self._points[self._starts[ring] : self._starts[ring + 1]] / SCALE

    def _path(self, ring: int, shift: int) -> str:
        """One ring as an SVG path in steps of 2^`shift` / `SCALE` degrees, south down; "" where nothing is left of it.

        Made once for all maps: only scale and offset are each map's own.
        """
        half = 1 << shift >> 1  # added before the shift, so that it rounds to the nearest step
        points = (((self._points[self._starts[ring] : self._starts[ring + 1]] + half) >> shift) * (1, -1)).tolist()
        moves, (begin_x, begin_y) = [], points[0]
        x, y = begin_x, begin_y
        for to_x, to_y in points[1:-1]:  # the last point is the first again, which "z" draws
            if (to_x, to_y) != (x, y):
                # SVG needs no space before a minus sign, and a map has thousands of steps.
                moves.append(f"{to_x - x} {to_y - y}" if to_y >= y else f"{to_x - x}{to_y - y}")
                x, y = to_x, to_y
        return f"M{begin_x} {begin_y}l{' '.join(moves)}z" if len(moves) > 1 else ""

    def touching(self, window: Box) -> list[int]:
        """The numbers of the rings that touch a window."""
        west, south = window.west * SCALE, window.south * SCALE
        east, north = window.east * SCALE, window.north * SCALE
        band = slice(
            int(np.searchsorted(self._north_so_far, south)), int(np.searchsorted(self._south, north, side="right"))
        )
        touching = (self._west[band] <= east) & (self._east[band] >= west) & (self._north[band] >= south)
        found: list[int] = self._rings[band][touching].tolist()
        return found

    def commune_at(self, lat: float, lon: float) -> str | None:
        """INSEE code of the commune in whose outline a point lies (degrees); None at sea, and outside France.

        Where one commune lies within another, that one: the smaller ring. Outlines are simplified to about 200 m.
        """
        around = [
            ring for ring in self.touching(Box(lat, lon, lat, lon)) if self._holds(ring, lon * SCALE, lat * SCALE)
        ]
        return str(self._owners[min(around, key=self._area)]) or None if around else None

    def _ring(self, ring: int) -> NDArray[np.float64]:
        return self._points[self._starts[ring] : self._starts[ring + 1]].astype(np.float64)

    def _holds(self, ring: int, x: float, y: float) -> bool:
        """Whether a ray to the east crosses the ring an odd number of times."""
        begin, end = self._ring(ring)[:-1], self._ring(ring)[1:]
        rising = (begin[:, 1] <= y) != (end[:, 1] <= y)
        begin, end = begin[rising], end[rising]
        crossing = begin[:, 0] + (y - begin[:, 1]) / (end[:, 1] - begin[:, 1]) * (end[:, 0] - begin[:, 0])
        return bool(np.count_nonzero(crossing > x) % 2)

    def _area(self, ring: int) -> float:
        x, y = self._ring(ring).T
        return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])))


def load_outlines(path: Path) -> Outlines:
    """The outlines that `building.build_outlines` wrote, read once a process while the file stays the same.

    Raises NotBuiltError.
    """
    try:
        return _read(path.resolve(), path.stat().st_mtime_ns)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, BadZipFile) as error:
        raise NotBuiltError(path) from error


@lru_cache(maxsize=1)
def _read(path: Path, written_ns: int) -> Outlines:
    """`written_ns` is part of the cache's key: a file that was built anew is read anew."""
    with np.load(path) as content:
        return Outlines(content["points"], content["starts"], content["owners"])
