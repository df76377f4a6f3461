"""A log, a fork of it under the same key, and what is said to a witness about them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator.ledger import merkle
from aggregator.ledger.log import TransparencyLog, published_tile
from aggregator.ledger.notes import Signer

ORIGIN = "portail.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@dataclass
class Grown:
    """A log whose entries all say `text`."""

    folder: Path
    text: str

    def __post_init__(self) -> None:
        self.log = TransparencyLog(self.folder.with_suffix(".db"), self.folder, Signer(ORIGIN, KEY))

    def grow(self, count: int) -> str:
        """Returns the new head."""
        start = self.log.size
        self.log.append([{"t": "test", "n": number, "text": self.text} for number in range(start, start + count)])
        return self.note

    @property
    def note(self) -> str:
        return (self.folder / "checkpoint").read_text(encoding="utf-8")

    def request(self, old_size: int, note: str | None = None) -> bytes:
        """As the standard has it, from the size that the witness is thought to have signed."""
        size = self.log.size
        proof = merkle.consistency_proof(old_size, size, published_tile(self.folder, size)) if old_size else []
        lines = [f"old {old_size}", *(base64.b64encode(one).decode() for one in proof), "", note or self.note]
        return "\n".join(lines).encode()


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    return Grown(tmp_path / "log", "as it was")


@pytest.fixture
def fork(tmp_path: Path) -> Grown:
    """Another history, signed by the same key."""
    return Grown(tmp_path / "fork", "as somebody would have it")
