"""Finds the places whose name looks like what was typed, for a mistake in spelling.

Comparing with all of 40,000 names takes a tenth of a second. An index of groups of three letters, built once, leaves
the hundred names that share most of them to be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from rapidfuzz import fuzz, process

from aggregator.country.finder.names import Named

COMPARED = 150
LEAST_ALIKE = 78  # of 100, as rapidfuzz measures the best part of a name
LEAST_WHOLE = 156  # of 200, with the whole name beside its part


class Misspelt:
    """Thread-safe: nothing changes after it is built."""

    def __init__(self, names: Iterable[tuple[str, Named]]) -> None:
        """`names`: as `normal` writes them, and whose they are."""
        named = list(names)
        self._names = [name for name, _ in named]
        self._named = [one for _, one in named]
        holders: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for group in _groups(name):
                holders[group].append(number)
        self._holders = {group: np.array(numbers, np.int32) for group, numbers in holders.items()}
        self._sizes = np.array([len(_groups(name)) for name in self._names], np.int32)

    def like(self, wanted: str, limit: int = 6) -> list[Named]:
        """Of names about as alike the larger place first; empty for less than three letters or when none is alike.

        `wanted`: as `normal` writes it.
        """
        if len(wanted) < 3:
            return []
        # A short name lies within many a longer text ("ur" in "la roch sur yon") and is not what was meant.
        names = {n: name for n in self._sharing_most(wanted) if 5 * len(name := self._names[n]) >= 3 * len(wanted)}
        matches = process.extract(wanted, names, limit=limit * 4, score_cutoff=LEAST_ALIKE)
        # The whole name counts beside its parts, or "lyonn" would be Cognat-Lyonne; scores are rounded, or a village
        # whose name is a hair closer would stand before its city.
        scores = {n: score + fuzz.ratio(wanted, name) for name, score, n in matches}
        alike = (n for n, score in scores.items() if score >= LEAST_WHOLE)
        best = sorted(alike, key=lambda n: (-round(scores[n] / 10), self._named[n].weight, self._names[n]))
        return list(dict.fromkeys(self._named[n] for n in best))[:limit]

    def _sharing_most(self, wanted: str) -> list[int]:
        groups = _groups(wanted)
        held = [self._holders[group] for group in groups if group in self._holders]
        if not held:
            return []
        shared = np.bincount(np.concatenate(held), minlength=len(self._names))
        alike = shared / (self._sizes + len(groups) - shared)  # Jaccard's: a long name holds many groups of any
        some = min(COMPARED, int(np.count_nonzero(shared)))
        return [int(number) for number in np.argpartition(-alike, some - 1)[:some]]


def _groups(name: str) -> set[str]:
    """ "ain" -> {"  a", " ai", "ain", "in "}: how a word begins tells more than how it ends."""
    padded = f"  {name} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
