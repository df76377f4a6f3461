"""Simulated citizens in front of lists: who chooses by rank alone, by whatever habit, and who prefers a platform.

Everything is drawn from a seed. Lists are given as places in tie groups; each visit draws the order of equals anew, as
the contract does, and the citizen presses one button of the first page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregator.demonstration import citizens
from aggregator.statistics.measures import BETTING_GRID, log_e_dirichlet
from aggregator.statistics.ties import PAGE, threshold

Floats = NDArray[np.float64]
EACH = 11  # clicks between two looks, as the page moves
RANKS = np.arange(1, PAGE + 1)
CONVENTION = 1 / np.log2(1 + RANKS)  # the weights of the exposure (docs/figures.md §1.3)
HABITS: dict[str, Floats] = {
    name: np.array([weight(int(rank)) for rank in RANKS]) for name, weight in citizens.HABITS.items()
}
"""Those of the demonstration's people, for every rank of a page."""


@dataclass(frozen=True)
class Shown:
    """One list before the draw. `platforms`: of each place, as a number; `groups`: ascending; `slots`: seen or not."""

    platforms: NDArray[np.int64]
    groups: NDArray[np.int64]
    slots: NDArray[np.bool_]
    weight: float


@dataclass(frozen=True)
class Clicks:
    """Of one path, in the order in which they came. `chance`: clicks x platforms, of the equals of the place pressed;
    `platform`: pressed; `room`: clicks x platforms, the exposure that the list gave.
    """

    chance: Floats
    platform: NDArray[np.int64]
    room: Floats


def path(
    draw: np.random.Generator,
    lists: Sequence[Shown],
    habit: Floats,
    clicks: int,
    platforms: int,
    likes: Callable[[Shown, NDArray[np.int64]], Floats] | None = None,
) -> Clicks:
    """`likes`: how much more a card is taken than its rank has it, for places (by number) at each rank."""
    weights = np.array([one.weight for one in lists])
    asked = draw.multinomial(clicks, weights / weights.sum())
    parts = [_of_list(draw, one, habit, n, platforms, likes) for one, n in zip(lists, asked, strict=True) if n]
    order = draw.permutation(clicks)
    return Clicks(
        np.concatenate([part.chance for part in parts])[order],
        np.concatenate([part.platform for part in parts])[order],
        np.concatenate([part.room for part in parts])[order],
    )


def _of_list(
    draw: np.random.Generator,
    shown: Shown,
    habit: Floats,
    n: int,
    platforms: int,
    likes: Callable[[Shown, NDArray[np.int64]], Floats] | None,
) -> Clicks:
    # Groups are whole numbers and draws lie below one: sorting by their sum orders by group, and by the draw within.
    order = np.argsort(shown.groups + draw.random((n, len(shown.groups))), axis=1)[:, :PAGE]
    appeal = np.broadcast_to(habit[: order.shape[1]], order.shape).copy()
    if likes is not None:
        appeal *= likes(shown, order)
    appeal += 1e-12  # a page on which nothing appeals is pressed somewhere all the same
    reached = np.cumsum(appeal, axis=1)
    rank = (reached < draw.random((n, 1)) * reached[:, -1:]).sum(axis=1)
    rows = np.arange(n)
    pressed = order[rows, rank]
    equals = (shown.groups[order] == shown.groups[pressed][:, None])[:, :, None]
    on = shown.platforms[order][:, :, None] == np.arange(platforms)
    chance = (equals & on).sum(axis=1) / equals.sum(axis=1)
    room = (on * CONVENTION[: order.shape[1]][None, :, None]).sum(axis=1)
    return Clicks(chance, shown.platforms[pressed], room)


def tie_alarm(found: Clicks) -> Floats:
    """log E less the threshold, for the platform that is furthest, at each look: raised when it is not below 0."""
    platforms = found.chance.shape[1]
    grid = np.array(BETTING_GRID)
    chosen = (found.platform[:, None] == np.arange(platforms))[:, :, None]
    p = found.chance[:, :, None]
    telling = (p > 0) & (p < 1 - 1e-9)
    bets = np.where(telling, grid * chosen - np.log(1 - p + p * np.exp(grid)), 0.0)
    wealth = np.cumsum(bets, axis=0)[EACH - 1 :: EACH]
    log_e = np.logaddexp.reduce(wealth, axis=2) - np.log(len(grid))
    return np.asarray(log_e.max(axis=1) - threshold(platforms))


def pooled_alarm(found: Clicks) -> Floats:
    """The rule of metrics/1, kept as a control: redirects against the exposure of all lists together (threshold 20)."""
    platforms = found.room.shape[1]
    looks = range(EACH, len(found.platform) + 1, EACH * 10)
    counts = [np.bincount(found.platform[:n], minlength=platforms) for n in looks]
    # Summed over lists, so that a list of twenty weighs more than a list of one, though each was good for one click.
    rooms = [found.room[:n].sum(axis=0) for n in looks]
    shares = [room / room.sum() for room in rooms]
    return np.array([_log_e(one, share) - np.log(20) for one, share in zip(counts, shares, strict=True)])


def _log_e(counts: NDArray[np.int64], shares: Floats) -> float:
    return log_e_dirichlet([int(n) for n in counts], [float(share) for share in shares])


def raised(alarm: Floats) -> bool:
    return bool((alarm >= 0).any())


def clicks_until(alarm: Floats) -> float:
    """Clicks at the first look that raised it; infinity when none did."""
    hits = np.flatnonzero(alarm >= 0)
    return float((hits[0] + 1) * EACH) if len(hits) else float("inf")
