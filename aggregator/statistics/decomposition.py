"""Splits the gap between shares of places and of redirects into its causes (docs/figures.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

EFFECTS = (
    "availability",
    "demand_geography",
    "published_criteria",
    "tie_break_luck",
    "deviation",
    "clicked_lists",
    "citizen_choice",
)
STEPS = ("places", "bookable", "uniform", "criteria", "replayed", "served", "clicked", "redirects")


def weight(rank: int, curve: str = "log2") -> float:
    """What a rank is worth: 1/log2(1+k) unless another curve is asked for."""
    return {"log2": 1 / log2(1 + rank), "inverse": 1 / rank, "geometric": 0.5 ** (rank - 1), "uniform": 1.0}[curve]


@dataclass(frozen=True, slots=True)
class ListShown:
    """A list as shown `n` times: its lines in their order, each (providers that share the line, tie group)."""

    n: int
    lines: tuple[tuple[tuple[str, ...], object], ...]


@dataclass(frozen=True, slots=True)
class Exposures:
    """Exposure by provider, in the units of the weights: in random order, by the criteria alone, as drawn."""

    uniform: dict[str, float]
    criteria: dict[str, float]
    drawn: dict[str, float]


def exposures(lists: Iterable[ListShown], weights: Sequence[float] | None = None) -> Exposures:
    """`weights` by rank (1/log2(1 + k) for every rank by default); a rank beyond them is worth nothing."""
    uniform: dict[str, float] = defaultdict(float)
    criteria: dict[str, float] = defaultdict(float)
    drawn: dict[str, float] = defaultdict(float)
    for shown in lists:
        length = len(shown.lines)
        values = [weight(k) for k in range(1, length + 1)] if weights is None else list(weights[:length])
        values += [0.0] * (length - len(values))
        groups: dict[object, list[float]] = defaultdict(list)
        for (_, group), value in zip(shown.lines, values, strict=True):
            groups[group].append(value)
        # What a line can expect: the mean of the list in random order, the mean of its tie group by the criteria.
        each = sum(values) / length if length else 0.0
        for (providers, group), value in zip(shown.lines, values, strict=True):
            mean = sum(groups[group]) / len(groups[group])
            for provider in providers:
                part = shown.n / len(providers)
                uniform[provider] += part * each
                criteria[provider] += part * mean
                drawn[provider] += part * value
    return Exposures(dict(uniform), dict(criteria), dict(drawn))


def decomposition(amounts: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """Seven terms by provider that add up to (share of redirects - share of places); `deviation` must be exactly 0.

    `amounts`: one mapping provider -> amount for each of `STEPS`. A term is None where one of its two shares has no
    denominator: a total of 0 is no share of 0.
    """
    providers = sorted({provider for step in STEPS for provider in amounts[step]})
    in_order = {step: _normal(providers, amounts[step]) for step in STEPS}
    return {
        provider: {
            **{f"share_{step}": in_order[step][provider] for step in STEPS},
            **{
                name: _gap(in_order[before][provider], in_order[after][provider])
                for name, before, after in zip(EFFECTS, STEPS[:-1], STEPS[1:], strict=True)
            },
        }
        for provider in providers
    }


def _normal(providers: Sequence[str], amounts: Mapping[str, float]) -> dict[str, float | None]:
    whole = sum(amounts.values())
    return {provider: amounts.get(provider, 0.0) / whole if whole else None for provider in providers}


def _gap(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def kitagawa(
    w_a: Sequence[float], w_b: Sequence[float], r_a: Sequence[float], r_b: Sequence[float]
) -> dict[str, float]:
    """The change of a rate between two periods, split into composition and rate (Kitagawa, 1955)."""
    composition = sum((b - a) * (x + y) / 2 for a, b, x, y in zip(w_a, w_b, r_a, r_b, strict=True))
    rate = sum((y - x) * (a + b) / 2 for a, b, x, y in zip(w_a, w_b, r_a, r_b, strict=True))
    return {"total": composition + rate, "composition": composition, "rate": rate}
