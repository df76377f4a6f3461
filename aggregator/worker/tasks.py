"""The worker's tasks, one function each; commands call them too."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from datetime import datetime
from pathlib import Path

from aggregator import canonical
from aggregator.collect.collector import Collector, Progress
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.database import StoreError
from aggregator.fairness.accounts import Accounts
from aggregator.instants import now
from aggregator.opendata.edition import EditionWriter
from aggregator.opendata.sources import Sources
from aggregator.publish.publisher import Publisher
from aggregator.store import Stores, open_stores
from aggregator.worker.leadership import alone
from aggregator.worker.locks import lock
from providers.http import FetchClient
from providers.official_list import SOURCE

log = logging.getLogger(__name__)


def collect_once(settings: Settings, progress: Progress, only: tuple[str, ...] = ()) -> list[dict[str, object]]:
    """One full run, under the lock that the worker's jobs take: discover, read everything, publish."""
    progress("attente du verrou", 0, 0)
    with alone(settings), closing(open_stores(settings.data_dir, settings.database_url)) as stores:
        places = gazetteers.load_gazetteer(settings.gazetteer_path)
        try_official_list(settings, stores, places)
        collector = Collector(settings, stores, places, now, progress, only)
        runs = [collector.discover(), collector.read()]
        Publisher(settings, stores, places, now).publish()
        with closing(Accounts(settings)) as accounts:
            accounts.shares.publish(now())
        return [row for run in runs for row in collector.fetch_table(run)]


def write_editions(settings: Settings, places: gazetteers.Gazetteer, at: datetime) -> list[Path]:
    """The edition of the last closed day, unless there is one, and the running day's. Raises NothingPublishedError."""
    with (
        lock(settings.data_dir / "editions.lock"),
        closing(open_stores(settings.data_dir, settings.database_url)) as stores,
        closing(Accounts(settings)) as accounts,
    ):
        size = accounts.controls.all().get("log", {}).get("size", 0)
        release = EditionWriter(Sources(settings, stores, accounts.rollups, places, at), size)
        day = release.last_closed()
        made = [release.of_day(day)] if day else []
        made.append(release.running())
        release.prune()
        return [path for path in made if path]


def try_official_list(settings: Settings, stores: Stores, places: gazetteers.Gazetteer) -> None:
    """As `refresh_official_list`; a list that cannot be read leaves the known one, and the platforms are read."""
    try:
        refresh_official_list(settings, stores, places)
    except StoreError:
        raise  # without the store no platform can be read either
    except Exception as error:  # whatever a list holds, it stops no platform
        log.error("official list not read", extra={"kind": type(error).__name__, "cause": str(error)[:200]})


def refresh_official_list(settings: Settings, stores: Stores, places: gazetteers.Gazetteer) -> bool:
    """Import the configured official list when its content is new. Returns whether it was."""
    source = settings.official_list or (settings.sandbox()["official_list"] if settings.demo else None)
    if not source:
        return False
    if source.startswith(("http://", "https://")):
        origin = "/".join(source.split("/")[:3])
        body = FetchClient([origin], "Aiguillage").get(source).body
    else:
        body = Path(source).read_bytes()
    name = source.rsplit("/", 1)[-1]
    at, digest = now(), canonical.sha256(body)
    known = [one for one in stores.catalog.imports() if one["sha256"] == digest]
    was_held = bool(known) and json.loads(known[-1]["report"])["held"] is not None
    if known and not (was_held and stores.catalog.released(SOURCE)):
        return False
    import_official_list(ListFile(body, name, at.date()), settings, stores, places, at)
    return True
