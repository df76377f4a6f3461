"""The worker: when things run, and nothing else. One worker at a time; each provider reads on its own clock."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from aggregator import gazetteer as gazetteers
from aggregator.accounts import Accounts
from aggregator.closing import Closing
from aggregator.collect import Collector, Progress, due_before
from aggregator.edition import NothingPublishedError, Sources
from aggregator.imports import import_official_list
from aggregator.landings import check_links
from aggregator.ledger.translog import LogError
from aggregator.publish import Publisher, prune
from aggregator.release import Release
from aggregator.settings import Settings
from aggregator.store import Stores, open_stores
from aggregator.witness import fetch
from providers.errors import ProviderError
from providers.http import FetchClient
from providers.official_list import OfficialListError

log = logging.getLogger(__name__)

PUBLISH_EVERY_S = 30
TOTALS_EVERY_S = 60
REPLAY_EVERY_S = 120
DISCOVER_EVERY_S = 3600
EDITIONS_EVERY_S = 3600


class WorkerRunningError(RuntimeError):
    """Another worker has the lock."""


@contextmanager
def lock(path: Path, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold a file's lock; the system frees it when the process dies. Raises WorkerRunningError without `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a+") as file:
        try:
            fcntl.flock(file, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise WorkerRunningError(f"another process holds {path}") from error
        yield


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """One full run at a time: new jobs of the worker wait at the turnstile, running ones end first."""
    with lock(settings.data_dir / "turnstile.lock"), lock(settings.data_dir / "collect.lock"):
        yield


@contextmanager
def beside_others(settings: Settings) -> Iterator[None]:
    """One job among the worker's others."""
    with ExitStack() as held:
        with lock(settings.data_dir / "turnstile.lock"):
            held.enter_context(lock(settings.data_dir / "collect.lock", shared=True))
        yield


def now() -> datetime:
    return datetime.now(UTC)


def collect_once(settings: Settings, progress: Progress, only: tuple[str, ...] = ()) -> list[dict[str, object]]:
    """One full run, under the lock that the worker's jobs take: discover, read everything, publish."""
    progress("attente du verrou", 0, 0)
    with alone(settings), closing(open_stores(settings.data_dir)) as stores:
        places = gazetteers.load(settings.gazetteer_path)
        refresh_official_list(settings, stores, places)
        collector = Collector(settings, stores, places, now, progress, only)
        runs = [collector.discover(), collector.read()]
        Publisher(settings, stores, places, now).publish()
        with closing(Accounts(settings)) as accounts:
            accounts.publish_shares(now())
        return [row for run in runs for row in collector.fetch_table(run)]


def write_editions(settings: Settings, places: gazetteers.Gazetteer, at: datetime) -> list[Path]:
    """The edition of the last closed day, unless there is one, and the running day's. Raises NothingPublishedError."""
    with (
        lock(settings.data_dir / "editions.lock"),
        closing(open_stores(settings.data_dir)) as stores,
        closing(Accounts(settings)) as accounts,
    ):
        size = accounts.controls().get("log", {}).get("size", 0)
        release = Release(Sources(settings, stores, accounts.rollups, places, at), size)
        day = release.last_closed()
        made = [release.of_day(day)] if day else []
        made.append(release.running())
        release.prune()
        return [path for path in made if path]


def refresh_official_list(settings: Settings, stores: Stores, places: gazetteers.Gazetteer) -> bool:
    """Take the configured list over when its content is new. True when it was."""
    source = settings.official_list or (settings.sandbox()["official_list"] if settings.demo else None)
    if not source:
        return False
    if source.startswith(("http://", "https://")):
        origin = "/".join(source.split("/")[:3])
        body = FetchClient([origin], "Aiguillage").get(source).body
    else:
        body = Path(source).read_bytes()
    name = source.rsplit("/", 1)[-1]
    at, digest = now(), hashlib.sha256(body).hexdigest()
    if any(known["sha256"] == digest for known in stores.catalog.imports()):
        return False
    import_official_list(body, name, at.date(), settings, stores, places, at)
    return True


