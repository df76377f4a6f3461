"""Checkpoints as C2SP signed notes: a text, then one signature line for each signer.

`checkpoint` = origin, size and root, one a line; signature line = em dash, name, base64(key id || signature);
key id = SHA-256(name || 0x0A || 0x01 || public key)[:4], for Ed25519.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aggregator import canonical

ED25519 = b"\x01"
MAX_NOTE_BYTES = 64 * 1024


class NoteError(ValueError):
    """Not a note, not a checkpoint, or not signed by the key asked for; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: `size` entries with this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    """An Ed25519 key with the name that it signs under."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = name
        self._key = key
        self._public = _raw(key.public_key())

    @property
    def vkey(self) -> str:
        """What others need to check our signatures: "name+keyid+base64(type || public key)"."""
        key_id = _key_id(self.name, self._public)
        return f"{self.name}+{key_id.hex()}+{base64.b64encode(ED25519 + self._public).decode()}"

    def sign(self, text: str) -> str:
        """`text` (which ends in a newline) as a signed note."""
        signature = _key_id(self.name, self._public) + self._key.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, vkey: str) -> str:
    """The text of a note that `vkey` has signed. Raises NoteError."""
    name, public = parse_vkey(vkey)
    text, mark, signatures = note.rpartition("\n\n")
    if not mark or len(note) > MAX_NOTE_BYTES:
        raise NoteError("not a signed note")
    text += "\n"
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.rpartition(" ")
        if dash == "—" and signer == name:
            try:
                blob = base64.b64decode(encoded, validate=True)
                if blob[:4] == _key_id(name, public):
                    Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())
                    return text
            except (ValueError, InvalidSignature) as error:
                raise NoteError(f"the signature of {name} does not hold") from error
    raise NoteError(f"not signed by {name}")


def parse_checkpoint(text: str) -> Checkpoint:
    """Raises NoteError."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[1].isdigit() or (len(lines[1]) > 1 and lines[1].startswith("0")):
        raise NoteError("not a checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as error:
        raise NoteError("not a checkpoint: the root is not base64") from error
    if len(root) != 32:
        raise NoteError("not a checkpoint: the root is not 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_vkey(vkey: str) -> tuple[str, bytes]:
    """(name, raw public key). Raises NoteError."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError("not a verifier key") from error
    if len(key) != 33 or key[:1] != ED25519 or _key_id(name, key[1:]).hex() != key_id:
        raise NoteError("not a verifier key of Ed25519, or its key id is wrong")
    return name, key[1:]


def load_or_create_signer(path: Path, name: str) -> Signer:
    """The log's key, drawn once."""

    def draw() -> bytes:
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )

    return Signer(name, Ed25519PrivateKey.from_private_bytes(canonical.drawn_once(path, draw)))


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
