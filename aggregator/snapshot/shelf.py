"""Puts snapshots in force, and loads the one in force and those that older lists refer to.

`current.json` names the pair in force; `hours/<hour>.ndjson` lists all that were put in force in an hour.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cachetools import LRUCache

from aggregator import canonical, files, instants
from aggregator.snapshot.format import body_of, snapshot_hash
from aggregator.snapshot.places import Places
from aggregator.snapshot.slots import Slots

Made = TypeVar("Made")
CURRENT = "current.json"
KEPT_IN_MEMORY = 4
KEPT_WITH_IT = 16
REPLAY = timedelta(hours=2)  # what page 2, Back and shared links may still ask for (docs/ranking.md §7.3)
REPLAY_HOURS = 48  # how far back a replay looks (docs/ranking.md §8)


def put_in_force(published: Path, places: str, slots: str, at: datetime) -> None:
    """Put a pair of files in force, each named by its SHA-256, and add it to the hour's list, which auditors follow."""
    snapshot = snapshot_hash(places, slots)
    entry = canonical.to_json({"places": places, "slots": slots, "snapshot": snapshot, "at": instants.second(at)})
    hour = _hour_file(published, at)
    hour.parent.mkdir(parents=True, exist_ok=True)
    # The hour's list first: a process killed in between must not leave in force a pair that no replay finds.
    with hour.open("ab") as file:
        file.write(entry + b"\n")
    files.write_whole(published / CURRENT, entry)


def in_force(published: Path) -> dict[str, str] | None:
    """{"places", "slots", "snapshot", "at"} of the pair in force; None before the first one."""
    path = published / CURRENT
    if not path.exists():
        return None
    entry: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return entry


def _hour_file(published: Path, hour: datetime) -> Path:
    return published / "hours" / f"{instants.hour(hour)}.ndjson"


@dataclass(frozen=True)
class Snapshot:
    """One published pair, loaded, with a small cache of what was computed from it, which is freed together with it."""

    places: Places
    slots: Slots
    hash: str
    _kept: LRUCache[Hashable, Any] = field(default_factory=lambda: LRUCache(KEPT_WITH_IT), repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def short(self) -> str:
        return self.hash[:8]

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The cached value of `key`, made by `make` when there is none (any more)."""
        # Made outside the lock, so that one slow value keeps nobody from another; two threads may make the same one.
        with self._lock:
            found: Made | None = self._kept.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._kept[key] = found
        return found


class Shelf:
    """The snapshots that can be answered from: the one in force, and those of the last two hours by their short hash.

    Thread-safe. Only a few stay in memory; an older one is read again from its file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, Snapshot] = {}
        self._places: dict[str, Places] = {}
        self._seen: tuple[int, int] | None = None
        self.current: Snapshot | None = None

    def refresh(self) -> bool:
        """Load what the worker has put in force since the last call; True when something changed."""
        path = self._folder / CURRENT
        try:
            stat = path.stat()
        except OSError:
            return False
        # Two files written within one tick of the clock differ by their inode.
        mark = (stat.st_mtime_ns, stat.st_ino)
        if mark == self._seen:
            return False
        entry = json.loads(path.read_text(encoding="utf-8"))
        # Loaded before it is marked as seen: a damaged file leaves the last good one in force and is tried again (S6).
        snapshot = self._load(entry)
        self.current, self._seen = snapshot, mark
        return True

    def pinned(self, short: str, now: datetime) -> Snapshot | None:
        """The snapshot of the last two hours whose hash begins so; None when there is none (any more)."""
        with self._lock:
            for snapshot in self._loaded.values():
                if snapshot.hash.startswith(short):
                    return snapshot
        for entry in reversed(self._recent(now)):
            if entry["snapshot"].startswith(short):
                return self._load(entry)
        return None

    def find(self, whole: str, hour: str) -> Snapshot | None:
        """The snapshot of this hash, published in `hour` or within two days before; None when there is none."""
        last = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        for back in range(REPLAY_HOURS + 1):
            for entry in self.published(last - timedelta(hours=back)):
                if entry["snapshot"] == whole:
                    return self._load(entry)
        return None

    def published(self, hour: datetime) -> list[dict[str, Any]]:
        """What was put in force in an hour, oldest first: {"places", "slots", "snapshot", "at"}."""
        path = _hour_file(self._folder, hour)
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def _recent(self, now: datetime) -> list[dict[str, Any]]:
        # Two hours back from within an hour touch three of them.
        entries = [entry for back in (2, 1, 0) for entry in self.published(now - timedelta(hours=back))]
        return [entry for entry in entries if datetime.fromisoformat(entry["at"]) >= now - REPLAY]

    def _load(self, entry: Mapping[str, str]) -> Snapshot:
        with self._lock:
            if entry["snapshot"] in self._loaded:
                return self._loaded[entry["snapshot"]]
            named = entry["places"]
            places = self._places.get(named) or Places(body_of(self._folder, named), named)
            slots = Slots(body_of(self._folder, entry["slots"]), entry["slots"], places)
            snapshot = Snapshot(places, slots, snapshot_hash(named, entry["slots"]))
            self._loaded[snapshot.hash] = snapshot
            while len(self._loaded) > KEPT_IN_MEMORY:
                oldest = next(iter(self._loaded))
                del self._loaded[oldest]
            # Successive snapshots mostly share their places; those that no snapshot in memory holds are let go.
            kept = {one.places.sha256: one.places for one in self._loaded.values()}
            self._places = kept
            return snapshot
