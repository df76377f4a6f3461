"""Finds the towns whose name looks like what was typed, for a mistake in spelling.

Comparing with all of 40,000 names takes a tenth of a second. An index of groups of three letters, built once, leaves
the hundred names that share most of them to be compared.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

import numpy as np
from rapidfuzz import process

from aggregator.country.gazetteer import Commune, Gazetteer, normal

COMPARED = 150
LEAST_ALIKE = 82  # of 100, as rapidfuzz measures


class Misspelt:
    """Thread-safe: nothing changes after it is built."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        named = list(gazetteer.names)
        self._names = [name for name, _ in named]
        self._towns = [town for _, town in named]
        holders: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for group in _groups(name):
                holders[group].append(number)
        self._holders = {group: np.array(numbers, np.int32) for group, numbers in holders.items()}
        self._sizes = np.array([len(_groups(name)) for name in self._names], np.int32)

    def towns_like(self, text: str, limit: int = 5) -> list[Commune]:
        """Of names about as alike the larger town first; empty for less than three letters or when none is alike."""
        wanted = normal(text)
        if len(wanted) < 3:
            return []
        # A short name lies within many a longer text ("ur" in "la roch sur yon") and is not what was meant.
        names = {n: name for n in self._sharing_most(wanted) if 5 * len(name := self._names[n]) >= 3 * len(wanted)}
        matches = process.extract(wanted, names, limit=limit * 4, score_cutoff=LEAST_ALIKE)
        # Scores are rounded, or a village whose name is a hair closer would stand before its city.
        matches.sort(key=lambda match: (-round(match[1]), -self._towns[match[2]].population, match[0]))
        return list({self._towns[number].insee: self._towns[number] for _, _, number in matches}.values())[:limit]

    def _sharing_most(self, wanted: str) -> list[int]:
        groups = _groups(wanted)
        held = [self._holders[group] for group in groups if group in self._holders]
        if not held:
            return []
        shared = np.bincount(np.concatenate(held), minlength=len(self._names))
        alike = shared / (self._sizes + len(groups) - shared)  # Jaccard's: a long name holds many groups of any
        some = min(COMPARED, int(np.count_nonzero(shared)))
        return [int(number) for number in np.argpartition(-alike, some - 1)[:some]]


@lru_cache(maxsize=1)
def load_misspelt(gazetteer: Gazetteer) -> Misspelt:
    """Built once a process, as the gazetteer is read once: it takes half a second."""
    return Misspelt(gazetteer)


def _groups(name: str) -> set[str]:
    """ "ain" -> {"  a", " ai", "ain", "in "}: how a word begins tells more than how it ends."""
    padded = f"  {name} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
