"""The measures of docs/figures.md, as pure functions of counts.

Shares are fractions in [0, 1]; `None` where there is nothing to divide by. Every function has values to
reproduce in the tests (`tests/fixtures/oracles.json`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import comb, exp, inf, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Z_95 = float(stats.norm.ppf(0.975))
LOG_ALARM = log(1 / 0.05)  # Ville's inequality: a fair path ever reaches E = 20 with a chance of 5 % at most
KAPPA = 50.0
BETTING_GRID = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
MAX_EXACT_N, MAX_EXACT_K = 200, 4  # 1,373,701 ways to fall at most, (203 choose 3)


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and the method that gave it."""

    low: float
    high: float
    method: str


def proportions(counts: Sequence[float]) -> list[float | None]:
    total = sum(counts)
    return [count / total if total else None for count in counts]


# Intervals (§2)


def wilson(k: int, n: int) -> Interval:
    """Wilson's score interval; [0, 1] without observations."""
    if n == 0:
        return Interval(0.0, 1.0, "wilson")
    p, z2 = k / n, Z_95**2
    centre, spread = p + z2 / (2 * n), Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = (centre - spread) / (1 + z2 / n), (centre + spread) / (1 + z2 / n)
    # At the ends the bound is exactly 0 or 1; rounding would leave it a little inside or outside.
    return Interval(0.0 if k == 0 else low, 1.0 if k == n else high, "wilson")


def clopper_pearson(k: int, n: int) -> Interval:
    """The exact interval; [0, 1] without observations."""
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Interval(low, high, "clopper-pearson")


def interval(k: int, n: int) -> Interval:
    """Wilson's, or the exact one when either side holds fewer than five."""
    return clopper_pearson(k, n) if min(k, n - k) < 5 else wilson(k, n)


def goodman(counts: Sequence[int]) -> list[Interval]:
    """Goodman's simultaneous intervals: with 95 % all of them hold at once. For shares that are read together."""
    n = sum(counts)
    a = float(stats.chi2.ppf(1 - 0.05 / len(counts), 1))
    found = []
    for count in counts:
        centre = a + 2 * count
        spread = sqrt(a * (a + 4 * count * (n - count) / n)) if n else inf
        low, high = (centre - spread) / (2 * (n + a)), (centre + spread) / (2 * (n + a))
        found.append(Interval(max(low, 0.0), min(high, 1.0), "goodman"))
    return found


# Ratios (§2)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One share divided by another. `impossible`: redirects without supply, an error in the data."""

    value: float | None
    low: float | None = None
    high: float | None = None
    impossible: bool = False


def ratio_to_census(k: int, n: int, benchmark_share: float) -> Ratio:
    """Against a share that is counted, not estimated: Wilson's bounds divided by a constant."""
    if benchmark_share == 0 or n == 0:
        return Ratio(None, impossible=bool(benchmark_share == 0 and k))
    bounds = wilson(k, n)
    return Ratio(k / n / benchmark_share, bounds.low / benchmark_share, bounds.high / benchmark_share)


def ratio_of_counts(k1: int, n1: int, k2: int, n2: int) -> Ratio:
    """Against a share that is itself counted with noise (impressions, exposure): Katz's log interval."""
    if 0 in (n1, n2, k2):
        return Ratio(None, impossible=bool(k1 and not k2))
    value = (k1 / n1) / (k2 / n2)
    if k1 == 0:
        return Ratio(0.0, 0.0, None)
    spread = Z_95 * sqrt(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2)
    return Ratio(value, value * exp(-spread), value * exp(spread))


def equivalent(k: int, n: int, low: float, high: float) -> float:
    """p-value of "the share lies outside [low, high]" (two one-sided tests): small = equivalent within the margins."""
    share = k / n
    error = sqrt(share * (1 - share) / n)
    if error == 0:
        return 0.0 if low < share < high else 1.0
    return float(max(stats.norm.sf((share - low) / error), stats.norm.cdf((share - high) / error)))


# Concentration (§3)


@dataclass(frozen=True, slots=True)
class Concentration:
    """All None when there is nothing; the normalised index also for a single provider."""

    hhi: float | None
    hhi_normalised: float | None
    effective_n: float | None
    effective_n_shannon: float | None
    gini: float | None
    gini_normalised: float | None


def concentration(counts: Sequence[float]) -> Concentration:
    total, k = sum(counts), len(counts)
    if not total:
        return Concentration(None, None, None, None, None, None)
    s = np.array(counts, dtype=float) / total
    hhi = float((s**2).sum())
    ranks = np.arange(1, k + 1)
    gini = float((2 * ranks - k - 1) @ np.sort(s) / k)
    return Concentration(
        hhi,
        (hhi - 1 / k) / (1 - 1 / k) if k > 1 else None,
        1 / hhi,
        float(np.exp(stats.entropy(s))),
        gini,
        gini * k / (k - 1) if k > 1 else None,
    )


