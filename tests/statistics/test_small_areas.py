"""Small areas: what is published must not let anybody find what is not, by whatever arithmetic."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from aggregator.statistics.small_areas import SMALL, Row, rows, safe

REGIONS = {"01": "Est", "03": "Est", "07": "Est", "38": "Est", "75": "Nord", "77": "Nord", "974": "974"}
PROVIDERS = ("a", "b", "c")
counts = st.fixed_dictionaries({provider: st.sampled_from([0, 0, 1, 3, 10, 11, 12, 40, 500]) for provider in PROVIDERS})
countries = st.dictionaries(st.sampled_from(sorted(REGIONS)), counts, min_size=1)


def known_exactly(published: list[Row], departments: list[str], provider: str, code: str) -> int | None:
    """The attack: the least and the most that a cell can be, given every published row and that no count is negative.

    Returns the value when the two are one.
    """
    a = np.array([[1.0 if one in row.members else 0.0 for one in departments] for row in published])
    b = np.array([row.counts.get(provider, 0) for row in published], dtype=float)
    target = np.array([1.0 if one == code else 0.0 for one in departments])
    least, most = linprog(target, A_eq=a, b_eq=b), linprog(-target, A_eq=a, b_eq=b)
    assert least.success and most.success
    return round(least.fun) if abs(least.fun + most.fun) < 1e-6 else None


@settings(deadline=None)
@given(countries)
def test_no_small_number_can_be_had_by_subtraction(country: dict[str, dict[str, int]]) -> None:
    published, departments = rows(country, REGIONS), sorted(country)
    alone = len(published) == 1 and published[0].kind == "rest-of-country"

    for code in departments:
        for provider in PROVIDERS:
            value = country[code][provider]
            if 0 < value < SMALL and not (alone and len(departments) == 1):
                assert known_exactly(published, departments, provider, code) is None, (code, provider, published)


@given(countries)
def test_rows_are_a_partition_and_add_up_to_the_nation(country: dict[str, dict[str, int]]) -> None:
    published = rows(country, REGIONS)

    assert sorted(code for row in published for code in row.members) == sorted(country)
    for provider in PROVIDERS:
        assert sum(row.counts.get(provider, 0) for row in published) == sum(one[provider] for one in country.values())
    for row in published:
        assert safe(row.counts) or row.members == tuple(sorted(country))


def test_the_attack_would_see_a_table_that_only_blanks_the_small_cell() -> None:
    """The control: one small département is blanked and all the others are printed, beside the national total."""
    country = {"01": {"a": 40}, "03": {"a": 50}, "07": {"a": 3}}
    naive = [Row("department", code, (code,), country[code]) for code in ("01", "03")]
    naive.append(Row("nation", "", ("01", "03", "07"), {"a": 93}))

    assert known_exactly(naive, ["01", "03", "07"], "a", "07") == 3
    assert known_exactly(rows(country, REGIONS), ["01", "03", "07"], "a", "07") is None


def test_a_large_country_keeps_its_departments() -> None:
    country = {code: {"a": 500, "b": 40} for code in REGIONS}
    country["07"] = {"a": 90, "b": 2}
    country["03"] = {"a": 80, "b": 10}

    published = {(row.kind, row.name): row.members for row in rows(country, REGIONS)}

    assert published[("rest-of-region", "Est")] == ("03", "07")
    assert len(published) == len(REGIONS) - 1


def test_eleven_is_enough_and_ten_is_not() -> None:
    assert safe({"a": SMALL, "b": 0})
    assert not safe({"a": SMALL - 1, "b": 0})


def test_a_departement_that_can_stand_alone_does_and_says_what_it_is() -> None:
    assert rows({"75": {"a": 11}}, REGIONS) == [Row("department", "75", ("75",), {"a": 11})]


def test_small_ones_are_merged_with_their_region_and_what_is_left_takes_the_smallest_with_it() -> None:
    country = {"01": {"a": 6}, "03": {"a": 7}, "75": {"a": 2}, "77": {"a": 40}, "38": {"a": 20}}

    found = {(row.kind, row.name): (row.members, row.counts) for row in rows(country, REGIONS)}

    assert found == {
        ("department", "77"): (("77",), {"a": 40}),
        ("department", "38"): (("38",), {"a": 20}),
        ("rest-of-country", ""): (("01", "03", "75"), {"a": 15}),
    }


def test_a_departement_of_no_known_region_is_a_region_by_itself() -> None:
    found = rows({"98": {"a": 3}, "75": {"a": 30}, "77": {"a": 5}}, REGIONS)

    assert [(row.kind, row.members) for row in found] == [("rest-of-country", ("75", "77", "98"))]
