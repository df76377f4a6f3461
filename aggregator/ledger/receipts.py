"""Receipts: a promise, signed with the log's key, that what a commit has stored will be in the log (docs/log.md §8).

The web process signs once for all events of a commit, and says until when: a receipt whose event the log does not hold
by then is proof against the portal, which cannot know which citizens will check theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from aggregator import instants
from aggregator.ledger import merkle
from aggregator.ledger.notes import Signer, load_or_create_signer
from aggregator.redirect.events import Promise, Sealed

log = logging.getLogger(__name__)

PROMISED_H = 3  # after the hour of the click: a worker that is stopped for an hour or two breaks no promise


class Receipts:
    """Signs under the key of `path` that is in force. Not thread-safe: the event writer alone calls it."""

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._signer: Signer | None = None
        self._read_ns = 0

    def promises(self, sealed: Sequence[tuple[Sealed, bytes]]) -> list[Promise] | None:
        """One for each event, given with its commitment. None, and a line in the log, when the key cannot be read.

        A citizen is sent on all the same: what is not signed is not promised.
        """
        try:
            signer = self._in_force()
        except (OSError, ValueError) as error:
            log.error("no receipts: the key of the log cannot be read", extra={"cause": type(error).__name__})
            return None
        root, paths = merkle.inclusion_proofs([merkle.leaf_hash(commitment) for _, commitment in sealed])
        deadline = deadline_of(max(one.event.bin for one, _ in sealed))
        signature = signer.sign_bytes(promised(self._origin, deadline, root))
        return [
            Promise(signer.key_id, deadline, signature, index, len(sealed), path) for index, path in enumerate(paths)
        ]

    def _in_force(self) -> Signer:
        """After a rotation the file is another one: promises under a key that has ended would be worth nothing."""
        written = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if self._signer is None or written != self._read_ns:
            self._signer = load_or_create_signer(self._path, self._origin)
            self._read_ns = self._path.stat().st_mtime_ns
        return self._signer


def deadline_of(hour: str) -> str:
    """ "2026-11-23T15:00" of a click in the hour "2026-11-23T12"."""
    return instants.minute(datetime.fromisoformat(f"{hour}:00+00:00") + timedelta(hours=PROMISED_H))


def promised(origin: str, deadline: str, root: bytes) -> bytes:
    """What is signed. Its first line is of receipts alone: no head of a log can be passed off as a promise."""
    return f"aiguillage-receipt/v2\n{origin}\n{deadline}\n{root.hex()}\n".encode()
