"""Copies published files from the leading worker to the other machines through the shared database.

A machine takes what is newer than what it has, as often as it is told that there is something, and puts the files that
name others (`current.json`, the log's head) in force last. Old snapshots leave the shared store after two days and
stay on the machines that have them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from aggregator import canonical, files
from aggregator.database.postgres import PostgresSchema

CHANNEL = "aiguillage_published"
KEPT_SNAPSHOTS = timedelta(days=2)
AT_ONCE = 64  # their contents are held in memory together
SNAPSHOTS = "snapshots/"
GROWING = ("hours",)  # files there are appended to, which does not change their folder
RECENT_NS = 2_000_000_000  # clocks of file systems are coarse: what changed just now may change again unseen
# Files that name others: read before them when files are brought, written after them when files are taken.
POINTERS = ("data/en-cours/index.json", "data/cumul/index.json", "current.json", "log/checkpoint")
_STEPS = {
    # `content` is NULL for a file that is no longer published.
    "files": """
        CREATE SEQUENCE published_numbers;
        CREATE TABLE published (
            name TEXT PRIMARY KEY, number INTEGER NOT NULL, sha256 TEXT, content BLOB, at TIMESTAMPTZ NOT NULL
        );
        CREATE INDEX published_by_number ON published (number);
    """,
    # What tells keys apart without telling them: which ones all machines work with.
    "keys": "CREATE TABLE keys (name TEXT PRIMARY KEY, mark TEXT NOT NULL)",
}

State = tuple[int, int]
"""Time of the last change in nanoseconds, size in bytes."""


class PublishedFiles:
    """One connection. Raises StoreError when there is none, or when it breaks."""

    def __init__(self, url: str) -> None:
        self.database = PostgresSchema(url)
        self.database.migrate("published", _STEPS)
        self._known: dict[str, str] = {}
        self._folders: dict[Path, tuple[int, dict[str, State]]] = {}
        self._seen: dict[str, State] = {}

    def close(self) -> None:
        self.database.close()

    # The leader

    def bring(self, folder: Path) -> int:
        """Store what has changed in `folder` since the last time. Returns how many files that was.

        What the pointers name was written before them: so they are read before the rest and stored after it.
        """
        pointers = {name: content for name in POINTERS if (content := _read(folder / name)) is not None}
        if not self._known:
            self._known = dict(self.database.rows("SELECT name, sha256 FROM published WHERE sha256 IS NOT NULL"))
        there = self._files(folder)
        changed = sorted(name for name, state in there.items() if self._seen.get(name) != state)
        brought = 0
        for start in range(0, len(changed), AT_ONCE):
            some = [name for name in changed[start : start + AT_ONCE] if name not in POINTERS]
            brought += self._store({name: content for name in some if (content := _read(folder / name)) is not None})
        brought += self._store(pointers)
        brought += self._drop([name for name in self._known if name not in there and name not in pointers])
        # Last: what failed on the way is brought the next time.
        self._seen = there
        return brought

    def _files(self, folder: Path) -> dict[str, State]:
        """Time and size of every file by its name. A folder in which nothing was made or moved is not read again."""
        found: dict[str, State] = {}
        for path, folders, _ in os.walk(folder, followlinks=True):
            folders[:] = [name for name in folders if not name.startswith(".")]
            here = Path(path)
            made = here.stat().st_mtime_ns
            kept = self._folders.get(here)
            if kept is None or kept[0] != made or here.name in GROWING or time.time_ns() - made < RECENT_NS:
                kept = (made, _states(here, folder))
                self._folders[here] = kept
            found.update(kept[1])
        return found

    def _store(self, contents: Mapping[str, bytes]) -> int:
        digests = {name: canonical.sha256(content) for name, content in contents.items()}
        new = [name for name, digest in digests.items() if self._known.get(name) != digest]
        if new:
            with self._telling():
                self.database.run_many(
                    "INSERT INTO published VALUES (?, nextval('published_numbers'), ?, ?, now()) ON CONFLICT (name) DO "
                    "UPDATE SET number = excluded.number, sha256 = excluded.sha256, content = excluded.content, "
                    "at = excluded.at",
                    [(name, digests[name], contents[name]) for name in new],
                )
                self.database.run(
                    "DELETE FROM published WHERE name LIKE 'snapshots/%' AND at < now() - CAST(? AS INTERVAL)",
                    (f"{KEPT_SNAPSHOTS.days} days",),
                )
            self._known.update((name, digests[name]) for name in new)
        return len(new)

    def _drop(self, names: Iterable[str]) -> int:
        # Snapshots leave by their age (`_store`), and never the machines that have them.
        gone = [name for name in names if not name.startswith(SNAPSHOTS)]
        if gone:
            with self._telling():
                self.database.run_many(
                    "UPDATE published SET number = nextval('published_numbers'), sha256 = NULL, content = NULL, "
                    "at = now() WHERE name = ?",
                    [(name,) for name in gone],
                )
            for name in gone:
                del self._known[name]
        return len(gone)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """A transaction that tells every listener when it is committed."""
        # In turns: a number that appeared behind a reader that has passed it would never be taken (ADR 10).
        with self.database.turn("published"):
            yield
            self.database.run(f"NOTIFY {CHANNEL}")

    def new_keys(self, marks: Mapping[str, str]) -> None:
        """Make these the keys that every machine must have from now on."""
        self.database.run_many(
            "INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET mark = excluded.mark", list(marks.items())
        )

    # Everybody else

    def other_keys(self, marks: Mapping[str, str]) -> list[str]:
        """Names of the keys that differ from the other machines'; the first machine to ask sets them."""
        self.database.run_many("INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO NOTHING", list(marks.items()))
        there = dict(self.database.rows("SELECT name, mark FROM keys"))
        return [name for name, mark in marks.items() if there[name] != mark]

    def listen(self) -> None:
        self.database.run(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> bool:
        """Until something is published, `seconds` at most. True when something was."""
        return self.database.told(seconds)

    def take(self, folder: Path, after: int) -> int:
        """Write what was published after a number into `folder`. Returns the number reached."""
        # Names and contents of one moment: a file replaced in between would not match its hash.
        with self.database.one_moment():
            rows = self.database.rows("SELECT name, number, sha256 FROM published WHERE number > ?", (after,))
            for name, _, digest in sorted(
                rows, key=lambda row: (row[0] in POINTERS or row[0].endswith("/index.json"), row[1])
            ):
                path = folder / name
                if digest is None:
                    path.unlink(missing_ok=True)
                elif not path.exists() or canonical.sha256(path.read_bytes()) != digest:
                    ((content,),) = self.database.rows("SELECT content FROM published WHERE name = ?", (name,))
                    files.write_whole(path, content)
        return max((number for _, number, _ in rows), default=after)


def _read(path: Path) -> bytes | None:
    """The bytes of a file; None when it has gone while others were read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _states(here: Path, root: Path) -> dict[str, State]:
    found: dict[str, State] = {}
    with suppress(FileNotFoundError), os.scandir(here) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_file():
                status = entry.stat()
                found[(here / entry.name).relative_to(root).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found
