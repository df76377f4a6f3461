"""The public, tamper-evident log: C2SP tiles and a signed checkpoint, as static files.

Entries are committed to the store first (`log.db`, or PostgreSQL; one durable transaction), then tiles are written, and
last the checkpoint. On start the tree is recomputed from the entries; a checkpoint already signed for a larger or a
different tree stops the log: it never signs two histories.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregator import canonical, files
from aggregator.database import Location, connect
from aggregator.ledger import merkle
from aggregator.ledger.notes import Checkpoint, NoteError, Signer, open_note, parse_checkpoint

TILE_WIDTH = 256  # fixed by C2SP tlog-tiles
MAX_ENTRY_BYTES = 65_535  # the length before an entry in its tile has 16 bits (docs/log.md §2.2)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, entry BLOB NOT NULL, kind TEXT);
CREATE INDEX IF NOT EXISTS entries_by_kind ON entries (kind, n);
"""


class LogError(RuntimeError):
    """The log must not go on: its entries and what it has signed do not agree."""


class TransparencyLog:
    """One writer at a time. `folder` becomes the static files; `location` keeps the entries."""

    def __init__(self, location: Location, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer
        self._db = connect(location)
        self._db.define(_SCHEMA)
        self._tree = merkle.Frontier()
        self._levels: list[list[bytes]] = [[]]
        self._read_on()
        # Before anything is written: a log that is refused leaves untouched what it has published.
        self._refuse_another_history()
        # All tiles: a stop between the store and the files may have left some of them behind.
        if self.size:
            self._write_tiles([0] * len(self._levels))
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

    def catch_up(self) -> None:
        """Take over what another process has appended since. Raises LogError when that is another history."""
        if self._read_on():
            self._refuse_another_history()

    def append(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Add entries (canonical JSON, each with its type `t`) and publish the new head. Returns the size."""
        lines = [(str(entry["t"]), canonical.to_json(entry)) for entry in entries]
        for _, line in lines:
            if len(line) > MAX_ENTRY_BYTES:
                raise LogError(f"an entry of {len(line)} bytes is too long")
        # First the store, in one transaction: no head may be signed for entries that could still be lost.
        self._db.run_many(
            "INSERT INTO entries (n, entry, kind) VALUES (?, ?, ?)",
            [(number, line, kind) for number, (kind, line) in enumerate(lines, self.size)],
        )
        before = [len(level) for level in self._levels]
        for _, line in lines:
            self._grow(line)
        self._write_tiles(before)
        self._write_checkpoint()  # last: whoever reads a head finds every tile of it
        return self.size

    def entries(self, kind: str, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """(index, entry) of one type from an index on, oldest first."""
        sql = "SELECT n, entry FROM entries WHERE kind = ? AND n >= ? ORDER BY n"
        for number, entry in self._db.rows(sql, (kind, start)):
            yield number, json.loads(entry)

    def last(self, kind: str) -> dict[str, Any] | None:
        rows = self._db.rows("SELECT entry FROM entries WHERE kind = ? ORDER BY n DESC LIMIT 1", (kind,))
        return json.loads(rows[0][0]) if rows else None

    def index_of_last(self, kind: str) -> int | None:
        number: int | None = self._db.rows("SELECT max(n) FROM entries WHERE kind = ?", (kind,))[0][0]
        return number

    def announce_key(self, signer: Signer, at: str) -> None:
        """Log the next key, signed by the present one, and keep that head: verifiers follow it to the new key (L8)."""
        self.append([{"t": "key", "at": at, "from": self.vkey, "vkey": signer.vkey}])
        head = (self._folder / "checkpoint").read_bytes()
        files.write_whole(self._folder / "keys" / f"{self.size}.checkpoint", head)

    def sign_with(self, signer: Signer) -> None:
        """Go on under the key that was announced."""
        self._signer = signer
        self._write_checkpoint()

    def root_at(self, size: int) -> bytes | None:
        """The root when the log had `size` entries; None when it never had so many."""
        return merkle.root_from_tiles(size, self._tile) if size <= self.size else None

    def cosigned(self, lines: Sequence[str]) -> None:
        """Publish the head with what witnesses have signed of it, one line each, below our own signature."""
        files.write_changed(self._folder / "checkpoint", (self._note() + "".join(lines)).encode())

    def close(self) -> None:
        self._db.close()

    def _read_on(self) -> int:
        """Hash the entries that are not in the tree yet. Returns how many."""
        before = self.size
        for (entry,) in self._db.rows("SELECT entry FROM entries WHERE n >= ? ORDER BY n", (before,)):
            self._grow(entry)
        return self.size - before

    def _grow(self, entry: bytes) -> None:
        """Add a leaf, and each tile that it fills to the level above."""
        node, level = merkle.leaf_hash(entry), 0
        self._tree.append(node)
        while True:
            self._levels[level].append(node)
            if len(self._levels[level]) % TILE_WIDTH:
                return
            node = merkle.root_of(self._levels[level][-TILE_WIDTH:])
            level += 1
            if level == len(self._levels):
                self._levels.append([])

    def _refuse_another_history(self) -> None:
        """What has been signed must be a prefix of what the entries say."""
        path = self._folder / "checkpoint"
        if not path.exists():
            return
        signed = self._signed(path.read_text(encoding="utf-8", errors="replace"))
        if signed.size > self.size:
            raise LogError(f"{signed.size} entries have been signed and {self.size} are left: restore the log's store")
        if self.root_at(signed.size) != signed.root:
            raise LogError(f"the first {signed.size} entries are not those that have been signed")

    def _signed(self, note: str) -> Checkpoint:
        """The published head, under the present key or one that came before it."""
        # After a stop between announcing a key and signing with it, the head still bears the old one.
        earlier = [entry["from"] for _, entry in self.entries("key")]
        for vkey in (self.vkey, *reversed(earlier)):
            try:
                return parse_checkpoint(open_note(note, vkey))
            except NoteError as error:
                why = error
        raise LogError(f"the published checkpoint is not ours: {why}")

    def _tile(self, level: int, number: int) -> bytes:
        return b"".join(self._levels[level][number * TILE_WIDTH : (number + 1) * TILE_WIDTH])

    def _note(self) -> str:
        return self._signer.sign(Checkpoint(self._signer.name, self.size, self.root).text())

    def _write_checkpoint(self) -> None:
        path, note = self._folder / "checkpoint", self._note().encode()
        # The same head with cosignatures stays: a log that is opened again has not lost its witnesses.
        if not path.exists() or not path.read_bytes().startswith(note):
            files.write_whole(path, note)

    def _write_tiles(self, before: Sequence[int]) -> None:
        """Write every tile that has changed since the levels had these lengths: hashes by level, and the entries."""
        for level, hashes in enumerate(self._levels):
            start = before[level] if level < len(before) else 0
            for number in range(start // TILE_WIDTH, -(-len(hashes) // TILE_WIDTH)):
                part = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                self._write(tile_path(level, number, len(part)), b"".join(part))
                if level == 0:
                    self._write_entries(number, len(part))

    def _write_entries(self, number: int, width: int) -> None:
        rows = self._db.rows("SELECT entry FROM entries WHERE n >= ? ORDER BY n LIMIT ?", (number * TILE_WIDTH, width))
        bundle = b"".join(struct.pack(">H", len(entry)) + entry for (entry,) in rows)
        self._write(tile_path("entries", number, width), bundle)

    def _write(self, name: str, content: bytes) -> None:
        """Write a tile. A full one replaces its partial versions."""
        path = self._folder / name
        files.write_whole(path, content)
        shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)


def published_tile(folder: Path, size: int) -> merkle.Tile:
    """The hash tiles of the first `size` entries, as they lie in a folder. Raises ValueError."""

    def tile(level: int, number: int) -> bytes:
        width = min(TILE_WIDTH, (size >> 8 * level) - number * TILE_WIDTH)
        # A partial tile goes when its tile is full, which may have happened since the head was signed.
        for name in (tile_path(level, number, width), tile_path(level, number)):
            if (folder / name).exists():
                return (folder / name).read_bytes()[: 32 * width]
        raise ValueError(f"{tile_path(level, number, width)} is missing")

    return tile


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """ "tile/0/x001/x234/067", "tile/1/000.p/17", as C2SP tlog-tiles writes them."""
    digits = f"{number % 1000:03d}"
    rest = number // 1000
    while rest:
        digits = f"x{rest % 1000:03d}/{digits}"
        rest //= 1000
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{digits}{partial}"
