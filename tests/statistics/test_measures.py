"""The measures of docs/figures.md: every value of `oracles.json` to 1e-9, and properties that it does not list."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.statistics import decomposition
from aggregator.statistics import measures as our
from tests.conftest import FIXTURES

ORACLES = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))
COUNTS = [861, 97, 39]


def case(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return ORACLES[name]["input"], ORACLES[name]["expected"]


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def test_shares_of_2021() -> None:
    assert our.proportions(COUNTS) == near(case("article_shares")[1]["shares"])
    assert our.proportions([0, 0]) == [None, None]


@pytest.mark.parametrize(
    ("name", "method"), [("article_wilson_95", our.wilson), ("article_clopper_pearson_95", our.clopper_pearson)]
)
def test_intervals_of_2021(name: str, method: Any) -> None:
    given_, expected = case(name)
    found = [method(count, given_["n"]) for count in given_["counts"]]

    assert [one.low for one in found] == near(expected["low"])
    assert [one.high for one in found] == near(expected["high"])


@pytest.mark.parametrize("name", ["interval_zero_of_small", "interval_all_of_small", "interval_one_of_three"])
def test_intervals_of_few(name: str) -> None:
    given_, expected = case(name)
    k, n = given_["k"], given_["n"]

    assert [our.wilson(k, n).low, our.wilson(k, n).high] == near(expected["wilson"])
    assert [our.clopper_pearson(k, n).low, our.clopper_pearson(k, n).high] == near(expected["exact"])
    assert our.interval(k, n).method == "clopper-pearson"


def test_nothing_of_nothing_may_be_anything() -> None:
    expected = case("interval_zero_of_zero")[1]

    assert (our.wilson(0, 0).low, our.wilson(0, 0).high) == (expected["low"], expected["high"])


def test_simultaneous_intervals() -> None:
    expected = case("article_simultaneous_95")[1]["goodman"]

    assert [[one.low, one.high] for one in our.goodman(COUNTS)] == [near(pair) for pair in expected]


def test_concentration_of_2021() -> None:
    expected = case("article_concentration")[1]
    found = our.concentration(COUNTS)

    assert found.hhi == near(expected["hhi"])
    assert found.hhi_normalised == near(expected["hhi_normalised"])
    assert found.effective_n == near(expected["effective_n_hhi"])
    assert found.effective_n_shannon == near(expected["effective_n_shannon"])
    assert found.gini == near(expected["gini"])
    assert found.gini_normalised == near(expected["gini_normalised"])


def test_concentration_at_the_edges() -> None:
    given_, expected = case("concentration_edges")

    for number, counts in enumerate(given_["cases"]):
        found = our.concentration(counts)
        for name in ("hhi", "effective_n", "gini", "hhi_normalised"):
            wanted = expected[name][number]
            assert getattr(found, name) == (None if wanted is None else near(wanted)), (counts, name)


def test_fit_of_many() -> None:
    given_, expected = case("gof_large")
    benchmark = [count / sum(given_["benchmark_counts"]) for count in given_["benchmark_counts"]]
    found = our.goodness_of_fit(given_["observed"], benchmark)

    assert (found.method, found.statistic, found.p) == ("chi2", near(expected["chi2"]), near(expected["chi2_p"]))
    assert list(found.residuals) == near(expected["standardised_residuals"])
    assert found.effect == near(expected["cramers_w"])
    assert our.g_statistic(given_["observed"], expected["expected_counts"]) == near(expected["G"])


@pytest.mark.parametrize("name", ["gof_small_exact", "gof_small_null"])
def test_fit_of_few_is_exact(name: str) -> None:
    given_, expected = case(name)
    pi = np.array(given_["benchmark_counts"]) / sum(given_["benchmark_counts"])
    by_probability, by_distance = our.exact_p(np.array(given_["observed"], dtype=float), pi)

    assert (by_probability, by_distance) == (near(expected["p_prob"]), near(expected["p_chi2"]))
    assert our.goodness_of_fit(given_["observed"], list(pi)).method == "exact"


def test_a_redirect_without_supply_is_impossible_not_improbable() -> None:
    assert our.goodness_of_fit([5, 1], [1.0, 0.0]).impossible
    assert our.ratio_to_census(1, 10, 0.0).impossible
    assert our.ratio_to_census(0, 10, 0.0) == our.Ratio(None)


def test_ratios() -> None:
    given_, expected = case("ratio_census_benchmark")
    found = our.ratio_to_census(*given_["redirects"], given_["benchmark_share"])
    assert (found.value, found.low, found.high) == near((expected["ratio"], expected["low"], expected["high"]))

    given_, expected = case("ratio_random_benchmark")
    found = our.ratio_of_counts(*given_["redirects"], *given_["benchmark"])
    assert (found.value, found.low, found.high) == near((expected["ratio"], expected["low"], expected["high"]))

    given_, expected = case("article_ratio_80pct")
    assert given_["redirect_share"] / given_["centre_share"] == near(expected["ratio"])


def test_equivalence_within_margins() -> None:
    given_, expected = case("tost_equivalence")

    assert our.equivalent(given_["count"], given_["nobs"], given_["low"], given_["upp"]) == near(expected["p"])


def test_provider_by_position() -> None:
    given_, expected = case("provider_by_position")
    table = np.array(given_["table"], dtype=float)
    expected_counts = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()

    assert our.chi2(table.ravel(), expected_counts.ravel()) == near(expected["chi2"])


def test_anytime_alarms() -> None:
    given_, expected = case("anytime_dirichlet")
    pi0 = [count / sum(given_["theta0_counts"]) for count in given_["theta0_counts"]]
    assert [our.log_e(counts, pi0, given_["alpha"]) for counts in given_["counts"]] == near(expected["log_e"])

    given_, expected = case("anytime_dirichlet_informative")
    found = [our.log_e_dirichlet(counts, pi0) for counts in given_["counts"]]
    assert found == pytest.approx(expected["log_e"], rel=1e-9, abs=1e-11)

    given_, expected = case("anytime_dirichlet_kappa")
    found = [our.log_e_dirichlet(given_["counts"], pi0, kappa) for kappa in given_["kappa"]]
    assert found == near(expected["log_e"])

    given_, expected = case("anytime_betting")
    assert our.log_e_betting(zip(given_["y"], given_["p_null"], strict=True)) == near(expected["log_e_path"])


def test_weights_of_ranks() -> None:
    given_, expected = case("position_curves")

    for curve, name in (("log2", "log2"), ("inverse", "inverse"), ("geometric", "geometric_half")):
        assert [decomposition.weight(rank, curve) for rank in given_["k"]] == near(expected[name])


def lists_of(given_: dict[str, Any]) -> list[decomposition.ListShown]:
    return [
        decomposition.ListShown(shown["n"], tuple(((p,), t) for _, p, t in shown["order"])) for shown in given_["lists"]
    ]


def test_terms_that_add_up() -> None:
    """The oracle has six: what it calls the choice of citizens is split in two by the lists that get clicks."""
    given_, expected = case("gap_decomposition")
    exposed = decomposition.exposures(lists_of(given_))
    redirects: Counter[str] = Counter()
    clicked: Counter[str] = Counter()
    for one, shown in zip(lists_of(given_), given_["lists"], strict=True):
        room = decomposition.exposures([one]).drawn
        for provider, units in room.items():
            clicked[provider] += sum(shown["clicks"]) * units / sum(room.values())
        for (_, provider, _), clicks in zip(shown["order"], shown["clicks"], strict=True):
            redirects[provider] += clicks
    found = decomposition.decomposition(
        {
            "places": Counter(given_["centres"].values()),
            "bookable": Counter(given_["centres"][one] for one in given_["bookable"]),
            "uniform": exposed.uniform,
            "criteria": exposed.criteria,
            "replayed": exposed.drawn,
            "served": exposed.drawn,
            "clicked": clicked,
            "redirects": redirects,
        }
    )

    for number, provider in enumerate(given_["providers"]):
        terms = found[provider]
        for name in ("availability", "demand_geography", "published_criteria", "tie_break_luck"):
            assert terms[name] == near(expected[f"effect_{name}"][number]), name
        assert terms["clicked_lists"] + terms["citizen_choice"] == near(expected["effect_citizen_choice"][number])
        assert terms["share_criteria"] == near(expected["criteria_exposure_share"][number])
        assert terms["deviation"] == 0.0
        assert sum(terms[name] for name in decomposition.EFFECTS) == near(
            terms["share_redirects"] - terms["share_places"]
        )


def test_a_list_served_otherwise_than_replayed_shows_as_deviation() -> None:
    """The control: one exchange of two places in what was served, and the term is no longer zero."""
    replayed = decomposition.exposures([decomposition.ListShown(10, ((("D",), 0), (("M",), 0)))])
    served = decomposition.exposures([decomposition.ListShown(10, ((("M",), 0), (("D",), 0)))])
    same = {"D": 1.0, "M": 1.0}

    found = decomposition.decomposition(
        {
            "places": same,
            "bookable": same,
            "uniform": replayed.uniform,
            "criteria": replayed.criteria,
            "replayed": replayed.drawn,
            "served": served.drawn,
            "clicked": served.drawn,
            "redirects": {"D": 5, "M": 3},
        }
    )

    assert found["D"]["deviation"] < 0 < found["M"]["deviation"]


def test_a_total_of_zero_is_no_share_of_zero() -> None:
    """A day on which no slot was sampled once gave terms of -83 and +80 points."""
    amounts = {step: {"D": 3.0, "M": 1.0} for step in decomposition.STEPS}

    found = decomposition.decomposition({**amounts, "bookable": {}})

    assert (found["D"]["availability"], found["D"]["demand_geography"]) == (None, None)
    assert (found["D"]["published_criteria"], found["D"]["share_places"]) == (0.0, 0.75)


def test_ranks_beyond_the_first_page_are_worth_nothing() -> None:
    lines = tuple(((("A",) if number < 2 else ("B",)), 0) for number in range(5))

    exposed = decomposition.exposures([decomposition.ListShown(1, lines)], weights=(1.0, 0.5))

    assert exposed.drawn == {"A": 1.5, "B": 0.0}
    assert exposed.uniform == near({"A": 0.6, "B": 0.9})


def test_a_line_of_two_platforms_is_shared_between_them() -> None:
    exposed = decomposition.exposures([decomposition.ListShown(3, ((("A", "B"), 0),))])

    assert exposed.drawn == {"A": 1.5, "B": 1.5}


def test_change_between_two_periods() -> None:
    given_, expected = case("kitagawa")

    assert decomposition.kitagawa(given_["wA"], given_["wB"], given_["rA"], given_["rB"]) == near(expected)


def test_chance_of_finding_what_is_false() -> None:
    given_, expected = case("audit_sampling")

    assert our.detection_probability(given_["f"], given_["m"]) == near(expected["detect_prob_iid"])
    found = our.detection_probability(given_["f"], given_["m"], given_["M"])
    assert found == near(expected["detect_prob_hypergeom"])


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(k: int, more: int) -> None:
    n = k + more
    for method in (our.wilson, our.clopper_pearson):
        bounds = method(k, n)
        assert 0 <= bounds.low <= bounds.high <= 1
        if n:
            assert bounds.low <= k / n + 1e-12
            assert k / n <= bounds.high + 1e-12


@given(st.lists(st.integers(0, 400), min_size=2, max_size=6).filter(any))
def test_concentration_lies_between_even_and_alone(counts: list[int]) -> None:
    found = our.concentration(counts)

    assert found.hhi is not None
    assert found.effective_n is not None
    assert 1 / len(counts) - 1e-9 <= found.hhi <= 1 + 1e-9
    assert 1 - 1e-9 <= found.effective_n <= len(counts) + 1e-9
    assert found.hhi == near(our.concentration(list(reversed(counts))).hhi)


def test_an_alarm_looked_at_every_ten_clicks_cries_wolf_rarely() -> None:
    """2,000 clicks drawn from the very shares, 200 times, looked at every ten: at most one in twenty alarms."""
    chance, pi0 = np.random.default_rng(2021), [0.8636, 0.0973, 0.0391]
    alarms = 0
    for _ in range(200):
        path = np.cumsum(chance.multinomial(10, pi0, size=200), axis=0)
        alarms += any(our.log_e_dirichlet(list(counts), pi0) >= our.LOG_ALARM for counts in path[::10])

    assert alarms <= 10
