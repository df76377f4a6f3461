"""Row 14: a fault of one platform changes nothing of another: data, age, rank in the list."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

from aggregator.collect.collector import Collector
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.publish.publisher import Publisher
from aggregator.search.question import Question
from aggregator.search.search import search
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.store import open_stores
from providers import PROVIDERS
from providers.sandbox.server import Sandbox
from tests.bench.score import Score, report
from tests.bench.stage import now, staged

TITLE = "pairs of platforms: a fault of one that changes data, age or rank of the other"
BAR = "0 over all pairs and three faults"
FAULTS = ("error", "html", "rate-limited")
QUESTION = Question(insee="69123", radius_km=50)
SEED, EPOCH = b"s" * 32, "2026-11-23T12"


def read_and_publish(settings: Settings, sandbox: Sandbox, round_: int) -> Snapshot:
    places, at = gazetteers.load_gazetteer(settings.gazetteer_path), now() + timedelta(hours=2 * round_)
    with closing(open_stores(settings.data_dir)) as stores:
        Collector(settings, stores, places, lambda: at).read()
        Publisher(settings, stores, places, lambda: at).publish()
    shelf = Shelf(settings.published_dir)
    shelf.refresh()
    if shelf.current is None:
        raise RuntimeError("nothing published")
    return shelf.current


def facts_of(snapshot: Snapshot, settings: Settings, slug: str) -> tuple[Any, ...]:
    """States and freshness of a provider's offers, and the ranks of its places."""
    mine = sorted(offer.id for offer in snapshot.places.offers.values() if offer.provider == slug)
    states = [(snapshot.slots.offers[one].state, snapshot.slots.offers[one].answered is not None) for one in mine]
    listed = [one.place for one in search(snapshot, QUESTION, EPOCH, SEED, settings.campaign).found]
    ranks = [rank for rank, place in enumerate(listed) if any(offer.provider == slug for offer in place.offers)]
    fresh = {snapshot.slots.at - state.answered < timedelta(minutes=5) for one in mine
             if (state := snapshot.slots.offers[one]).answered}  # fmt: skip
    return states, ranks, fresh


def score() -> Score:
    injected = survived = round_ = 0
    changed_itself = True
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, sandbox):
        for fault in FAULTS:
            for broken in sorted(PROVIDERS):
                round_ += 1
                before = read_and_publish(settings, sandbox, round_)
                sandbox.faults[broken] = fault
                round_ += 1
                after = read_and_publish(settings, sandbox, round_)
                sandbox.faults.clear()
                for one, other in permutations(sorted(PROVIDERS), 2):
                    if one == broken:
                        injected += 1
                        survived += same(facts_of(before, settings, other), facts_of(after, settings, other))
                changed_itself &= facts_of(before, settings, broken) != facts_of(after, settings, broken)
    return Score(injected, survived, 1, int(changed_itself), "the broken one itself is seen to change each time")


def same(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Slots come and go in two hours; that an offer is read, and where it stands, does not."""
    readable = ("seen", "none")
    states = all((a[0] in readable) == (b[0] in readable) for a, b in zip(before[0], after[0], strict=True))
    return states and before[1] == after[1] and after[2] <= {True}


if __name__ == "__main__":
    report(TITLE, score)
