"""List tokens: each button names its list, place, offer and rank, and proves that this portal wrote it."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from aggregator import files
from aggregator.search.order import epoch_of

HOURS_VALID = 5  # after the hour of the token (docs/figures.md §1.1)
MAC_BYTES = 16  # half of HMAC-SHA-256, the least that RFC 2104 §5 recommends: every button of a list carries one
# Version, hours since 1970, list, place, offer, rank.
_BODY = struct.Struct(">BI16s7s7sH")
# Ids are written in the alphabet of RFC 4648, int() reads base 32 as 0-9 and a-v.
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


class TokenError(ValueError):
    """Not a token at all: wrong length, wrong characters, unknown version."""


@dataclass(frozen=True, slots=True)
class Click:
    """What a token says. `list_hash`: 32 hexadecimal digits; `genuine`: the proof that we wrote it holds."""

    epoch: str
    list_hash: str
    place_id: str
    offer_id: str
    position: int
    genuine: bool


class Tokens:
    """Writes and reads list tokens under one key an hour, derived from the node's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        # Not a decorator of the method: that cache would be shared and keep every instance alive.
        self._hour_key = lru_cache(maxsize=16)(self._derive)

    def write(self, epoch: str, list_hash: str, place_id: str, offer_id: str, position: int) -> str:
        hour = _hour_number(epoch)
        body = _BODY.pack(
            1, hour, bytes.fromhex(list_hash[:32]), _pack_id(place_id), _pack_id(offer_id), min(position, 65535)
        )
        return base64.urlsafe_b64encode(body + self._mac(hour, body)).rstrip(b"=").decode()

    def read(self, token: str) -> Click:
        """What a token says, forged or not (`Click.genuine` tells). Raises TokenError when it is no token at all."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise TokenError("not base64") from error
        if len(raw) != _BODY.size + MAC_BYTES or raw[0] != 1:
            raise TokenError("wrong length or version")
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        _, hour, list_part, place, offer, position = _BODY.unpack(body)
        # The proof has not been checked yet: the hour may be any number of 32 bits, beyond the year 9999 too.
        try:
            epoch = _epoch(hour)
        except (ValueError, OverflowError) as error:
            raise TokenError("no such hour") from error
        genuine = hmac.compare_digest(mac, self._mac(hour, body))
        return Click(epoch, list_part.hex(), _unpack_id("p", place), _unpack_id("o", offer), position, genuine)

    def _mac(self, hour: int, body: bytes) -> bytes:
        return hmac.digest(self._hour_key(hour), body, "sha256")[:MAC_BYTES]

    def _derive(self, hour: int) -> bytes:
        return hmac.digest(self._secret, f"aiguillage-token/v1\n{hour}".encode(), "sha256")


def load_secret(path: Path) -> bytes:
    """The node's token secret, drawn once."""
    return files.drawn_once(path, lambda: secrets.token_bytes(32))


def still_valid(epoch: str, now: datetime) -> bool:
    """`now`: aware. From a minute before the hour, since clocks of two nodes may differ, to `HOURS_VALID` after it."""
    age_s = now.timestamp() - _hour_number(epoch) * 3600
    return -60 <= age_s < (HOURS_VALID + 1) * 3600


@lru_cache(maxsize=256)
def _epoch(hour: int) -> str:
    """The inverse of `_hour_number`. Raises ValueError or OverflowError for an hour that no calendar has."""
    return epoch_of(datetime.fromtimestamp(hour * 3600, UTC))


@lru_cache(maxsize=256)
def _hour_number(epoch: str) -> int:
    return int(datetime.strptime(epoch, "%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp()) // 3600


def _pack_id(identifier: str) -> bytes:
    """The ten base32 characters of "p-…" as 7 bytes."""
    return int(identifier[2:].translate(_DIGITS), 32).to_bytes(7, "big")


def _unpack_id(prefix: str, raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    characters = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(9, -1, -1)]
    return f"{prefix}-{''.join(characters)}"
