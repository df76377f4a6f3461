"""Brings the stores and the published files of an earlier version up to this one, or refuses with what to do.

Stores of SQLite are copied first (`before-upgrade/<instant>/`), and what must never be lost is counted before and
after. PostgreSQL's tables are brought up by their named migrations when they are opened.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.database import connect
from aggregator.database.sqlite import copy_whole
from aggregator.redirect.event_log import SCHEMA_VERSION, open_events
from aggregator.snapshot import generation
from aggregator.store import open_stores
from aggregator.store.schema import CATALOG, REGISTRY

BEFORE = "before-upgrade"
# Entries of the first logs did not say their type beside themselves.
LOG_STEPS = {
    "kind_of_entries": "ALTER TABLE entries ADD COLUMN kind TEXT; "
    "UPDATE entries SET kind = json_extract(CAST(entry AS TEXT), '$.t')",
}
COUNTED = {
    "registry.db": {"places": "SELECT count(*) FROM places", "offers": "SELECT count(*) FROM offers",
                    "decisions": "SELECT count(*) FROM decisions"},
    "events.db": {"events": "SELECT count(*) FROM events"},
    "log.db": {"entries": "SELECT count(*) FROM entries"},
    "rollups.db": {"days": "SELECT coalesce(sum(n), 0) FROM days"},
}  # fmt: skip


class UpgradeError(RuntimeError):
    """The data folder is of another version; the message says which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """`steps`: "file: step" of each that ran. `counts`: "file table" -> rows, the same before and after."""

    steps: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    copy: Path | None = None


def due(settings: Settings) -> list[str]:
    """The steps that are to run, as "file: step"; none when the folder is of this version. Raises UpgradeError."""
    steps: list[str] = []
    if not settings.database_url:
        for name, look in LOOKS.items():
            path = settings.data_dir / name
            if path.exists():
                steps += [f"{name}: {step}" for step in look(path)]
    if generation.why_unread(settings.published_dir):
        found = generation.generation(settings.published_dir)
        steps.append(f"published: {found} -> {generation.FORMAT}")
    return steps


def refuse_outdated(settings: Settings) -> None:
    """Raises UpgradeError where `upgrade` has something to do."""
    if steps := due(settings):
        raise UpgradeError(
            f"{settings.data_dir} is of an earlier version ({', '.join(steps)}): stop what runs and "
            "`aiguillage upgrade`, or start the worker, which does the same"
        )


def upgrade(settings: Settings, at: datetime) -> Upgraded:
    """Run what is due. Raises UpgradeError, and leaves the copies, when a count is not what it was before."""
    steps = due(settings)
    if not steps:
        return Upgraded()
    stores = sorted({step.partition(":")[0] for step in steps} - {"published"})
    copy = _copy(settings, stores, at) if stores else None
    before = counts(settings)
    _run(settings, stores)
    after = counts(settings)
    if lost := [name for name, n in before.items() if after.get(name) != n]:
        raise UpgradeError(
            f"after the upgrade these are not as many as before: {', '.join(lost)}. Go back to the version before, "
            f"and put back the stores of {copy}"
        )
    # Only when all stores are well: until then the pages of the version before stand.
    generation.take_over(settings.published_dir)
    return Upgraded(steps, after, copy)


def counts(settings: Settings) -> dict[str, int]:
    """How many rows there are of what must never be lost, by "file table"."""
    found = {}
    for name, tables in COUNTED.items():
        path = settings.data_dir / name
        if path.exists() and not settings.database_url:
            with closing(connect(path)) as db:
                there = {row[0] for row in db.rows("SELECT name FROM sqlite_master")}
                found.update({f"{name} {t}": int(db.rows(sql)[0][0]) for t, sql in tables.items() if t in there})
    return found


def _copy(settings: Settings, stores: list[str], at: datetime) -> Path:
    folder = settings.data_dir / BEFORE / f"{at:%Y-%m-%dT%H%M%S}"
    folder.mkdir(parents=True)
    for name in stores:
        copy_whole(settings.data_dir / name, folder / name)
    return folder


def _run(settings: Settings, stores: list[str]) -> None:
    if "events.db" in stores:
        open_events(settings.data_dir / "events.db").close()
    if {"registry.db", "catalog.db"} & set(stores):
        open_stores(settings.data_dir).close()
    if "log.db" in stores:
        with closing(connect(settings.data_dir / "log.db")) as db, db.transaction():
            for script in LOG_STEPS.values():
                for statement in script.split("; "):
                    db.run(statement)


# What is due in one store


def _named(known: dict[str, str], store: str) -> Callable[[Path], list[str]]:
    def look(path: Path) -> list[str]:
        with closing(connect(path)) as db:
            if not db.rows("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
                return list(known)
            rows = db.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (store,))
        done = {row[0] for row in rows}
        _refuse_newer(path, sorted(done - set(known)))
        return [step for step in known if step not in done]

    return look


def _of_events(path: Path) -> list[str]:
    with closing(connect(path)) as db:
        version = int(db.rows("PRAGMA user_version")[0][0])
    _refuse_newer(path, [f"schema {version}"] if version > SCHEMA_VERSION else [])
    return [f"schema {version} -> {SCHEMA_VERSION}"] if version < SCHEMA_VERSION else []


def _of_log(path: Path) -> list[str]:
    with closing(connect(path)) as db:
        columns = {row[1] for row in db.rows("PRAGMA table_info(entries)")}
    _refuse_newer(path, sorted(columns - {"n", "entry", "kind"}))
    return list(LOG_STEPS) if columns and "kind" not in columns else []


def _refuse_newer(path: Path, unknown: list[str]) -> None:
    if unknown:
        raise UpgradeError(
            f"{path} was written by a newer version ({', '.join(unknown)}): install that version again, or put back "
            f"the stores of {path.parent / BEFORE}"
        )


LOOKS: dict[str, Callable[[Path], list[str]]] = {
    "registry.db": _named(REGISTRY, "registry"),
    "catalog.db": _named(CATALOG, "catalog"),
    "events.db": _of_events,
    "log.db": _of_log,
}
