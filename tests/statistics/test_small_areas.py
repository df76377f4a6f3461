"""Small areas: what is published must not let anybody find what is not, by whatever arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from aggregator.statistics.small_areas import SMALL, Cell, Cells, Row, rows, total

REGIONS = {"01": "Est", "03": "Est", "07": "Est", "38": "Est", "75": "Nord", "77": "Nord", "974": "974"}
PROVIDERS = ("a", "b", "c")
cells = st.builds(Cell, st.sampled_from([0, 0, 1, 3, 10, 11, 12, 40, 500]), st.sampled_from([0.5, 1.0, 2.5, 3.0, 20.0]))
countries = st.dictionaries(
    st.sampled_from(sorted(REGIONS)), st.fixed_dictionaries(dict.fromkeys(PROVIDERS, cells)), min_size=1
)


def known_exactly(published: list[Row], country: Mapping[str, Cells], provider: str, code: str) -> int | None:
    """The attack, on what is printed alone: the least and the most that a cell can be, no count being negative.

    Unknowns are all cells of all départements; known are the numbers told apart, the sums of those put together, and
    the national total of each platform. Returns the value when least and most are one.
    """
    unknowns = [(one, slug) for one in sorted(country) for slug in PROVIDERS]
    equations: list[tuple[list[float], int]] = []
    for row in published:
        for slug, n in row.told.items():
            equations.append(([float(one in row.members and slug == other) for one, other in unknowns], n))
        if row.others is not None:
            equations.append(
                ([float(one in row.members and other in row.together) for one, other in unknowns], row.others)
            )
    for slug in PROVIDERS:
        nation = sum(country[one][slug].redirects for one in country)
        equations.append(([float(other == slug) for _, other in unknowns], nation))
    a, b = np.array([left for left, _ in equations]), np.array([right for _, right in equations], float)
    target = np.array([float(one == (code, provider)) for one in unknowns])
    least, most = linprog(target, A_eq=a, b_eq=b), linprog(-target, A_eq=a, b_eq=b)
    assert least.success and most.success
    return round(least.fun) if -most.fun - least.fun < 1 else None


@settings(deadline=None, max_examples=60)
@given(countries)
def test_no_number_that_may_not_stand_alone_can_be_had_by_arithmetic(country: dict[str, dict[str, Cell]]) -> None:
    published = rows(country, REGIONS)
    if len(published) == 1:
        return  # one row is the nation, which is published exactly

    for code, cells_ in country.items():
        for slug, cell in cells_.items():
            alone = next(row for row in published if code in row.members).members == (code,)
            # Of a merged territory no number of a département may be had; of one that stands alone no small one.
            if not cell.stands_alone or (0 < cell.redirects < SMALL and not alone):
                assert known_exactly(published, country, slug, code) is None, (code, slug, published)


@settings(deadline=None, max_examples=30)
@given(countries)
def test_rows_are_a_partition_and_add_up_to_the_nation(country: dict[str, dict[str, Cell]]) -> None:
    published = rows(country, REGIONS)
    nation = total(country.values())

    assert sorted(code for row in published for code in row.members) == sorted(country)
    assert total(row.cells for row in published) == nation
    told = sum(sum(row.told.values()) + (row.others or 0) for row in published)
    assert told == sum(cell.redirects for cell in nation.values())


@settings(deadline=None, max_examples=30)
@given(countries)
def test_every_number_that_is_printed_is_zero_or_at_least_eleven(country: dict[str, dict[str, Cell]]) -> None:
    published = rows(country, REGIONS)
    if len(published) == 1:
        return

    for row in published:
        assert all(n == 0 or n >= SMALL for n in row.told.values())
        assert row.others is None or row.others >= SMALL
        assert all(row.cells[slug].places >= 3 for slug, n in row.told.items() if n)


def of(**redirects: int) -> dict[str, Cell]:
    return {slug: Cell(n, 20.0) for slug, n in redirects.items()}


def test_platforms_are_put_together_before_territories() -> None:
    """A département of two hundredths of the traffic still has a row."""
    country = {"01": of(a=30, b=6, c=7), "38": of(a=40, b=5, c=8), "75": of(a=900, b=80, c=70)}

    found = {row.name: (row.kind, row.told, row.others) for row in rows(country, REGIONS)}

    assert found == {
        "01": ("department", {"a": 30}, 13),
        "38": ("department", {"a": 40}, 13),
        "75": ("department", {"a": 900, "b": 80, "c": 70}, None),
    }


def test_a_platform_with_two_places_is_not_told_apart_however_many_its_redirects() -> None:
    """Its row would be one centre's weekly count."""
    few = {**of(a=60, c=30), "b": Cell(25, 2.0)}
    country = {"01": few, "38": few, "75": of(a=900, b=80, c=70)}

    found = {row.name: (row.told, row.others) for row in rows(country, REGIONS)}

    assert found["01"] == found["38"] == ({"a": 60}, 55)


