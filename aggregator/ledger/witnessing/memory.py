"""What a witness remembers: its key, and the last head that it has signed of each log (docs/log.md §9).

Both ways of working, visiting a log and being asked by one, sign through here, under one lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from aggregator import files
from aggregator.ledger.notes import Checkpoint, Cosigner, load_or_create_key, parse_checkpoint, text_of


class WitnessError(RuntimeError):
    """Nothing was signed: the head could not be read or does not extend the last one seen. The message says which."""


class Memory:
    """A folder that one witness keeps: `witness.key`, `witness.vkey`, `heads/`, and what it has refused."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self._cosigner = Cosigner(name, load_or_create_key(folder / "witness.key"))
        files.write_changed(folder / "witness.vkey", f"{self._cosigner.vkey}\n".encode())

    @property
    def vkey(self) -> str:
        return self._cosigner.vkey

    @contextmanager
    def held(self) -> Iterator[None]:
        """Compare and sign while nobody else does: no other thread of this process, and no other process."""
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def last(self, origin: str) -> Checkpoint | None:
        """The last head signed of a log; None when there is none."""
        for path in (self._path(origin), self.folder / "seen"):  # `seen`: where the only head stood before 0.2
            if path.exists():
                head = parse_checkpoint(text_of(path.read_text(encoding="utf-8")))
                if head.origin == origin:
                    return head
        return None

    def sign(self, note: str, at: datetime) -> str:
        """The line that cosigns `note`, which was found to extend the last head. To be called while `held`.

        Raises WitnessError for a head smaller than the last, or another of its size, whatever the caller has found.
        """
        head = parse_checkpoint(text_of(note))
        last = self.last(head.origin)
        if last and (head.size < last.size or (head.size == last.size and head.root != last.root)):
            raise WitnessError(f"a head of {last.size} entries has been signed: another of {head.size} is refused")
        # On the disk before it is signed: after a power cut in between, no other head can be signed in its place.
        path = self._path(head.origin)
        files.write_whole(path, note.encode())
        _to_disk(path.parent)
        return self._cosigner.cosign(note, int(at.timestamp()))

    def keep_refused(self, note: str) -> None:
        """Both heads are signed by the log: side by side they prove to anybody that it shows two histories (L9)."""
        files.write_whole(self.folder / "refused", note.encode())

    def _path(self, origin: str) -> Path:
        return self.folder / "heads" / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.checkpoint"


def _to_disk(folder: Path) -> None:
    """A rename is safe from a power cut when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
