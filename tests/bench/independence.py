"""Row 14: a fault of one platform, in its listing and in its readings, changes nothing of another and delays no run."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aggregator.collect.collector import Collector
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer, load_gazetteer
from aggregator.publish.publisher import Publisher
from aggregator.search.question import Question
from aggregator.search.search import search
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.store import open_stores
from providers import PROVIDERS
from providers.sandbox.faults import FAULTS
from providers.sandbox.server import Sandbox
from tests.bench.score import Score, report
from tests.bench.stage import geography, world

TITLE = "pairs of platforms: a fault of one that changes slots, age or rank of the other, or delays its run"
BAR = "0 over all pairs and all faults of the catalogue, listing and reading"
QUESTION = Question(insee="69123", radius_km=50)
SEED, EPOCH = b"s" * 32, "2026-11-23T12"
AT = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
DEPARTMENTS, PLACES = ("01", "42", "69"), 34
TOTAL_S = 1.0  # one question's budget, in place of ten seconds
# Two jobs, each of which five failures in a row end: at most three waves of questions, each within its budget.
# Answers of 16 MB take a second beside; the rest is a busy machine.
MOST_S = 2 * 3 * TOTAL_S + 4.0


Facts = dict[tuple[str, str], tuple[Any, ...]]


@dataclass(frozen=True)
class Stage:
    """A portal after a healthy run an hour ago, to start each round from."""

    healthy: Path
    run: Path
    sandbox: Sandbox
    places: Gazetteer
    providers: Path

    def settings(self, folder: Path) -> Settings:
        return Settings(data_dir=folder, providers_path=self.providers, horizon_days=7)

    def round(self, folder: Path, at: datetime) -> tuple[Snapshot, float]:
        """(what is published after one listing and one reading of everything, seconds for both)."""
        settings = self.settings(folder)
        with closing(open_stores(folder)) as stores:
            collector = Collector(settings, stores, self.places, lambda: at)
            started = time.monotonic()
            collector.discover()
            collector.read()
            took_s = time.monotonic() - started
            Publisher(settings, stores, self.places, lambda: at).publish()
        shelf = Shelf(settings.published_dir)
        shelf.refresh()
        if shelf.current is None:
            raise RuntimeError("nothing published")
        return shelf.current, took_s

    def an_hour_later(self, broken: str = "", fault: str = "") -> tuple[Snapshot, float]:
        """A round from the healthy state, with one platform broken; always at the same moment of the same world."""
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.copytree(self.healthy, self.run, symlinks=True)
        if broken:
            self.sandbox.faults[broken] = fault
        try:
            return self.round(self.run, AT + timedelta(hours=1))
        finally:
            self.sandbox.faults.clear()


@contextmanager
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as name, Sandbox(world(PLACES), now=lambda: AT) as sandbox:
        folder = Path(name)
        text = (Settings().providers_path).read_text(encoding="utf-8")
        for old, new in (("total_s = 10.0", f"total_s = {TOTAL_S}"), ("retry_wait_s = 0.3", "retry_wait_s = 0.01")):
            if old not in text:
                raise RuntimeError(f"data/providers.toml no longer says {old}")
            text = text.replace(old, new)
        (folder / "providers.toml").write_text(text, encoding="utf-8")
        healthy = geography(folder / "healthy")
        (healthy / "sandbox.json").write_text(json.dumps(sandbox.description()), encoding="utf-8")
        whole = load_gazetteer(Settings().gazetteer_path)
        # Three départements are enough: what is asked of the others has no centre.
        near = [commune for commune in whole.communes.values() if commune.department in DEPARTMENTS]
        places = Gazetteer(near, [whole.departments[code] for code in DEPARTMENTS], whole.regions)
        made = Stage(healthy, folder / "run", sandbox, places, folder / "providers.toml")
        made.round(healthy, AT)
        yield made


def facts_of(snapshot: Snapshot, settings: Settings, slug: str, broken: str) -> tuple[Any, ...]:
    """All that is told of a provider's offers, with slots and ages; the order of places; places of the broken one."""
    mine = sorted(offer.id for offer in snapshot.places.offers.values() if offer.provider == slug)
    listed = [one.place for one in search(snapshot, QUESTION, EPOCH, SEED, settings.campaign).found if one.place.offers]
    touched = {place.id for place in snapshot.places.all if any(offer.provider == broken for offer in place.offers)}
    return mine, [told_of(snapshot, one) for one in mine], [place.id for place in listed], touched


def unharmed(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """A place that the broken platform lists, or listed, may move by what that one says of it."""
    touched = before[3] | after[3]
    orders = ([place for place in facts[2] if place not in touched] for facts in (before, after))
    return before[:2] == after[:2] and len({tuple(order) for order in orders}) == 1


def told_of(snapshot: Snapshot, offer_id: str) -> tuple[Any, ...]:
    state = snapshot.slots.offers.get(offer_id)
    if state is None:  # an offer that a broken listing has invented
        return ()
    slots = sorted(snapshot.slots.minute[state.first : state.last].tolist())
    return state.state, state.answered, state.since, state.cause, state.partial, slots


def all_facts(snapshot: Snapshot, settings: Settings) -> Facts:
    """(a platform, the broken one) -> what is told of the first."""
    pairs = product(sorted(PROVIDERS), repeat=2)
    return {(slug, broken): facts_of(snapshot, settings, slug, broken) for slug, broken in pairs}


def score() -> Score:
    injected = survived = unseen = 0
    slowest, said = 0.0, []
    with stage() as made:
        settings = made.settings(made.run)
        told, again = (all_facts(made.an_hour_later()[0], settings) for _ in range(2))
        if told != again or not all(found[0] for found in told.values()):
            raise RuntimeError("two calm rounds differ, or a platform has no offer")
        for fault in sorted(FAULTS):
            for broken in sorted(PROVIDERS):
                after, took_s = made.an_hour_later(broken, fault)
                facts, slowest = all_facts(after, settings), max(slowest, took_s)
                for other in sorted(set(PROVIDERS) - {broken}):
                    injected += 1
                    fine = unharmed(told[other, broken], facts[other, broken]) and took_s <= MOST_S
                    survived += fine
                    if not fine:
                        said.append(f"{fault} of {broken} reaches {other} ({took_s:.1f} s)")
                unseen += fault in ("html", "error", "hang") and facts[broken, broken][:2] == told[broken, broken][:2]
        shared = changes_of_a_shared_failure(made, told)
    said.append(
        f"{len(FAULTS)} faults; the longest run {slowest:.1f} s of {MOST_S:.1f}; the broken one is seen to change"
    )
    said.append(f"a reading that takes the run down reaches {shared} of {len(list(permutations(PROVIDERS, 2)))} pairs")
    return Score(injected, survived, 2, (unseen == 0) + (shared > 0), "; ".join(said))


def changes_of_a_shared_failure(made: Stage, told: Facts) -> int:
    """The control: a portal in which a failure of one platform ends the reading of all is seen to change the others."""
    settings, reached = made.settings(made.run), 0
    real = Collector._read_provider

    for broken in sorted(PROVIDERS):

        def fails(self: Collector, slug: str, offers: Any, results: Any, broken: str = broken) -> None:
            real(self, slug, [] if broken in self.slugs else offers, results)

        with patch.object(Collector, "_read_provider", fails):
            after, _ = made.an_hour_later(broken, "error")
        facts = all_facts(after, settings)
        reached += sum(not unharmed(told[other, broken], facts[other, broken]) for other in set(PROVIDERS) - {broken})
    return reached


if __name__ == "__main__":
    report(TITLE, score)
