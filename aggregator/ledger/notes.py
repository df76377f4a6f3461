"""Checkpoints as C2SP signed notes: a text, then one signature line for each signer.

`checkpoint` = origin, size and root, one a line; signature line = em dash, name, base64(key id || signature);
key id = SHA-256(name || 0x0A || 0x01 || public key)[:4], for Ed25519.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aggregator import files

# Kinds of signatures in C2SP signed-note. The kind is part of the key id, so a key of one never passes for the other.
ED25519 = b"\x01"
COSIGNATURE = b"\x04"
MAX_NOTE_BYTES = 64 * 1024
MAX_SIZE_DIGITS = 18  # of the number of entries; beyond 4,300 digits Python itself refuses to read a number


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


class NamedKey:
    """An Ed25519 key with the name that it signs under. `kind`: which sort of signature others must expect."""

    kind = ED25519

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = name
        self._key = key
        self._public = _raw(key.public_key())
        self._key_id = _key_id(name, self._public, self.kind)

    @property
    def key_id(self) -> bytes:
        return self._key_id

    @property
    def vkey(self) -> str:
        """What others need to check our signatures: "name+keyid+base64(type || public key)"."""
        return f"{self.name}+{self._key_id.hex()}+{base64.b64encode(self.kind + self._public).decode()}"


class Signer(NamedKey):
    """The key of a log."""

    def sign(self, text: str) -> str:
        """`text` (which ends in a newline) as a signed note."""
        signature = self._key_id + self._key.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"

    def sign_bytes(self, content: bytes) -> bytes:
        """A bare signature. `content` says in its first line what it is, which no note's text does."""
        return self._key.sign(content)


class Cosigner(NamedKey):
    """A witness's key: it signs heads of other people's logs, with the time (C2SP tlog-cosignature, cosignature/v1)."""

    kind = COSIGNATURE

    def cosign(self, note: str, unix_time: int) -> str:
        """The line with which this witness signs the text of `note`."""
        signature = self._key.sign(_cosigned(text_of(note), unix_time))
        blob = self._key_id + struct.pack(">Q", unix_time) + signature
        return f"— {self.name} {base64.b64encode(blob).decode()}\n"


def cosigned_at(note: str, vkey: str) -> int:
    """When the witness of `vkey` signed this head, Unix time. Raises NoteError."""
    return _cosignature(note, vkey)[0]


def cosignature_line(note: str, vkey: str) -> str:
    """The line with which the witness of `vkey` signed this head, as it would write it. Raises NoteError."""
    _, blob = _cosignature(note, vkey)
    name, public = parse_vkey(vkey, COSIGNATURE)
    return f"— {name} {base64.b64encode(_key_id(name, public, COSIGNATURE) + blob).decode()}\n"


def _cosignature(note: str, vkey: str) -> tuple[int, bytes]:
    """(Unix time, what follows the key id) of a cosignature that holds."""
    name, public = parse_vkey(vkey, COSIGNATURE)
    text, blob = _signature(note, name, _key_id(name, public, COSIGNATURE))
    if len(blob) != 8 + 64:
        raise NoteError("not a cosignature")
    (unix_time,) = struct.unpack(">Q", blob[:8])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(blob[8:], _cosigned(text, unix_time))
    except InvalidSignature as error:
        raise NoteError(f"the cosignature of {name} does not hold") from error
    return int(unix_time), blob


def text_of(note: str) -> str:
    """What a note says, without asking who has signed it."""
    # The last empty line ends the text, which may hold others.
    return note.rpartition("\n\n")[0] + "\n"


def _cosigned(text: str, unix_time: int) -> bytes:
    return f"cosignature/v1\ntime {unix_time}\n{text}".encode()


def open_note(note: str, vkey: str) -> str:
    """The text of a note that `vkey` has signed. Raises NoteError."""
    name, public = parse_vkey(vkey)
    text, signature = _signature(note, name, _key_id(name, public))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except (ValueError, InvalidSignature) as error:
        raise NoteError(f"the signature of {name} does not hold") from error
    return text


def _signature(note: str, name: str, key_id: bytes) -> tuple[str, bytes]:
    """(text of the note, what follows the key id in the line of this key). Raises NoteError."""
    text, mark, signatures = note.rpartition("\n\n")
    if not mark or len(note) > MAX_NOTE_BYTES:
        raise NoteError("not a signed note")
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.rpartition(" ")
        if dash == "—" and signer == name:
            try:
                blob = base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise NoteError(f"the signature of {name} is not base64") from error
            # Another key under the same name, as after a change of key, is passed over.
            if blob[:4] == key_id:
                return text + "\n", blob[4:]
    raise NoteError(f"not signed by {name}")


def parse_checkpoint(text: str) -> Checkpoint:
    """Raises NoteError."""
    lines = text.split("\n")
    # One way to write a size: int() alone would also take signs, spaces, underscores and digits of other scripts.
    if (
        len(lines) < 4
        or not (lines[1].isascii() and lines[1].isdigit() and len(lines[1]) <= MAX_SIZE_DIGITS)
        or (len(lines[1]) > 1 and lines[1].startswith("0"))
    ):
        raise NoteError("not a checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as error:
        raise NoteError("not a checkpoint: the root is not base64") from error
    if len(root) != 32:
        raise NoteError("not a checkpoint: the root is not 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_vkey(vkey: str, kind: bytes = ED25519) -> tuple[str, bytes]:
    """(name, raw public key) of a log's key, or of a witness's (`COSIGNATURE`). Raises NoteError."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError("not a verifier key") from error
    if len(key) != 33 or key[:1] != kind or _key_id(name, key[1:], kind).hex() != key_id:
        raise NoteError("not a verifier key of this kind, or its key id is wrong")
    return name, key[1:]


def load_or_create_signer(path: Path, name: str) -> Signer:
    """The log's key, drawn once."""
    return Signer(name, load_or_create_key(path))


def load_or_create_key(path: Path) -> Ed25519PrivateKey:
    """A private key, drawn once, mode 0600."""

    def draw() -> bytes:
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )

    return Ed25519PrivateKey.from_private_bytes(files.drawn_once(path, draw))


def _key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
