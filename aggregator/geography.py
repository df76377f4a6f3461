"""Distance and territory: the few facts about the Earth that the order and the intake share.

Great circle on a sphere of 6,371,008.8 m, in whole metres: anyone can recompute it with a pocket calculator,
and the difference to the ellipsoid (0.5 % at most) is far below the bands of the order.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
UNSURE_M = 1e-3

# (south, north, west, east) in degrees: France in Europe, then overseas.
TERRITORY = (
    (41.2, 51.2, -5.3, 9.7),
    (15.7, 18.2, -63.2, -60.9),
    (14.3, 15.0, -61.3, -60.7),
    (2.0, 6.0, -54.7, -51.5),
    (-21.5, -20.8, 55.1, 55.9),
    (46.7, 47.2, -56.5, -56.1),
    (-13.1, -12.5, 44.9, 45.4),
)


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Metres between two points in degrees, rounded to the nearest whole metre."""
    a, b = radians(lat1), radians(lat2)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


class Points:
    """Many points in degrees, ready to be measured from anywhere at once."""

    def __init__(self, lats: NDArray[np.float64], lons: NDArray[np.float64]) -> None:
        self._lats, self._lons = lats, lons
        self._a, self._b = np.radians(lats), np.radians(lons)
        self._cos = np.cos(self._a)

    def metres_from(self, lat: float, lon: float, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """`distance_m` of the points numbered `at`, to the very metre.

        Arrays may differ from it in the last digit of a double: where that could turn the rounding, it decides.
        """
        a, b = radians(lat), radians(lon)
        half = np.sin((self._a[at] - a) / 2) ** 2 + cos(a) * self._cos[at] * np.sin((self._b[at] - b) / 2) ** 2
        metres = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(half)))
        whole: NDArray[np.int64] = np.rint(metres).astype(np.int64)
        for number in np.flatnonzero(np.abs(metres - whole) > 0.5 - UNSURE_M).tolist():
            one = at[number]
            whole[number] = distance_m(lat, lon, float(self._lats[one]), float(self._lons[one]))
        return whole


def in_territory(lat: float, lon: float) -> bool:
    return any(south <= lat <= north and west <= lon <= east for south, north, west, east in TERRITORY)
