"""A redirect as it is sealed: its class, its fields, its commitment (docs/log.md)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from aggregator import canonical

# The canonical JSON of an event, no dictionary in between: its fields stand in order and hold no number with a dot.
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
    """The sealed fields (§5) by name; `cls` is "class" when sealed. `bin`: UTC hour; `basket`: "dep=75";

    `list`: first 32 hexadecimal digits of the list's hash; `pos`: rank in the list, 0 on a place's own page.
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
        """What a citizen may keep: hour, then nonce and event. It says where one went, to whoever holds it."""
        raw = self.nonce + _to_json(self.event)
        return f"{self.event.bin}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def commitment(nonce: bytes, fields: Mapping[str, Any]) -> bytes:
    """SHA-256 over a domain line, the nonce and the canonical JSON of the fields (oracle `sealed_commitment`)."""
    return _commitment(nonce, canonical.to_json(dict(fields)))


def _commitment(nonce: bytes, fields: bytes) -> bytes:
    return hashlib.sha256(b"aiguillage-event/v1\n" + nonce + fields).digest()
