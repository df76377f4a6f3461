"""The public, tamper-evident log: C2SP tiles and a signed checkpoint, as static files.

Entries are committed to `log.db` first (one `synchronous=FULL` transaction), then tiles are written, and last the
checkpoint. On start the tree is recomputed from the entries; a checkpoint already signed for a larger or a different
tree stops the log: it never signs two histories.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregator import canonical
from aggregator.ledger import merkle
from aggregator.ledger.notes import Checkpoint, Signer, open_note, parse_checkpoint

TILE_WIDTH = 256
MAX_ENTRY_BYTES = 65_535


class LogError(RuntimeError):
    """The log must not go on: its entries and what it has signed do not agree."""


class TransparencyLog:
    """One writer. `folder` becomes the static files; `path` the store of entries."""

    def __init__(self, path: Path, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, entry BLOB NOT NULL)")
        self._tree = merkle.Frontier()
        self._leaves: list[bytes] = []
        for (entry,) in self._db.execute("SELECT entry FROM entries ORDER BY n"):
            self._grow(entry)
        self._refuse_another_history()
        if self.size:
            self._write_tiles(0)
        self._write_checkpoint()

    @property
    def size(self) -> int:
        return self._tree.size

    @property
    def root(self) -> bytes:
        return self._tree.root

    @property
    def vkey(self) -> str:
        return self._signer.vkey

    def append(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Add entries (canonical JSON, each with its type `t`) and publish the new head. Returns the size."""
        lines = [canonical.to_json(entry) for entry in entries]
        for line in lines:
            if len(line) > MAX_ENTRY_BYTES:
                raise LogError(f"an entry of {len(line)} bytes is too long")
        start = self.size
        self._db.execute("BEGIN IMMEDIATE")
        with contextlib.ExitStack() as undo:
            undo.callback(self._db.execute, "ROLLBACK")
            self._db.executemany("INSERT INTO entries VALUES (?, ?)", list(enumerate(lines, start)))
            self._db.execute("COMMIT")
            undo.pop_all()
        for line in lines:
            self._grow(line)
        self._write_tiles(start)
        self._write_checkpoint()
        return self.size

    def entries(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """All entries, or those of one type, oldest first."""
        for (entry,) in self._db.execute("SELECT entry FROM entries ORDER BY n"):
            content: dict[str, Any] = json.loads(entry)
            if kind is None or content["t"] == kind:
                yield content

    def last(self, kind: str) -> dict[str, Any] | None:
        found = None
        for entry in self.entries(kind):
            found = entry
        return found

    def close(self) -> None:
        self._db.close()

    def _grow(self, entry: bytes) -> None:
        leaf = merkle.leaf_hash(entry)
        self._leaves.append(leaf)
        self._tree.append(leaf)

    def _refuse_another_history(self) -> None:
        """What has been signed must be a prefix of what the entries say."""
        path = self._folder / "checkpoint"
        if not path.exists():
            return
        signed = parse_checkpoint(open_note(path.read_text(encoding="utf-8"), self._signer.vkey))
        if signed.size > self.size:
            raise LogError(f"{signed.size} entries have been signed and {self.size} are left: restore the log's store")
        if merkle.root_of(self._leaves[: signed.size]) != signed.root:
            raise LogError(f"the first {signed.size} entries are not those that have been signed")

    def _write_checkpoint(self) -> None:
        checkpoint = Checkpoint(self._signer.name, self.size, self.root)
        note = self._signer.sign(checkpoint.text())
        canonical.write_whole(self._folder / "checkpoint", note.encode())

    def _write_tiles(self, start: int) -> None:
        """Write every tile that changes between `start` entries and now: hashes by level, and the entries."""
        level, hashes, first = 0, self._leaves, start
        while hashes:
            for number in range(first // TILE_WIDTH, -(-len(hashes) // TILE_WIDTH)):
                part = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                self._write(tile_path(level, number, len(part)), b"".join(part))
                if level == 0:
                    self._write_entries(number, len(part))
            full = len(hashes) // TILE_WIDTH
            hashes = [merkle.root_of(hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]) for number in range(full)]
            level, first = level + 1, first // TILE_WIDTH

    def _write_entries(self, number: int, width: int) -> None:
        rows = self._db.execute(
            "SELECT entry FROM entries WHERE n >= ? ORDER BY n LIMIT ?", (number * TILE_WIDTH, width)
        )
        bundle = b"".join(struct.pack(">H", len(entry)) + entry for (entry,) in rows)
        self._write(tile_path("entries", number, width), bundle)

    def _write(self, name: str, content: bytes) -> None:
        canonical.write_whole(self._folder / name, content)


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """ "tile/0/x001/x234/067", "tile/1/000.p/17", as C2SP tlog-tiles writes them."""
    digits = f"{number % 1000:03d}"
    rest = number // 1000
    while rest:
        digits = f"x{rest % 1000:03d}/{digits}"
        rest //= 1000
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{digits}{partial}"
