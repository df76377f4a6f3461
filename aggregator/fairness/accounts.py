"""The worker's accounts: events, their roll-ups, the log that seals them, the shares and replays made of them.

Each minute: seal, roll up, publish the shares. Each hour: replay the lists of the hour (`replay.py`). The closing of
days and weeks is in `closed_days.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator import instants
from aggregator.config.settings import KEPT_DAYS, Settings
from aggregator.fairness import openings, shares
from aggregator.fairness.choices import MINUTE, Choices
from aggregator.fairness.published_shares import PublishedShares
from aggregator.fairness.replay import Replays
from aggregator.ledger.controls import Controls
from aggregator.ledger.keeper import LogKeeper
from aggregator.redirect.rollups import RollUps
from aggregator.redirect.shared_events import event_reader


class Accounts:
    """Opens what the worker counts with. Not thread-safe: the worker holds its seal lock around each call."""

    def __init__(self, settings: Settings, before_signing: Callable[[], object] = lambda: None) -> None:
        """`before_signing`: see `Sealer`."""
        self._published = settings.published_dir
        self.reader = event_reader(settings.database_url or settings.data_dir / "events.db")
        self.rollups = RollUps(settings.database_url or settings.data_dir / "rollups.db")
        self.choices = Choices(settings.database_url or settings.data_dir / "rollups.db")
        self.controls = Controls(settings.published_dir)
        self.keeper = LogKeeper(settings, before_signing)
        self.shares = PublishedShares(settings, self.reader, self.rollups, self.choices)
        self.replays = Replays(settings, self.reader, self.rollups, self.choices)

    def close(self) -> None:
        self.choices.close()
        self.rollups.close()
        self.reader.close()
        self.keeper.close()

    def seal(self, at: datetime, resume: bool = False) -> int:
        """Bring the public log and the roll-ups up to `at`. Returns the number of new entries. Raises LogError."""
        added = self.keeper.seal(at, self.reader, shares.POLICY, resume)
        # From the entries that were logged, not from the clock: a day of the roll-ups is then the day of the log.
        log = self.keeper.open(at)
        self.rollups.advance(self.reader, log.entries("minute", self.rollups.mark("minute")))
        self.choices.advance(self.reader, log.entries("minute", self.choices.mark(MINUTE)))
        openings.publish(log, self.reader, self._published / "log")
        return added

    def erase(self, at: datetime) -> int:
        """Erase events older than thirteen months. Returns how many went."""
        return self.reader.erase(instants.hour(at - timedelta(days=KEPT_DAYS)))

    def recount(self, at: datetime) -> dict[str, bool]:
        """Every logged day counted again from its events: day -> are the roll-ups the same to the last one?

        Days whose events have been erased since cannot be counted again: they are left out.
        """
        erased = (at - timedelta(days=KEPT_DAYS)).date().isoformat()
        entries = [entry for _, entry in self.keeper.open(at).entries("day")]
        found = self.rollups.recount(self.reader, entries)
        return {day: same for day, same in found.items() if day > erased}
