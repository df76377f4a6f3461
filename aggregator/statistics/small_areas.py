"""Small areas without small numbers: which rows of a week may be published, and which are merged (docs/figures.md §10).

A row is published when each of its cells is zero or at least eleven. The others are merged with the rest of their
region, and where that is not enough with the rest of the country, to which published rows are added, smallest first,
until nothing can be had by subtraction from the national totals. A zero is published: it points at nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SMALL = 11

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One published row: a département, the rest of a region, or the rest of the country, and what it holds."""

    kind: str
    name: str
    members: tuple[str, ...]
    counts: dict[str, int]


def safe(counts: Counts) -> bool:
    return all(n == 0 or n >= SMALL for n in counts.values())


def rows(by_department: Mapping[str, Counts], region_of: Mapping[str, str]) -> list[Row]:
    """Partition the départements into rows that can all be published; together they make the national totals."""
    published = [
        Row("department", code, (code,), dict(counts)) for code, counts in by_department.items() if safe(counts)
    ]
    rest: list[str] = []
    unsafe = [code for code, counts in by_department.items() if not safe(counts)]
    for region in sorted({region_of.get(code, code) for code in unsafe}):
        members = tuple(sorted(code for code in unsafe if region_of.get(code, code) == region))
        counts = total(by_department[code] for code in members)
        if safe(counts):
            published.append(Row("rest-of-region", region, members, counts))
        else:
            rest += members
    return sorted(_with_the_rest(published, rest, by_department), key=lambda row: (row.kind, row.name))


def _with_the_rest(published: list[Row], rest: list[str], by_department: Mapping[str, Counts]) -> list[Row]:
    smallest_last = sorted(published, key=lambda row: (-sum(row.counts.values()), row.name))
    while rest and not safe(total(by_department[code] for code in rest)) and smallest_last:
        rest = [*rest, *smallest_last.pop().members]
    if not rest:
        return smallest_last
    # When every row had to be added this is the nation, which is published exactly anyway.
    members = tuple(sorted(rest))
    return [*smallest_last, Row("rest-of-country", "", members, total(by_department[code] for code in members))]


def total(parts: Iterable[Counts]) -> dict[str, int]:
    whole: Counter[str] = Counter()
    for part in parts:
        whole.update(part)
    return dict(sorted(whole.items()))
