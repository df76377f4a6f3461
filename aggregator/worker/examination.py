"""Examines a data folder: what is damaged, lost, of another version or cannot be written, each with what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.country import NotBuiltError
from aggregator.country.gazetteer import load_gazetteer
from aggregator.country.outlines import load_outlines
from aggregator.database import StoreError, connect
from aggregator.database.sqlite import REBUILT, damage
from aggregator.snapshot.format import FOLDER, SUFFIX, SnapshotError, body_of, read_places, read_slots
from aggregator.snapshot.shelf import CURRENT, in_force
from aggregator.worker.backups.backup import STORES, BackupError
from aggregator.worker.backups.restore import refuse_lost_keys
from aggregator.worker.upgrade import UpgradeError, due

REBUILD = "stop the worker and delete it with its -wal and -shm: it is read again from the platforms"
PUT_BACK = "stop the portal, move it away and put it back from a backup (docs/operations.md)"
NEW_EVENTS = "start the web process again: it sets the file aside and begins another, and departures go on"


def examine(settings: Settings) -> Iterator[str]:
    """One line for each thing that is wrong, with what to do; nothing when all is well. Changes nothing."""
    yield from _access(settings)
    damaged = list(_stores(settings))
    yield from damaged
    yield from _country(settings)
    yield from _published(settings.published_dir)
    yield from _keys(settings)
    if not damaged:  # the version of a damaged store cannot be asked for
        yield from _versions(settings)


def _access(settings: Settings) -> Iterator[str]:
    """Folders that this user may not write. One that is not there yet is made at the first start, in its parent."""
    there = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    for folder in (there, settings.published_dir, settings.keys_dir):
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            yield (
                f"{folder}: user {os.geteuid()} may not write there: run as the user of the service, or "
                "give it the folder (chown), or choose another with AIGUILLAGE_DATA_DIR"
            )


def _stores(settings: Settings) -> Iterator[str]:
    if settings.database_url:
        try:
            connect(settings.database_url).close()
        except StoreError as error:
            yield f"DATABASE_URL: {error}"
    for name in (*STORES, *REBUILT):
        path = settings.data_dir / name
        # Of a file that may not be read nothing is known: its folder has been told of above.
        if path.exists() and os.access(path, os.R_OK | os.W_OK) and (wrong := damage(path)):
            what = {"events.db": NEW_EVENTS}.get(name, REBUILD if name in REBUILT else PUT_BACK)
            yield f"{path} is damaged ({wrong}): {what}"


def _country(settings: Settings) -> Iterator[str]:
    for path, load in ((settings.gazetteer_path, load_gazetteer), (settings.outlines_path, load_outlines)):
        try:
            if path.exists():  # what is not there is built at the first start
                load(path)
        except NotBuiltError as error:
            yield str(error)


def _published(published: Path) -> Iterator[str]:
    try:
        named = in_force(published)
    except ValueError:
        yield f"{published / CURRENT} is damaged: delete it, the worker writes it anew within a minute"
        return
    reads: dict[str, Callable[[bytes], object]] = {"places": read_places, "slots": read_slots}
    for part, read in reads.items() if named else ():
        path = published / FOLDER / f"{named[part]}{SUFFIX}"  # type: ignore[index]
        try:
            read(body_of(published, path.name.removesuffix(SUFFIX)))
        except SnapshotError as error:
            yield f"{path} cannot be read ({error}): delete it, the worker writes it anew within a minute"


def _keys(settings: Settings) -> Iterator[str]:
    try:
        refuse_lost_keys(settings)
    except BackupError as error:
        yield str(error)


def _versions(settings: Settings) -> Iterator[str]:
    try:
        for step in due(settings):
            yield f"{settings.data_dir} is of an earlier version ({step}): `aiguillage upgrade`"
    except (UpgradeError, StoreError) as error:
        yield str(error)
