"""Every name that a place can be called by, and whose it is: towns, former communes, départements, regions."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from aggregator.country.finder.typed import normal
from aggregator.country.gazetteer import Commune, Gazetteer
from providers.text import slugify


class Level(StrEnum):
    DEPARTMENT = "department"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Town:
    """A commune or an arrondissement; `former`: the name it was found by, of a commune that is part of it now."""

    commune: Commune
    former: str = ""

    @property
    def weight(self) -> tuple[int, str]:
        return (-self.commune.population if not self.former else 0, self.commune.insee)


@dataclass(frozen=True, slots=True)
class Area:
    """A département, by its code, or a region, by the slug of its name. `departments`: its codes."""

    level: Level
    code: str
    name: str
    departments: frozenset[str]
    population: int

    @property
    def weight(self) -> tuple[int, str]:
        return (-self.population, self.code)


Named = Town | Area
AFTER_ALL_LETTERS = "\x7f"

# What people write for regions whose names nobody says.
SHORT_NAMES = {
    "idf": "ile-de-france",
    "paca": "provence-alpes-cote-d-azur",
    "aura": "auvergne-rhone-alpes",
    "hdf": "hauts-de-france",
    "bfc": "bourgogne-franche-comte",
    "cvl": "centre-val-de-loire",
    "pdl": "pays-de-la-loire",
    "region parisienne": "ile-de-france",
    "20": "corse",
}


class Names:
    """By whole name and by beginning. Thread-safe: nothing changes after it is built."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.areas = {area.code: area for area in areas(gazetteer)}
        self._named: dict[str, list[Named]] = defaultdict(list)
        for commune in gazetteer.communes.values():
            self._add(commune.name, Town(commune))
        for former in gazetteer.former.values():
            self._add(former.name, Town(gazetteer.communes[former.successor], former.name))
        only = dict(_only_communes(gazetteer))
        for area in self.areas.values():
            if area.level is Level.DEPARTMENT and area.code in only:
                # A département of one commune is that commune: "75", "Paris".
                self._named[area.code.casefold()].append(Town(only[area.code]))
            else:
                self._add(area.name, area)
                if area.level is Level.DEPARTMENT:
                    self._named[area.code.casefold()].append(area)
        for short, slug in SHORT_NAMES.items():
            if slug in self.areas:
                self._named[short].append(self.areas[slug])
        self._sorted = sorted(self._named)
        # Of each name, where its largest bearer stands among all: the largest of a slice are found without asking each.
        lightest = [min(one.weight for one in self._named[name]) for name in self._sorted]
        self._ranks = np.empty(len(lightest), np.int32)
        self._ranks[sorted(range(len(lightest)), key=lightest.__getitem__)] = np.arange(len(lightest))

    def _add(self, name: str, named: Named) -> None:
        for one in searchable(name):
            self._named[one].append(named)

    def of(self, name: str) -> list[Named]:
        """All that bear this name, as `normal` writes it, largest first; former communes last."""
        found = self._named.get(name, [])
        today = {one.commune.insee for one in found if isinstance(one, Town) and not one.former}
        kept = [one for one in found if not (isinstance(one, Town) and one.former and one.commune.insee in today)]
        return sorted(dict.fromkeys(kept), key=lambda one: one.weight)

    def all(self) -> Iterable[tuple[str, Named]]:
        """Every name and each that bears it, in the order of names."""
        return ((name, named) for name in self._sorted for named in self._named[name])

    def beginning(self, prefix: str, at_most: int) -> list[Named]:
        """The largest places whose name begins so; none for no letters. `at_most`: how many names are looked at."""
        if not prefix:
            return []
        first = bisect.bisect_left(self._sorted, prefix)
        last = bisect.bisect_left(self._sorted, prefix + AFTER_ALL_LETTERS)
        ranks = self._ranks[first:last]
        chosen = np.argpartition(ranks, at_most)[:at_most] if len(ranks) > at_most else np.arange(len(ranks))
        found = dict.fromkeys(named for at in chosen.tolist() for named in self._named[self._sorted[first + at]])
        return sorted(found, key=lambda one: one.weight)

    def count_beginning(self, prefix: str) -> int:
        """How many names begin so."""
        end = bisect.bisect_left(self._sorted, prefix + AFTER_ALL_LETTERS)
        return end - bisect.bisect_left(self._sorted, prefix)

    def is_whole(self, name: str, town: Town) -> bool:
        """Whether this is the name of the town with its article, not a shortened one."""
        return name == normal(town.former or town.commune.name)


def areas(gazetteer: Gazetteer) -> Iterator[Area]:
    """Départements by code, then regions by slug; a region that is one département is that département."""
    population: dict[str, int] = defaultdict(int)
    for commune in gazetteer.communes.values():
        population[commune.department] += 0 if commune.parent else commune.population
    within: dict[str, list[str]] = defaultdict(list)
    for department in gazetteer.departments.values():
        code = department.code
        yield Area(Level.DEPARTMENT, code, department.name, frozenset({code}), population[code])
        within[gazetteer.regions.get(code, "")].append(code)
    for name, codes in within.items():
        if name and (len(codes) > 1 or gazetteer.department_name(codes[0]) != name):
            yield Area(Level.REGION, slugify(name), name, frozenset(codes), sum(population[code] for code in codes))


def cities(gazetteer: Gazetteer) -> dict[str, dict[int, Commune]]:
    """Name of a town that has arrondissements -> number -> arrondissement."""
    found: dict[str, dict[int, Commune]] = {}
    for commune in gazetteer.communes.values():
        if commune.parent and (parent := gazetteer.communes.get(commune.parent)):
            digits = [word for word in normal(commune.name).split() if word.isdigit()]
            if digits:
                found.setdefault(normal(parent.name), {})[int(digits[0])] = commune
    return found


def searchable(name: str) -> list[str]:
    """A name with and without its article, as `normal` writes it."""
    whole = normal(name)
    bare = re.sub(r"^(le|la|les|l|aux|las|los) ", "", whole)
    return [whole] if bare == whole else [whole, bare]


def _only_communes(gazetteer: Gazetteer) -> Iterator[tuple[str, Commune]]:
    """(département, commune) where it has but one."""
    communes: dict[str, list[Commune]] = defaultdict(list)
    for commune in gazetteer.communes.values():
        if commune.parent is None:
            communes[commune.department].append(commune)
    yield from ((code, found[0]) for code, found in communes.items() if len(found) == 1)
