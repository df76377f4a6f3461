#!/usr/bin/env python3
"""Check an Aiguillage portal without trusting it: one file, the standard library and `cryptography`, nothing of ours.

    python verify.py log    [--vkey KEY] [--from OLD_CHECKPOINT] URL|DIR   the log is whole, signed, and only grew
    python verify.py seed   --date D URL|DIR                               the draw of a day was fixed in advance
    python verify.py order  --epoch E --query Q [--hash H] URL|DIR         one list, recomputed from published files
    python verify.py totals --day D URL|DIR                                a day's totals are the sum of its minutes
    python verify.py receipt TEXT URL|DIR                                  one redirect was counted, and as what

URL is the portal's `/log`; DIR is a copy of it. Exit code 0: it agrees. 1: it does not, and the first difference is
named. 2: it could not be checked. What is written here is the rule again, from its text, not the portal's code.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import gzip
import hashlib
import hmac
import io
import json
import math
import struct
import sys
import urllib.request
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

MAX_FILE = 256 * 1024 * 1024
MAX_ENTRIES = 2_000_000
TILE = 256
RADIUS_M = 6_371_008.8


class Wrong(Exception):
    """It does not agree: exit code 1."""


class CannotCheck(Exception):
    """Something needed is missing or unreadable: exit code 2."""


class Source:
    """The files of a log, from a URL or a folder; sizes are bounded."""

    def __init__(self, where):
        self.where = where.rstrip("/")
        self.remote = self.where.startswith(("http://", "https://"))

    def get(self, name):
        if self.remote:
            try:
                with urllib.request.urlopen(f"{self.where}/{name}", timeout=30) as answer:
                    body = answer.read(MAX_FILE + 1)
            except (OSError, ValueError) as error:
                raise CannotCheck(f"{name}: {error}") from error
        else:
            # A portal's own folder keeps snapshots and hours beside the log.
            paths = [Path(self.where) / name, Path(self.where).parent / name]
            path = next((one for one in paths if one.is_file()), None)
            if path is None:
                raise CannotCheck(f"{name}: not in {self.where}")
            if path.stat().st_size > MAX_FILE:
                raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
            body = path.read_bytes()
        if len(body) > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        return body

    def text(self, name):
        try:
            return self.get(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"{name}: not UTF-8") from error

    def unzipped(self, name):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(self.get(name))) as file:
                body = file.read(MAX_FILE + 1)
        except (OSError, EOFError) as error:
            raise Wrong(f"{name}: not a gzip file") from error
        if len(body) > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        return body


# --- the Merkle tree (RFC 6962) and the checkpoint (C2SP signed note) ---------------------------------------------


def leaf(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaves):
    """The root over leaf hashes, with a stack of full subtrees."""
    stack = []
    for number, node in enumerate(leaves):
        while number & 1:
            node = hashlib.sha256(b"\x01" + stack.pop() + node).digest()
            number >>= 1
        stack.append(node)
    if not stack:
        return hashlib.sha256(b"").digest()
    node = stack.pop()
    while stack:
        node = hashlib.sha256(b"\x01" + stack.pop() + node).digest()
    return node


def checkpoint(note, vkey):
    """(origin, size, root) of a note signed by `vkey`."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise CannotCheck("the Python package `cryptography` is needed") from error
    try:
        name, key_id, encoded = vkey.strip().split("+", 2)
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise CannotCheck("the verifier key is not one") from error
    if len(key) != 33 or key[0] != 1:
        raise CannotCheck("the verifier key is not of Ed25519")
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if expected.hex() != key_id:
        raise Wrong("the verifier key does not have the id that it states")
    text, mark, signatures = note.rpartition("\n\n")
    if not mark:
        raise Wrong("the checkpoint is not a signed note")
    text += "\n"
    for line in signatures.splitlines():
        if line.startswith(f"— {name} "):
            try:
                blob = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
                if blob[:4] == expected:
                    Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[4:], text.encode())
                    break
            except (ValueError, InvalidSignature) as error:
                raise Wrong(f"the checkpoint's signature by {name} does not hold") from error
    else:
        raise Wrong(f"the checkpoint is not signed by {name}")
    lines = text.split("\n")
    if len(lines) < 4 or not lines[1].isdigit():
        raise Wrong("the checkpoint's text is not origin, size and root")
    return lines[0], int(lines[1]), base64.b64decode(lines[2])


