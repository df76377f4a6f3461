"""Answers what was typed with the places that it can mean, and with what must be said beside them.

One match is gone to, several are asked about, none is guessed: what only resembles is proposed. The rules and their
reasons are in docs/places.md; `Remark`s are what the page has to say when an answer is not literally what was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from aggregator.country.finder import typed as reading
from aggregator.country.finder.misspelt import Misspelt
from aggregator.country.finder.names import Area, Level, Named, Names, Town, cities
from aggregator.country.finder.typed import Typed, normal
from aggregator.country.gazetteer import Commune, Gazetteer, department_of

PROPOSED = 6
FEW = 12  # towns whose names begin alike and that may be asked about


class Why(StrEnum):
    """What is to be said of an answer."""

    CODE_DECIDES = "code-decides"
    CODE_UNKNOWN = "code-unknown"
    CODE_NEAR = "code-near"
    FORMER = "former"
    ADDRESS = "address"
    AROUND = "around"
    ELSEWHERE = "elsewhere"
    NO_DISTRICT = "no-district"
    HERE = "here"
    SILENT = "silent"
    """The geocoder, which only a page asks, gave no answer."""


@dataclass(frozen=True, slots=True)
class Remark:
    """`subject`: the code, former name, département or number that it is about."""

    why: Why
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """`matches`: what was named; `proposals`: what may have been meant, when nothing was named. Largest first."""

    matches: tuple[Named, ...] = ()
    remarks: tuple[Remark, ...] = ()
    proposals: tuple[Named, ...] = ()


class Finder:
    """Thread-safe: nothing changes after it is built."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._names = Names(gazetteer)
        self._cities = cities(gazetteer)
        self._qualifiers = self._all_qualifiers()

    @property
    def names(self) -> Names:
        return self._names

    @cached_property
    def _misspelt(self) -> Misspelt:
        # Half a second and some 60 MB, which whoever only reads addresses of lists never needs.
        return Misspelt(self._names.all())

    def find(self, text: str) -> Found:
        """What `text` means. Never raises; nothing at all is found in nothing."""
        typed = reading.read(text)
        if reading.is_here(typed.text):
            return Found(remarks=(Remark(Why.HERE),))
        found = self._by_code(typed) if typed.code else self._in_parentheses(typed) or self._by_words(typed.words)
        return self._told(found) if found.matches or found.proposals else self._resembling(typed, found)

    def suggest(self, text: str, limit: int = PROPOSED) -> list[Named]:
        """For what has been typed so far: what it names in full, then what begins so, largest first."""
        typed = reading.read(text)
        if typed.code:
            return list(self._by_code(typed).matches[:limit])
        wanted = typed.text
        if not wanted:
            return []
        is_code = wanted.isdigit() and len(wanted) > 1
        beginning = self._code_beginning(wanted) if is_code else self._names.beginning(wanted, 2 * limit)
        found = dict.fromkeys((*(self._in_parentheses(typed) or self._resolved(typed.words)).matches, *beginning))
        return list(found)[:limit]

    # A code decides

    def _by_code(self, typed: Typed) -> Found:
        code, words = typed.code or "", typed.words
        here = self._gazetteer.of_postcode(code)
        if not here:
            return self._by_unknown_code(typed)
        towns = tuple(Town(commune) for commune in here)
        if not words:
            return Found(towns)
        named = [one for one in self._towns_in(words) if isinstance(one, Town)]
        within = [one for one in named if one.commune in here]
        # "75015 Paris": the arrondissement of the code, in the town of the name.
        within += [town for town in towns if any(town.commune.parent == one.commune.insee for one in named)]
        if within:
            return Found(tuple(dict.fromkeys(within)))
        if named:
            return Found(towns, (Remark(Why.CODE_DECIDES, code),))
        return Found(towns, (Remark(Why.ADDRESS),) if reading.is_address(words) else ())

    def _by_unknown_code(self, typed: Typed) -> Found:
        """The code of a whole city (13000), of firms (CEDEX), or of nothing: a name beside it says more."""
        code, department = typed.code or "", department_of(typed.code or "")
        unknown = (Remark(Why.CODE_UNKNOWN, code),)
        if typed.words:
            named = [one for one in self._towns_in(typed.words) if isinstance(one, Town)]
            in_it = [one for one in named if one.commune.department == department]
            if in_it or named:
                return Found(tuple(in_it or named), () if typed.cedex and in_it else unknown)
        alike = self._gazetteer.of_postcodes_like(code[:3]) if code[2] == "0" and len(department) == 2 else []
        if alike:
            # 13000, 77011: codes of this hundred are those of the main town, which is the largest of it.
            towns = (self._gazetteer.communes.get(one.parent or "", one) for one in alike)
            main = max(towns, key=lambda one: one.population)
            return Found((Town(main),), (Remark(Why.CODE_NEAR, code),))
        area = self._names.areas.get(department)
        largest = self._gazetteer.largest_of(department, PROPOSED - 1)
        return Found((), unknown, (*([area] if area else []), *(Town(one) for one in largest)))

    # Words

    def _by_words(self, words: tuple[str, ...]) -> Found:
        for shorter in dict.fromkeys((words, reading.without(words, reading.AROUND))):
            if shorter and (found := self._resolved(shorter)).matches:
                return found
        if reading.is_address(words):
            return Found(tuple(self._towns_in(words)), (Remark(Why.ADDRESS),))
        if longer := self._beginning(words):
            return longer
        rest = reading.without(words, reading.AROUND | reading.OF_A_TOWN)
        if rest and (found := self._resolved(rest)).matches:
            return Found(found.matches, (*found.remarks, Remark(Why.AROUND)))
        return Found()

    def _resolved(self, words: Sequence[str]) -> Found:
        """What all of these words name together."""
        text = " ".join(words)
        if found := self._names.of(text):
            return Found((*found, *self._longer(text, found)))
        return self._district(text) or self._qualified(words) or Found()

    def _longer(self, text: str, found: Sequence[Named]) -> Sequence[Named]:
        """Larger towns whose names go on, where nothing of today bears this very name: "Boulogne", "Saint"."""
        if any(isinstance(one, Area) or (not one.former and self._names.is_whole(text, one)) for one in found):
            return []
        same = {one.commune for one in found if isinstance(one, Town)}
        largest = max(one.population for one in same)
        longer = (one for one in self._names.beginning(f"{text} ", 2 * PROPOSED) if isinstance(one, Town))
        larger = [one for one in longer if one.commune not in same and one.commune.population > largest]
        return [one for one in larger if not one.former][:PROPOSED]

    def _district(self, text: str) -> Found | None:
        for one in reading.districts(text):
            cities = self._cities.values() if not one.town else [self._cities.get(one.town, ())]
            towns = [Town(city[one.number]) for city in cities if one.number in city]
            if not one.town and not one.sure:
                continue
            if towns and (one.sure or not self._is_department(towns[0].commune, one.number)):
                return Found(tuple(towns))
            if towns:
                # "Marseille 13" may be the town with its département, or an arrondissement.
                return Found((*self._names.of(one.town), *towns))
            if one.town in self._cities and one.sure:
                return Found(tuple(self._names.of(one.town)), (Remark(Why.NO_DISTRICT, str(one.number)),))
        return None

    def _is_department(self, commune: Commune, number: int) -> bool:
        return commune.department == f"{number:02}"

    def _qualified(self, words: Sequence[str]) -> Found | None:
        """A name with its département, region or country behind it, or a département's number in front."""
        splits = [(words[:at], words[at:]) for at in range(len(words) - 1, 0, -1)]
        splits += [(words[1:], words[:1])] if words[0][:1].isdigit() else []
        for name, qualifier in splits:
            wanted = self._qualifiers.get(" ".join(qualifier))
            if wanted is None:
                continue
            if found := self._narrowed(" ".join(name), " ".join(qualifier), wanted):
                return found
        return None

    def _narrowed(self, name: str, qualifier: str, wanted: frozenset[str]) -> Found | None:
        """What bears a name within some départements; `wanted`: none of them for the whole country."""
        named = self._names.of(name) or list((self._district(name) or Found()).matches)
        # "Corrèze (19)": the département itself, and a town of its name.
        itself = [one for one in named if isinstance(one, Area) and one.departments == wanted]
        towns = [one for one in named if isinstance(one, Town)]
        if inside := [one for one in towns if not wanted or one.commune.department in wanted]:
            today = [one for one in inside if not one.former and self._names.is_whole(name, one)]
            return Found((*(today if wanted and today else inside), *itself))
        if itself:
            return Found(tuple(itself))
        return Found(tuple(towns), (Remark(Why.ELSEWHERE, qualifier),)) if towns else None

    def _in_parentheses(self, typed: Typed) -> Found | None:
        """ "Marseille (13)", as every page prints a town: the number is the département's and no arrondissement's."""
        wanted = self._qualifiers.get(typed.within)
        name = typed.text.removesuffix(typed.within).strip()
        return self._narrowed(name, typed.within, wanted) if wanted and name else None

    def _all_qualifiers(self) -> dict[str, frozenset[str]]:
        """Name or number -> départements; none for the country, which is all of them."""
        found: dict[str, frozenset[str]] = {"france": frozenset()}
        for area in self._names.areas.values():
            found |= dict.fromkeys((normal(area.name), normal(area.code)), area.departments)
        for name, named in self._names.all():
            for area in (one for one in [named] if isinstance(one, Area)):
                found.setdefault(name, area.departments)
        return found

    def _towns_in(self, words: Sequence[str]) -> list[Named]:
        """The towns that the end of some words names, else their beginning; the longest part that names one."""
        parts = [words[at:] for at in range(len(words))] + [words[:at] for at in range(len(words) - 1, 0, -1)]
        for part in parts:
            # "y" and "ri" are villages and parts of many words; "rue" is a town, and no street is in it.
            if (
                len(" ".join(part)) > 2
                and not set(part) <= reading.NO_TOWN
                and not {part[0], part[-1]} & reading.STREETS
            ):
                towns = [one for one in self._resolved(part).matches if isinstance(one, Town)]
                if towns:
                    return list(towns)
        return []

    # What begins so, or looks so

    def _beginning(self, words: Sequence[str]) -> Found | None:
        """ "Cherbourg" -> Cherbourg-en-Cotentin, where all names that begin so are of one town; "750" -> its codes."""
        text = " ".join(words)
        if len(text) > 2 and 0 < self._names.count_beginning(f"{text} ") <= FEW:
            longer = self._names.beginning(f"{text} ", FEW)
            towns = {one.commune for one in longer if isinstance(one, Town)}
            if len(towns) == 1:
                return Found((Town(towns.pop()),))
        if text.isdigit() and len(text) < reading.CODE_LENGTH:
            return Found((), (), tuple(self._code_beginning(text))[:PROPOSED])
        return None

    def _code_beginning(self, digits: str) -> Iterable[Named]:
        yield from (area for code, area in self._names.areas.items() if code.startswith(digits))
        yield from (Town(commune) for commune in self._gazetteer.of_postcodes_like(digits)[:PROPOSED])

    def _resembling(self, typed: Typed, found: Found) -> Found:
        """Names that go on so or look so, with and without what stands around them; else those that stand in it."""
        words = typed.words
        if not reading.is_address(words):
            name = words[:-1] if words[-1:] and words[-1] in self._qualifiers else words
            for some in dict.fromkeys((words, reading.without(name, reading.AROUND | reading.OF_A_TOWN))):
                text = " ".join(some)
                few = len(text) > 2 and self._names.count_beginning(text) <= FEW
                longer = self._names.beginning(text, FEW) if few else []
                alike = [*longer, *self._misspelt.like(text)]
                if alike:
                    return Found((), found.remarks, _largest(alike) if longer else tuple(alike))
        return Found((), found.remarks, tuple(self._towns_in(words)[:PROPOSED]))

    def _told(self, found: Found) -> Found:
        """With a remark when the one match bears another name now."""
        if len(found.matches) == 1 and isinstance(town := found.matches[0], Town) and town.former:
            return Found(found.matches, (*found.remarks, Remark(Why.FORMER, town.former)), found.proposals)
        return found


def _largest(some: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(dict.fromkeys(some), key=lambda one: one.weight))[:PROPOSED]


@lru_cache(maxsize=1)
def load_finder(gazetteer: Gazetteer) -> Finder:
    """Built once a process, as the gazetteer is read once."""
    return Finder(gazetteer)


__all__ = ["Area", "Finder", "Found", "Level", "Named", "Remark", "Town", "Why", "load_finder"]
