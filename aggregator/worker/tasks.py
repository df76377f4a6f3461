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
from aggregator.instants import now, unread_after
from aggregator.ledger.outside.beacon import bring
from aggregator.ledger.outside.stamps import Authority, stamp
from aggregator.opendata.editions.windows import RUNNING
from aggregator.publish.publisher import Publisher
from aggregator.store import Stores, open_stores
from aggregator.worker.leadership import alone
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


def bring_beacon(settings: Settings, at: datetime) -> bool:
    """Keep the coming day's public randomness beside the log, when it is due. Raises BeaconError."""
    return settings.beacon is not None and bring(settings.beacon, settings.published_dir / "log", at)


def stamp_head(settings: Settings, at: datetime) -> int | None:
    """The size of the head that was stamped; None when nobody is to, or the day has its stamp. Raises StampError."""
    folder = settings.published_dir / "log"
    if not settings.stamp_url or not settings.stamp_roots or not (folder / "checkpoint").exists():
        return None
    return stamp(folder, at, Authority(settings.stamp_url, settings.stamp_roots))


def readings_have_ended(settings: Settings, start: datetime, at: datetime) -> bool:
    """Has every platform been read once, or failed? A portal that has editions need not wait for it.

    Before that most offers stand as unknown, for an hour, in an edition that looks like a finding. A platform that is
    never done keeps nobody waiting for longer than a reading may be late before every page says so.
    """
    if (settings.editions_dir / RUNNING / "index.json").exists() or at - start > unread_after(settings.collect_every_s):
        return True
    path = settings.published_dir / "health.json"
    health = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"providers": []}
    # Where no platform lists anything yet, there is nothing to be asked about: the bound above decides.
    return any(row["offers"] for row in health["providers"]) and all(row["read_once"] for row in health["providers"])


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
