"""Picks the towns that a map names, of which it has room for a few only."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aggregator.country.gazetteer import Commune
from aggregator.country.outlines import Box


class Towns:
    """The communes in the order of their latitude: those of a window are a part of the array."""

    def __init__(self, communes: Iterable[Commune]) -> None:
        # Arrondissements have a parent: their town stands for them.
        self._all = sorted((one for one in communes if one.parent is None), key=lambda one: one.lat)
        self._lat = np.array([one.lat for one in self._all])
        self._lon = np.array([one.lon for one in self._all])
        self._population = np.array([one.population for one in self._all])

    def largest(self, window: Box, count: int) -> list[Commune]:
        """The `count` most populous communes inside a window, largest first; of two as large, the southern one."""
        first, last = np.searchsorted(self._lat, (window.south, window.north)).tolist()
        lon = self._lon[first:last]
        inside = first + np.flatnonzero((lon > window.west) & (lon < window.east))
        by_size = inside[np.argsort(-self._population[inside], kind="stable")]
        return [self._all[number] for number in by_size[:count].tolist()]
