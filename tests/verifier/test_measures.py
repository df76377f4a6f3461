"""The auditor's formulas against scipy and statsmodels' oracles, and against the portal's own measures."""

from __future__ import annotations

import json
import random

import pytest

import verify
from aggregator.fairness import shares
from aggregator.statistics import measures
from aggregator.statistics.ties import Sums, of_click, total

PAIRS = [(0, 30), (1, 30), (4, 30), (4, 1000), (15, 30), (29, 30), (30, 30), (26, 30), (1, 7), (0, 7), (3, 100_000)]


@pytest.mark.parametrize(("k", "n"), PAIRS)
def test_intervals_are_those_of_scipy(k: int, n: int) -> None:
    exact, normal = measures.clopper_pearson(k, n), measures.wilson(k, n)

    assert verify.exact_interval(k, n) == pytest.approx((exact.low, exact.high), abs=1e-12)
    assert verify.wilson(k, n) == pytest.approx((normal.low, normal.high), abs=1e-14)
    assert verify.interval(k, n)[2] == measures.interval(k, n).method


@pytest.mark.parametrize("counts", [[30], [57, 27, 16, 0], [1000, 0], [5, 5, 5, 5, 5, 5, 5], [123_456, 7, 89]])
def test_goodman_s_bounds_need_no_chi_square(counts: list[int]) -> None:
    wanted = [(one.low, one.high) for one in measures.goodman(counts)]

    assert [pytest.approx(one, abs=1e-12) for one in wanted] == verify.goodman(counts)


def test_concentration_and_the_number_needed_are_the_portal_s() -> None:
    assert verify.hhi([861, 97, 39]) == pytest.approx(measures.concentration([861, 97, 39]).hhi)
    assert verify.hhi([0, 0]) is None
    for places in ([0.5, 0.5], [0.57, 0.2, 0.18, 0.05], [1.0], [0.0, 1.0]):
        assert verify.needed(places, (0.02, 0.8, 1.25)) == shares.needed(places)


def test_the_sums_of_honest_clicks_are_possible_and_others_are_not() -> None:
    draw = random.Random(7)
    clicks = [of_click({"a": p, "b": 1 - p}, draw.choice("ab")) for p in (draw.uniform(0.05, 0.95) for _ in range(200))]
    sums = total(clicks)["a"]
    honest = row_of(sums)

    verify.check_sums(honest, "a")
    for change in (
        {"tie_variance": sums.variance + 20}, {"tie_expected": sums.expected + 60}, {"tie_chosen": 201},
        {"tie_clicks": 401}, {"tie_log_e": 9.0}, {"tie_bets": " ".join(["99.0"] * 6)},
    ):  # fmt: skip
        with pytest.raises(verify.Wrong):
            verify.check_sums({**honest, **change}, "a")


def row_of(sums: Sums) -> dict[str, object]:
    return {
        "tie_clicks": sums.clicks, "tie_chosen": sums.chosen, "tie_expected": sums.expected,
        "tie_variance": sums.variance, "tie_bets": " ".join(map(repr, sums.bets)), "tie_log_e": sums.log_e,
        "clicks_telling": 300, "clicks_listed": 400,
    }  # fmt: skip


@pytest.mark.parametrize("published", [json.loads("NaN"), json.loads("Infinity"), None, "0.5", True, [0.5]])
def test_what_is_no_number_is_not_the_same_as_one(published: object) -> None:
    with pytest.raises(verify.Wrong):
        verify.same(published, 0.5, "a share")

    verify.same(0.5, 0.5, "the control")


def test_the_alarm_of_metrics_1_is_made_again_without_scipy() -> None:
    redirects, exposure = [60, 25, 15], [500.0, 300.0, 200.0]
    alike = [x / sum(exposure) for x in exposure]
    fit = measures.goodness_of_fit(redirects, alike)
    rows = [
        {"redirects": k, "exposure": x, "log_e": measures.log_e_dirichlet(redirects, alike), "gof_effect": fit.effect}
        for k, x in zip(redirects, exposure, strict=True)
    ]

    verify.check_fit(rows, True, "2026-11-20")
    for column in ("log_e", "gof_effect"):
        with pytest.raises(verify.Wrong, match=column):
            verify.check_fit([{**row, column: row[column] + 0.01} for row in rows], True, "2026-11-20")
