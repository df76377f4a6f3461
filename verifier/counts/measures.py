"""The measures of docs/figures.md, from their formulas: the standard library is enough."""

from __future__ import annotations

import math
from statistics import NormalDist

from verifier.source import Wrong

Z = NormalDist().inv_cdf(0.975)
MIN_FOR_SHARE, STEP = 30, 11
RATES = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)


def same(published, computed, what, tolerance=1e-12):
    """`what` names the number: "2026-11-23 a: share_places". Numbers within `tolerance`, all else exactly."""
    numbers = [type(one) in (int, float) for one in (published, computed)]
    if all(numbers):
        # Not "> tolerance": nan is neither, and would pass.
        if abs(published - computed) <= tolerance:
            return
    elif not any(numbers) and published == computed:
        return
    raise Wrong(f"{what}: {str(published)[:60]} is published, {str(computed)[:60]} follows")


def ratio(part, whole):
    return None if part is None or not whole else part / whole


def wilson(k, n):
    centre, spread = k / n + Z * Z / (2 * n), Z * math.sqrt(k / n * (1 - k / n) / n + Z * Z / (4 * n * n))
    low, high = (centre - spread) / (1 + Z * Z / n), (centre + spread) / (1 + Z * Z / n)
    return 0.0 if k == 0 else low, 1.0 if k == n else high


def exact_interval(k, n):
    """Clopper and Pearson: the chances for which so few, and so many, are as rare as 2.5 %; by bisection."""
    if k > n - k:
        low, high = exact_interval(n - k, n)
        return 1 - high, 1 - low

    def at_most(most, p):
        return math.fsum(math.comb(n, i) * p**i * math.exp((n - i) * math.log1p(-p)) for i in range(most + 1))

    def chance(most, wanted):
        below, above = 0.0, 1.0
        while (middle := (below + above) / 2) not in (below, above):
            below, above = (middle, above) if at_most(most, middle) > wanted else (below, middle)
        return below

    return chance(k - 1, 0.975) if k else 0.0, chance(k, 0.025)


def interval(k, n):
    """(low, high, method): Wilson's, or the exact one when either side holds fewer than five (docs/figures.md §2)."""
    if min(k, n - k) < 5:
        return (*exact_interval(k, n), "clopper-pearson")
    return (*wilson(k, n), "wilson")


def goodman(counts):
    """Bounds that hold together; the quantile of chi-square with one degree is the square of a normal one."""
    n, a = sum(counts), NormalDist().inv_cdf(1 - 0.025 / len(counts)) ** 2
    found = []
    for k in counts:
        spread = math.sqrt(a * (a + 4 * k * (n - k) / n))
        found.append((max((a + 2 * k - spread) / (2 * (n + a)), 0.0), min((a + 2 * k + spread) / (2 * (n + a)), 1.0)))
    return found


def hhi(amounts):
    total = sum(amounts)
    return sum((one / total) ** 2 for one in amounts) if total else None


def log_e_of(chosen, bets):
    """Of the tie test (§6), from its sums."""
    wealth = [rate * chosen - bet for rate, bet in zip(RATES, bets, strict=True)]
    top = max(wealth)
    return top + math.log(sum(math.exp(one - top) for one in wealth)) - math.log(len(RATES))


def check_sums(row, where):
    """Sums over clicks that chances between 0 and 1 cannot have (§6)."""
    n, expected, variance = row["tie_clicks"], row["tie_expected"], row["tie_variance"]
    bets = [float(one) for one in row["tie_bets"].split()]
    same(row["tie_log_e"], log_e_of(row["tie_chosen"], bets), f"{where}: tie_log_e", 1e-9)
    mean = expected / n if n else 0.0
    # Of n chances that add up to `expected`, variance and logarithms are greatest when all are alike.
    fits = 0 <= row["tie_chosen"] <= n <= row["clicks_telling"] <= row["clicks_listed"] and 0 <= expected <= n
    fits = fits and -1e-9 <= variance <= expected * (1 - mean) + 1e-9
    for rate, bet in zip(RATES, bets, strict=True):
        slack = 1e-9 * (1 + n)
        fits = fits and rate * expected - slack <= bet <= n * math.log1p(mean * math.expm1(rate)) + slack
    if not fits:
        raise Wrong(f"{where}: the sums of the tie test cannot be those of {n} clicks")


def standing(low, high, reference, points, least_ratio, most_ratio):
    """Against the margins announced (§8)."""
    least, most = max(reference - points, reference * least_ratio), min(reference + points, reference * most_ratio)
    if least <= low and high <= most:
        return "inside"
    return "outside" if high < least or low > most else "open"


def needed(places, margins):
    """How many redirects a "yes" needs when they follow places exactly; numbers grow by a tenth, up to ten million."""
    drawn, n = [one for one in places if one > 0], 100
    while len(drawn) >= 2 and n <= 10_000_000:
        bounds = goodman([round(n * one) for one in drawn])
        if all(standing(*two, one, *margins) == "inside" for two, one in zip(bounds, drawn, strict=True)):
            return n
        n += max(10, n // 10 // 10 * 10)
    return None
