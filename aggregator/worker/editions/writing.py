"""Writes the editions that are due; the command `release` calls it, and the worker calls that (`apart.py`)."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.opendata.edition import EditionWriter
from aggregator.opendata.sources import Sources
from aggregator.store import open_stores
from aggregator.worker.locks import lock


def write_editions(settings: Settings, places: Gazetteer, at: datetime) -> list[Path]:
    """The editions of closed days and weeks that are missing, oldest first, the cumulative one, and the running day's.

    Those that cannot be had any more are named with their reason. Raises NothingPublishedError.
    """
    with (
        lock(settings.data_dir / "editions.lock"),
        closing(open_stores(settings.data_dir, settings.database_url)) as stores,
        closing(Accounts(settings)) as accounts,
    ):
        size = accounts.controls.all().get("log", {}).get("size", 0)
        release = EditionWriter(Sources(settings, stores, accounts.rollups, places, at), size)
        made = [*release.closed(), release.cumulative(), release.running()]
        release.prune()
        release.note_gaps()
        return [path for path in made if path]
