"""Runs beside each web process of a portal on several machines: fetches published files and ships events.

The web process reads files and writes `events.db`, as on one machine, and never waits for the network. This process
waits until something is published, takes it, and ships events; while the shared store is away it tries again.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

from aggregator import instants
from aggregator.config.settings import KEPT_DAYS, Settings
from aggregator.database import StoreError
from aggregator.publish.retention import prune
from aggregator.redirect.shared_events import SharedEvents
from aggregator.worker.file_exchange import PublishedFiles
from aggregator.worker.leadership import agree_on_keys
from aggregator.worker.locks import lock
from aggregator.worker.shipping import Shipper

log = logging.getLogger(__name__)

SHIP_EVERY_S = 1.0
TIDY_EVERY = timedelta(days=1)


class Node:
    def __init__(self, settings: Settings, database_url: str) -> None:
        self._settings = settings
        self._url = database_url
        self._stop = threading.Event()
        self._taken = 0
        self._tidied = datetime.min.replace(tzinfo=UTC)

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises OtherKeysError, AlreadyRunningError when the folder is in use."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        # The worker's own lock: a node and a worker never share a data folder (docs/operations.md).
        with lock(self._settings.data_dir / "worker.lock", wait=False):
            while not self._stop.is_set():
                try:
                    self._stand_by()
                except StoreError as error:
                    log.error("the shared store does not answer", extra={"cause": str(error)})
                    self._stop.wait(SHIP_EVERY_S)

    def _stand_by(self) -> None:
        """Take and ship until stopped. Raises StoreError when a connection breaks, OtherKeysError."""
        with (
            closing(PublishedFiles(self._url)) as files,
            closing(SharedEvents(self._url)) as shared,
            closing(Shipper(self._settings.data_dir / "events.db", shared)) as shipper,
        ):
            agree_on_keys(self._settings, files)
            files.listen()
            while not self._stop.is_set():
                self._taken = files.take(self._settings.published_dir, self._taken)
                shipper.ship()
                self._tidy(shipper, datetime.now(UTC))
                files.wait(SHIP_EVERY_S)

    def _tidy(self, shipper: Shipper, at: datetime) -> None:
        """Each day: what is older than thirteen months goes, here as everywhere."""
        if at - self._tidied < TIDY_EVERY:
            return
        shipper.erase(instants.hour(at - timedelta(days=KEPT_DAYS)))
        prune(self._settings.published_dir, at)
        self._tidied = at
