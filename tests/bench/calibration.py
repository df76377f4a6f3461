"""Row 34: crowds whose truth is known, before the lists of a simulated country: who raises the alarm, how soon.

Five crowds that look at no platform, 1,000 paths of 3,000 clicks each, looked at after every eleven. The lists are
those that the search gives for towns drawn by their population, large and small, each asked for in proportion to it.
Played with all paths it writes `data/calibration.json`, which the page of method prints.

    python -m tests.bench.calibration [paths]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregator import files
from aggregator.country import gazetteer as gazetteers
from aggregator.country.gazetteer import Commune
from aggregator.fairness import shares
from aggregator.search.order import Section, Sort, tie_group
from aggregator.search.question import Question
from aggregator.search.search import search
from aggregator.snapshot.shelf import Shelf
from aggregator.statistics import measures
from aggregator.web.evidence.method import CALIBRATION_PATH
from tests.bench.score import Score, report
from tests.bench.stage import staged
from tests.crowds import CONVENTION, HABITS, Floats, Shown, clicks_until, path, pooled_alarm, raised, tie_alarm

TITLE = "paths of citizens who look at no platform on which the tie test raises its alarm"
BAR = "at most 5 % of each crowd; the pooled rule of before must exceed it"
PATHS, CLICKS, TOWNS, MOST = 1000, 3000, 200, 0.05
EPOCH, SEED = "2026-11-23T12", b"c" * 32
BY_RANK = dict(zip(("log2", "geometric-0.5", "geometric-0.8", "first-card", "anywhere"), HABITS.values(), strict=True))
POWER = (1.5, 3.0)
# Markets for which the page says how many redirects an answer needs, and how far off a "no" is tried, in points.
MARKETS, OFF = ((0.5, 0.5), (0.7, 0.2, 0.1)), 0.05


def country(places: int = 1200) -> tuple[list[Shown], list[str]]:
    """The lists of drawn towns as the search ranks them, and the platforms by number."""
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


def played(paths: int) -> dict[str, Any]:
    """Shares of paths that raise the alarm, by crowd, and how soon preferences are found."""
    lists, slugs = country()
    draw, n = np.random.default_rng(2021), len(slugs)

    def alarms(habit: Floats, number: int, alarm: Callable[..., Any] = tie_alarm, *likes: Any) -> float:
        return float(np.mean([raised(alarm(path(draw, lists, habit, CLICKS, n, *likes))) for _ in range(number)]))

    crowds = {name: alarms(habit, paths) for name, habit in BY_RANK.items()}
    slots = alarms(CONVENTION, paths, tie_alarm, only_with_slots)
    second = int(np.argsort([-sum((one.platforms == p).sum() for one in lists) for p in range(n)])[1])
    found = {}
    for odds in POWER:
        likes = odds_for(second, odds)
        until = [clicks_until(tie_alarm(path(draw, lists, CONVENTION, CLICKS, n, likes))) for _ in range(paths // 5)]
        found[f"{odds:g}"] = float(np.median(until))
    return {
        "format": "calibration/1",
        "paths": paths,
        "clicks": CLICKS,
        "towns": TOWNS,
        "false_alarms": crowds,
        "only_cards_with_a_slot": slots,
        "found_after_clicks": found,
        "rule_of_before": alarms(CONVENTION, max(paths // 20, 20), pooled_alarm),
        "answers": [answer(places) for places in MARKETS],
    }


def answer(places: Sequence[float]) -> dict[str, Any]:
    """Redirects until "yes", when they follow places exactly, and until "no", when the largest gets `OFF` less."""
    off = (places[0] - OFF, places[1] + OFF, *places[2:])
    return {"places": list(places), "yes": shares.needed(places), "no": next(outside(places, off)), "off": OFF}


def outside(places: Sequence[float], redirects: Sequence[float]) -> Iterator[int]:
    """The numbers of redirects by which somebody is wholly outside a margin (docs/figures.md §8)."""
    for n in range(100, 100_000, 10):
        bounds = measures.goodman([round(n * one) for one in redirects])
        if any(shares.stands(b.low, b.high, one) == "outside" for b, one in zip(bounds, places, strict=True)):
            yield n


def score(paths: int = PATHS) -> Score:
    found = played(paths)
    if paths == PATHS:
        files.write_whole(CALIBRATION_PATH, f"{json.dumps(found, indent=1)}\n".encode())
    crowds = found["false_alarms"]
    said = [f"{name} {100 * share:.1f} %" for name, share in crowds.items()]
    slots = 100 * found["only_cards_with_a_slot"]
    said.append(f"only cards with a slot {slots:.1f} % (told, not bounded: slots are on the cards)")
    said += [
        f"odds of {odds} for the second largest platform: {n:g} clicks (median)"
        for odds, n in found["found_after_clicks"].items()
    ]
    said.append(f"the pooled rule of before {100 * found['rule_of_before']:.0f} %")
    survived = sum(share <= MOST for share in crowds.values())
    return Score(len(crowds), survived, 1, int(found["rule_of_before"] > MOST), "; ".join(said))


if __name__ == "__main__":
    report(TITLE, lambda: score(int(sys.argv[1]) if len(sys.argv) > 1 else PATHS))
