"""Publishes when there is something new: asked twice a minute, most often nothing has come since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator import instants
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish.publisher import Publisher
from aggregator.store import Stores, open_stores

AT_LEAST_EVERY_S = 300  # what is watched (docs/watch) takes a snapshot of ten minutes for a worker that has stopped


@dataclass(frozen=True, slots=True)
class Last:
    """The last publication: of which versions of the stores, when, and the minute of its first slot."""

    versions: tuple[int | None, int | None]
    at: datetime
    first_slot: int | None


class Pace:
    """Keeps its connections to the stores: only one that stays open is told what others have changed."""

    def __init__(self, settings: Settings, gazetteer: Gazetteer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._gazetteer = gazetteer
        self._now = now
        self._longest = timedelta(seconds=min(AT_LEAST_EVERY_S, settings.collect_every_s))
        self._stores: Stores | None = None
        self._last: Last | None = None

    def publish(self) -> bool:
        """Publish, unless the snapshot of now would tell nothing but its instant anew. Returns whether it did."""
        if self._stores is None:
            self._stores = open_stores(self._settings.data_dir, self._settings.database_url)
        try:
            # Before anything is read: what changes meanwhile is news for the next time.
            versions, at = (self._stores.registry.version(), self._stores.catalog.version()), self._now()
            if self._last is not None and not self._is_due(self._last, versions, at):
                return False
            first_slot = Publisher(self._settings, self._stores, self._gazetteer, self._now).publish()
        except BaseException:
            self.close()  # a connection that has failed is not asked again
            raise
        self._last = Last(versions, at, first_slot)
        return True

    def close(self) -> None:
        if self._stores is not None:
            self._stores.close()
        self._stores = self._last = None

    def _is_due(self, last: Last, versions: tuple[int | None, int | None], at: datetime) -> bool:
        """A store has changed or cannot tell, a slot or an hour has begun (each hour has a list), or it is time."""
        begun = last.first_slot is not None and last.first_slot <= at.timestamp() // 60
        hour = instants.hour(at) != instants.hour(last.at)
        return None in versions or versions != last.versions or begun or hour or at - last.at >= self._longest
