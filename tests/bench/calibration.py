"""Row 34: crowds whose truth is known, before the lists of a simulated country: who raises the alarm, how soon.

Six crowds that look at no platform, 1,000 paths of 3,000 clicks each, looked at after every eleven. The lists are those
that the search gives for towns drawn by their population, large and small, each asked for in proportion to it.

    python -m tests.bench.calibration [paths]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aggregator.country import gazetteer as gazetteers
from aggregator.country.gazetteer import Commune
from aggregator.search.order import Section, Sort, tie_group
from aggregator.search.question import Question
from aggregator.search.search import search
from aggregator.snapshot.shelf import Shelf
from tests.bench.score import Score, report
from tests.bench.stage import staged
from tests.crowds import CONVENTION, HABITS, Floats, Shown, clicks_until, path, pooled_alarm, raised, tie_alarm

TITLE = "paths of citizens who look at no platform on which the tie test raises its alarm"
BAR = "at most 5 % of each crowd; the pooled rule of before must exceed it"
PATHS, CLICKS, TOWNS, MOST = 1000, 3000, 200, 0.05
EPOCH, SEED = "2026-11-23T12", b"c" * 32
BY_RANK = {**HABITS}
POWER = (1.5, 3.0)


def country(places: int = 1200) -> tuple[list[Shown], list[str]]:
    """The lists of the largest towns as the search ranks them, and the platforms by number."""
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run", places, near_lyon=False) as (settings, _):
        shelf = Shelf(settings.published_dir)
        shelf.refresh()
        snapshot = shelf.current
        if snapshot is None:
            raise RuntimeError("nothing published")
        slugs = sorted({offer.provider for offer in snapshot.places.offers.values()})
        towns = gazetteers.load_gazetteer(settings.gazetteer_path).communes.values()
        lists = []
        for town in drawn(list(towns)):
            answer = search(snapshot, Question(insee=town.insee), EPOCH, SEED, settings.campaign)
            found = [one for one in answer.found if one.place.offers]
            groups: dict[object, int] = {}
            for one in found:
                groups.setdefault(tie_group(one.candidate, Sort.NEAR), len(groups))
            lists.append(
                Shown(
                    np.array([slugs.index(one.place.offers[0].provider) for one in found]),
                    np.array([groups[tie_group(one.candidate, Sort.NEAR)] for one in found]),
                    np.array([one.candidate.section is Section.SEEN for one in found]),
                    float(town.population),
                )
            )
    return [one for one in lists if len(one.platforms)], slugs


def drawn(towns: list[Commune]) -> list[Commune]:
    people = np.array([max(town.population, 0) for town in towns], float)
    chosen = np.random.default_rng(7).choice(len(towns), TOWNS, replace=False, p=people / people.sum())
    return [towns[number] for number in chosen]


def only_with_slots(shown: Shown, order: np.ndarray) -> Floats:
    return shown.slots[order].astype(float)


def odds_for(platform: int, odds: float) -> Callable[[Shown, NDArray[np.int64]], Floats]:
    def likes(shown: Shown, order: np.ndarray) -> Floats:
        return np.where(shown.platforms[order] == platform, odds, 1.0)

    return likes


def score(paths: int = PATHS) -> Score:
    lists, slugs = country()
    draw, n = np.random.default_rng(2021), len(slugs)
    survived, said = 0, []
    for name, habit in BY_RANK.items():
        share = np.mean([raised(tie_alarm(path(draw, lists, habit, CLICKS, n))) for _ in range(paths)])
        survived += share <= MOST
        said.append(f"{name} {100 * share:.1f} %")
    slots = np.mean(
        [raised(tie_alarm(path(draw, lists, CONVENTION, CLICKS, n, only_with_slots))) for _ in range(paths)]
    )
    said.append(f"only cards with a slot {100 * slots:.1f} % (told, not bounded: slots are on the cards)")
    second = int(np.argsort([-sum((one.platforms == p).sum() for one in lists) for p in range(n)])[1])
    for odds in POWER:
        likes = odds_for(second, odds)
        until = [clicks_until(tie_alarm(path(draw, lists, CONVENTION, CLICKS, n, likes))) for _ in range(paths // 5)]
        said.append(f"odds of {odds:g} for the second largest platform: {np.median(until):g} clicks (median)")
    old = np.mean([raised(pooled_alarm(path(draw, lists, CONVENTION, CLICKS, n))) for _ in range(max(paths // 20, 20))])
    said.append(f"the pooled rule of before {100 * old:.0f} %")
    return Score(len(BY_RANK), survived, 1, int(old > MOST), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, lambda: score(int(sys.argv[1]) if len(sys.argv) > 1 else PATHS))
