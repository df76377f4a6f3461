"""Row 3: a migration killed before each of its statements leaves the old schema or the new one."""

from __future__ import annotations

import os
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from aggregator.database.migrations import Store
from aggregator.redirect.event_log import _MIGRATIONS, open_events
from aggregator.store import schema
from aggregator.store.catalog import Catalog
from aggregator.store.registry import Registry
from tests.bench.score import Score, report

TITLE = "half-migrated stores, killed before every statement of every migration"
BAR = "0"
Schema = frozenset[str]


def schema_of(path: Path) -> Schema:
    """Tables and indexes with their columns; the notes of what has run are left out."""
    if not path.exists():
        return frozenset()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%sqlite%'")
        return frozenset(f"{name}: {sql}" for name, sql in rows)


def killed_before(number: int, work: Callable[[], object]) -> bool:
    """Run `work` in a child that dies before its `number`-th statement. False when it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            counted, connect = 0, sqlite3.connect

            def count(_: str) -> None:
                nonlocal counted
                counted += 1
                if counted == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            def watched(*arguments: object, **more: object) -> sqlite3.Connection:
                connection = connect(*arguments, **more)  # type: ignore[call-overload]
                connection.set_trace_callback(count)
                return connection  # type: ignore[no-any-return]

            sqlite3.connect = watched  # type: ignore[assignment]
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def half_migrated(folder: Path, name: str, work: Callable[[Path], object], allowed: list[Schema]) -> tuple[int, int]:
    """(kills after which the schema was none of `allowed` or could not be finished, kills); the last one is the end."""
    bad = kills = 0
    while True:
        path = folder / f"{name}-{kills}.db"
        if not killed_before(kills + 1, lambda path=path: work(path)):  # type: ignore[misc]
            return bad, kills
        kills += 1
        between = schema_of(path) not in allowed
        work(path)
        bad += between or schema_of(path) != allowed[-1]


def store_schemas(folder: Path, name: str, steps: Mapping[str, str]) -> list[Schema]:
    """The schema before, between and after the named migrations."""
    found: list[Schema] = [frozenset()]
    for upto in range(1, len(steps) + 1):
        path = folder / f"{name}-upto-{upto}.db"
        Store(path, name, dict(list(steps.items())[:upto]), "FULL").close()
        found.append(schema_of(path))
    return found


def event_schemas(folder: Path) -> list[Schema]:
    found: list[Schema] = [frozenset()]
    for upto in range(1, len(_MIGRATIONS) + 1):
        path = folder / f"events-upto-{upto}.db"
        with closing(sqlite3.connect(path)) as connection:
            for migration in _MIGRATIONS[:upto]:
                connection.executescript(migration)
        found.append(schema_of(path))
    return found


def open_registry(path: Path) -> None:
    Registry(path).close()


def open_catalog(path: Path) -> None:
    Catalog(path).close()


def open_redirects(path: Path) -> None:
    open_events(path).close()


def careless(path: Path) -> None:
    """The control: the same statements, each committed by itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in _MIGRATIONS[0].split(";"):
            connection.execute(statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))


def score() -> Score:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = event_schemas(folder)
        rows = [
            half_migrated(folder, "registry", open_registry, store_schemas(folder, "registry", schema.REGISTRY)),
            half_migrated(folder, "catalog", open_catalog, store_schemas(folder, "catalog", schema.CATALOG)),
            half_migrated(folder, "events", open_redirects, events),
        ]
        first = [frozenset[str](), schema_of(folder / "events-upto-1.db")]
        seen, _ = half_migrated(folder, "careless", careless, first)
    kills = sum(of for _, of in rows)
    return Score(kills, kills - sum(bad for bad, _ in rows), 1, int(seen > 0), "registry, catalog and events")


if __name__ == "__main__":
    report(TITLE, score)