def tile_path(level, number, width):
    digits, rest = f"{number % 1000:03d}", number // 1000
    while rest:
        digits, rest = f"x{rest % 1000:03d}/{digits}", rest // 1000
    return f"tile/{level}/{digits}" + ("" if width == TILE else f".p/{width}")


def read_log(source, vkey):
    """Every entry of the log, after the signature and the root have been checked."""
    origin, size, root = checkpoint(source.text("checkpoint"), vkey)
    if size > MAX_ENTRIES:
        raise CannotCheck(f"the log has {size} entries; this tool reads at most {MAX_ENTRIES}")
    entries = []
    for number in range(-(-size // TILE)):
        width = min(TILE, size - number * TILE)
        name = tile_path("entries", number, width)
        bundle, at = source.get(name), 0
        for _ in range(width):
            if at + 2 > len(bundle):
                raise Wrong(f"{name}: ends before its {width} entries")
            (length,) = struct.unpack_from(">H", bundle, at)
            entry = bundle[at + 2 : at + 2 + length]
            if len(entry) != length:
                raise Wrong(f"{name}: ends inside an entry")
            entries.append(entry)
            at += 2 + length
    leaves = [leaf(entry) for entry in entries]
    if root_of(leaves) != root:
        raise Wrong(
            f"the {size} entries do not have the root that the checkpoint signs{first_bad_tile(source, leaves)}"
        )
    return origin, root, leaves, [parsed(number, entry) for number, entry in enumerate(entries)]


def first_bad_tile(source, leaves):
    """Where entries and hash tiles part, to say where to look."""
    for number in range(-(-len(leaves) // TILE)):
        part = leaves[number * TILE : (number + 1) * TILE]
        try:
            tile = source.get(tile_path(0, number, len(part)))
        except CannotCheck:
            return ""
        for index, one in enumerate(part):
            if tile[index * 32 : index * 32 + 32] != one:
                return f": entry {number * TILE + index} differs from its hash tile"
    return ": the hash tiles agree with the entries, so the checkpoint is of another tree"


def parsed(number, entry):
    try:
        content = json.loads(entry)
        if not isinstance(content, dict) or not isinstance(content["t"], str):
            raise ValueError("no type")
    except (ValueError, KeyError, RecursionError) as error:
        raise Wrong(f"entry {number} is not a typed JSON object") from error
    return content


def of_type(entries, kind):
    return [entry for entry in entries if entry["t"] == kind]


# --- the commands --------------------------------------------------------------------------------------------------


def check_log(source, arguments, entries, leaves, root):
    said = [f"{len(entries)} entries, root {root.hex()[:16]}…, signature holds"]
    if arguments.old:
        text = Path(arguments.old).read_text(encoding="utf-8") if Path(arguments.old).exists() else arguments.old
        _, old_size, old_root = checkpoint(text, arguments.vkey)
        if old_size > len(leaves):
            raise Wrong(f"the log had {old_size} entries and has {len(leaves)} now")
        if root_of(leaves[:old_size]) != old_root:
            raise Wrong(f"the first {old_size} entries are not those of the old checkpoint")
        said.append(f"it only grew since the {old_size} entries of the old checkpoint")
    upto = events = 0
    for number, entry in enumerate(entries):
        if entry["t"] != "minute":
            continue
        commitments = source.get(entry["file"])
        parts = [commitments[at : at + 32] for at in range(0, len(commitments), 32)]
        if len(commitments) != 32 * entry["events"] or parts != sorted(parts):
            raise Wrong(f"{entry['file']}: not the {entry['events']} sorted commitments of entry {number}")
        if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
            raise Wrong(f"{entry['file']}: its commitments do not have the root of entry {number}")
        if entry["upto"] <= upto:
            raise Wrong(f"entry {number}: its sequence number goes backwards")
        upto, events = entry["upto"], events + entry["events"]
    said.append(f"{events} sealed events in {len(of_type(entries, 'minute'))} minutes, each under its root")
    said.append(check_chain(entries))
    return said


def check_chain(entries):
    """Each day's link hashes to the day before's, and the first to the anchor logged at the opening."""
    anchors, seeds = of_type(entries, "chain"), of_type(entries, "seed")
    if not anchors:
        raise CannotCheck("the log holds no anchor of the seed chain yet")
    previous, day = bytes.fromhex(anchors[0]["anchor"]), date.fromisoformat(anchors[0]["start"])
    for entry in seeds:
        if entry["date"] != day.isoformat():
            raise Wrong(f"the seed of {day} is missing: {entry['date']} comes instead")
        link = bytes.fromhex(entry["link"])
        if hashlib.sha256(link).digest() != previous:
            raise Wrong(f"the link of {entry['date']} does not hash to the one before")
        if seed_of(entry["date"], link, entry["beacon"]).hex() != entry["seed"]:
            raise Wrong(f"the seed of {entry['date']} does not follow from its link")
        previous, day = link, day + timedelta(days=1)
    return f"{len(seeds)} days of seeds, each fixed by the anchor of {anchors[0]['start']}"


def seed_of(day, link, beacon):
    return hashlib.sha256(f"aiguillage-seed/v1\n{day}\n{link.hex()}\n{beacon}\n".encode()).digest()


def check_seed(entries, arguments):
    said = check_chain(entries)
    entry = next((one for one in of_type(entries, "seed") if one["date"] == arguments.date), None)
    if entry is None:
        raise CannotCheck(f"the log holds no seed of {arguments.date}")
    return [said, f"seed of {arguments.date}: {entry['seed']} (beacon {entry['beacon']})"]


def check_totals(entries, arguments):
    minutes = [one for one in of_type(entries, "minute") if one["minute"].startswith(arguments.day)]
    total = next((one for one in of_type(entries, "day") if one["day"] == arguments.day), None)
    if total is None:
        raise CannotCheck(
            f"the log holds no totals of {arguments.day}: a day is closed the day after, if it had events"
        )
    sealed = sum(one["events"] for one in minutes)
    published = sum(count for classes in total["classes"].values() for count in classes.values())
    if not sealed == published == total["events"]:
        raise Wrong(f"{arguments.day}: {sealed} events were sealed and {published} are published")
    counted = total["classes"].get("counted", {})
    return [
        f"{arguments.day}: {sealed} sealed events, the sum of {len(minutes)} minutes, equal to the published totals",
        f"counted redirects: {sum(counted.values())} " + json.dumps(counted, sort_keys=True),
    ]


def check_receipt(source, entries, arguments):
    """Find the commitment that a receipt opens in the minutes of its hour and of the two after."""
    hour, _, sealed = arguments.receipt.strip().partition(".")
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        start = datetime.strptime(hour, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
        event = json.loads(raw[16:])
    except (ValueError, UnicodeDecodeError) as error:
        raise CannotCheck("this is not a receipt: HOUR.TEXT, as the portal printed it") from error
    if json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() != raw[16:]:
        raise Wrong("the receipt's event is not in its canonical form")
    commitment = hashlib.sha256(b"aiguillage-event/v1\n" + raw).digest()
    end = (start + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    minutes = [one for one in of_type(entries, "minute") if hour <= one["minute"] < end]
    for entry in minutes:
        commitments = source.get(entry["file"])
        parts = [commitments[at : at + 32] for at in range(0, len(commitments), 32)]
        if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
            raise Wrong(f"{entry['file']}: its commitments do not have the root that was logged")
        if commitment in parts:
            said = ", ".join(f"{key} {value}" for key, value in sorted(event.items()))
            return [f"found in minute {entry['minute']}, one of {entry['events']} events", said]
    if not minutes or minutes[-1]["minute"][:13] <= hour:
        raise CannotCheck(f"nothing has been sealed after {hour} yet: try again in two minutes")
    raise Wrong(f"no minute from {hour} on holds this redirect: it was not counted")


# --- one list, recomputed -------------------------------------------------------------------------------------------


def check_order(source, entries, arguments):
    seed = next((one for one in of_type(entries, "seed") if one["date"] == arguments.epoch[:10]), None)
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {arguments.epoch[:10]}")
    names, said = snapshots_of(source, entries, arguments.epoch)
    wanted = [one for one in names if one["snapshot"].startswith(arguments.snapshot or "")]
    if not wanted:
        raise CannotCheck(f"no snapshot of {arguments.epoch} begins with {arguments.snapshot}")
    hashes = []
    for one in wanted if arguments.hash else wanted[-1:]:
        ids = recompute(source, one, arguments.query, arguments.epoch, bytes.fromhex(seed["seed"]))
        head = f"aiguillage-list/v1\norder/1\n{one['snapshot']}\n{arguments.epoch}\n{arguments.query}\n"
        hashes.append(hashlib.sha256((head + "".join(f"{i}\n" for i in ids)).encode()).hexdigest())
        if arguments.hash and hashes[-1].startswith(arguments.hash):
            return [*said, *ids, f"list {hashes[-1]}: equal to the list that was shown"]
    if arguments.hash:
        raise Wrong(f"no snapshot of {arguments.epoch} gives a list {arguments.hash}…; recomputed: {', '.join(hashes)}")
    return [*said, *ids, f"list {hashes[-1]}"]


def snapshots_of(source, entries, epoch):
    """What was published in an hour and in the two before it: a list may rest on a snapshot of the hour before."""
    hour, names, said = datetime.strptime(epoch, "%Y-%m-%dT%H"), [], []  # noqa: DTZ007 - every hour here is UTC
    for back in (2, 1, 0):
        name = (hour - timedelta(hours=back)).strftime("%Y-%m-%dT%H")
        try:
            lines = source.text(f"hours/{name}.ndjson").splitlines()
        except CannotCheck:
            continue
        found = [json.loads(line) for line in lines]
        logged = next((one for one in of_type(entries, "snapshots") if one["hour"] == name), None)
        if logged is None:
            said.append(f"the snapshots of {name} are not in the log yet: the hour is not over")
        elif root_of([leaf(one["snapshot"].encode()) for one in found]).hex() != logged["root"]:
            raise Wrong(f"hours/{name}.ndjson is not the list of snapshots that was logged")
        names += found
    if not names:
        raise CannotCheck(f"no snapshot of {epoch} is published, nor of the two hours before")
    return names, said


def recompute(source, names, query, epoch, seed):
    """The ids of a list in the order of contract order/1, from the two published files alone."""
    places = named(source, names["places"])
    slots = named(source, names["slots"])
    pair = f"aiguillage-snapshot/v1\n{names['places']}\n{names['slots']}\n"
    if slots["places"] != names["places"] or hashlib.sha256(pair.encode()).hexdigest() != names["snapshot"]:
        raise Wrong(f"snapshot {names['snapshot'][:8]} is not made of its two files")
    asked = dict(part.split("=", 1) for part in query.split("&"))
    if "&".join(f"{k}={v}" for k, v in sorted(asked.items())) != query:
        raise CannotCheck("the question is not in its canonical form: sorted k=v joined by &")
    lat, lon = origin_of(places, asked)
    measured = [(metres(lat, lon, p["lat"], p["lon"]), p) for p in places["places"] if p["lat"] is not None]
    near = [pair for pair in measured if pair[0] <= int(asked.get("radius", "10")) * 1000]
    if not near:
        nearest = sorted(measured, key=lambda pair: (pair[0], pair[1]["id"]))[:8]
        near = [pair for pair in nearest if pair[0] <= 100_000]
    keyed = []
    for distance, place in near:
        first, states = first_slot(place, slots, asked, places["campaign"])
        if hidden(place, first, states, asked):
            continue
        keyed.append((order_key(place, distance, first, states, asked, epoch, query, seed), place["id"]))
    return [identifier for _, identifier in sorted(keyed)]


def named(source, digest):
    body = source.unzipped(f"snapshots/{digest}.json.gz")
    if hashlib.sha256(body).hexdigest() != digest:
        raise Wrong(f"snapshots/{digest}.json.gz does not have the hash of its name")
    return json.loads(body)


def origin_of(places, asked):
    if "insee" in asked:
        codes = [row[0] for row in places["communes"]]
        at = bisect.bisect_left(codes, asked["insee"])
        if at == len(codes) or codes[at] != asked["insee"]:
            raise CannotCheck(f"the snapshot has no commune {asked['insee']}")
        return places["communes"][at][1:]
    return float(asked["lat"]), float(asked["lon"])


def metres(lat1, lon1, lat2, lon2):
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return round(2 * RADIUS_M * math.asin(min(1.0, math.sqrt(half))))


def band(distance):
    if distance < 2_000:
        return distance // 250
    if distance < 10_000:
        return 8 + (distance - 2_000) // 500
    if distance < 50_000:
        return 24 + (distance - 10_000) // 2_000
    return 44 + (distance - 50_000) // 10_000


def first_slot(place, slots, asked, campaign):
    """(local time of the first slot that fits, states of the offers); two needs: when both have one."""
    zone = ZoneInfo(place["tz"])
    need = asked.get("need", "any")
    required = campaign.get("all_of", {}).get(need, [need])
    firsts, any_seen = [None] * len(required), False
    states = [slots["offers"].get(offer["id"], {}).get("state", "absent") for offer in place["offers"]]
    for offer in place["offers"]:
        row = slots["offers"].get(offer["id"])
        if row is None or row["state"] != "seen":
            continue
        any_seen = True
        for number, deltas in row["slots"]:
            kind, minute = slots["kinds"][number], 0
            for delta in deltas:
                minute += delta
                local = datetime.fromtimestamp(minute * 60, zone)
                if not in_time(local, asked):
                    continue
                for index, one in enumerate(required):
                    if fits(kind, one, asked) and (firsts[index] is None or minute < firsts[index]):
                        firsts[index] = minute
    if not any_seen or any(one is None for one in firsts):
        return None, states
    return datetime.fromtimestamp(max(firsts) * 60, zone), states


def fits(kind, need, asked):
    step, audience = asked.get("step", "any"), asked.get("audience", "any")
    return (
        (need == "any" or not kind["needs"] or need in kind["needs"])
        and (step == "any" or kind["step"] in (None, step))
        and (audience == "any" or kind["audience"] == audience)
    )


def in_time(local, asked):
    day, minute = local.date().isoformat(), local.hour * 60 + local.minute
    moment = asked.get("moment")
    return (
        ("from" not in asked or day >= asked["from"])
        and ("to" not in asked or day <= asked["to"])
        and (moment != "matin" or minute < 720)
        and (moment != "apres-midi" or 720 <= minute < 1080)
        and (moment != "soir" or minute >= 1080)
        and (moment != "week-end" or local.weekday() >= 5)
    )


def hidden(place, first, states, asked):
    if asked.get("walkin") == "1" and not place["walk_in"]:
        return True
    if asked.get("access") == "1" and place["wheelchair"] is not True:
        return True
    if asked.get("seen") == "1" and first is None:
        return True
    seen_for_others = bool(states) and all(state == "seen" for state in states)
    return asked.get("need", "any") != "any" and first is None and seen_for_others


def order_key(place, distance, first, states, asked, epoch, query, seed):
    section, half_day = 0, ""
    if asked["sort"] == "soon":
        if first is not None:
            half_day = f"{first:%Y-%m-%d}T{int(first.hour >= 12)}"
        elif states and all(state in ("seen", "none") for state in states):
            section = 2
        else:
            section = 1
    message = f"aiguillage-order/v1\n{epoch}\n{query}\n{place['id']}"
    tie = hmac.new(seed, message.encode(), hashlib.sha256).hexdigest()
    return section, half_day, band(distance), place["drawn"] == epoch[:10], tie


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("log", "seed", "order", "totals", "receipt"):
        command = commands.add_parser(name)
        command.add_argument("--vkey", help="the log's verifier key, from the press kit or an old copy")
        if name == "receipt":
            command.add_argument("receipt", metavar="TEXT")
        command.add_argument("where", metavar="URL|DIR")
        if name == "log":
            command.add_argument("--from", dest="old", help="an old checkpoint: a file, or its text")
        if name == "seed":
            command.add_argument("--date", required=True)
        if name == "totals":
            command.add_argument("--day", required=True)
        if name == "order":
            command.add_argument("--epoch", required=True, help="the hour of the list, 2026-11-23T13")
            command.add_argument("--query", required=True, help="the question, insee=01053&need=any&radius=10&…")
            command.add_argument("--snapshot", help="the short hash of the reference, 7f3a91c2")
            command.add_argument("--hash", help="the fingerprint printed under the list, to compare with")
    arguments = parser.parse_args(argv)
    try:
        for line in run(arguments):
            print(line)
    except Wrong as error:
        print(f"WRONG: {error}")
        return 1
    except (CannotCheck, OSError, ValueError, KeyError, TypeError, MemoryError, RecursionError) as error:
        print(f"CANNOT CHECK: {type(error).__name__ + ': ' if not isinstance(error, CannotCheck) else ''}{error}")
        return 2
    print("OK")
    return 0


def run(arguments):
    source = Source(arguments.where)
    given = arguments.vkey is not None
    arguments.vkey = arguments.vkey or source.text("vkey").strip()
    _, root, leaves, entries = read_log(source, arguments.vkey)
    if not given:
        yield f"key taken from the portal itself (give --vkey to check it): {arguments.vkey}"
    if arguments.command == "log":
        yield from check_log(source, arguments, entries, leaves, root)
    elif arguments.command == "seed":
        yield from check_seed(entries, arguments)
    elif arguments.command == "totals":
        yield from check_totals(entries, arguments)
    elif arguments.command == "receipt":
        yield from check_receipt(source, entries, arguments)
    else:
        yield from check_order(source, entries, arguments)


if __name__ == "__main__":
    sys.exit(main())
