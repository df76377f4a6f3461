"""Small areas without small numbers: what may be published of a week, and what is put together (docs/figures.md §10).

First platforms are put together, then territories. A number of clicks stands alone when it is zero, or at least eleven
and of three places or more; what may not stand alone is summed over two platforms or more, to at least eleven. A
département where even that is too few is merged with the rest of its region, and what is left with the rest of the
country. Then more is put together until no hidden number can be had from the published ones by arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog

SMALL, FEW_PLACES = 11, 3
EVERYTHING = "rest-of-country"


@dataclass(frozen=True, slots=True)
class Cell:
    """Of one platform in one territory: counted redirects of the week, and places (parts of shared ones)."""

    redirects: int = 0
    places: float = 0.0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.redirects + other.redirects, self.places + other.places)

    @property
    def stands_alone(self) -> bool:
        return self.redirects == 0 or (self.redirects >= SMALL and self.places >= FEW_PLACES)


Cells = Mapping[str, Cell]
"""Platform -> its cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """A département, the rest of a region, or the rest of the country. `together`: platforms published as one sum."""

    kind: str
    name: str
    members: tuple[str, ...]
    cells: Cells
    together: frozenset[str]

    @property
    def told(self) -> dict[str, int]:
        """Platform -> redirects, of those told apart."""
        return {slug: cell.redirects for slug, cell in sorted(self.cells.items()) if slug not in self.together}

    @property
    def others(self) -> int | None:
        """Redirects of the platforms put together; None when none are."""
        return sum(self.cells[slug].redirects for slug in self.together) if self.together else None

    @property
    def publishable(self) -> bool:
        """Two platforms with redirects in the sum, or whoever knows that all others have none has the one."""
        several = sum(self.cells[slug].redirects > 0 for slug in self.together) >= 2
        return not self.together or (several and (self.others or 0) >= SMALL)


def rows(by_department: Mapping[str, Cells], region_of: Mapping[str, str]) -> list[Row]:
    """Partition the départements into rows that can all be published; together they make the national totals.

    Where even the country as a whole is too small, it is one row with what the nation's own row says anyway.
    """
    made = {code: _row("department", code, (code,), cells) for code, cells in by_department.items()}
    published = [row for row in made.values() if row.publishable]
    rest: list[str] = []
    unsafe = [code for code, row in made.items() if not row.publishable]
    for region in sorted({region_of.get(code, code) for code in unsafe}):
        members = tuple(sorted(code for code in unsafe if region_of.get(code, code) == region))
        row = _row("rest-of-region", region, members, total(by_department[code] for code in members))
        if row.publishable:
            published.append(row)
        else:
            rest += members
    found = _with_the_rest(published, rest, by_department)
    while (open_to := _first_found_out(found)) is not None and len(found) > 1:
        found = _closed(found, open_to, by_department)
    return sorted(found, key=lambda row: (row.kind, row.name))


def _row(kind: str, name: str, members: tuple[str, ...], cells: Cells, together: Iterable[str] = ()) -> Row:
    """A row in which more platforms are put together, the smallest first, until it can be published, or all are."""
    row = Row(
        kind, name, members, cells, frozenset(together) | {s for s, cell in cells.items() if not cell.stands_alone}
    )
    while not row.publishable and row.told:
        smallest = min(row.told, key=lambda slug: (cells[slug].redirects == 0, cells[slug].redirects, slug))
        row = replace(row, together=row.together | {smallest})
    return row


def _with_the_rest(published: list[Row], rest: list[str], by_department: Mapping[str, Cells]) -> list[Row]:
    """What is left over as one row, to which published ones are added, smallest first, until it can be published."""
    smallest_last = sorted(published, key=lambda row: (-_size(row), row.name))
    while rest:
        members = tuple(sorted(rest))
        row = _row(EVERYTHING, "", members, total(by_department[code] for code in members))
        if row.publishable or not smallest_last:
            return [*smallest_last, row]
        rest = [*rest, *smallest_last.pop().members]
    return smallest_last


def _size(row: Row) -> int:
    return sum(cell.redirects for cell in row.cells.values())


def _first_found_out(found: list[Row]) -> str | None:
    """A platform one of whose hidden numbers follows from what is published; None when none does.

    Published are: numbers told apart, sums of those put together, and the national total of each platform.
    """
    slugs = sorted({slug for row in found for slug in row.together})
    hidden = [(number, slug) for number, row in enumerate(found) for slug in sorted(row.together)]
    if not hidden:
        return None
    sums = [[float(number == n) for number, _ in hidden] for n, row in enumerate(found) if row.together]
    columns = [[float(slug == one) for _, slug in hidden] for one in slugs]
    true = np.array([found[number].cells[slug].redirects for number, slug in hidden], float)
    known = np.array(sums + columns)
    for at, (number, slug) in enumerate(hidden):
        cell = found[number].cells[slug]
        if not cell.stands_alone and _follows(known, known @ true, at):
            return slug
    return None


def _follows(known: np.ndarray, values: np.ndarray, at: int) -> bool:
    """Whether the number at a position has one value only, given sums of numbers that are not negative."""
    target = np.zeros(known.shape[1])
    target[at] = 1.0
    least, most = (linprog(sign * target, A_eq=known, b_eq=values) for sign in (1, -1))
    return bool(-most.fun - least.fun < 1)


def _closed(found: list[Row], slug: str, by_department: Mapping[str, Cells]) -> list[Row]:
    """Hide the platform in one more row, the smallest that tells it; where none does, merge the two smallest rows."""
    telling = [row for row in found if slug in row.told and row.cells[slug].redirects]
    if telling:
        row = min(telling, key=lambda row: (_size(row), row.name))
        hidden = _row(row.kind, row.name, row.members, row.cells, row.together | {slug})
        if hidden.publishable:
            return [hidden if one is row else one for one in found]
    smallest = sorted(found, key=lambda row: (row.kind != EVERYTHING, _size(row), row.name))[:2]
    left = [row for row in found if row not in smallest]
    return _with_the_rest(left, [code for row in smallest for code in row.members], by_department)


def total(parts: Iterable[Cells]) -> dict[str, Cell]:
    whole: dict[str, Cell] = {}
    for part in parts:
        for slug, cell in part.items():
            whole[slug] = whole.get(slug, Cell()) + cell
    return dict(sorted(whole.items()))
