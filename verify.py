#!/usr/bin/env python3
"""Check an Aiguillage portal without trusting it: one file, the standard library and `cryptography`, nothing of ours.

    python verify.py log    [--vkey KEY] [--from OLD_CHECKPOINT] URL|DIR   the log is whole, signed, and only grew
    python verify.py seed   --date D URL|DIR                               the draw of a day was fixed in advance
    python verify.py order  --epoch E --query Q [--hash H] URL|DIR         one list, recomputed from published files
    python verify.py totals --day D URL|DIR                                a day's totals are the sum of its minutes
    python verify.py metrics --day D URL|DIR                               published figures follow from the counts
    python verify.py receipt TEXT URL|DIR                                  one redirect was counted, and as what
    python verify.py copy   [--day D]… --to FOLDER URL                     the log, and the snapshots of some days

URL is the portal's `/log`; DIR is a copy of it. Exit code 0: it agrees. 1: it does not, and the first difference is
named. 2: it could not be checked. What is written here is the rule again, from its text (docs/ranking.md, docs/log.md,
docs/figures.md), not the portal's code.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import csv
import gzip
import hashlib
import hmac
import io
import json
import math
import re
import struct
import sys
import urllib.request
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

# --- Files of a portal, from its address or a copy of it, bounded; and the two ways in which a check can end badly.

MAX_FILE = 256 * 1024 * 1024
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class Wrong(Exception):
    """It does not agree: exit code 1."""


class CannotCheck(Exception):
    """Something needed is missing or unreadable: exit code 2."""


class Source:
    """The files of a log, from a URL or a folder; sizes are bounded. `keep`: a folder that gets a copy of each."""

    def __init__(self, where, keep=None):
        self.where = where.rstrip("/")
        self.remote = self.where.startswith(("http://", "https://"))
        self.keep = Path(keep) if keep else None

    def get(self, name):
        if not NAME.fullmatch(name) or ".." in name.split("/"):
            raise Wrong(f"the log names a file outside itself: {name[:80]!r}")
        body = self.read(name)
        if self.keep:
            path = self.keep / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return body

    def read(self, name):
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


# --- The Merkle tree (RFC 6962), its tiles, and the signed head (C2SP signed note).

TILE = 256


def leaf(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves):
    """The root over leaf hashes, with a stack of full subtrees."""
    stack = []
    for number, top in enumerate(leaves):
        while number & 1:
            top = node(stack.pop(), top)
            number >>= 1
        stack.append(top)
    if not stack:
        return hashlib.sha256(b"").digest()
    top = stack.pop()
    while stack:
        top = node(stack.pop(), top)
    return top


def tile_path(level, number, width):
    digits, rest = f"{number % 1000:03d}", number // 1000
    while rest:
        digits, rest = f"x{rest % 1000:03d}/{digits}", rest // 1000
    return f"tile/{level}/{digits}" + ("" if width == TILE else f".p/{width}")


def parsed_key(vkey):
    """(name, key id, raw Ed25519 key) of a verifier key."""
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
    return name, expected, key[1:]


def verifies(key, signature, content):
    """Whether the signature over the bytes is of this raw Ed25519 key."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise CannotCheck("the Python package `cryptography` is needed") from error
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (ValueError, InvalidSignature):
        return False
    return True


def has_signed(vkey, key_id, content, signature):
    """Whether a bare signature, with the id of its key, is of this verifier key."""
    _, expected, key = parsed_key(vkey)
    return key_id == expected and verifies(key, signature, content)


def checkpoint(note, vkey):
    """(origin, size, root) of a note signed by `vkey`."""
    name, expected, key = parsed_key(vkey)
    text, mark, signatures = note.rpartition("\n\n")
    if not mark:
        raise Wrong("the checkpoint is not a signed note")
    text += "\n"
    for line in signatures.splitlines():
        if line.startswith(f"— {name} "):
            try:
                blob = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
            except ValueError as error:
                raise Wrong(f"the checkpoint's signature by {name} does not hold") from error
            if blob[:4] == expected:
                if not verifies(key, blob[4:], text.encode()):
                    raise Wrong(f"the checkpoint's signature by {name} does not hold")
                break
    else:
        raise Wrong(f"the checkpoint is not signed by {name}")
    lines = text.split("\n")
    if len(lines) < 4 or not (lines[1].isascii() and lines[1].isdigit()):
        raise Wrong("the checkpoint's text is not origin, size and root")
    return lines[0], int(lines[1]), base64.b64decode(lines[2])


# --- The log: every entry under its signed root, the files that it names, the seeds of its days.

MAX_ENTRIES = 2_000_000


