"""Measures distances and knows the bounds of France, for the order of a list and for the checks of a centre.

Great circle on a sphere of 6,371,008.8 m, in whole metres (docs/ranking.md §3): anyone can recompute it with a pocket
calculator, and the difference to the ellipsoid (0.5 % at most) is far below the bands of the order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import asin, cos, degrees, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
SLACK_M = 1  # what is cut off with doubles; the exact distance decides
UNSURE_M, UNSURE_BELOW_M = 1e-3, 32

# (south, north, west, east) in degrees: France in Europe, then overseas.
TERRITORY = (
    (41.2, 51.2, -5.3, 9.7),
    (15.7, 18.2, -63.2, -60.9),  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    (14.3, 15.0, -61.3, -60.7),  # Martinique
    (2.0, 6.0, -54.7, -51.5),  # Guyane
    (-21.5, -20.8, 55.1, 55.9),  # La Réunion
    (46.7, 47.2, -56.5, -56.1),  # Saint-Pierre-et-Miquelon
    (-13.1, -12.5, 44.9, 45.4),  # Mayotte
)


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Metres between two points in degrees, rounded to the nearest whole metre."""
    a, b = radians(lat1), radians(lat2)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon1) / 2) ** 2
    # At the antipodes rounding may take the root above 1, of which there is no arc sine.
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


class Points:
    """Finds, among many numbered points in degrees, those near to a given one.

    They are kept in the order of their latitude: a circle lies in a band of latitudes, which is measured whole, as
    scalar products of unit vectors. Up to a hundred thousand points that is quicker than walking a tree.
    """

    def __init__(self, numbers: NDArray[np.int64], lats: NDArray[np.float64], lons: NDArray[np.float64]) -> None:
        order = np.argsort(lats, kind="stable")
        a, b = np.radians(lats[order]), np.radians(lons[order])
        self._numbers = numbers[order]
        self._lats, self._lons = lats[order].tolist(), lons[order].tolist()
        self._units = np.column_stack((np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)))

    def within(self, lat: float, lon: float, radius_m: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(numbers, metres) of all points at most `radius_m` away, a quarter of the Earth at most, in no order.

        Metres are those of `distance_m`, to the very metre: arrays may differ from it in the last digit of a double,
        and where that could turn the rounding, it decides.
        """
        angle = (radius_m + SLACK_M) / EARTH_RADIUS_M
        first = bisect_left(self._lats, lat - degrees(angle))
        last = bisect_right(self._lats, lat + degrees(angle))
        a, b = radians(lat), radians(lon)
        cosines = self._units[first:last] @ np.array((cos(a) * cos(b), cos(a) * sin(b), sin(a)))
        near = np.flatnonzero(cosines >= cos(angle))
        metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.maximum((1 - cosines[near]) / 2, 0)))
        near += first
        whole: NDArray[np.int64] = np.rint(metres).astype(np.int64)
        # A cosine says little of a small angle: below 32 m the pocket calculator decides too.
        unsure = (np.abs(metres - whole) > 0.5 - UNSURE_M) | (whole < UNSURE_BELOW_M)
        for one in np.flatnonzero(unsure).tolist():
            whole[one] = distance_m(lat, lon, self._lats[near[one]], self._lons[near[one]])
        inside = whole <= radius_m
        return self._numbers[near[inside]], whole[inside]


def in_territory(lat: float, lon: float) -> bool:
    return any(south <= lat <= north and west <= lon <= east for south, north, west, east in TERRITORY)
