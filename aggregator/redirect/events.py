"""A redirect as it is sealed: its class, its fields, its commitment (docs/log.md)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from aggregator import canonical

# Canonical JSON without a dictionary in between: the fields of `Event` stand in the order of their sealed names and
# hold no fraction. A field out of order would make commitments that nobody else can compute.
_to_json = msgspec.json.Encoder().encode

FORMAT = "event/v2"
NONCE_BYTES, NONCES_AT_ONCE = 16, 1024
FIELDS = ("basket", "bin", "centre", "class", "list", "policy", "pos", "prov")
SALT_BYTES = 16
_HEADS = [f"aiguillage-field/v2\n{name}\n".encode() for name in FIELDS]
_PLACE = struct.Struct(">HHB")


class EventClass(StrEnum):
    """Only `counted` is a redirect in the published shares; every other class is published apart."""

    COUNTED = "counted"
    DUPLICATE = "duplicate"
    ROBOT = "robot"
    PREFETCH = "prefetch"
    EXPIRED = "expired"
    FORGED = "forged"
    EXCESS = "excess"


class Event(msgspec.Struct, frozen=True, gc=False, rename={"cls": "class"}):
    """The fields that are sealed (§5); `cls` is named "class" there.

    `bin`: UTC hour; `basket`: "dep=75"; `list`: first 32 hexadecimal digits of the list's hash; `pos`: rank in the
    list, 0 on a place's own page.
    """

    basket: str
    bin: str
    centre: str
    cls: EventClass
    list: str
    policy: str
    pos: int
    prov: str

    def sealed_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


class Promise(msgspec.Struct, frozen=True, gc=False):
    """That an event will be in the public log by `deadline` ("2026-11-23T15:00", UTC), signed (docs/log.md §8).

    One signature holds for all events of a commit: `path` leads from leaf `index` of `size` to the root that it signs.
    """

    key_id: bytes
    deadline: str
    signature: bytes
    index: int
    size: int
    path: Sequence[bytes]


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """An event with its nonce: together they open the commitment."""

    event: Event
    nonce: bytes

    @property
    def commitment(self) -> bytes:
        return _commitment(self.nonce, _texts(self.event))

    def receipt(self, promise: Promise) -> str:
        """The receipt that a citizen may keep (§8): it proves the promise, and tells its holder where somebody went."""
        raw = b"".join(
            (
                promise.key_id, promise.deadline.encode(), promise.signature, self.nonce,
                _PLACE.pack(promise.index, promise.size, len(promise.path)), *promise.path, _to_json(self.event),
            )
        )  # fmt: skip
        return f"r2.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def nonces() -> Iterator[bytes]:
    """Random nonces, drawn 1,024 at a time: each call to the system's generator hands the interpreter to others."""
    while True:
        many = secrets.token_bytes(NONCE_BYTES * NONCES_AT_ONCE)
        for start in range(0, len(many), NONCE_BYTES):
            yield many[start : start + NONCE_BYTES]


def commitment(nonce: bytes, fields: Mapping[str, Any]) -> bytes:
    """`event/v2`: SHA-256 over a domain line and the digests of the fields, by name (§5).

    Each field is hashed apart under a salt of its own, so that some can be opened and the others stay closed.
    """
    return _commitment(nonce, [canonical.to_json(fields[name]) for name in FIELDS])


def digests(nonce: bytes, fields: Mapping[str, Any]) -> list[bytes]:
    """The digests of the fields, in the order of their names."""
    return _digests(nonce, [canonical.to_json(fields[name]) for name in FIELDS])


def salts(nonce: bytes) -> list[bytes]:
    """The salt of each field, in the order of the names: whoever is given one learns nothing of the others.

    Two hashes make eight salts: a keyed hash for each would take five times as long, with every redirect.
    """
    both = b"".join(hashlib.sha512(b"aiguillage-salts/v2\n" + half + nonce).digest() for half in (b"\0", b"\1"))
    return [both[at : at + SALT_BYTES] for at in range(0, len(both), SALT_BYTES)]


def commitment_v1(nonce: bytes, fields: Mapping[str, Any]) -> bytes:
    """`event/v1`, of events sealed before: the whole event under one hash (oracle `sealed_commitment`)."""
    return hashlib.sha256(b"aiguillage-event/v1\n" + nonce + canonical.to_json(dict(fields))).digest()


def _commitment(nonce: bytes, texts: Iterable[bytes]) -> bytes:
    # The first line is of events alone: no hash of a seed, a list or a snapshot can be passed off as a commitment.
    return hashlib.sha256(b"aiguillage-event/v2\n" + b"".join(_digests(nonce, texts))).digest()


def _digests(nonce: bytes, texts: Iterable[bytes]) -> list[bytes]:
    return [
        hashlib.sha256(head + salt + text).digest()
        for head, salt, text in zip(_HEADS, salts(nonce), texts, strict=True)
    ]


def _texts(event: Event) -> Iterable[bytes]:
    """The values as canonical JSON, in the order of the names."""
    return map(
        _to_json,
        (event.basket, event.bin, event.centre, event.cls, event.list, event.policy, event.pos, event.prov),
    )