def test_a_number_that_is_hidden_in_one_row_alone_is_hidden_in_a_second_one() -> None:
    """Else it is what the nation has beyond all the others."""
    country = {"01": of(a=30, b=6, c=7), "38": of(a=40, b=50, c=80), "75": of(a=900, b=80, c=70)}

    found = rows(country, REGIONS)

    assert known_exactly(found, country, "b", "01") is None
    assert sum("b" in row.together for row in found) >= 2


def test_the_attack_would_see_a_table_that_hides_it_in_one_row_alone() -> None:
    """The control."""
    country = {"01": of(a=30, b=6, c=7), "38": of(a=40, b=50, c=80)}
    naive = [
        Row("department", "01", ("01",), country["01"], frozenset({"b", "c"})),
        Row("department", "38", ("38",), country["38"], frozenset()),
    ]

    assert known_exactly(naive, country, "b", "01") == 6


def test_what_is_too_small_even_together_is_merged_with_its_region() -> None:
    country = {"01": of(a=3, b=7), "03": of(a=9, b=0), "07": of(a=1, b=6), "75": of(a=500, b=90), "77": of(a=400, b=40)}

    found = {(row.kind, row.name): (row.members, row.told, row.others) for row in rows(country, REGIONS)}

    assert found[("rest-of-region", "Est")] == (("01", "03", "07"), {"a": 13, "b": 13}, None)
    assert ("department", "75") in found


def test_a_large_country_tells_everything() -> None:
    country = {code: of(a=500, b=40, c=0) for code in REGIONS}

    assert {row.name: (row.told, row.others) for row in rows(country, REGIONS)} == {
        code: ({"a": 500, "b": 40, "c": 0}, None) for code in REGIONS
    }


@pytest.mark.parametrize(
    ("cell", "alone"),
    [(Cell(11, 3), True), (Cell(10, 30), False), (Cell(11, 2.9), False), (Cell(0, 0.5), True), (Cell(1, 9), False)],
)
def test_what_stands_alone(cell: Cell, alone: bool) -> None:
    assert cell.stands_alone is alone


def test_a_country_of_seven_hundred_redirects_has_ten_rows_of_departements() -> None:
    draw = np.random.default_rng(3)
    codes = [f"{n:02d}" for n in range(1, 41)]
    people = 1 / np.arange(1, 41)
    country: dict[str, dict[str, Cell]] = {}
    for code, n in zip(codes, draw.multinomial(700, people / people.sum()), strict=True):
        by = draw.multinomial(n, [0.55, 0.2, 0.15, 0.1])
        country[code] = {slug: Cell(int(k), 8.0) for slug, k in zip("abcd", by, strict=True)}

    found = rows(country, {code: f"R{int(code) % 8}" for code in codes})

    assert sum(row.kind == "department" for row in found) >= 10
