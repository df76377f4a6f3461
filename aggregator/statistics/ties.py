"""The tie test: did people who were shown equals prefer a platform? (docs/figures.md §6)

Places of one tie group stand in an order that was drawn, uniform and unforeseeable. So whoever chooses by rank alone,
by whatever habit, finds each of them with the same chance, and no curve of attention has to be believed. What departs
from that chance is brand preference, unequal data on cards, or a button that fails: the test cannot tell them apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log1p, sqrt

import numpy as np

from aggregator.statistics.measures import BETTING_GRID, Z_95

PAGE = 20  # places shown together; only these could be compared by whoever chose among them
Line = tuple[tuple[str, ...], object]
"""A line of a list: the providers of its offers, and its tie group."""


def chances(lines: Sequence[Line]) -> list[dict[str, float]]:
    """For each line, provider -> chance that a click on its group, made by rank alone, is one on that provider.

    The members of a group are those on the page of the line; an offer of a place with m offers has 1/m of the place.
    """
    members: dict[tuple[int, object], list[tuple[str, ...]]] = defaultdict(list)
    for rank, (providers, group) in enumerate(lines):
        members[(rank // PAGE, group)].append(providers)
    found = {key: _mean(one) for key, one in members.items()}
    return [found[(rank // PAGE, group)] for rank, (_, group) in enumerate(lines)]


def _mean(members: Sequence[tuple[str, ...]]) -> dict[str, float]:
    chance: dict[str, float] = defaultdict(float)
    for providers in members:
        for provider in providers:
            chance[provider] += 1 / (len(providers) * len(members))
    return dict(chance)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one provider, over clicks that can tell something of it (0 < chance < 1).

    `chosen`: clicks on it; `expected`, `variance`: what they would be by rank alone; `bets`: sum of the logarithms of
    1 - p + p·exp(λ) for each λ of `BETTING_GRID`. Sums alone: the order of clicks within an hour is not needed.
    """

    clicks: int = 0
    chosen: int = 0
    expected: float = 0.0
    variance: float = 0.0
    bets: tuple[float, ...] = (0.0,) * len(BETTING_GRID)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.clicks + other.clicks,
            self.chosen + other.chosen,
            self.expected + other.expected,
            self.variance + other.variance,
            tuple(one + more for one, more in zip(self.bets, other.bets, strict=True)),
        )

    def times(self, n: int) -> Sums:
        """Of n clicks alike."""
        bets = tuple(n * bet for bet in self.bets)
        return Sums(n * self.clicks, n * self.chosen, n * self.expected, n * self.variance, bets)

    @property
    def log_e(self) -> float:
        """The wealth of whoever bets against "by rank alone", as a logarithm; 0 without clicks (§6)."""
        wealth = [rate * self.chosen - bet for rate, bet in zip(BETTING_GRID, self.bets, strict=True)]
        return float(np.logaddexp.reduce(wealth)) - log(len(BETTING_GRID))

    @property
    def spread(self) -> float:
        """Half of the 95 % interval of `chosen - expected`, in clicks."""
        return Z_95 * sqrt(self.variance)


def of_click(chance: Mapping[str, float], chosen: str) -> dict[str, Sums]:
    """What one click adds, by provider that it can tell something of."""
    return {
        provider: Sums(1, int(provider == chosen), p, p * (1 - p), _bets(p))
        for provider, p in chance.items()
        if 0 < p < 1 - 1e-9  # a sum of parts that make one may miss it by a bit
    }


def _bets(p: float) -> tuple[float, ...]:
    return tuple(log1p(p * (exp(rate) - 1)) for rate in BETTING_GRID)


def total(parts: Iterable[Mapping[str, Sums]]) -> dict[str, Sums]:
    whole: dict[str, Sums] = {}
    for part in parts:
        for provider, sums in part.items():
            whole[provider] = whole.get(provider, Sums()) + sums
    return whole


def threshold(providers: int) -> float:
    """log E from which the alarm is raised: fair paths reach it for any of so many providers 5 times in 100 at most."""
    return log(max(providers, 1) / 0.05)
