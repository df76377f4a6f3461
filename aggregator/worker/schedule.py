"""The worker: when things run, and nothing else. Each provider reads on its own clock.

One worker works at a time. Where several machines share a store, the others follow what it publishes, and one of them
takes over within seconds of its end.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from aggregator.collect.collector import Collector, Progress
from aggregator.collect.link_check import check_links
from aggregator.collect.readings import due_before
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.database import StoreError
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.instants import now
from aggregator.ledger.log import LogError
from aggregator.ledger.outside.beacon import BeaconError
from aggregator.ledger.outside.stamps import StampError
from aggregator.ledger.witnessing.asking import Asked, ask_all, visited
from aggregator.publish.pace import Pace
from aggregator.publish.retention import prune
from aggregator.snapshot.shelf import in_force
from aggregator.store import Stores, open_stores
from aggregator.worker.editions.apart import Apart
from aggregator.worker.file_exchange import PublishedFiles
from aggregator.worker.leadership import WORKER, agree_on_keys, beside_others
from aggregator.worker.locks import lock
from aggregator.worker.tasks import (
    bring_beacon,
    readings_have_ended,
    stamp_head,
    try_official_list,
)

log = logging.getLogger(__name__)

PUBLISH_EVERY_S = 30
TOTALS_EVERY_S = 60
COSIGN_AFTER_S = 3
REPLAY_EVERY_S = 120
DISCOVER_EVERY_S = 3600
EDITIONS_EVERY_S = 3600
RETRY_EVERY_S = 60
FOLLOW_EVERY_S = 3
BRING_EVERY_S = 1


class Worker:
    """Jobs on APScheduler. Each job opens its own stores, so that no connection is shared between threads."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._places = gazetteers.load_gazetteer(settings.gazetteer_path)
        self._stop = threading.Event()
        self._bringing = threading.Lock()
        self._apart = Apart()
        self._pace = Pace(settings, self._places, now)
        self._accounts: Accounts
        self._files: PublishedFiles

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises AlreadyRunningError, OtherKeysError."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        with lock(self._settings.data_dir / "worker.lock", wait=False):
            if self._settings.database_url:
                self._await_lead(self._settings.database_url)
            if not self._stop.is_set():
                self._work()
        # Not `sys.exit`, which would first join the threads of pools: one may be waiting for a platform.
        os._exit(0)

    def _await_lead(self, database_url: str) -> None:
        """Follow what the leading worker publishes, until there is none."""
        taken = 0
        while not self._stop.is_set():
            try:
                self._files = PublishedFiles(database_url)
                agree_on_keys(self._settings, self._files)
                self._files.listen()
                while not self._stop.is_set():
                    # The lead first: all that the last leader has published is then taken before anything is brought.
                    leads = self._files.database.lead(WORKER)
                    taken = self._files.take(self._settings.published_dir, taken)
                    if leads:
                        agree_on_keys(self._settings, self._files)  # the last leader may have changed one
                        log.warning("this worker leads")
                        return
                    self._files.wait(FOLLOW_EVERY_S)
            except StoreError as error:
                log.error("the shared store does not answer", extra={"cause": str(error)})
                self._stop.wait(FOLLOW_EVERY_S)

    def _work(self) -> None:
        # An entry of the log must not name a file that dies with this machine: other machines get the file first.
        self._accounts = Accounts(self._settings, self._bring_now if self._settings.database_url else lambda: None)
        # Runs that were missed are made up for by one, and no job runs beside itself.
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        self._add_jobs(scheduler)
        scheduler.start()
        self._stop.wait()
        # Running jobs hold threads that wait on platforms: they are daemons, and their work is re-pollable.
        scheduler.shutdown(wait=False)
        self._apart.stop()

    def bring(self) -> None:
        """Each second: what was published, for the other machines.

        The lead is held by the connection that brings. When it is lost another worker may lead already: this one
        begins anew, as a follower.
        """
        try:
            self._bring_now()
        except StoreError as error:
            log.error("the lead is lost", extra={"cause": str(error)})
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves

    def _add_jobs(self, scheduler: BackgroundScheduler) -> None:
        start, every = now(), self._settings.collect_every_s
        scheduler.add_job(self.discover, "interval", seconds=max(DISCOVER_EVERY_S, every), next_run_time=start)
        scheduler.add_job(self.publish, "interval", seconds=PUBLISH_EVERY_S, next_run_time=start + timedelta(seconds=5))
        scheduler.add_job(self.totals, "interval", seconds=TOTALS_EVERY_S, next_run_time=start)
        scheduler.add_job(self.replay, "interval", seconds=REPLAY_EVERY_S, next_run_time=start)
        self._add_editions(scheduler, start)
        # Some seconds after a head is sealed, so that it is without its cosignatures for seconds and not for a minute.
        scheduler.add_job(
            self.cosign, "interval", seconds=TOTALS_EVERY_S, next_run_time=start + timedelta(seconds=COSIGN_AFTER_S)
        )
        scheduler.add_job(self.visited, "interval", hours=1, next_run_time=start + timedelta(minutes=2))
        scheduler.add_job(self.beacon, "interval", seconds=RETRY_EVERY_S, next_run_time=start)
        scheduler.add_job(self.stamp, "interval", hours=1, next_run_time=start + timedelta(minutes=3))
        scheduler.add_job(self.links, "interval", hours=24, next_run_time=start + timedelta(minutes=5))
        scheduler.add_job(self.prune, "interval", hours=24)
        if self._settings.database_url:
            scheduler.add_job(self.bring, "interval", seconds=BRING_EVERY_S, next_run_time=start)
        tick = max(5, min(30, every // 10))
        for slug in self._settings.provider_configs():
            scheduler.add_job(self.read, "interval", args=(slug,), id=f"read-{slug}", seconds=tick, next_run_time=start)

    def _add_editions(self, scheduler: BackgroundScheduler, start: datetime) -> None:
        """Each hour; the first of a portal as soon as the platforms have been read, or have failed."""
        first = start + timedelta(seconds=45)

        def begin() -> None:
            if readings_have_ended(self._settings, start, now()):
                scheduler.remove_job("first-edition")
                scheduler.add_job(self.editions, "interval", seconds=EDITIONS_EVERY_S, next_run_time=now())

        scheduler.add_job(begin, "interval", id="first-edition", seconds=RETRY_EVERY_S, next_run_time=first)

    def _bring_now(self) -> None:
        """Raises StoreError when the lead is lost."""
        with self._bringing:
            self._files.bring(self._settings.published_dir)

    def discover(self) -> None:
        with beside_others(self._settings), self._stores() as stores:
            try_official_list(self._settings, stores, self._places)
            Collector(self._settings, stores, self._places, now, self._progress).discover()

    def read(self, slug: str) -> None:
        """Read the offers of one provider that are due: a provider that hangs delays nobody but itself."""
        with beside_others(self._settings), self._stores() as stores:
            collector = Collector(self._settings, stores, self._places, now, self._progress, [slug])
            collector.read_due(due_before(now(), self._settings.collect_every_s))

    def publish(self) -> None:
        self._pace.publish()

    def totals(self) -> None:
        """Each minute: seal what is new, then roll up."""
        with self._accounts_held():
            try:
                self._accounts.seal(now())
            except LogError as error:  # sealing stops, the shares go on: `/transparence` suspends its verdict
                log.error("the log has stopped", extra={"cause": str(error)})
            self._accounts.shares.publish(now())

    def replay(self) -> None:
        """Each few minutes: make the lists of the finished hours again, and close the days that are over.

        With accounts of its own: sealing goes on meanwhile.
        """
        settings = self._settings
        with lock(settings.data_dir / "replay.lock"), closing(Accounts(settings)) as apart:
            apart.replays.run(now())
            with closing(open_stores(settings.data_dir, settings.database_url)) as stores:
                Closing(settings, apart, stores.catalog, self._places.regions).close(now())
        with self._accounts_held():
            self._accounts.replays.publish_control(now())

    def editions(self) -> None:
        """Each hour: the open data of the running day, and of the day that was closed since."""
        if in_force(self._settings.published_dir) is not None:
            self._apart.write()

    def links(self) -> None:
        """Each day: a sample of the booking links of every platform, followed."""
        check_links(self._settings, now(), random.Random())

    def cosign(self) -> None:
        """Each minute: the witnesses that are to be asked. Sealing goes on while they think."""
        folder = self._settings.published_dir / "log"
        if (folder / "checkpoint").exists():
            self._count(ask_all(self._accounts.keeper.policy.witnesses.values(), folder, now()))

    def visited(self) -> None:
        """Each hour: what those have signed who come by themselves."""
        self._count(visited(self._accounts.keeper.policy.witnesses.values()))

    def beacon(self) -> None:
        """Each minute of the last half hour before midnight, until the coming day's round is there."""
        try:
            bring_beacon(self._settings, now())
        except BeaconError as error:
            log.warning("no round of the beacon yet", extra={"cause": str(error)})

    def stamp(self) -> None:
        """Each hour, until the day's head has its time stamp; the next sealing logs it."""
        try:
            stamp_head(self._settings, now())
        except StampError as error:
            log.warning("the head has no time stamp", extra={"cause": str(error)})

    def _count(self, asked: Asked) -> None:
        for name, why in asked.refusals.items():
            log.warning("a witness has not signed", extra={"witness": name, "cause": why})
        with self._accounts_held():
            self._accounts.keeper.count_witnesses(now(), asked)

    def prune(self) -> None:
        prune(self._settings.published_dir, now())
        with self._accounts_held():
            self._accounts.erase(now())

    def _stores(self) -> AbstractContextManager[Stores]:
        return closing(open_stores(self._settings.data_dir, self._settings.database_url))

    def _accounts_held(self) -> AbstractContextManager[object]:
        return lock(self._settings.data_dir / "seal.lock")