# Goodness of fit (§5)


@dataclass(frozen=True, slots=True)
class Fit:
    """`p` None: no test could be made. `effect`: w, the size of the departure whatever the number of clicks."""

    method: str
    statistic: float
    p: float | None
    effect: float
    residuals: tuple[float, ...]
    impossible: bool = False


def goodness_of_fit(observed: Sequence[int], expected_shares: Sequence[float], seed: int = 0) -> Fit:
    """Are counts drawn from these shares? Exact for small counts, Monte Carlo between, chi-square when all E >= 5."""
    kept = [(o, s) for o, s in zip(observed, expected_shares, strict=True) if s > 0]
    impossible = any(o > 0 and s == 0 for o, s in zip(observed, expected_shares, strict=True))
    o = np.array([one for one, _ in kept], dtype=float)
    pi = np.array([one for _, one in kept])
    pi = pi / pi.sum()
    n = int(o.sum())
    if impossible or n == 0 or len(o) < 2:
        return Fit("none", 0.0, None, 0.0, (), impossible)
    e = n * pi
    statistic = chi2(o, e)
    residuals = tuple(float(r) for r in (o - e) / np.sqrt(e * (1 - pi)))
    if e.min() >= 5:
        method, p = "chi2", float(stats.chi2.sf(statistic, len(o) - 1))
    elif n <= MAX_EXACT_N and len(o) <= MAX_EXACT_K:
        method, p = "exact", exact_p(o, pi)[1]
    else:
        # A fixed seed: an auditor draws the same. + 1: a p of 0 would claim more than so many draws can show.
        draws = np.random.default_rng(seed).multinomial(n, pi, size=100_000)
        reached = int((((draws - e) ** 2 / e).sum(axis=1) >= statistic - 1e-9).sum())
        method, p = "monte-carlo", (1 + reached) / 100_001
    return Fit(method, statistic, p, sqrt(statistic / n), residuals)


def chi2(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    return float(((observed - expected) ** 2 / expected).sum())


def g_statistic(observed: Sequence[float], expected: Sequence[float]) -> float:
    return 2 * sum(o * log(o / e) for o, e in zip(observed, expected, strict=True) if o)


def exact_p(observed: NDArray[np.float64], pi: NDArray[np.float64]) -> tuple[float, float]:
    """(p by probability, p by chi-square), over every way that n clicks can fall."""
    n = int(observed.sum())
    outcomes = np.array(list(_compositions(n, len(pi))), dtype=float)
    masses = stats.multinomial.pmf(outcomes, n, pi)
    mine = float(stats.multinomial.pmf(observed, n, pi))
    distances = ((outcomes - n * pi) ** 2 / (n * pi)).sum(axis=1)
    mine_distance = chi2(observed, n * pi)
    # The small margins: outcomes that tie with the one observed must be counted although floats differ in the last bit.
    return (
        float(masses[masses <= mine * (1 + 1e-7)].sum()),
        float(masses[distances >= mine_distance - 1e-9].sum()),
    )


def _compositions(n: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in _compositions(n - first, parts - 1):
            yield (first, *rest)


# Alarms that may be looked at every hour (§6)


def log_e_dirichlet(counts: Sequence[int], pi0: Sequence[float], kappa: float = KAPPA) -> float:
    """log E against the shares `pi0`, alpha = kappa * pi0; an alarm when E >= 20. Depends on the counts only."""
    return log_e(counts, pi0, [kappa * share for share in pi0])


def log_e(counts: Sequence[int], pi0: Sequence[float], alpha: Sequence[float]) -> float:
    n = sum(counts)
    if n == 0:
        return 0.0
    mixture = stats.dirichlet_multinomial.logpmf(np.array(counts), np.array(alpha), n)
    return float(mixture - stats.multinomial.logpmf(np.array(counts), n, np.array(pi0)))


def log_e_betting(clicks: Iterable[tuple[int, float]]) -> list[float]:
    """The path of log E for one provider: (1 if its offer was clicked, its share of the list's weight) per click."""
    wealth = np.zeros(len(BETTING_GRID))
    grid = np.array(BETTING_GRID)
    path = []
    for clicked, p in clicks:
        wealth += grid * clicked - np.log(1 - p + p * np.exp(grid))
        path.append(float(np.logaddexp.reduce(wealth) - log(len(grid))))
    return path


# Events that citizens or auditors open (§2)


def detection_probability(false_share: float, opened: int, total: int | None = None) -> float:
    """Chance that `opened` random events show at least one falsified (with, or given a total without, replacement)."""
    if total is None:
        return 1 - (1 - false_share) ** opened
    # None of `opened` is bad: they are all drawn from the others.
    bad = round(false_share * total)
    return 1 - comb(total - bad, opened) / comb(total, opened)