class Worker:
    """Jobs on APScheduler. Each job opens its own stores, so that no connection is shared between threads."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._places = gazetteers.load(settings.gazetteer_path)
        self._accounts = Accounts(settings)

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises WorkerRunningError."""
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        with lock(self._settings.data_dir / "worker.lock", wait=False):
            scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
            self._add_jobs(scheduler)
            scheduler.start()
            stop.wait()
            # Running jobs hold threads that wait on platforms: they are daemons, and their work is re-pollable.
            scheduler.shutdown(wait=False)
        os._exit(0)

    def _add_jobs(self, scheduler: BackgroundScheduler) -> None:
        start, every = now(), self._settings.collect_every_s
        scheduler.add_job(self.discover, "interval", seconds=max(DISCOVER_EVERY_S, every), next_run_time=start)
        scheduler.add_job(self.publish, "interval", seconds=PUBLISH_EVERY_S, next_run_time=start + timedelta(seconds=5))
        scheduler.add_job(self.totals, "interval", seconds=TOTALS_EVERY_S, next_run_time=start)
        scheduler.add_job(self.replay, "interval", seconds=REPLAY_EVERY_S, next_run_time=start)
        scheduler.add_job(
            self.editions, "interval", seconds=EDITIONS_EVERY_S, next_run_time=start + timedelta(seconds=45)
        )
        scheduler.add_job(self.witnesses, "interval", hours=1, next_run_time=start + timedelta(minutes=2))
        scheduler.add_job(self.links, "interval", hours=24, next_run_time=start + timedelta(minutes=5))
        scheduler.add_job(self.prune, "interval", hours=24)
        tick = max(5, min(30, every // 10))
        for slug in self._settings.provider_configs():
            scheduler.add_job(self.read, "interval", args=(slug,), id=f"read-{slug}", seconds=tick, next_run_time=start)

    def discover(self) -> None:
        with beside_others(self._settings), closing(open_stores(self._settings.data_dir)) as stores:
            try:
                refresh_official_list(self._settings, stores, self._places)
            except (OfficialListError, ProviderError, OSError) as error:
                log.error("official list not read", extra={"cause": str(error)})
            Collector(self._settings, stores, self._places, now, self._progress).discover()

    def read(self, slug: str) -> None:
        """What is due of one provider: a provider that hangs delays nobody but itself."""
        with beside_others(self._settings), closing(open_stores(self._settings.data_dir)) as stores:
            collector = Collector(self._settings, stores, self._places, now, self._progress, [slug])
            collector.read(due_before(now(), self._settings.collect_every_s))

    def publish(self) -> None:
        with closing(open_stores(self._settings.data_dir)) as stores:
            Publisher(self._settings, stores, self._places, now).publish()

    def totals(self) -> None:
        """Each minute: seal what is new, then roll up."""
        with self._accounts_held():
            try:
                self._accounts.seal(now())
            except LogError as error:
                log.error("the log has stopped", extra={"cause": str(error)})
            self._accounts.publish_shares(now())

    def replay(self) -> None:
        """Each few minutes: make the lists of the finished hours again, and close the days that are over.

        With accounts of its own: sealing goes on meanwhile.
        """
        settings = self._settings
        with lock(settings.data_dir / "replay.lock"), closing(Accounts(settings)) as apart:
            apart.replay_hours(now())
            with closing(open_stores(settings.data_dir)) as stores:
                Closing(settings, apart, stores.catalog, self._places.regions).close(now())
        with self._accounts_held():
            self._accounts.publish_order_control(now())

    def editions(self) -> None:
        """Each hour: the open data of the running day, and of the day that was closed since."""
        try:
            write_editions(self._settings, self._places, now())
        except NothingPublishedError:
            return

    def links(self) -> None:
        """Each day: a sample of the booking links of every platform, followed."""
        check_links(self._settings, now(), random.Random())

    def witnesses(self) -> None:
        """Each hour: what third parties have signed. Sealing goes on while they are asked."""
        notes: dict[str, bytes] = {}
        for one in self._settings.witnesses():
            with suppress(ProviderError):
                notes[one["name"]] = fetch(one["url"])
        with self._accounts_held():
            self._accounts.count_witnesses(now(), notes)

    def prune(self) -> None:
        prune(self._settings.published_dir, now())
        with self._accounts_held():
            self._accounts.erase(now())

    def _accounts_held(self) -> AbstractContextManager[None]:
        return lock(self._settings.data_dir / "seal.lock")
