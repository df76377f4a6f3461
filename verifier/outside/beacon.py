"""The beacon in a day's seed: drand's round, fixed by the day, and what can be checked of it without a pairing."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta

from verifier.source import Wrong


def check_beacon(entry):
    """In words, what holds of a seed entry's beacon; not of its BLS signature: `cryptography` has no BLS12-381."""
    if entry["beacon"] == "-":
        return "no beacon"
    number, randomness = entry["beacon"].split(" ")
    info = entry["chain"]
    if hashlib.sha256(bytes.fromhex(entry["signature"])).hexdigest() != randomness:
        raise Wrong(f"the beacon of {entry['date']}: its randomness is not the hash of its signature")
    body = struct.pack(">Iq", info["period"], info["genesis_time"]) + bytes.fromhex(
        info["public_key"] + info["groupHash"]
    )
    name = b"" if info["beaconID"] == "default" else info["beaconID"].encode()
    if hashlib.sha256(body + name).hexdigest() != info["hash"]:
        raise Wrong(f"the beacon of {entry['date']}: the chain is not the one that its hash names")
    midnight = datetime.fromisoformat(entry["date"]).replace(tzinfo=UTC)
    due = int((midnight - timedelta(minutes=30)).timestamp())
    if int(number) != -(-(due - info["genesis_time"]) // info["period"]) + 1:
        raise Wrong(f"the beacon of {entry['date']}: round {number} is not that of half an hour before the day")
    said = f"round {number} of chain {info['hash'][:16]}…, the day's; randomness = SHA-256(signature)"
    return f"{said}; signature not checked"


def told_of_beacons(seeds):
    """How many days had one, and which chain: a day without one is a choice of the operator between two seeds."""
    found = [entry for entry in seeds if entry["beacon"] != "-"]
    for entry in found:
        check_beacon(entry)
    if not found:
        return "no beacon"
    first = next(number for number, entry in enumerate(seeds) if entry["beacon"] != "-")
    without = len(seeds) - first - len(found)
    chains = ", ".join(sorted({entry["chain"]["hash"] for entry in found}))
    return f"{len(found)} with a round of drand chain {chains} (BLS signature not checked), {without} since without"