class Log:
    """A log whose signature and root have been checked: its entries (objects with a type `t`), their leaf hashes.

    `vkey`: the key in force.
    """

    def __init__(self, source, vkey, origin, root, leaves, entries):
        self.source, self.vkey, self.origin, self.root = source, vkey, origin, root
        self.leaves, self.entries = leaves, entries

    def of_type(self, kind):
        return [entry for entry in self.entries if entry["t"] == kind]

    def one(self, kind, **fields):
        """The first entry of a kind with these values, or None."""
        return next((one for one in self.of_type(kind) if fields.items() <= one.items()), None)


def read_log(source, vkey):
    """The log, after the signature and the root have been checked. Raises Wrong and CannotCheck."""
    note, changed = source.text("checkpoint"), None
    try:
        origin, size, root = checkpoint(note, vkey)
    except Wrong as error:
        # Perhaps the key has been changed since: then the log itself must lead from the one given to the one in force.
        changed, (origin, size, root) = error, checkpoint(note, source.text("vkey"))
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
    entries = [parsed(number, entry) for number, entry in enumerate(entries)]
    if changed is not None:
        follow_keys(source, vkey, entries, leaves, changed)
    in_force = vkey.strip() if changed is None else source.text("vkey").strip()
    return Log(source, in_force, origin, root, leaves, entries)


def follow_keys(source, vkey, entries, leaves, otherwise):
    """From the key given to the one in force: each change was logged, and signed by the key that it ends."""
    key = vkey.strip()
    for number, entry in enumerate(entries):
        if entry["t"] == "key" and entry["from"] == key:
            _, size, root = checkpoint(source.text(f"keys/{number + 1}.checkpoint"), key)
            if size != number + 1 or root_of(leaves[:size]) != root:
                raise Wrong(f"keys/{number + 1}.checkpoint is not the head that changed the key in entry {number}")
            key = entry["vkey"]
    if key != source.text("vkey").strip():
        raise otherwise


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


def check_log(log, arguments):
    source, entries, leaves = log.source, log.entries, log.leaves
    said = [f"{len(entries)} entries, root {log.root.hex()[:16]}…, signature holds"]
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
    said.append(f"{events} sealed events in {len(log.of_type('minute'))} minutes, each under its root")
    said.append(check_chain(log))
    check_tiles(source, leaves)
    said.append(f"hash tiles agree; {check_named_files(log)} files named in the log have the hash it states")
    bad = [entry for entry in log.of_type("replay") if entry["different"]]
    lists = sum(entry["lists"] for entry in log.of_type("replay"))
    said.append(f"the portal says that it replayed {lists} lists, {sum(entry['different'] for entry in bad)} different")
    return said


