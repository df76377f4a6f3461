"""Row 11: platforms that stop are marked, by the clock of now, on page, API, /etat, /metrics and in exported files."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from flask.testing import FlaskClient

from aggregator.collect.collector import Collector
from aggregator.collect.readings import due_before
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer, load_gazetteer
from aggregator.instants import unread_after
from aggregator.opendata.edition import unpacked
from aggregator.publish.publisher import Publisher
from aggregator.store import open_stores
from aggregator.worker.editions.writing import write_editions
from app import create_app
from providers import PROVIDERS
from providers.sandbox.server import Sandbox
from tests.bench.score import Score, report
from tests.bench.stage import BROWSER, LYON, collect, geography, world
from tests.clock import NOON, Clock

TITLE = "platforms that stop, were never read, or whose worker died: marked on page, API, /etat, /metrics, in files"
BAR = "all marked within two intervals and a minute, and none that is read"
ALL = tuple(sorted(PROVIDERS))
# A worker that has died writes no file: there only what is answered now can tell.
ANSWERED, WRITTEN = ("page", "api", "state", "metrics"), ("page", "api", "state", "metrics", "files")


@dataclass
class Portal:
    """One portal: its platforms, its clock, and the real site in front of it."""

    settings: Settings
    sandbox: Sandbox
    places: Gazetteer
    clock: Clock
    browser: FlaskClient
    edition: Path | None = None

    def work(self) -> None:
        """What the worker does once in an interval."""
        with closing(open_stores(self.settings.data_dir)) as stores:
            for slug in ALL:
                reader = Collector(self.settings, stores, self.places, self.clock, only=[slug])
                reader.read_due(due_before(self.clock(), self.settings.collect_every_s))
            Publisher(self.settings, stores, self.places, self.clock).publish()
        self.edition = write_editions(self.settings, self.places, self.clock())[-1]

    def marks(self, slug: str) -> dict[str, bool]:
        """Where -> whether this platform is marked there as not read."""
        site = self.browser.application.extensions["aiguillage"]
        site.refresh()
        label = site.label(slug)
        told = {row["slug"]: row for row in self.browser.get("/api/v1/providers").get_json()["providers"]}
        state, metrics = self.browser.get("/etat").text, self.browser.get("/metrics").text
        row = next((part for part in state.split("<tr>") if f">{label}<" in part), "")
        told_first = self.browser.get(LYON).text.partition("Nous ne lisons plus")[2]
        return {
            "page": f"<strong>{label}</strong>" in told_first or told_first.startswith(" aucune plateforme"),
            "api": told[slug]["failing_since"] is not None,
            "state": "sans réponse lisible depuis" in row,
            "metrics": f'aiguillage_provider_unread{{provider="{slug}"}} 1.0' in metrics,
            "files": self.states_in_the_file(slug) <= {"unknown"},
        }

    def states_in_the_file(self, slug: str) -> set[str]:
        if self.edition is None:
            return set()
        with unpacked(self.edition / "offers.csv") as file:
            rows = csv.DictReader(io.StringIO(file.read().decode("utf-8"), newline=""))
            return {row["state"] for row in rows if row["provider"] == slug}


@contextmanager
def portal(healthy: Path, sandbox: Sandbox, places: Gazetteer) -> Iterator[Portal]:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "run"
        shutil.copytree(healthy, data, symlinks=True)
        settings, clock = Settings(data_dir=data), Clock()
        app = create_app(settings, clock)
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = BROWSER
        try:
            yield Portal(settings, sandbox, places, clock, browser)
        finally:
            sandbox.faults.clear()
            app.extensions["aiguillage"].close()


def stops(one: Portal, broken: tuple[str, ...]) -> None:
    """From now on these platforms answer nothing; the worker goes on, as it would, until the time is over."""
    one.sandbox.faults.update(dict.fromkeys(broken, "unavailable"))
    every_s = one.settings.collect_every_s
    for _ in range(2):
        one.clock.forward(seconds=every_s)
        one.work()
    one.clock.forward(seconds=unread_after(every_s).total_seconds() - 2 * every_s + 1)


def dies(one: Portal) -> None:
    """The worker is gone: nothing is read and nothing written any more."""
    one.clock.forward(seconds=unread_after(one.settings.collect_every_s).total_seconds() + 1)


def marked(one: Portal, broken: tuple[str, ...], where: tuple[str, ...]) -> tuple[int, int, list[str]]:
    """(places where each platform is told as it is, of how many, the others)."""
    wrong, of = [], 0
    for slug in ALL:
        found = one.marks(slug)
        for name in where:
            # In a file a platform that is read has other states than "unknown".
            of += 1
            if found[name] != (slug in broken):
                wrong.append(f"{slug} on {name}")
    return of - len(wrong), of, wrong


def score() -> Score:
    survived = injected = 0
    said: list[str] = []
    with tempfile.TemporaryDirectory() as name, Sandbox(world(60), now=lambda: NOON) as sandbox:
        places = load_gazetteer(Settings().gazetteer_path)
        healthy, unheard = (
            staged(Path(name) / kind, sandbox, fault) for kind, fault in (("a", ""), ("b", "unavailable"))
        )
        cases: list[tuple[str, Path, tuple[str, ...], tuple[str, ...], Callable[[Portal], None]]] = [
            *((f"{slug} stops", healthy, (slug,), WRITTEN, lambda one, slug=slug: stops(one, (slug,))) for slug in ALL),
            ("all stop", healthy, ALL, WRITTEN, lambda one: stops(one, ALL)),
            ("the worker dies", healthy, ALL, ANSWERED, dies),
            ("one was never read", unheard, (ALL[1],), ANSWERED, lambda one: stops(one, (ALL[1],))),
            ("never read, and the worker dies", unheard, ALL, ANSWERED, dies),
            ("nothing stops", healthy, (), WRITTEN, lambda one: stops(one, ())),
        ]  # fmt: skip
        for title, data, broken, where, happens in cases:
            with portal(data, sandbox, places) as one:
                happens(one)
                fine, of, wrong = marked(one, broken, where)
            survived, injected = survived + fine, injected + of
            said += [f"{title}: {', '.join(wrong)}"] if wrong else []
        caught = forgotten(healthy, sandbox, places)
    return Score(injected, survived, 2, caught, "; ".join(said) or f"{len(cases)} cases, each platform in each place")


def staged(folder: Path, sandbox: Sandbox, fault: str) -> Path:
    """A data folder after one full run at noon; with a fault, the second platform has never answered."""
    settings = Settings(data_dir=geography(folder))
    settings.sandbox_path.write_text(json.dumps(sandbox.description()), encoding="utf-8")
    if fault:
        sandbox.faults[ALL[1]] = fault
    with patch("tests.bench.stage.now", lambda: NOON):
        collect(settings, sandbox)
    sandbox.faults.clear()
    return folder


def forgotten(healthy: Path, sandbox: Sandbox, places: Gazetteer) -> int:
    """The controls: a portal that marks nothing, and one whose ages are those of the last file, are seen."""
    caught = 0
    with ExitStack() as stack, portal(healthy, sandbox, places) as one:
        stack.enter_context(patch("aggregator.web.serving.platforms._since", lambda site, row: None))
        stops(one, ALL[:1])
        caught += "doctolib on page" in marked(one, ALL[:1], WRITTEN)[2]
    with ExitStack() as stack, portal(healthy, sandbox, places) as one:
        stack.enter_context(patch("aggregator.web.serving.platforms._since", since_of_the_file))
        dies(one)
        caught += len(marked(one, ALL, ANSWERED)[2]) == len(ALL) * len(ANSWERED)
    return caught


def since_of_the_file(site: object, row: dict[str, str | None]) -> datetime | None:
    return datetime.fromisoformat(row["failing_since"]) if row["failing_since"] else None


if __name__ == "__main__":
    report(TITLE, score)
