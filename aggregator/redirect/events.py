"""A redirect as it is sealed: its class, its fields, its commitment (docs/log.md)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from aggregator import canonical

# Canonical JSON without a dictionary in between: the fields of `Event` stand in the order of their sealed names and
# hold no fraction. A field out of order would make commitments that nobody else can compute.
_to_json = msgspec.json.Encoder().encode


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


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """An event with its nonce: together they open the commitment."""

    event: Event
    nonce: bytes

    @property
    def commitment(self) -> bytes:
        return _commitment(self.nonce, _to_json(self.event))

    @property
    def receipt(self) -> str:
        """The receipt that a citizen may keep (§8): hour, nonce and event. It tells its holder where somebody went."""
        raw = self.nonce + _to_json(self.event)
        return f"{self.event.bin}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def commitment(nonce: bytes, fields: Mapping[str, Any]) -> bytes:
    """SHA-256 over a domain line, the nonce and the canonical JSON of the fields (oracle `sealed_commitment`)."""
    return _commitment(nonce, canonical.to_json(dict(fields)))


def _commitment(nonce: bytes, fields: bytes) -> bytes:
    # The first line is of events alone: no hash of a seed, a list or a snapshot can be passed off as a commitment.
    return hashlib.sha256(b"aiguillage-event/v1\n" + nonce + fields).digest()