def check_tiles(source, leaves):
    """The hash tiles that others build their proofs on, level by level."""
    level, hashes = 0, leaves
    while hashes:
        for number in range(-(-len(hashes) // TILE)):
            part = hashes[number * TILE : (number + 1) * TILE]
            name = tile_path(level, number, len(part))
            if source.get(name) != b"".join(part):
                raise Wrong(f"{name} is not made of the entries")
        full = len(hashes) // TILE
        hashes = [root_of(hashes[number * TILE : (number + 1) * TILE]) for number in range(full)]
        level += 1


def check_named_files(log):
    """Contract, sheets, replays, tables, sums of editions, seeds: each file has the content that its entry names."""
    named = {}
    for entry in log.entries:
        if entry["t"] == "contract":
            named[f"contracts/{entry['sha256']}.md"] = entry["sha256"]
        elif entry["t"] == "disclosure":
            named[f"hosting/{entry['sha256']}.json"] = entry["sha256"]
        elif entry["t"] == "replay":
            named[entry.get("file") or f"replays/{entry['hour']}.json"] = entry["sha256"]
        elif entry["t"] == "metrics":
            named.update({f"metrics/{name}": digest for name, digest in entry["files"].items()})
        elif entry["t"] == "openings":
            named[f"openings/{entry['day']}.json"] = entry["sha256"]
        elif entry["t"] == "release":
            named[f"releases/{entry['name']}.sha256"] = entry["sha256"]
        elif entry["t"] == "seed":
            named[f"seeds/{entry['date']}.json"] = hashlib.sha256(canonical(entry)).hexdigest()
    for name, digest in named.items():
        if hashlib.sha256(log.source.get(name)).hexdigest() != digest:
            raise Wrong(f"{name} does not have the hash that the log states")
    return len(named)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_chain(log):
    """Each day's link hashes to the day before's, and the first to the anchor logged at the opening."""
    anchors, seeds = log.of_type("chain"), log.of_type("seed")
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


def check_seed(log, arguments):
    said = check_chain(log)
    entry = log.one("seed", date=arguments.date)
    if entry is None:
        raise CannotCheck(f"the log holds no seed of {arguments.date}")
    return [said, f"seed of {arguments.date}: {entry['seed']} (beacon {entry['beacon']})"]


# --- Redirects: totals of a day against its minutes and its openings, and one receipt against the log (docs/log.md).

MAX_RECEIPT = 4096
NO_RECEIPT = "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
OPENED = 300
FIELDS = ("basket", "bin", "centre", "class", "list", "policy", "pos", "prov")
SHOWN = ("bin", "class", "policy", "prov")
# How often chance alone may call an honest day wrong, all platforms and classes of it together.
BY_CHANCE = 1e-6


def minutes_of(log, first, end):
    """The minute entries from one hour or minute on, to another one that is not included; each with its commitments."""
    for entry in log.of_type("minute"):
        if first <= entry["minute"] < end:
            body = log.source.get(entry["file"])
            parts = [body[at : at + 32] for at in range(0, len(body), 32)]
            if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
                raise Wrong(f"{entry['file']}: its commitments do not have the root that was logged")
            yield entry, parts


# A day's totals


def check_totals(log, arguments):
    day = arguments.day
    total = log.one("day", day=day)
    if total is None:
        raise CannotCheck(f"the log holds no totals of {day}: a day is closed the day after, if it had events")
    minutes = list(minutes_of(log, day, f"{day}U"))  # "T" < "U"
    sealed = sum(entry["events"] for entry, _ in minutes)
    published = sum(count for classes in total["classes"].values() for count in classes.values())
    if not sealed == published == total["events"]:
        raise Wrong(f"{day}: {sealed} events were sealed and {published} are published")
    counted = total["classes"].get("counted", {})
    yield f"{day}: {sealed} sealed events, the sum of {len(minutes)} minutes, equal to the published totals"
    yield f"counted redirects: {sum(counted.values())} " + json.dumps(counted, sort_keys=True)
    yield from check_openings(log, day, total, [one for _, parts in minutes for one in parts])


def check_openings(log, day, total, commitments):
    """Some of the day's events, drawn by the seed of the day after, opened: what they say against the totals."""
    entry = log.one("openings", day=day)
    if entry is None:
        if opens_from(log) is None or day < opens_from(log):
            yield "its events were sealed as a whole (event/v1): none can be opened without the rest of it"
            return
        if reaches(log) < due(day):
            yield f"its opened events are not published yet: they are due by {due(day)} UTC"
            return
        raise Wrong(f"{day}: the log promises opened events since {opens_from(log)}, and has none of this day")
    body = log.source.get(f"openings/{day}.json")
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise Wrong(f"openings/{day}.json does not have the hash that the log states")
    opened = {bytes.fromhex(one["commitment"]): one for one in json.loads(body)["opened"]}
    drawn = draw(log, day, commitments)
    if set(opened) != set(drawn):
        raise Wrong(f"openings/{day}.json: not the {len(drawn)} events that the seed of the day after draws")
    found, whole = {}, 0
    for commitment, one in opened.items():
        if one.get("event") == "event/v1" and day <= opens_from(log):
            whole += 1  # sealed before the change, on its day: it cannot be opened in part
            continue
        if "digests" not in one:
            raise Wrong(f"openings/{day}.json: event {commitment.hex()[:16]} was drawn, and is not opened")
        fields = opened_fields(commitment, one, day)
        key = (fields["class"], fields["prov"])
        found[key] = found.get(key, 0) + 1
    yield from compare(day, total, found, len(commitments), whole)


def after(day):
    return (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()


def due(day):
    """When a day's opened events must be there: its totals are logged in the night, and a worker may be late."""
    return f"{after(day)}T12:00"


def opens_from(log):
    """The day since which events are sealed field by field, as the log announced it; None: not yet."""
    days = [one["at"][:10] for one in log.of_type("policy") if one.get("events") == "event/v2"]
    return days[0] if days else None


def draw(log, day, commitments):
    """The events to be opened: those whose keyed hash is smallest, under a seed that nobody outside had that day."""
    seed = log.one("seed", date=after(day))
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {after(day)}, which draws the events of {day} that are opened")
    key, head = bytes.fromhex(seed["seed"]), f"aiguillage-opening/v1\n{day}\n".encode()
    return sorted(commitments, key=lambda one: hmac.digest(key, head + one, "sha256"))[:OPENED]


def opened_fields(commitment, one, day):
    """Class, platform, rule and hour of an opened event, if they are what was sealed."""
    digests = [bytes.fromhex(text) for text in one["digests"]]
    if hashlib.sha256(b"aiguillage-event/v2\n" + b"".join(digests)).digest() != commitment or len(digests) != 8:
        raise Wrong(f"{day}: event {commitment.hex()[:16]} is not made of the digests that are published of it")
    fields = {}
    for name in SHOWN:
        salt, value = one["fields"][name]
        head = f"aiguillage-field/v2\n{name}\n".encode() + bytes.fromhex(salt)
        if hashlib.sha256(head + canonical(value)).digest() != digests[FIELDS.index(name)]:
            raise Wrong(f"{day}: event {commitment.hex()[:16]} was not sealed with {name} = {value!r}")
        fields[name] = value
    return fields


def compare(day, total, found, n, whole):
    """What the opened events say against the published split: equal when all are opened, likely when some are."""
    told = {(cls, prov): count for cls, by in total["classes"].items() for prov, count in by.items() if count}
    opened = sum(found.values())
    if opened == n and found != told:
        key = next(key for key in sorted({*found, *told}) if found.get(key) != told.get(key))
        raise Wrong(f"{day} {' '.join(key)}: {told.get(key, 0)} published, {found.get(key, 0)} in the opened events")
    keys = sorted({*found, *told})
    for key in keys:
        if opened and chance(found.get(key, 0), opened, told.get(key, 0), n) < BY_CHANCE / len(keys):
            raise Wrong(
                f"{day} {' '.join(key)}: {found.get(key, 0)} of {opened} opened events, "
                f"and {told.get(key, 0)} of {n} published: not by chance"
            )
    if whole:
        yield f"{whole} of the drawn events were sealed as a whole (event/v1), before the change"
    if opened == n:
        yield f"all {n} events are opened: class and platform of each are as published"
    elif opened:
        yield (
            f"{opened} events drawn and opened hold: fewer than {100 * (1 - 0.05 ** (1 / opened)):.1f} % of the day's "
            f"{n} were sealed as something else (95 %)"
        )
        for cls, prov in keys:
            low, high = likely(found.get((cls, prov), 0), opened)
            share = 100 * told.get((cls, prov), 0) / n
            yield f"  {cls} {prov}: {share:.1f} % published, {100 * low:.1f} to {100 * high:.1f} % by the opened ones"


def chance(k, drawn, special, n):
    """How likely so few, or so many, are when `drawn` of `n` events are drawn, `special` of them of this kind."""
    if k > special or drawn - k > n - special:
        return 0.0

    def log_of(kind):
        return choose(special, kind) + choose(n - special, drawn - kind) - choose(n, drawn)

    least, most = max(0, drawn - (n - special)), min(special, drawn)
    below = sum(math.exp(log_of(kind)) for kind in range(least, k + 1))
    above = sum(math.exp(log_of(kind)) for kind in range(k, most + 1))
    return min(1.0, 2 * min(below, above))


def choose(n, k):
    """The logarithm of "n choose k"."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def likely(k, n):
    """Wilson's interval for a share of which k of n were seen."""
    z = 1.96
    centre, spread = k / n + z * z / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))


# One receipt


def check_receipt(log, arguments):
    """Counted; not due yet (exit 2); omitted (exit 1, with the signature as evidence); or no receipt of this portal."""
    text = arguments.receipt.strip()
    if not text.startswith("r2."):
        yield from check_unsigned(log, text)
        return
    receipt = read_receipt(text)
    promised = f"aiguillage-receipt/v2\n{log.origin}\n{receipt['deadline']}\n{receipt['root'].hex()}\n".encode()
    keys = [key for key, until in keys_of(log) if receipt["event"]["bin"] <= until]
    signer = next((key for key in keys if has_signed(key, receipt["key_id"], promised, receipt["signature"])), None)
    if signer is None:
        raise CannotCheck("not a receipt of this portal: no key of its log has signed this")
    found = find(log, receipt["event"]["bin"], receipt["commitment"])
    if found is not None:
        late = " (later than promised)" if found["minute"] > receipt["deadline"] else ""
        yield f"counted: in minute {found['minute']}, one of {found['events']} events{late}"
        yield ", ".join(f"{key} {value}" for key, value in sorted(receipt["event"].items()))
        return
    known = reaches(log)
    if known <= receipt["deadline"]:
        raise CannotCheck(
            f"not due yet: it is promised for {receipt['deadline']} UTC, and the log reaches {known or 'nothing'}"
        )
    raise Wrong(
        f"omitted: signed by {signer}, promised for {receipt['deadline']} UTC, and no minute up to {known} holds it. "
        f"Evidence: this receipt, and the head of the log ({len(log.entries)} entries, root {log.root.hex()})"
    )


def read_receipt(text):
    """The parts of a receipt, and the root of its commit. Raises CannotCheck: what is wrong proves nothing."""
    try:
        if len(text) > MAX_RECEIPT:
            raise ValueError("too long")
        raw = base64.b64decode(text[3:] + "=" * (-(len(text) - 3) % 4), altchars=b"-_", validate=True)
        key_id, deadline, signature, nonce = raw[:4], raw[4:20].decode("ascii"), raw[20:84], raw[84:100]
        index, size, height = struct.unpack_from(">HHB", raw, 100)
        path = [raw[105 + 32 * at : 137 + 32 * at] for at in range(height)]
        sealed = raw[105 + 32 * height :]
        event = json.loads(sealed)
        datetime.strptime(deadline, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - every time here is UTC
        datetime.strptime(event["bin"], "%Y-%m-%dT%H")  # noqa: DTZ007
        if canonical(event) != sealed or tuple(sorted(event)) != FIELDS:
            raise ValueError("the event is not in its canonical form")
        commitment = seal(nonce, event)
        root = climb(leaf(commitment), index, size, path)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, struct.error) as error:
        raise CannotCheck(
            "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
        ) from error
    return {
        "key_id": key_id, "deadline": deadline, "signature": signature, "event": event, "commitment": commitment,
        "root": root,
    }  # fmt: skip


def seal(nonce, event):
    """The commitment of an event/v2: each field under a salt of its own."""
    salts = b"".join(hashlib.sha512(b"aiguillage-salts/v2\n" + half + nonce).digest() for half in (b"\0", b"\1"))
    digests = [
        hashlib.sha256(
            f"aiguillage-field/v2\n{name}\n".encode() + salts[16 * at : 16 * at + 16] + canonical(event[name])
        ).digest()
        for at, name in enumerate(FIELDS)
    ]
    return hashlib.sha256(b"aiguillage-event/v2\n" + b"".join(digests)).digest()


def climb(hashed, index, size, path):
    """The root that a path leads to (RFC 6962). Raises ValueError when the path is not one of such a tree."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    last, rest = size - 1, list(path)
    while last:
        if index & 1:
            hashed = node(rest.pop(0), hashed)
        elif index < last:
            hashed = node(hashed, rest.pop(0))
        index, last = index >> 1, last >> 1
    if rest:
        raise ValueError("the path is too long")
    return hashed


def keys_of(log):
    """(verifier key, last hour of clicks that it may sign), oldest first: each change of key is in the log."""
    ended = log.of_type("key")
    for entry in ended:
        # The web process takes the new key up with its next commit: an hour is more than it needs.
        yield entry["from"], (datetime.fromisoformat(entry["at"]) + timedelta(hours=1)).strftime("%Y-%m-%dT%H")
    yield log.vkey, "9999"


def find(log, hour, commitment):
    """The minute entry, from the hour of the click on, that holds a commitment; None."""
    for entry, parts in minutes_of(log, hour, "9999"):
        if commitment in parts:
            return entry
    return None


def reaches(log):
    """Until when the log knows what happened, "2026-11-23T15:04"; "" when nothing says so."""
    times = [entry["minute"] for entry in log.of_type("minute")]
    times += [f"{entry['hour']}:59" for entry in log.of_type("snapshots")]
    times += [entry["at"][:16] for entry in log.entries if "at" in entry]
    return max(times, default="")


def check_unsigned(log, text):
    """A receipt of before signatures: what is found is counted, what is not found proves nothing."""
    hour, _, sealed = text.partition(".")
    try:
        if len(text) > MAX_RECEIPT:
            raise ValueError("too long")
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        datetime.strptime(hour, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
        event = json.loads(raw[16:])
        if canonical(event) != raw[16:]:
            raise ValueError("the event is not in its canonical form")
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotCheck(
            "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
        ) from error
    found = find(log, hour, hashlib.sha256(b"aiguillage-event/v1\n" + raw).digest())
    if found is None:
        raise CannotCheck("not in the log, and not signed: anybody could have written this text, so it proves nothing")
    yield f"counted: in minute {found['minute']}, one of {found['events']} events"
    yield ", ".join(f"{key} {value}" for key, value in sorted(event.items()))


# --- One list, made again from the published files: the contract order/1 (docs/ranking.md).

RADIUS_M = 6_371_008.8


def check_order(log, arguments):
    seed = log.one("seed", date=arguments.epoch[:10])
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {arguments.epoch[:10]}")
    names, said = snapshots_of(log, arguments.epoch, arguments.snapshot or "")
    wanted = [one for one in names if one["snapshot"].startswith(arguments.snapshot or "")]
    if not wanted:
        raise CannotCheck(f"no snapshot of {arguments.epoch} begins with {arguments.snapshot}")
    hashes = []
    for one in wanted if arguments.hash else wanted[-1:]:
        ids = recompute(log.source, one, arguments.query, arguments.epoch, bytes.fromhex(seed["seed"]))
        head = f"aiguillage-list/v1\norder/1\n{one['snapshot']}\n{arguments.epoch}\n{arguments.query}\n"
        hashes.append(hashlib.sha256((head + "".join(f"{i}\n" for i in ids)).encode()).hexdigest())
        if arguments.hash and hashes[-1].startswith(arguments.hash):
            return [*said, *ids, f"list {hashes[-1]}: equal to the list that was shown"]
    if arguments.hash:
        raise Wrong(f"no snapshot of {arguments.epoch} gives a list {arguments.hash}…; recomputed: {', '.join(hashes)}")
    return [*said, *ids, f"list {hashes[-1]}"]


def snapshots_of(log, epoch, wanted):
    """What was published in an hour and in the two before it; further back, two days at most, where that is not enough.

    A list may rest on a snapshot of an earlier hour: on the last one there was, when nothing new had come since.
    """
    hour, names, said = datetime.strptime(epoch, "%Y-%m-%dT%H"), [], []  # noqa: DTZ007 - every hour here is UTC
    for back in range(49):
        if back > 2 and any(one["snapshot"].startswith(wanted) for one in names):
            break
        name = (hour - timedelta(hours=back)).strftime("%Y-%m-%dT%H")
        found, note = snapshots_of_hour(log, name)
        names = found + names
        said += note
    if not names:
        raise CannotCheck(f"no snapshot of {epoch} is published, nor of the two days before")
    return names, said


def snapshots_of_hour(log, name):
    """([what was put in force in an hour], [what could not be checked of it])."""
    try:
        lines = log.source.text(f"hours/{name}.ndjson").splitlines()
    except CannotCheck:
        return [], []
    found = [json.loads(line) for line in lines]
    logged = log.one("snapshots", hour=name)
    if logged is None:
        return found, [f"the snapshots of {name} are not in the log yet: the hour is not over"]
    if root_of([leaf(one["snapshot"].encode()) for one in found]).hex() != logged["root"]:
        raise Wrong(f"hours/{name}.ndjson is not the list of snapshots that was logged")
    return found, []


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
    """A position that the reader gave comes before the point of the commune (docs/ranking.md §2)."""
    if "lat" in asked:
        return float(asked["lat"]), float(asked["lon"])
    codes = [row[0] for row in places["communes"]]
    at = bisect.bisect_left(codes, asked["insee"])
    if at == len(codes) or codes[at] != asked["insee"]:
        raise CannotCheck(f"the snapshot has no commune {asked['insee']}")
    return places["communes"][at][1:]


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


# --- Published figures, made again from the counts that they rest on (docs/figures.md).

PLACE = 720_720
BENCHMARKS = ("places", "bookable", "slots", "impressions", "exposure")
# The terms of a gap, by format of the table: since metrics/2 the lists that get clicks are told apart from choices.
EFFECTS = {
    "metrics/1": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "citizen_choice",
    ),
    "metrics/2": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
        "citizen_choice",
    ),
}  # fmt: skip


RATES = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)


def check_metrics(log, arguments):
    source, name = log.source, arguments.day
    entry = log.one("metrics", name=name)
    if entry is None:
        raise CannotCheck(f"the log names no figures of {name}: a day is closed in the night, a week after its Sunday")
    for file, digest in entry["files"].items():
        if hashlib.sha256(source.get(f"metrics/{file}")).hexdigest() != digest:
            raise Wrong(f"metrics/{file} does not have the hash that the log states")
    content = json.loads(source.get(f"metrics/{name}.json"))
    rows, terms = content["rows"], EFFECTS.get(content["format"])
    if terms is None:
        raise CannotCheck(f"metrics/{name}.json is written as {content['format']}, which this file does not know")
    check_csv(source.text(f"metrics/{name}.csv"), rows, name)
    nation = [row for row in rows if row["stratum_type"] == "nation"]
    said = [f"{len(rows)} rows, the same in CSV and JSON, under the hash in the log"]
    said.append(
        check_day_counts(log, name, content, nation)
        if "samples" in content
        else check_week(source, name, rows, nation, content["format"] == "metrics/1")
    )
    for stratum in {(row["stratum_type"], row["stratum"]) for row in rows if not row["suppressed"]}:
        check_derived([row for row in rows if (row["stratum_type"], row["stratum"]) == stratum], stratum, terms)
    said.append(f"shares, ratios, Wilson intervals, concentration and the {len(terms)} terms follow from the counts")
    if content["format"] == "metrics/2":
        for row in nation:
            check_ties(row)
        said.append("the tie test of each platform follows from its sums")
    said.append("not checked here (they need scipy): exact and Goodman intervals")
    return said


def check_csv(text, rows, name):
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    plain = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    for number, (one, other) in enumerate(zip(table, plain, strict=False)):
        if {key: value for key, value in one.items() if value} != {key: value for key, value in other.items() if value}:
            raise Wrong(f"metrics/{name}: row {number} differs between CSV and JSON")
    if len(table) != len(plain):
        raise Wrong(f"metrics/{name}: {len(table)} rows in CSV and {len(plain)} in JSON")


def check_day_counts(log, day, content, nation):
    """Redirects against the sealed totals of the day; places and slots against one snapshot an hour."""
    total = log.one("day", day=day) or {"classes": {}}
    for row in nation:
        counted = total["classes"].get("counted", {}).get(row["provider"], 0)
        if row["redirects"] != counted:
            raise Wrong(f"{day} {row['provider']}: {row['redirects']} redirects, and the log has {counted}")
        every = sum(by.get(row["provider"], 0) for by in total["classes"].values())
        if row["redirects_raw"] != every:
            raise Wrong(f"{day} {row['provider']}: {row['redirects_raw']} clicks, and the log has {every}")
    sums, samples = {}, []
    for hour in range(24):
        found, _ = snapshots_of_hour(log, f"{day}T{hour:02d}")
        if found:
            samples.append(found[0]["snapshot"])
            count_supply(named(log.source, found[0]["places"]), named(log.source, found[0]["slots"]), sums)
    if samples != content["samples"]:
        raise Wrong(f"{day}: the samples are not the first snapshot of each hour")
    for row in nation:
        units = sums.get(row["provider"], [0, 0, 0])
        n = len(samples)
        wanted = [round(units[0] / (PLACE * n), 6), round(units[1] / (PLACE * n), 6), round(units[2] / n, 6)]
        if [row["places"], row["bookable"], row["slots"]] != wanted:
            raise Wrong(f"{day} {row['provider']}: places, bookable and slots are {wanted} in the published snapshots")
    return f"redirects are those sealed in the log; places and slots are those of {len(samples)} published snapshots"


def count_supply(places, slots, sums):
    for place in places["places"]:
        for offer in place["offers"]:
            row = sums.setdefault(offer["provider"], [0, 0, 0])
            row[0] += PLACE // len(place["offers"])
            state = slots["offers"].get(offer["id"])
            if state is not None and state["state"] == "seen":
                row[1] += PLACE // len(place["offers"])
                by_day = {}
                for _, deltas in state["slots"]:
                    minute = 0
                    for delta in deltas:
                        minute += delta
                        by_day[minute // 1440] = by_day.get(minute // 1440, 0) + 1
                row[2] += sum(min(n, 200) for n in by_day.values())


def check_week(source, name, rows, nation, apart):
    """The week is the sum of its days; its territories, none missing, are the nation.

    `apart`: every platform is told apart in every territory, as up to metrics/1; since, some are put together ("*").
    """
    monday = datetime.strptime(f"{name}-1", "%G-W%V-%u")  # noqa: DTZ007 - a date
    sums, days = {}, 0
    for ahead in range(7):
        day = (monday + timedelta(days=ahead)).strftime("%Y-%m-%d")
        try:
            content = json.loads(source.get(f"metrics/{day}.json"))
        except CannotCheck:
            continue
        days += 1
        for row in content["rows"]:
            sums[row["provider"]] = sums.get(row["provider"], 0) + row["redirects"]
    parts = {}
    for row in rows:
        if row["stratum_type"] != "nation" and not row["suppressed"]:
            parts[row["provider"]] = parts.get(row["provider"], 0) + row["redirects"]
            if 0 < row["redirects"] < 11 and row["stratum_type"] != "rest-of-country":
                raise Wrong(f"{name} {row['stratum']}: a number under eleven is published")
            if row["provider"] not in sums and row["provider"] != "*":
                raise Wrong(f"{name} {row['stratum']}: {row['provider']} is in no day of the week")
    for row in nation:
        if row["redirects"] != sums.get(row["provider"], 0):
            raise Wrong(
                f"{name} {row['provider']}: {row['redirects']}, and its days have {sums.get(row['provider'], 0)}"
            )
        here = parts.get(row["provider"], 0)
        if here > row["redirects"] or (apart and here != row["redirects"]):
            raise Wrong(f"{name} {row['provider']}: the territories do not add up to the nation")
    if sum(parts.values()) != sum(row["redirects"] for row in nation):
        raise Wrong(f"{name}: the territories do not add up to the nation")
    return f"the week is the sum of its {days} days, and of its territories"


def check_derived(rows, stratum, terms):
    """Everything that follows from the counts of one stratum by arithmetic alone."""
    totals = {column: sum(row[column] or 0 for row in rows) for column in (*BENCHMARKS, "redirects")}
    enough = totals["redirects"] >= 30
    for row in rows:
        where = f"{stratum[1]} {row['provider']}"
        mine = row["redirects"] / totals["redirects"] if enough else None
        same(row["share_redirects"], mine, f"{where}: share of redirects")
        for column in BENCHMARKS:
            if row[column] is None:
                continue  # told of the nation alone
            share = row[column] / totals[column] if totals[column] else None
            same(row[f"share_{column}"], share, f"{where}: share of {column}")
            same(
                row[f"dr_{column}"], mine / share if mine is not None and share else None, f"{where}: ratio to {column}"
            )
        if row["ci_method"] == "wilson":
            low, high = wilson(row["redirects"], totals["redirects"])
            same(row["ci_low"], low, f"{where}: lower bound")
            same(row["ci_high"], high, f"{where}: upper bound")
        same(row["hhi_redirects"], hhi(rows, "redirects") if enough else None, f"{where}: concentration")
        effects = [row[f"effect_{name}"] for name in terms]
        if row["effect_deviation"] is not None:
            same(row["effect_deviation"], 0.0, f"{where}: deviation from the rule", 0.0)
        if None not in effects:
            same(sum(effects), mine - row["share_places"], f"{where}: the sum of the terms", 1e-6)


def check_ties(row):
    """Clicks on places that the rule holds equal, against choices by rank alone (docs/figures.md §6)."""
    where = f"{row['stratum']} {row['provider']}"
    bets = [float(one) for one in row["tie_bets"].split()]
    wealth = [rate * row["tie_chosen"] - bet for rate, bet in zip(RATES, bets, strict=True)]
    top = max(wealth)
    log_e = top + math.log(sum(math.exp(one - top) for one in wealth)) - math.log(len(RATES))
    same(row["tie_log_e"], log_e, f"{where}: log E", 1e-9)
    n, expected, variance = row["tie_clicks"], row["tie_expected"], row["tie_variance"]
    # Of n chances that add up to `expected`, the variance is greatest when all are alike.
    most = expected * (1 - expected / n) if n else 0.0
    if not (0 <= row["tie_chosen"] <= n <= row["clicks_telling"] <= row["clicks_listed"] and variance <= most + 1e-9):
        raise Wrong(f"{where}: the sums of the tie test cannot be those of {n} clicks")
    if None not in (row["effect_citizen_choice"], row["share_clicked"]):
        gap = row["share_redirects"] - row["share_clicked"]
        same(row["effect_citizen_choice"], gap, f"{where}: the choice within lists")


def wilson(k, n):
    z = 1.959963984540054
    centre, spread = k / n + z * z / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    low, high = (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)
    return 0.0 if k == 0 else low, 1.0 if k == n else high


def hhi(rows, column):
    total = sum(row[column] for row in rows)
    return sum((row[column] / total) ** 2 for row in rows)


def same(published, computed, what, tolerance=1e-12):
    if published is None or computed is None:
        if published is not computed:
            raise Wrong(f"{what}: {published} is published, {computed} follows")
    elif abs(published - computed) > tolerance:
        raise Wrong(f"{what}: {published} is published, {computed} follows")


# --- A copy of everything that a check needs.


def check_copy(log, arguments):
    """Everything that the log names, checked on the way; and the published snapshots of the days asked for."""
    log.source.get("vkey")
    said = check_log(log, arguments)
    days, kept = set(arguments.day or ()), set()
    for entry in log.of_type("snapshots"):
        found, _ = snapshots_of_hour(log, entry["hour"])
        if entry["hour"][:10] in days:
            kept.update(one[part] for one in found for part in ("places", "slots"))
    for digest in sorted(kept):
        named(log.source, digest)
    said.append(f"copied to {arguments.to}, with {len(kept)} snapshot files of {len(days)} days")
    return said


COMMANDS = {
    "log": check_log,
    "seed": check_seed,
    "order": check_order,
    "totals": check_totals,
    "metrics": check_metrics,
    "receipt": check_receipt,
    "copy": check_copy,
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        command.add_argument("--vkey", help="the log's verifier key, from the press kit or an old copy")
        if name == "receipt":
            command.add_argument("receipt", metavar="TEXT")
        command.add_argument("where", metavar="URL|DIR")
        if name == "copy":
            command.add_argument("--to", required=True, metavar="FOLDER")
            command.add_argument("--day", action="append", help="a day whose snapshots are copied too; may be repeated")
        if name in ("log", "copy"):
            command.add_argument("--from", dest="old", help="an old checkpoint: a file, or its text")
        if name == "seed":
            command.add_argument("--date", required=True)
        if name in ("totals", "metrics"):
            command.add_argument(
                "--day", required=True, help="2026-11-23" + (", or a week: 2026-W47" if name == "metrics" else "")
            )
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
    source = Source(arguments.where, getattr(arguments, "to", None))
    given = arguments.vkey is not None
    arguments.vkey = arguments.vkey or source.text("vkey").strip()
    log = read_log(source, arguments.vkey)
    if not given:
        yield f"key taken from the portal itself (give --vkey to check it): {arguments.vkey}"
    yield from COMMANDS[arguments.command](log, arguments)


if __name__ == "__main__":
    sys.exit(main())
