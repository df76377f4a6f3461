"""The memory of the web process over ten hours of snapshots and visitors, on a clock that is moved.

A process of its own publishes, as the worker does, with other slots each time; the site takes each snapshot over and
answers lists, places' pages, the API and clicks between two of them. Caches of pages and cards have a tenth of their
size: they are full within the first hour, as those of a busy portal are, and what still grows is something else.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.publish.publisher import Publisher
from aggregator.snapshot.shelf import KEPT_IN_MEMORY, Snapshot
from aggregator.store import Catalog, Read, open_stores, pack, unpack
from aggregator.web.serving.cache import SizedCache
from aggregator.web.serving.page_cache import MAX_BYTES, PageCache
from aggregator.web.serving.site import CARDS_BYTES, Site
from app import create_app
from providers.records import Outcome, Reading
from tests.bench.harness import Result, apart, at_least, at_most, main, memory_mb, told
from tests.bench.stage import BROWSER, TOKEN, now, staged
from tests.clock import Clock
from tests.web.conftest import layer

PLACES = 1_200
# The worker publishes up to 120 an hour; a fifth of them, or the row would take half an hour.
HOURS, A_HOUR, CONTROL_HOURS = 10, 24, 1
SMALLER = 10
READ_AGAIN = 100  # offers whose slots have changed since the last snapshot
LISTS = 8  # between two snapshots


def change(catalog: Catalog, draw: random.Random, at: datetime) -> None:
    """New slots for some offers: all of theirs move by some minutes."""
    with_slots = [row for row in catalog.readings() if row["slot_count"]]
    read = []
    for row in draw.sample(with_slots, min(READ_AGAIN, len(with_slots))):
        slots = [
            (datetime.fromtimestamp(60 * (int(minute) + draw.randrange(10)), at.tzinfo), kind)
            for kind, minutes in unpack(row["classes"], row["slots"]).items()
            for minute in minutes
        ]
        read.append(Read(row["offer_id"], row["provider"], Reading(Outcome.OK), pack(slots), at))
    catalog.put_readings(read)


def publish(pipe: Connection, folder: Path) -> None:
    """Publish whenever told a time, until told None."""
    draw, clock, settings = random.Random(1), Clock(), Settings(data_dir=folder)
    gazetteer = gazetteers.load_gazetteer(settings.gazetteer_path)
    with closing(open_stores(folder)) as stores:
        publisher = Publisher(settings, stores, gazetteer, clock)
        for at in iter(pipe.recv, None):
            clock.at = at
            change(stores.catalog, draw, at)
            publisher.publish()
            pipe.send("done")


@contextmanager
def worker(folder: Path) -> Iterator[Connection]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=publish, args=(theirs, folder), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        ours.send(None)
        process.join(60)


class Visitors:
    """Ask for other towns, days and places each time, as a country does."""

    def __init__(self, client: FlaskClient, site: Site) -> None:
        self._client, self._site, self._draw = client, site, random.Random(2)
        communes = sorted(site.gazetteer.communes.values(), key=lambda one: -one.population)
        self._towns = [one.insee for one in communes[:2_000]]

    def come(self) -> None:
        draw, snapshot = self._draw, self._site.snapshot
        assert snapshot is not None
        day = self._site.now().date()
        places = [place.id for place in draw.sample(snapshot.places.all, 2)]
        paths = [f"/recherche?insee={town}&rayon=50" for town in draw.sample(self._towns, LISTS)]
        for number in range(2):
            paths[number] += f"&du={day + timedelta(days=draw.randrange(1, 9))}&moment=matin"
        paths += [f"/centre/{place}" for place in places]
        paths += [f"/api/v1/places/{places[0]}", f"/api/v1/places?insee={draw.choice(self._towns)}"]
        pages = [self._get(path) for path in paths]
        buttons = [token for page in pages for token in TOKEN.findall(page)]
        for token in draw.sample(buttons, min(2, len(buttons))):
            assert self._client.post(token, headers={"User-Agent": BROWSER}).status_code == 303

    def _get(self, path: str) -> str:
        answer = self._client.get(path, headers={"User-Agent": BROWSER, "Accept-Encoding": "identity"})
        assert answer.status_code == 200, (path, answer.status)
        return answer.text


def watched(folder: str, hours: int, keep_all: bool) -> list[tuple[float, int]]:
    """After each hour: (resident MB, snapshots alive). `keep_all`: the control, which lets no snapshot go."""
    logging.disable(logging.WARNING)
    clock, settings = Clock(now()), Settings(data_dir=Path(folder))
    kept: list[Snapshot | None] = []
    found = []
    app = create_app(settings, clock)
    site: Site = app.extensions["aiguillage"]
    site.cards = SizedCache(CARDS_BYTES // SMALLER)
    layer(app, PageCache)._answers = SizedCache(MAX_BYTES // SMALLER)
    visitors = Visitors(app.test_client(use_cookies=False), site)
    with worker(settings.data_dir) as pipe:
        for step in range(1, hours * A_HOUR + 1):
            clock.forward(seconds=3600 / A_HOUR)
            pipe.send(clock())
            visitors.come()  # while the next snapshot is written, as in a portal
            pipe.recv()
            site.refresh()
            if keep_all:
                kept.append(site.snapshot)
            if step % A_HOUR == 0:
                gc.collect()
                alive = sum(isinstance(one, Snapshot) for one in gc.get_objects())
                found.append((memory_mb("VmRSS"), alive))
    site.close()
    return found


def measure() -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        with staged(folder, PLACES, near_lyon=False):
            shutil.copytree(folder, Path(name) / "control", symlinks=True)
        ours = apart(watched, str(folder), HOURS, False).value
        control = apart(watched, str(Path(name) / "control"), CONTROL_HOURS, True).value
    memory = [row[0] for row in ours]
    return Result(
        f"Web process over {HOURS} hours, {PLACES:,} places, {A_HOUR} snapshots an hour",
        [
            at_most("memory after the last hour against the second", memory[-1] / memory[1], 1.1),
            told("MB after each hour", ", ".join(f"{one:.0f}" for one in memory)),
            at_most("snapshots alive after an hour, at most", max(row[1] for row in ours), KEPT_IN_MEMORY),
            at_least("the same of a site that lets none go, after its first", control[-1][1], A_HOUR, ""),
        ],
    )


if __name__ == "__main__":
    main(measure)
