"""Public randomness in the draw of a day, when the operator has switched it on: drand's rounds (docs/log.md §4.1).

The round of a day is fixed half an hour before the day begins, and fetched then: no page waits for it, and whoever asks
at midnight finds it in its file or does without, for good.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from aggregator import canonical, files
from aggregator.ledger.seeds import beacon_path
from providers.errors import ProviderError
from providers.http import FetchClient, Limits

BEFORE = timedelta(minutes=30)
PATIENCE = timedelta(minutes=20)  # and ten more before midnight, for the file to be on every machine
LIMITS = Limits(connect_s=3, total_s=10, max_bytes=64 * 1024)
FIELDS = ("public_key", "period", "genesis_time", "groupHash", "schemeID")
Read = Callable[[str], bytes]


class BeaconError(RuntimeError):
    """The round of the coming day could not be had; the message says why."""


def bring(source: str, folder: Path, at: datetime, read: Read | None = None) -> bool:
    """Keep the coming day's round beside the log. False when it is not due, or kept already. Raises BeaconError.

    `source`: a chain's address ("https://api.drand.sh/<hash>"), or a folder with its files, info and public/<round>.
    """
    day = at.date() + timedelta(days=1)
    begins = datetime.combine(day, time(), UTC)
    path = beacon_path(folder, day.isoformat())
    if not begins - BEFORE <= at < begins - BEFORE + PATIENCE or path.exists():
        return False
    try:
        found = _round(read or _reader(source), day)
    except (ProviderError, OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise BeaconError(f"{source}: {error}") from error
    files.write_whole(path, canonical.to_json(found))
    return True


def round_of(day: date, genesis: int, period: int) -> int:
    """The first round that is not before half an hour before the day."""
    at = int((datetime.combine(day, time(), UTC) - BEFORE).timestamp())
    return -(-(at - genesis) // period) + 1


def chain_hash(info: dict[str, Any]) -> str:
    """The name of a chain: it fixes its key, its beginning and its step."""
    head = struct.pack(">Iq", info["period"], info["genesis_time"])
    body = head + bytes.fromhex(info["public_key"]) + bytes.fromhex(info["groupHash"])
    name = info["beaconID"]
    return hashlib.sha256(body + (b"" if name == "default" else name.encode())).hexdigest()


def _round(read: Read, day: date) -> dict[str, Any]:
    said = json.loads(read("info"))
    info = {**{name: said[name] for name in FIELDS}, "beaconID": said.get("metadata", {}).get("beaconID", "default")}
    name = chain_hash(info)
    if name != said["hash"]:
        raise ValueError("the chain is not the one that its hash names")
    number = round_of(day, info["genesis_time"], info["period"])
    got = json.loads(read(f"public/{number}"))
    randomness, signature = bytes.fromhex(got["randomness"]), bytes.fromhex(got["signature"])
    if got["round"] != number or hashlib.sha256(signature).digest() != randomness:
        raise ValueError(f"round {number} is not what it says")
    return {"beacon": f"{number} {randomness.hex()}", "signature": signature.hex(), "chain": {**info, "hash": name}}


def _reader(source: str) -> Read:
    if not source.startswith(("http://", "https://")):
        return lambda name: (Path(source) / name).read_bytes()
    client = FetchClient(["/".join(source.split("/")[:3])], "Aiguillage", limits=LIMITS)
    return lambda name: client.get(f"{source.rstrip('/')}/{name}").body
