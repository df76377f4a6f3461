#!/usr/bin/env python3
"""Check an Aiguillage portal without trusting it: one file, the standard library and `cryptography`, nothing of ours.

    python verify.py log    [--vkey KEY] [--from OLD] [--policy FILE] URL|DIR   whole, signed, witnessed, only grew
    python verify.py seed   --date D URL|DIR                               the draw of a day was fixed in advance
    python verify.py order  --epoch E --query Q [--hash H] URL|DIR         one list, recomputed from published files
    python verify.py page   FILE|ADDRESS URL|DIR                           a list as somebody saw it: their saved page
    python verify.py ids    URL|DIR                                        no place's id was kept back, or replaced
    python verify.py totals --day D URL|DIR                                a day's totals are the sum of its minutes
    python verify.py metrics --day D URL|DIR                               published figures follow from the counts
    python verify.py figures [--edition E] URL|DIR                         what pages and editions print follows too
    python verify.py all    [--vkey KEY] [--days N] URL|DIR                all of these that need no more to be said
    python verify.py receipt TEXT URL|DIR                                  one redirect was counted, and as what
    python verify.py copy   [--day D]… --to FOLDER URL                     the log, and the snapshots of some days

URL is a portal's address, or its `/log`; DIR is a copy of it. Exit code 0: it agrees. 1: it does not, and the first
difference is named. 2: it could not be checked. What is written here is the rule again, from its text (docs/ranking.md,
docs/log.md, docs/figures.md), not the portal's code. With `--langue fr` all of it is said in French.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import csv
import email
import gzip
import hashlib
import hmac
import http.client
import io
import json
import math
import re
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace
from urllib.parse import parse_qs, urljoin, urlsplit
from zoneinfo import ZoneInfo

# --- Files of a portal, from its address or a copy of it, bounded; and the two ways in which a check can end badly.

MAX_FILE, MAX_SECONDS = 256 * 1024 * 1024, 600
EDITIONS = "donnees/"
# What several checks read and no log changes: fetched once in a run, while it fits into so many bytes.
READ_AGAIN, MAX_KEPT = ("minutes/", "metrics/", "replays/", "openings/"), 64 * 1024 * 1024
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class Wrong(Exception):
    """It does not agree: exit code 1."""


class CannotCheck(Exception):
    """Something needed is missing or unreadable: exit code 2."""


class Missing(CannotCheck):
    """A file is not there."""


class Source:
    """The files of a log, from a URL or a folder; sizes are bounded. `keep`: a folder that gets a copy of each.

    `where`: the log, or what it is part of: a portal's own address, the root of a copy.
    """

    def __init__(self, where, keep=None):
        where = where.rstrip("/")
        self.remote = where.startswith(("http://", "https://"))
        self.where = f"{where}/log" if self.is_around_a_log(where) else where
        self.keep = Path(keep) if keep else None
        self.fetched, self.room = {}, MAX_KEPT
        self.memo = {}  # what was counted from files that are read for several checks

    def is_around_a_log(self, where):
        if not self.remote:
            return not (Path(where) / "checkpoint").is_file() and (Path(where) / "log" / "checkpoint").is_file()
        if where.endswith("/log"):
            return False
        try:
            fetched(f"{where}/log/checkpoint")
        except CannotCheck:
            return False
        return True

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
            return self.fetched[name] if name in self.fetched else self.fetch(name)
        path = next((one for one in self.paths(name) if one.is_file()), None)
        if path is None:
            raise Missing(f"{name}: not in {self.where}")
        if path.stat().st_size > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        body = path.read_bytes()
        return unpacked(body, name) if path.suffix == ".gz" and not name.endswith(".gz") else body

    def fetch(self, name):
        # Editions stand beside the log, as snapshots do not.
        body = fetched(f"{self.where.removesuffix('/log') if name.startswith(EDITIONS) else self.where}/{name}")
        if name.startswith(READ_AGAIN) and len(body) <= self.room:
            self.fetched[name] = body
            self.room -= len(body)
        return body

    def paths(self, name):
        """Where a file of a folder may be: a portal's own keeps snapshots, hours and editions beside the log."""
        inside = Path(self.where)
        yield inside / name
        yield inside.parent / name
        if name.startswith(EDITIONS):
            kept = inside.parent / "data" / name.removeprefix(EDITIONS)
            yield kept
            yield kept.with_name(f"{kept.name}.gz")

    def text(self, name):
        try:
            return self.get(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"{name}: not UTF-8") from error

    def unzipped(self, name):
        return unpacked(self.get(name), name)


def unpacked(body, name):
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            whole = file.read(MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Wrong(f"{name}: not a gzip file") from error
    if len(whole) > MAX_FILE:
        raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
    return whole


def fetched(url, most=None):
    """What an address answers: at most `most` bytes (`MAX_FILE`), in `MAX_SECONDS`."""
    parts, size, until, most = [], 0, time.monotonic() + MAX_SECONDS, most or MAX_FILE
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            while part := answer.read1(1 << 20):
                parts.append(part)
                size += len(part)
                if size > most or time.monotonic() > until:
                    raise CannotCheck(f"{url}: larger than {most} bytes, or too slow")
    except urllib.error.HTTPError as error:
        raise (Missing if error.code in (404, 410) else CannotCheck)(f"{url}: {error}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CannotCheck(f"{url}: {error}") from error
    return b"".join(parts)


# --- The Merkle tree (RFC 6962), its tiles, and the signed head (C2SP signed note).

TILE = 256


def leaf(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves):
    """The root over leaf hashes."""
    return roots_at(leaves, {len(leaves)})[len(leaves)]


def roots_at(leaves, sizes):
    """{size: root over so many leaves} for each of these sizes that there is, with a stack of full subtrees."""
    stack, found = [], {0: hashlib.sha256(b"").digest()}
    for number, top in enumerate(leaves):
        count = number + 1
        while number & 1:
            top = node(stack.pop(), top)
            number >>= 1
        stack.append(top)
        if count in sizes:
            found[count] = stack[-1]
            for left in stack[-2::-1]:
                found[count] = node(left, found[count])
    return found


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


# --- Time stamps (RFC 3161) of heads of the log: what was stamped, when, and with whose certificate.

HASHES = {  # object identifiers, as DER writes them
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}
MESSAGE_DIGEST = "2a864886f70d010904"
TIME = 0x18  # GeneralizedTime


def check_stamps(log):
    """A stamp shows that the head it is of, and so every entry below it, existed at that time."""
    said, stamps = [], log.of_type("stamp")
    keys = [log.vkey.strip(), *(entry[name] for entry in log.of_type("key") for name in ("from", "vkey"))]
    heads = {}
    for entry in stamps:
        head, answer = (log.source.get(f"stamps/{entry['day']}.{kind}") for kind in ("checkpoint", "tsr"))
        for body, digest in ((head, entry["head"]), (answer, entry["sha256"])):
            if hashlib.sha256(body).hexdigest() != digest:
                raise Wrong(f"stamps/{entry['day']}: not the files that the log states")
        size, root = heads[entry["day"]] = signed_by_one_of(head.decode("utf-8"), keys)
        when, who = opened(f"stamps/{entry['day']}.tsr", answer, head)
        said.append(
            f"stamp of {entry['day']}: its {size} entries existed on {when:%Y-%m-%d} at {when:%H:%M:%S} UTC, {who}"
        )
    roots = roots_at(log.leaves, {size for size, _ in heads.values()})
    for day, (size, root) in heads.items():
        if roots.get(size) != root:
            raise Wrong(f"stamps/{day}.checkpoint is not a head of this log")
    if said:
        said.append("whether an authority is to be believed is for you to judge: that its certificate is its own, too")
    return said


def signed_by_one_of(note, keys):
    why = CannotCheck("no key")
    for key in keys:
        try:
            return checkpoint(note, key)[1:]
        except (Wrong, CannotCheck) as error:
            why = error
    raise why


def opened(name, answer, head):
    """(time, who signed) of a stamp that is of `head`. The signature is checked with the certificate inside."""
    try:
        status, token = der(der(answer)[0][1])[:2]
        if der(status[1])[0][1] not in (b"\x00", b"\x01"):
            raise Wrong(f"{name}: the authority refused")
        signed = der(der(der(token[1])[1][1])[0][1])
        content = der(der(signed[2][1])[1][1])[0][1]
        certificates = [one[2] for field in signed if field[0] == 0xA0 for one in der(field[1])]
        (signer,) = der(signed[-1][1])
        info = der(der(content)[0][1])
        imprint = der(info[2][1])
        when = next(one[1] for one in info if one[0] == TIME).decode()
        if hashed(der(imprint[0][1])[0][1], head).digest() != imprint[1][1]:
            raise Wrong(f"{name} is of something else than its head")
        who = signer_of(name, der(signer[1]), content, certificates)
        return datetime.strptime(when[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC), who
    except (IndexError, ValueError, StopIteration) as error:
        raise Wrong(f"{name} is no time stamp: {error}") from error


def signer_of(name, fields, content, certificates):
    """Who signed, in words, after the signature over the signed attributes (RFC 5652 §5.4) was checked."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    issuer, serial = der(fields[1][1])
    digest = der(fields[2][1])[0][1]
    attributes = next(one for one in fields if one[0] == 0xA0)
    by_kind = {der(one[1])[0][1].hex(): der(der(one[1])[1][1])[0][1] for one in der(attributes[1])}
    if by_kind.get(MESSAGE_DIGEST) != hashed(digest, content).digest():
        raise Wrong(f"{name}: what is signed is not what it says")
    found = [x509.load_der_x509_certificate(one) for one in certificates]
    number = int.from_bytes(serial[1], "big")
    own = [one for one in found if one.serial_number == number and one.issuer.public_bytes() == issuer[2]]
    if not own:
        return "signature not checked: the certificate is not in the stamp"
    if x509.ExtendedKeyUsageOID.TIME_STAMPING not in usages(own[0], x509):
        raise Wrong(f"{name}: signed with a certificate that is not for time stamps")
    # The attributes are signed as a SET, and stand in the stamp under a mark of their own.
    message, signature = b"\x31" + attributes[2][1:], [one[1] for one in fields if one[0] == 0x04][-1]
    key, kind = own[0].public_key(), getattr(hashes, HASHES[digest.hex()].upper())()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(kind))
        else:
            return "signature not checked: of a kind that is not known here"
    except InvalidSignature as error:
        raise Wrong(f"{name}: its signature does not hold") from error
    fingerprint = own[0].fingerprint(hashes.SHA256()).hex()
    return f"signed by {own[0].subject.rfc4514_string()} (certificate {fingerprint})"


def usages(certificate, x509):
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def hashed(identifier, body):
    if identifier.hex() not in HASHES:
        raise CannotCheck(f"a hash that is not known here: {identifier.hex()}")
    return hashlib.new(HASHES[identifier.hex()], body)


def der(data):
    """[(tag, content, the whole)] of the values that stand one after the other in `data`."""
    found, at = [], 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("a length that DER does not write")
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + length > len(data):
            raise ValueError("it ends too early")
        found.append((tag, data[start : start + length], data[at : start + length]))
        at = start + length
    return found


# --- The beacon in a day's seed: drand's round, fixed by the day, and what can be checked of it without a pairing.


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
    leaves = log.leaves
    said = [f"{len(log.entries)} entries, root {log.root.hex()[:16]}…, signature holds"]
    if arguments.old:
        text = Path(arguments.old).read_text(encoding="utf-8") if Path(arguments.old).exists() else arguments.old
        _, old_size, old_root = old_checkpoint(log, text, arguments.vkey)
        if old_size > len(leaves):
            raise Wrong(f"the log had {old_size} entries and has {len(leaves)} now")
        if root_of(leaves[:old_size]) != old_root:
            raise Wrong(f"the first {old_size} entries are not those of the old checkpoint")
        said.append(f"it only grew since the {old_size} entries of the old checkpoint")
    said.append(check_minutes(log))
    check_key_changes(log)
    said.append(check_chain(log))
    check_tiles(log.source, leaves)
    check_published_policy(log)
    said.append(f"hash tiles agree; {check_named_files(log)} files named in the log have the hash it states")
    said += [*program_of(log), *check_stamps(log)]
    bad = [entry for entry in log.of_type("replay") if entry["different"]]
    lists = sum(entry["lists"] for entry in log.of_type("replay"))
    said.append(f"the portal says that it replayed {lists} lists, {sum(entry['different'] for entry in bad)} different")
    return said


def check_minutes(log):
    """Every minute's commitments: as many as it says, sorted, under its root."""
    upto, events, withheld = 0, 0, []
    for number, entry in enumerate(log.entries):
        if entry["t"] != "minute":
            continue
        try:
            commitments = log.source.get(entry["file"])
        except Missing:
            withheld.append(entry["file"])
            continue
        parts = [commitments[at : at + 32] for at in range(0, len(commitments), 32)]
        if len(commitments) != 32 * entry["events"] or parts != sorted(parts):
            raise Wrong(f"{entry['file']}: not the {entry['events']} sorted commitments of entry {number}")
        if root_of([leaf(one) for one in parts]).hex() != entry["root"]:
            raise Wrong(f"{entry['file']}: its commitments do not have the root of entry {number}")
        if entry["upto"] <= upto:
            raise Wrong(f"entry {number}: its sequence number goes backwards")
        upto, events = entry["upto"], events + entry["events"]
    if withheld:
        raise CannotCheck(f"{len(withheld)} minutes are sealed and their files not there: {', '.join(withheld[:5])}")
    return f"{events} sealed events in {len(log.of_type('minute'))} minutes, each under its root"


def old_checkpoint(log, text, vkey):
    """An old head under the key given, or under one from which a chain of logged changes leads to the key in force."""
    keys = [vkey.strip()]
    try:
        return checkpoint(text, keys[0])
    except Wrong as error:
        otherwise = error
    changes = log.of_type("key")
    for entry in reversed(changes):
        if entry["vkey"] in keys:
            keys.append(entry["from"])
    for entry in changes:
        if entry["from"] in keys:
            keys.append(entry["vkey"])
    for key in keys[1:]:
        try:
            return checkpoint(text, key)
        except Wrong:
            continue
    raise otherwise


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


def check_key_changes(log):
    """Each change of the key was signed by the key that it ends: with the heads that say so, old keys lead to new."""
    for number, entry in enumerate(log.entries):
        if entry["t"] == "key":
            _, size, root = checkpoint(log.source.text(f"keys/{number + 1}.checkpoint"), entry["from"])
            if size != number + 1 or root_of(log.leaves[:size]) != root:
                raise Wrong(f"keys/{number + 1}.checkpoint is not the head that changed the key in entry {number}")


def check_named_files(log):
    """Contract, sheets, replays, tables, sums of editions, seeds: each file has the content that its entry names."""
    named = {}
    for entry in log.entries:
        if entry["t"] == "contract":
            named[f"contracts/{entry['sha256']}.md"] = entry["sha256"]
        elif entry["t"] == "witnesses":
            named[f"policies/{entry['sha256']}.txt"] = entry["sha256"]
        elif entry["t"] == "program":
            named[f"programs/{entry['sha256']}.sha256"] = entry["sha256"]
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


def program_of(log):
    """What the portal says it runs, and whether this very file belongs to it."""
    mine = f"{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}  verify.py"
    for entry in log.of_type("program")[-1:]:
        name = f"programs/{entry['sha256']}.sha256"
        whose = "its own" if mine in log.source.text(name).splitlines() else "another than its own"
        yield f"program {entry['version']}, {entry['files']} files, sums in {name}; this verify.py is {whose}"


def check_published_policy(log):
    """What stands as the witness policy is the one that was logged last, after the log's own key."""
    entry = (log.of_type("witnesses") or [None])[-1]
    if entry and log.source.get("witness-policy") != b"".join(
        [b"log ", log.source.get("vkey").strip(), b"\n", log.source.get(f"policies/{entry['sha256']}.txt")]
    ):
        raise Wrong("witness-policy is not the policy that the log states, after the log's key")


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
    return f"{len(seeds)} days of seeds, each fixed by the anchor of {anchors[0]['start']}; {told_of_beacons(seeds)}"


def seed_of(day, link, beacon):
    return hashlib.sha256(f"aiguillage-seed/v1\n{day}\n{link.hex()}\n{beacon}\n".encode()).digest()


def check_seed(log, arguments):
    said = check_chain(log)
    entry = log.one("seed", date=arguments.date)
    if entry is None:
        raise CannotCheck(f"the log holds no seed of {arguments.date}")
    return [said, f"seed of {arguments.date}: {entry['seed']} (beacon {entry['beacon']}: {check_beacon(entry)})"]


# --- Witnesses: who has signed this very head, and whether they are those that a policy asks for (C2SP tlog-policy).

MOST_AHEAD = 300  # seconds that a witness's clock may be ahead of ours
ATTEMPTS, PAUSE = 12, 5  # a head that has just been sealed is without its cosignatures for some seconds


def check_policy(log, arguments):
    """Says who signed the head of `log`, and returns it; a newer one, where the witnesses had not answered yet."""
    logs, witnesses, groups, quorum = read_policy(arguments.policy)
    if logs and arguments.vkey.strip() not in logs:
        raise Wrong(f"the policy does not name this log's key {arguments.vkey}")
    signed = None
    for attempt in range(ATTEMPTS):
        note = log.source.text("checkpoint")
        if text_of(note) != f"{log.origin}\n{len(log.leaves)}\n{base64.b64encode(log.root).decode()}\n":
            log = grown(log, arguments.vkey)
            continue
        signed = {name: cosigned(note, vkey) for name, vkey in witnesses.items()}
        counted = {name for name, when in signed.items() if counts(when, arguments.within)}
        holds = makes(quorum, counted, groups)
        if holds or not log.source.remote:
            break
        time.sleep(PAUSE if attempt + 1 < ATTEMPTS else 0)
    else:
        if signed is None:
            raise CannotCheck("the head changed each time that it was read")
    for name, when in signed.items():
        yield f"witness {name}: {told(when, arguments.within)}"
    if not holds:
        raise Wrong(
            f"the policy needs {described(quorum, groups)}; this head of {len(log.leaves)} entries is signed by "
            f"{len(counted)} of {len(witnesses)} witnesses: {', '.join(sorted(counted)) or 'none'}"
        )
    yield f"policy: {described(quorum, groups)}: signed by {len(counted)} of {len(witnesses)} witnesses, holds"
    return log


def grown(log, vkey):
    """The log, read again because its head has changed; it must only have grown."""
    newer = read_log(log.source, vkey)
    if newer.leaves[: len(log.leaves)] != log.leaves:
        raise Wrong("while it was read, the log changed entries that it had signed")
    return newer


def key_in_policy(name):
    """The log's key, when the policy names exactly one."""
    logs = read_policy(name)[0]
    return logs[0] if len(logs) == 1 else None


def read_policy(name):
    """(keys of logs, {witness: key}, {group: (how many, members)}, quorum) of a file."""
    logs, witnesses, groups, quorum, members = [], {}, {}, None, set()
    for number, line in enumerate(Path(name).read_text(encoding="utf-8").split("\n"), 1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        known = witnesses.keys() | groups.keys()
        try:
            if not words[0] or words[0].startswith("#"):
                continue
            if words[0] == "log":
                logs.append(words[1])
            elif words[0] == "witness" and words[1] not in known | {"none"}:
                if key_of(words[2])[2] in {key_of(other)[2] for other in witnesses.values()}:
                    raise ValueError("this witness stands above already")
                witnesses[words[1]] = words[2]
            elif words[0] == "group" and words[1] not in known | {"none"} and set(words[3:]) <= known - members:
                needed = {"any": 1, "all": len(words) - 3}.get(words[2]) or int(words[2])
                if not 1 <= needed <= len(words) - 3 or len(set(words[3:])) != len(words) - 3:
                    raise ValueError("so many members are not in the group")
                groups[words[1]] = needed, words[3:]
                members.update(words[3:])
            elif words[0] == "quorum" and quorum is None and words[1] in known | {"none"}:
                quorum = words[1]
            else:
                raise ValueError("not understood, or names what is not defined above")
        except (IndexError, ValueError) as error:
            raise CannotCheck(f"{name}, line {number}: {error}: {line}") from error
    if quorum is None:
        raise CannotCheck(f"{name}: there is no quorum line")
    return logs, witnesses, groups, quorum


def makes(name, signed, groups):
    """Do these witnesses make up the quorum (or the group) of this name?"""
    if name not in groups:
        return name == "none" or name in signed
    needed, members = groups[name]
    return sum(makes(member, signed, groups) for member in members) >= needed


def described(name, groups):
    if name not in groups:
        return "no witness" if name == "none" else name
    needed, members = groups[name]
    return f"{name} ({needed} of {', '.join(members)})"


def key_of(vkey):
    """(name, key id, public key) of a witness that signs with Ed25519."""
    name, key_id, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    if len(key) != 33 or key[0] != 4 or hashlib.sha256(f"{name}\n".encode() + key).digest()[:4].hex() != key_id:
        raise ValueError("not a witness's key of Ed25519")
    return name, key_id, key[1:]


def cosigned(note, vkey):
    """When the witness of this key signed the note, Unix time; None when no line of it holds."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    name, key_id, key = key_of(vkey)
    for line in note.rpartition("\n\n")[2].splitlines():
        try:
            blob = base64.b64decode(line.removeprefix(f"— {name} "), validate=True)
            if line.startswith(f"— {name} ") and blob[:4].hex() == key_id and len(blob) == 76:
                when = int.from_bytes(blob[4:12], "big")
                message = f"cosignature/v1\ntime {when}\n{text_of(note)}".encode()
                Ed25519PublicKey.from_public_bytes(key).verify(blob[12:], message)
                return when
        except (ValueError, InvalidSignature):
            continue
    return None


def text_of(note):
    return note.rpartition("\n\n")[0] + "\n"


def counts(when, within_hours):
    """A date to come is not believed: it would make a cosignature fresh for ever."""
    return when is not None and -MOST_AHEAD <= time.time() - when < within_hours * 3600


def told(when, within_hours):
    if when is None:
        return "has not signed this head"
    try:
        date = f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        date = f"the second {when}"
    if counts(when, within_hours):
        return f"signed this head on {date}"
    if when > time.time():
        return f"dates its signature {date}, in the future: not counted"
    return f"dates its signature {date}, more than {within_hours} hours ago: not counted"


# --- Sealed redirects: a day's totals against its minutes, and against those events that are opened (docs/log.md §5).

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


def reaches(log):
    """Until when the log knows what happened, "2026-11-23T15:04"; "" when nothing says so."""
    times = [entry["minute"] for entry in log.of_type("minute")]
    times += [f"{entry['hour']}:59" for entry in log.of_type("snapshots")]
    times += [entry["at"][:16] for entry in log.entries if "at" in entry]
    return max(times, default="")


def check_totals(log, arguments):
    return list(told_of_totals(log, arguments.day))


def told_of_totals(log, day):
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
    yield f"counted redirects: {sum(counted.values())} {json.dumps(counted, sort_keys=True)}"
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


# --- One receipt: counted, not due yet, omitted, or no receipt of this portal (docs/log.md §8).

MAX_RECEIPT = 4096
NO_RECEIPT = "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it"
WITHIN = 7 * 24  # hours in which a redirect that was sealed late is looked for


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
    sent_to, platform = receipt["event"]["prov"], getattr(arguments, "platform", None)
    if platform and sent_to != platform:
        raise Wrong(f"relabelled: signed by {signer} as a redirect to {sent_to}, and you were sent to {platform}")
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
        f"omitted: signed by {signer}, promised for {receipt['deadline']} UTC, and no minute up to "
        f"{min(known, later(receipt['event']['bin'] + ':00', WITHIN))} holds it. "
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
    """The minute entry that holds a commitment, in the week from the hour of the click on; None.

    A log that has slept for longer goes on only when its operator says so (docs/log.md §7).
    """
    for entry, parts in minutes_of(log, hour, later(f"{hour}:00", WITHIN)):
        if commitment in parts:
            return entry
    return None


def later(moment, hours):
    """ "2026-11-23T15:00" and a number of hours -> "2026-11-23T18:00"."""
    return (datetime.fromisoformat(moment) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


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
        hashes.append(list_hash_of(one["snapshot"], arguments.epoch, arguments.query, ids))
        if arguments.hash and hashes[-1].startswith(arguments.hash):
            return [*said, *ids, f"list {hashes[-1]}: equal to the list that was shown"]
    if arguments.hash:
        raise Wrong(f"no snapshot of {arguments.epoch} gives a list {arguments.hash}…; recomputed: {', '.join(hashes)}")
    return [*said, *ids, f"list {hashes[-1]}"]


def list_hash_of(snapshot, epoch, query, ids):
    head = f"aiguillage-list/v1\norder/1\n{snapshot}\n{epoch}\n{query}\n"
    return hashlib.sha256((head + "".join(f"{i}\n" for i in ids)).encode()).hexdigest()


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
    return [identifier for _, identifier in ordered_keys(source, names, query, epoch, seed)]


def ordered_keys(source, names, query, epoch, seed):
    """(what the rule looks at, the draw last, id) of each place of a list, in its order."""
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
    return sorted(keyed)


def named(source, digest):
    """A snapshot's file under the hash of its name; the last two are kept, for list after list rests on one pair."""
    kept = source.memo.setdefault("files", {})
    if digest not in kept:
        while len(kept) > 1:
            del kept[next(iter(kept))]
        kept[digest] = read_named(source, digest)
    return kept[digest]


def read_named(source, digest):
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
    tie = tie_of(seed, epoch, query, place["id"])
    return section, half_day, band(distance), place["drawn"] == epoch[:10], tie


def tie_of(seed, epoch, query, identifier):
    """The public draw of a place, or of an offer among those of its place (docs/ranking.md §6.3)."""
    message = f"aiguillage-order/v1\n{epoch}\n{query}\n{identifier}"
    return hmac.new(seed, message.encode(), hashlib.sha256).hexdigest()


# --- Ids of places: each hour's list is chained to the last, no id changes its day, and none is older than it was seen.


def check_ids(log, arguments):
    """An id that was chosen with the coming draws in hand would have to be new, and would stand last in its ties."""
    before, days, complete = "-", {}, False
    hours = read = without = 0
    for entry in log.of_type("snapshots"):
        if "ids" not in entry:
            without += before != "-"
            continue
        hours, rows = hours + 1, listed_in(log, entry)
        if rows is None:
            before, complete = entry["ids"], False
            continue
        if ids_chained(before, rows) != entry["ids"] or len(rows) != entry["places"]:
            raise Wrong(f"the ids of {entry['hour']} are not those that the log has chained to the hour before")
        check_last_half_hour(log, entry, rows - days.items(), complete)
        for place, day in sorted(rows):
            check_day_of_id(place, day, days, entry["hour"][:10], complete)
        before, complete, read = entry["ids"], True, read + 1
    if not hours:
        raise CannotCheck("the log holds no list of ids yet")
    yield f"ids of {read} hours recomputed and chained, {len(days)} places, each under one day"
    if read < hours:
        yield f"{hours - read} hours whose files are no longer published: their link is the log's own word"
    if without:
        yield f"{without} hours were sealed without their ids, and say why"


def check_day_of_id(place, day, days, today, complete):
    """What is new today says so; `complete`: all that was published before is known."""
    if place not in days and (day != today if complete else day > today):
        raise Wrong(f"place {place} is first published on {today}, and says {day}: it would not stand last in its ties")
    if days.setdefault(place, day) != day:
        raise Wrong(f"place {place} was first published on {days[place]}, and now says {day}")


def check_last_half_hour(log, entry, new, complete):
    """Half an hour before its day a beacon's round is known, and with it the draw: no id may appear then."""
    day = date.fromisoformat(entry["hour"][:10])
    seed = log.one("seed", date=(day + timedelta(days=1)).isoformat())
    if complete and new and entry["hour"].endswith("T23") and seed and seed["beacon"] != "-":
        for place, _ in sorted(new - (listed_in(log, entry, f"{day}T23:30") or set())):
            raise Wrong(f"place {place} appears after 23:30 on {day}, when the draw of the day after was known")


def listed_in(log, entry, until="~"):
    """{(id, day)} of the places files of an hour, put in force before `until`; None when they are published no more."""
    found = [one for one in snapshots_of_hour(log, entry["hour"])[0] if one["at"] < until]
    if not found and entry["count"] and until == "~":
        return None
    try:
        files = [named(log.source, one) for one in sorted({one["places"] for one in found})]
    except CannotCheck:
        return None
    return {(place["id"], place["drawn"]) for file in files for place in file["places"]}


def ids_chained(before, rows):
    lines = "".join(f"{place} {day}\n" for place, day in sorted(rows))
    return hashlib.sha256(f"aiguillage-ids/v1\n{before}\n{lines}".encode()).hexdigest()


# --- A page of a list as a browser saved it: what is read of it, and what is not.

# A page of a list has some 100 KB; a tag of it, the borders of the map, some 50.
MAX_PAGE, MAX_MARKUP, PAGE_SECONDS = 2 * 1024 * 1024, 512 * 1024, 30
UNSEEN = ("template", "noscript")
# "Web page, single file": a message whose first part is the page, and the rest what it shows beside (RFC 2557). Known
# by its name alone: what a portal sends could be made to look like such a message, and show something else.
SINGLE_FILE = (".mhtml", ".mht")


def text_of_page(where):
    if where.startswith(("http://", "https://")):
        body = fetched(where, MAX_PAGE)
    else:
        path = Path(where)
        if not path.is_file():
            raise CannotCheck(f"{where}: no such file")
        if path.stat().st_size > MAX_PAGE:
            raise CannotCheck(f"{where}: larger than {MAX_PAGE} bytes, no page of a list")
        body = path.read_bytes()
        if path.suffix.lower() in SINGLE_FILE:
            body = first_page_in(where, body)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotCheck(f"{where}: not UTF-8, no page as a browser saves it") from error


def first_page_in(where, body):
    part = email.message_from_bytes(body)
    while part.is_multipart():
        part = part.get_payload(0)
    if part.get_content_type() != "text/html":
        raise CannotCheck(f"{where}: a single file that does not begin with a page")
    return part.get_payload(decode=True)


def parsed_page(text):
    """In pieces: a page made to keep the parser busy ends it soon, whatever it is made of."""
    page, until = SavedPage(), time.monotonic() + PAGE_SECONDS
    try:
        for at in range(0, len(text), 1 << 16):
            page.feed(text[at : at + (1 << 16)])
            if len(page.rawdata) > MAX_MARKUP or time.monotonic() > until:
                raise CannotCheck("a tag without an end, or a page made to be slow: no page of a list")
        page.close()
    except AssertionError as error:  # of the parser, for declarations that it does not know
        raise CannotCheck(f"no HTML that can be read: {error}") from error
    page.close_card()
    return page


def printed_as(hour, text):
    """An hour (UTC) as pages print it: in the time of Paris; pages saved earlier print UTC, and say so."""
    if "UTC" in text:
        return hour
    # Summer time: from one in the morning (UTC) of the last Sunday of March to that of October (directive 2000/84/EC).
    starts, ends = (last_sunday(hour.year, month) + timedelta(hours=1) for month in (3, 10))
    return hour + timedelta(hours=2 if starts <= hour < ends else 1)


def last_sunday(year, month):
    end = datetime(year, month, 31)  # noqa: DTZ001 - every hour here is UTC
    return end - timedelta(days=(end.weekday() + 1) % 7)


class SavedPage(HTMLParser):
    """What is looked at: cards, the reference line, "page 2 of 3". No tree is built: depth costs nothing.

    `loose`: addresses of buttons outside the cards.
    """

    def __init__(self):
        super().__init__()
        self.cards, self.loose, self.checks, self.reference, self.pages = [], [], [], [], []
        self.base, self.card, self.depth, self.unseen = "", None, 0, 0
        self.inside, self.taken = set(), None

    def handle_starttag(self, tag, attrs):
        given = {}
        for name, value in attrs:
            given.setdefault(name, value or "")  # of an attribute that stands twice, browsers take the first
        self.unseen += tag in UNSEEN
        if self.unseen:
            return
        classes = given.get("class", "").split()
        if tag == "base":
            self.base = self.base or given.get("href", "")
        if tag == "li":
            self.open_item(classes)
        if {"p": "reference", "nav": "pages"}.get(tag, "nothing else") in classes:
            self.inside.add(tag)
        self.take_address(tag, given)
        if self.taken and self.taken.tag == tag:
            self.taken.depth += 1
        elif self.taken is None:
            self.take_text(tag, classes)

    def open_item(self, classes):
        if "carte" in classes:
            self.close_card()
            self.card = SimpleNamespace(rank=None, place="", name=None, distance=None, buttons=[], links=[])
        self.depth = 1 if "carte" in classes else self.depth + 1

    def close_card(self):
        if self.card:
            self.cards.append(self.card)
        self.card, self.taken = None, None

    def take_address(self, tag, given):
        address = given.get("formaction") or (given.get("action") if tag == "form" else given.get("href"))
        if address is None or tag in ("base", "link", "use"):
            return
        path = urlsplit(address).path
        if self.card and (tag == "form" or "formaction" in given):
            self.card.buttons.append(SimpleNamespace(address=address, label=None))
        elif "/rdv/" in path:
            self.loose.append(address)
        elif self.card:
            place = re.search(r"/centre/(p-[a-z2-7]{10})$", path)
            self.card.place = self.card.place or (place[1] if place else "")
            self.card.links.append(address)
        elif "p" in self.inside and path.endswith("/verifier"):
            self.checks.append(address)

    def take_text(self, tag, classes):
        """Begins to collect the text of an element that is compared with something."""
        card, into = self.card, None
        if card is None:
            into = (self, "page") if "nav" in self.inside and tag == "span" else None
        elif tag == "span" and "numero" in classes and card.rank is None:
            into = (card, "rank")
        elif tag == "a" and card.place and card.name is None:
            into = (card, "name")
        elif tag == "strong" and card.distance is None:
            into = (card, "distance")
        elif tag == "span" and "insecable" in classes and card.buttons and card.buttons[-1].label is None:
            into = (card.buttons[-1], "label")
        if into:
            self.taken = SimpleNamespace(tag=tag, depth=1, into=into, parts=[])

    def handle_data(self, data):
        if self.unseen:
            return
        if "p" in self.inside:
            self.reference.append(data)
        if self.taken:
            self.taken.parts.append(data)

    def handle_endtag(self, tag):
        self.unseen -= bool(self.unseen) and tag in UNSEEN
        if self.unseen:
            return
        self.inside.discard(tag)
        if self.taken and self.taken.tag == tag:
            self.taken.depth -= 1
            if not self.taken.depth:
                self.finish_text()
        if tag == "li":
            self.depth -= 1
            if self.card and self.depth <= 0:
                self.close_card()

    def finish_text(self):
        (owner, name), text = self.taken.into, " ".join("".join(self.taken.parts).split())
        self.taken = None
        if owner is self:
            self.pages.append(text)
        else:
            setattr(owner, name, text)


# --- A page of a list as somebody saved it: what a person saw, against the list made again (docs/ranking.md §7.3, §9).

PLACES_ON_A_PAGE = 20
# Version, hours since 1970, list, place, offer, rank; then 16 bytes of a MAC whose key is the portal's.
BUTTON, MAC_SIZE = struct.Struct(">BI16s7s7sH"), 16
BASE_32 = "abcdefghijklmnopqrstuvwxyz234567"
PRINTED_REFERENCE = {
    "heure": r"\d{4}-\d\d-\d\dT\d\d",
    "question": r"[a-z]+=[\w.-]+(&[a-z]+=[\w.-]+)*",
    "empreinte": r"[0-9a-f]{8,64}",
    "releve": r"[0-9a-f]{8,64}",
}
LATER_HOURS = 3  # an order is kept for two hours after its own, with newer facts on its cards


def check_page(log, arguments):
    page = parsed_page(text_of_page(arguments.page))
    asked = reference_of(page)
    seed = log.one("seed", date=asked.epoch[:10])
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {asked.epoch[:10]}")
    asked.seed = bytes.fromhex(seed["seed"])
    names, said = snapshots_of(log, asked.epoch, asked.snapshot)
    again = list_again(log.source, names, asked)
    check_places(page, again)
    if not again.hash.startswith(asked.hash):
        raise Wrong(f"the page prints the list {asked.hash}; recomputed: {again.hash[: len(asked.hash)]}")
    check_buttons(page, again, asked)
    said += check_facts(log, page, names, again, asked)
    return [*said, *told_of_page(page, again, asked, labels_of(page))]


def told_of_page(page, again, asked, labels):
    first, last = page.cards[0].number, page.cards[-1].number
    yield f"hour {asked.epoch}, snapshot {again.names['snapshot'][:8]}, question {asked.question}"
    for card in page.cards:
        buttons = ", ".join(plain(one.label) for one in card.buttons) or "no button"
        yield f"{card.number}. {plain(card.name)} ({card.place}), {plain(card.distance)}: {buttons}"
    yield f"ranks {first} to {last} of {len(again.ids)}: these places in this order, and every offer of theirs"
    yield f"list {again.hash}: equal to the list that is printed, {4 * len(asked.hash)} bits of it"
    count = sum(len(card.buttons) for card in page.cards)
    yield f"{count} buttons name this hour, list, place, offer and rank; their MAC only the portal's own key can check"
    if labels:
        yield f"buttons call {', '.join(f'{slug} {plain(label)!r}' for slug, label in sorted(labels.items()))}"
    yield "not checked: what is said of slots, other words, and what style sheets or scripts hide or move"


def plain(text):
    """For a terminal: what a page says may hold what a terminal obeys."""
    return "".join(one if one.isprintable() else "?" for one in (text or "nothing")[:120])


# The reference, and the list made again


def reference_of(page):
    """What the line under a list says, in print and in its link."""
    if not page.checks:
        raise CannotCheck("no list of this portal: the page has no reference line with a link to check it")
    if len(set(page.checks)) > 1:
        raise Wrong("the page has several references, to different lists")
    query = parse_qs(urlsplit(page.checks[0]).query, max_num_fields=20)
    epoch, question, digest, snapshot = (query.get(name, [""])[0] for name in PRINTED_REFERENCE)
    for name, value in zip(PRINTED_REFERENCE, (epoch, question, digest, snapshot), strict=True):
        if not re.fullmatch(PRINTED_REFERENCE[name], value, re.ASCII):
            raise CannotCheck(f"the reference of the page has no {name} that can be read: {plain(value)}")
    hour = datetime.strptime(epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
    contract, _, rest = "".join("".join(page.reference).split()).partition("·")
    printed_hour, _, rest = rest.partition("·")
    numbers = {int(one[:9]) for one in re.findall(r"[0-9]+", printed_hour)}
    printed = printed_as(hour, printed_hour)
    if not {printed.day, printed.year, printed.hour} <= numbers:
        raise Wrong(f"the page prints the hour {plain(printed_hour)}, and its link says {epoch}")
    if rest.partition("·")[0] != digest or not contract.endswith("order/1"):
        raise Wrong(
            f"the page prints the list {plain(contract)} {plain(rest.partition('·')[0])}, and its link {digest}"
        )
    return SimpleNamespace(epoch=epoch, question=question, hash=digest, snapshot=snapshot)


def list_again(source, names, asked):
    """List of the snapshot that the page names; of several that begin alike, the one that gives the printed hash."""
    wanted = [one for one in names if one["snapshot"].startswith(asked.snapshot)]
    if not wanted:
        raise CannotCheck(
            f"no snapshot of {asked.epoch} begins with {asked.snapshot}: it is not published any more, or never was"
        )
    for one in {one["snapshot"]: one for one in wanted}.values():
        keyed = ordered_keys(source, one, asked.question, asked.epoch, asked.seed)
        ids = [identifier for _, identifier in keyed]
        digest = list_hash_of(one["snapshot"], asked.epoch, asked.question, ids)
        if digest.startswith(asked.hash):
            break
    return SimpleNamespace(names=one, ids=ids, hash=digest, bands={identifier: key[2] for key, identifier in keyed},
                           places=places_of(source, one))  # fmt: skip


def places_of(source, names):
    return {one["id"]: one for one in named(source, names["places"])["places"]}


# Places


def check_places(page, again):
    """The cards are the recomputed places at their ranks: none missing, none more, none in another's stead."""
    if not page.cards:
        raise Wrong("the page shows no place, under the reference of a list that has some")
    for card in page.cards:
        if not re.fullmatch(r"[1-9][0-9]{0,5}", card.rank or ""):
            raise Wrong(f"{plain(card.name)} has no rank on the page: {plain(card.rank)}")
        card.number = int(card.rank)
    first = (min(card.number for card in page.cards) - 1) // PLACES_ON_A_PAGE * PLACES_ON_A_PAGE + 1
    expected = again.ids[first - 1 : first - 1 + PLACES_ON_A_PAGE]
    for at in range(max(len(expected), len(page.cards))):
        check_rank(first + at, page.cards[at : at + 1], expected[at : at + 1], again)
    count = -(-len(again.ids) // PLACES_ON_A_PAGE)
    said = [[int(one[:9]) for one in re.findall(r"[0-9]+", text)] for text in page.pages]
    if said != ([[first // PLACES_ON_A_PAGE + 1, count]] if count > 1 else []):
        raise Wrong(
            f"this is page {first // PLACES_ON_A_PAGE + 1} of {count}; the page says {plain(', '.join(page.pages))}"
        )


def check_rank(rank, cards, expected, again):
    """`cards`, `expected`: one, or none where the other goes on."""
    names = [f"{plain(again.places[one]['name'])} ({one})" for one in expected]
    if not cards:
        raise Wrong(f"rank {rank} is {names[0]} in the recomputed list, and missing on the page")
    [card] = cards
    seen = f"{plain(card.name)} ({plain(card.place)})"
    if not expected:
        raise Wrong(f"rank {rank} is {seen} on the page, and the recomputed list has none there")
    if card.place != expected[0]:
        missing = (
            "" if card.number == rank else f"; the page gives that place rank {card.number}, and rank {rank} to none"
        )
        raise Wrong(f"rank {rank} is {seen} on the page and {names[0]} in the recomputed list{missing}")
    if card.number != rank:
        raise Wrong(f"{seen} bears rank {card.number} on the page, and {rank} in the recomputed list")
    low, high = limits_of(again.bands[card.place])
    if metres_printed(card.distance or "") != ([low, high] if low else [high]):
        raise Wrong(f"rank {rank}, {seen}: {plain(card.distance)} on the page, from {low} to {high} m recomputed")


def limits_of(number):
    """The band of this number in metres."""
    for first, start, width in ((44, 50_000, 10_000), (24, 10_000, 2_000), (8, 2_000, 500), (0, 0, 250)):
        if number >= first:
            low = start + (number - first) * width
            return low, low + width
    raise ValueError(number)


def metres_printed(text):
    """ "750 m à 1 km", "1 to 1.25 km": a number without a unit has that of the next one."""
    found = re.findall(r"([0-9]{1,6}(?:[.,][0-9]{1,2})?)\s*(km|m)?\b", text)
    unit, metres = "", []
    for number, own in reversed(found):
        unit = own or unit
        metres.insert(0, round(float(number.replace(",", ".")) * (1000 if unit == "km" else 1)))
    return metres


# Buttons


def check_buttons(page, again, asked):
    """Each button is of this hour and list, of its card's place and rank; nothing else of a card leads elsewhere."""
    addresses = [one.address for card in page.cards for one in card.buttons]
    addresses += [one for card in page.cards for one in card.links if not one.startswith("tel:")]
    if page.loose:
        raise Wrong(f"a button outside the cards leads to {plain(page.loose[0])}")
    hosts = {urlsplit(urljoin(page.base, one)).netloc for one in [*page.checks, *addresses]}
    if len(hosts) > 1:
        raise Wrong(f"buttons and reference lead to several sites: {plain(', '.join(sorted(hosts)))}")
    for card in page.cards:
        where = f"rank {card.number}, {plain(card.name)}"
        for address in card.links:
            if not address.startswith("tel:") and not re.search(
                rf"/(centre/{card.place}|hebergement)$", urlsplit(address).path
            ):
                raise Wrong(f"{where}: a link leads to {plain(address)}")
        for one in card.buttons:
            hour, digest, place, one.offer, rank = button_of(one.address, where)
            for what, said, wanted in (
                ("hour", hour, asked.epoch), ("list", digest, again.hash[:32]),
                ("place", place, card.place), ("rank", rank, card.number),
            ):  # fmt: skip
                if said != wanted:
                    raise Wrong(f"{where}: a button is of the {what} {said}, and should be of {wanted}")


def button_of(address, where):
    """(hour, first 32 digits of the list, place, offer, rank) of a button's address (docs/log.md §5)."""
    token = re.search(r"/rdv/([A-Za-z0-9_-]{1,200})$", urlsplit(address).path)
    try:
        raw = base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)) if token else b""
    except binascii.Error:
        raw = b""
    if len(raw) != BUTTON.size + MAC_SIZE or raw[0] != 1:
        raise Wrong(f"{where}: a button leads to {plain(address)}, and not by this portal's count")
    _, hours, digest, place, offer, rank = BUTTON.unpack(raw[: BUTTON.size])
    hour = datetime(1970, 1, 1) + timedelta(hours=min(hours, 70_000_000))  # noqa: DTZ001 - every hour here is UTC
    return f"{hour:%Y-%m-%dT%H}", digest.hex(), identifier_of("p", place), identifier_of("o", offer), rank


def identifier_of(kind, raw):
    number = int.from_bytes(raw, "big")
    return f"{kind}-{''.join(BASE_32[number >> 5 * at & 31] for at in range(9, -1, -1))}"


def check_facts(log, page, names, again, asked):
    """Names and offers are those of the snapshot; on a list by distance, perhaps of one that came later.

    Such a list keeps its order, while its cards tell the newest facts (docs/ranking.md §7.3).
    """
    different = first_difference(page, again.places, asked)
    if different is None:
        return []
    by_distance = dict(part.split("=", 1) for part in asked.question.split("&"))["sort"] == "near"
    for one in later_than(again.names, log, names, asked.epoch) if by_distance else ():
        # A place that is gone meanwhile keeps its card.
        if first_difference(page, again.places | places_of(log.source, one), asked) is None:
            return [f"names and offers are those of a later snapshot, {one['snapshot'][:8]}"]
    raise Wrong(different)


def later_than(first, log, names, epoch):
    """Snapshots with other places than the first, put in force after it and while its order was kept."""
    hour = datetime.strptime(epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
    after = [f"{hour + timedelta(hours=ahead):%Y-%m-%dT%H}" for ahead in range(1, LATER_HOURS)]
    published = [*names, *(one for name in after for one in snapshots_of_hour(log, name)[0])]
    known = {first["places"]}
    for one in published[published.index(first) + 1 :]:
        if one["places"] not in known:
            known.add(one["places"])
            yield one


def first_difference(page, places, asked):
    """In words: what a card says otherwise than the place's record, or None."""
    for card in page.cards:
        place, where = places[card.place], f"rank {card.number}, {plain(card.name)}"
        if card.name != " ".join(place["name"].split()):
            return f"{where}: this place ({card.place}) is called {plain(place['name'])}"
        drawn = sorted(place["offers"], key=lambda one: tie_of(asked.seed, asked.epoch, asked.question, one["id"]))
        wanted, shown = [one["id"] for one in drawn], [one.offer for one in card.buttons]
        if missing := [one for one in drawn if one["id"] not in shown]:
            return f"{where}: the button of the offer {missing[0]['id']} ({missing[0]['provider']}) is missing"
        if more := [one for one in shown if one not in wanted]:
            return f"{where}: a button leads to the offer {more[0]}, which this place does not have"
        if shown != wanted:
            return f"{where}: its buttons stand as {', '.join(shown)}, and were drawn as {', '.join(wanted)}"
        for one, offer in zip(card.buttons, drawn, strict=True):
            one.provider, one.site = offer["provider"], urlsplit(offer["url"]).netloc
    return None


def labels_of(page):
    """{platform: name on its buttons}: one for each, none for two; a site without a platform bears its own."""
    labels = {}
    for card in page.cards:
        for one in card.buttons:
            where = f"rank {card.number}, {plain(card.name)}"
            if not one.label:
                raise Wrong(f"{where}: a button names no platform")
            if not one.provider and one.label != one.site:
                raise Wrong(f"{where}: a button names {plain(one.label)} and leads to {one.site}")
            if one.provider and labels.setdefault(one.provider, one.label) != one.label:
                raise Wrong(f"{where}: a button names {plain(one.label)} and leads to {one.provider}, "
                            f"elsewhere {plain(labels[one.provider])}")  # fmt: skip
    if len(set(labels.values())) < len(labels):
        raise Wrong(f"two platforms bear one name on this page: {labels}")
    return labels


# --- The measures of docs/figures.md, from their formulas: the standard library is enough.

Z = NormalDist().inv_cdf(0.975)
MIN_FOR_SHARE, STEP = 30, 11
RATES = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)


def same(published, computed, what, tolerance=1e-12):
    """`what` names the number: "2026-11-23 a: share_places". Numbers within `tolerance`, all else exactly."""
    numbers = [type(one) in (int, float) for one in (published, computed)]
    if all(numbers):
        # Not "> tolerance": nan is neither, and would pass.
        if abs(published - computed) <= tolerance:
            return
    elif not any(numbers) and published == computed:
        return
    raise Wrong(f"{what}: {str(published)[:60]} is published, {str(computed)[:60]} follows")


def ratio(part, whole):
    return None if part is None or not whole else part / whole


def wilson(k, n):
    centre, spread = k / n + Z * Z / (2 * n), Z * math.sqrt(k / n * (1 - k / n) / n + Z * Z / (4 * n * n))
    low, high = (centre - spread) / (1 + Z * Z / n), (centre + spread) / (1 + Z * Z / n)
    return 0.0 if k == 0 else low, 1.0 if k == n else high


def exact_interval(k, n):
    """Clopper and Pearson: the chances for which so few, and so many, are as rare as 2.5 %; by bisection."""
    if k > n - k:
        low, high = exact_interval(n - k, n)
        return 1 - high, 1 - low

    def at_most(most, p):
        return math.fsum(math.comb(n, i) * p**i * math.exp((n - i) * math.log1p(-p)) for i in range(most + 1))

    def chance(most, wanted):
        below, above = 0.0, 1.0
        while (middle := (below + above) / 2) not in (below, above):
            below, above = (middle, above) if at_most(most, middle) > wanted else (below, middle)
        return below

    return chance(k - 1, 0.975) if k else 0.0, chance(k, 0.025)


def interval(k, n):
    """(low, high, method): Wilson's, or the exact one when either side holds fewer than five (docs/figures.md §2)."""
    if min(k, n - k) < 5:
        return (*exact_interval(k, n), "clopper-pearson")
    return (*wilson(k, n), "wilson")


def goodman(counts):
    """Bounds that hold together; the quantile of chi-square with one degree is the square of a normal one."""
    n, a = sum(counts), NormalDist().inv_cdf(1 - 0.025 / len(counts)) ** 2
    found = []
    for k in counts:
        spread = math.sqrt(a * (a + 4 * k * (n - k) / n))
        found.append((max((a + 2 * k - spread) / (2 * (n + a)), 0.0), min((a + 2 * k + spread) / (2 * (n + a)), 1.0)))
    return found


def hhi(amounts):
    total = sum(amounts)
    return sum((one / total) ** 2 for one in amounts) if total else None


def log_e_of(chosen, bets):
    """Of the tie test (§6), from its sums."""
    wealth = [rate * chosen - bet for rate, bet in zip(RATES, bets, strict=True)]
    top = max(wealth)
    return top + math.log(sum(math.exp(one - top) for one in wealth)) - math.log(len(RATES))


def check_sums(row, where):
    """Sums over clicks that chances between 0 and 1 cannot have (§6)."""
    n, expected, variance = row["tie_clicks"], row["tie_expected"], row["tie_variance"]
    bets = [float(one) for one in row["tie_bets"].split()]
    same(row["tie_log_e"], log_e_of(row["tie_chosen"], bets), f"{where}: tie_log_e", 1e-9)
    mean = expected / n if n else 0.0
    # Of n chances that add up to `expected`, variance and logarithms are greatest when all are alike.
    fits = 0 <= row["tie_chosen"] <= n <= row["clicks_telling"] <= row["clicks_listed"] and 0 <= expected <= n
    fits = fits and -1e-9 <= variance <= expected * (1 - mean) + 1e-9
    for rate, bet in zip(RATES, bets, strict=True):
        slack = 1e-9 * (1 + n)
        fits = fits and rate * expected - slack <= bet <= n * math.log1p(mean * math.expm1(rate)) + slack
    if not fits:
        raise Wrong(f"{where}: the sums of the tie test cannot be those of {n} clicks")


def standing(low, high, reference, points, least_ratio, most_ratio):
    """Against the margins announced (§8)."""
    least, most = max(reference - points, reference * least_ratio), min(reference + points, reference * most_ratio)
    if least <= low and high <= most:
        return "inside"
    return "outside" if high < least or low > most else "open"


def needed(places, margins):
    """How many redirects a "yes" needs when they follow places exactly; numbers grow by a tenth, up to ten million."""
    drawn, n = [one for one in places if one > 0], 100
    while len(drawn) >= 2 and n <= 10_000_000:
        bounds = goodman([round(n * one) for one in drawn])
        if all(standing(*two, one, *margins) == "inside" for two, one in zip(bounds, drawn, strict=True)):
            return n
        n += max(10, n // 10 // 10 * 10)
    return None


# --- Places, bookable places and slots of a day, counted again from published snapshots (docs/figures.md §1.3, §1.4).

PLACE = 720_720


def supply_of_day(log, day):
    """({(département, platform): [place units, bookable units, slots]}, names of the samples, samples with a slot)."""
    known = log.source.memo.setdefault("supply", {})
    if day not in known:
        sums, names, with_slots = {}, [], 0
        for hour in range(24):
            found, _ = snapshots_of_hour(log, f"{day}T{hour:02d}")
            if not found:
                continue
            names.append(found[0]["snapshot"])
            sample = supply_of_pair(log.source, found[0])
            with_slots += any(slots for _, _, slots in sample.values())
            for key, amounts in sample.items():
                row = sums.setdefault(key, [0, 0, 0])
                sums[key] = [one + more for one, more in zip(row, amounts, strict=True)]
        known[day] = sums, names, with_slots
    return known[day]


def supply_of_pair(source, pair):
    """Of one snapshot. Counts are kept, files are not: a day has 24 of them."""
    known = source.memo.setdefault("pairs", {})
    key = (pair["places"], pair["slots"])
    if key not in known:
        known[key] = counted(named(source, pair["places"]), named(source, pair["slots"]))
    return known[key]


def counted(places, slots):
    sums = {}
    for place in places["places"]:
        for offer in place["offers"]:
            row = sums.setdefault((str(place["department"]), offer["provider"]), [0, 0, 0])
            row[0] += PLACE // len(place["offers"])
            state = slots["offers"].get(offer["id"])
            if state is not None and state["state"] == "seen":
                row[1] += PLACE // len(place["offers"])
                row[2] += slots_of(state["slots"])
    return sums


def slots_of(kinds):
    """200 at most for one offer and UTC day."""
    by_day = {}
    for _, deltas in kinds:
        minute = 0
        for delta in deltas:
            minute += delta
            by_day[minute // 1440] = by_day.get(minute // 1440, 0) + 1
    return sum(min(n, 200) for n in by_day.values())


def by_platform(sums, departments=None):
    """The same, over some départements or all of them."""
    found = {}
    for (department, provider), amounts in sums.items():
        if departments is None or department in departments:
            row = found.setdefault(provider, [0, 0, 0])
            found[provider] = [one + more for one, more in zip(row, amounts, strict=True)]
    return found


def means(units, samples):
    """[places, bookable, slots] as tables print them: the mean of the samples."""
    n = samples or 1
    return [round(units[0] / (PLACE * n), 6), round(units[1] / (PLACE * n), 6), round(units[2] / n, 6)]


# --- What lists have shown, made again from the replays that are published: questions asked eleven times or more.

RANKS = 20
WEIGHTS = tuple(round(100_000 / math.log2(1 + rank)) for rank in range(1, RANKS + 1))
LEAST_ASKED, MOST_AGAIN = 11, 300


def shown_on(log, when):
    """What published lists of a day or hour showed: platform -> [offers, places, weighted, at random, by criteria].

    Beside it how many lists there were, and how many of them were made again: the whole follows when all were.
    Lists that a machine told of after the day's table was written are not in the table.
    """
    known = log.source.memo.setdefault("shown", {})
    if when not in known:
        sums, entries = {}, replays_of(log, when)[0]
        asked = [one for entry in entries for one in asked_in(log, entry)]
        # A busy day has thousands: the root, which nobody chooses, says which of them are made again.
        asked.sort(key=lambda one: hashlib.sha256(log.root + one["hash"].encode()).digest())
        for one in asked[:MOST_AGAIN]:
            for provider, amounts in offered_by(log, one).items():
                row = sums.setdefault(provider, [0, 0, 0, 0.0, 0.0])
                sums[provider] = [before + one["n"] * more for before, more in zip(row, amounts, strict=True)]
        told = sum(one["n"] for one in asked[:MOST_AGAIN])
        known[when] = sums, sum(entry["lists"] for entry in entries), told
    return known[when]


def replays_of(log, when):
    """(replays of a day or hour that were logged before the table of the day, those that came late)."""
    in_time, late, closed = [], [], False
    for entry in log.entries:
        closed = closed or (entry["t"] == "metrics" and entry["name"] == when[:10])
        if entry["t"] == "replay" and entry["hour"].startswith(when):
            (late if closed else in_time).append(entry)
    return in_time, late


def asked_in(log, entry):
    """The questions that a replay publishes, under its hash in the log."""
    name = entry.get("file") or f"replays/{entry['hour']}.json"
    body = log.source.get(name)
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise Wrong(f"{name} does not have the hash that the log states")
    content = json.loads(body)
    committed = ["root"] if content["format"] != "replay/1" else []
    for field in ("hour", "lists", "different", *committed):
        if content[field] != entry.get(field):
            raise Wrong(f"{name}: {field} is {content[field]}, and the log has {entry.get(field)}")
    if committed and shown_root(content) != entry["root"]:
        raise Wrong(f"{name}: its lists, told and closed, do not have the root that the log commits to")
    told = sum(one["n"] for one in content["asked"])
    if told > entry["lists"] or any(one["n"] < LEAST_ASKED for one in content["asked"]):
        raise Wrong(f"{name}: {told} lists are told of {entry['lists']}, each asked {LEAST_ASKED} times or more")
    return content["asked"]


def shown_root(content):
    """The root over what each list of the hour commits to: those told in full, and the digests of the others."""
    digests = [bytes.fromhex(one) for one in content["closed"]]
    for one in content["asked"]:
        told = {key: one[key] for key in ("epoch", "key", "snapshot", "hash", "n")}
        head = f"aiguillage-shown/v1\n{content['hour']}\n".encode() + bytes.fromhex(one["salt"])
        digests.append(hashlib.sha256(head + canonical(told)).digest())
    if len(digests) != content["distinct"]:
        raise Wrong(f"the replay of {content['hour']} tells {content['distinct']} lists and commits to {len(digests)}")
    return root_of([leaf(one) for one in sorted(digests)]).hex()


def offered_by(log, asked):
    """One list, made again, and what it shows of each platform. Raises Wrong when it is not the list of that hash."""
    epoch, question, places = asked["epoch"], asked["key"], None
    seed = log.one("seed", date=epoch[:10])
    names, _ = snapshots_of(log, epoch, asked["snapshot"])
    pair = next((one for one in names if one["snapshot"] == asked["snapshot"]), None)
    if seed is None or pair is None:
        raise CannotCheck(f"seed or snapshot of the list {epoch} {question} is not published")
    keys = ordered_keys(log.source, pair, question, epoch, bytes.fromhex(seed["seed"]))
    head = f"aiguillage-list/v1\norder/1\n{pair['snapshot']}\n{epoch}\n{question}\n"
    digest = hashlib.sha256((head + "".join(f"{identifier}\n" for _, identifier in keys)).encode()).hexdigest()
    if digest != asked["hash"]:
        raise Wrong(f"the list {epoch} {question} is another one when it is made again: {digest[:16]}")
    places = {place["id"]: place for place in named(log.source, pair["places"])["places"]}
    return amounts_of([(key[:-1], places[identifier]["offers"]) for key, identifier in keys])


def amounts_of(lines):
    """`lines`: (tie group, offers) in their order (docs/figures.md §7)."""
    values = [WEIGHTS[at] * PLACE if at < RANKS else 0 for at in range(len(lines))]
    groups, sums = {}, {}
    for (group, _), value in zip(lines, values, strict=True):
        groups.setdefault(group, []).append(value)
    at_random = sum(values) / len(values) if values else 0.0
    for rank, (group, offers) in enumerate(lines):
        by_criteria = sum(groups[group]) / len(groups[group])
        for offer in offers:
            row = sums.setdefault(offer["provider"], [0, 0, 0, 0.0, 0.0])
            if rank < RANKS:
                row[0] += 1
                row[1] += PLACE // len(offers)
                row[2] += WEIGHTS[rank] * PLACE // len(offers)
            row[3] += at_random / len(offers)
            row[4] += by_criteria / len(offers)
    return sums


# --- The columns of a table that follow from its counts by arithmetic alone (docs/figures.md §2, §3, §7).

BENCHMARKS = ("places", "bookable", "slots", "impressions", "exposure")
OF_NATION = ("impressions", "exposure", "redirects_raw", "bots_excluded")
# The terms of a gap, by format of the table: since metrics/2 the lists that get clicks are told apart from choices.
FORMATS = {
    "metrics/1": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "citizen_choice",
    ),
    "metrics/2": (
        "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
        "citizen_choice",
    ),
}  # fmt: skip
HEAD = ("window_start", "window_end", "stratum_type", "stratum", "provider")
TAIL = ("contract", "checkpoint_size", "suppressed", "demo")
OF_TIES = (
    "share_clicked", "clicks_listed", "clicks_telling", "tie_clicks", "tie_chosen", "tie_expected", "tie_variance",
    "tie_bets", "tie_log_e",
)  # fmt: skip
OF_FIT = ("gof_method", "gof_p", "gof_effect", "log_e")


def columns_of(form):
    shares = [f"{kind}_{name}" for kind in ("share", "dr") for name in BENCHMARKS]
    terms = [f"effect_{name}" for name in FORMATS[form]]
    bounds = ("share_redirects", "ci_low", "ci_high", "ci_method", "goodman_low", "goodman_high")
    whole = ("hhi_places", "hhi_redirects", "effective_providers")
    own = OF_FIT if form == "metrics/1" else OF_TIES
    counts = ("samples", *BENCHMARKS, "redirects", "redirects_raw", "bots_excluded")
    return (*HEAD, *counts, *shares, *bounds, *terms, *own, *whole, *TAIL)


COLUMNS = {**{form: columns_of(form) for form in FORMATS}, "suppressed": (*HEAD, *TAIL)}


def check_derived(rows, form, where):
    """`rows`: all of one stratum."""
    nation = rows[0]["stratum_type"] == "nation"
    totals = {column: sum(row[column] or 0 for row in rows) for column in (*BENCHMARKS, "redirects")}
    whole = totals["redirects"]
    bounds = goodman([row["redirects"] for row in rows]) if whole >= MIN_FOR_SHARE else [(None, None)] * len(rows)
    for row, together in zip(rows, bounds, strict=True):
        wanted = shares_of(row, totals, nation)
        enough = whole >= MIN_FOR_SHARE
        alone = interval(row["redirects"], whole) if enough else (None, None, None)
        wanted.update(zip(("ci_low", "ci_high", "ci_method"), alone, strict=True))
        wanted.update(zip(("goodman_low", "goodman_high"), together, strict=True))
        for column, value in wanted.items():
            same(row[column], value, f"{where} {row['provider']}: {column}", 1e-9)
        level = hhi([one["redirects"] for one in rows]) if enough else None
        same(row["hhi_redirects"], level, f"{where}: hhi_redirects", 1e-9)
        same(row["effective_providers"], 1 / level if level else None, f"{where}: effective_providers", 1e-9)
        # Made of whole units: the column is rounded.
        same(row["hhi_places"], hhi([one["places"] for one in rows]), f"{where}: hhi_places", 1e-6)
        if nation:
            check_gap(row, form, f"{where} {row['provider']}")
        else:
            check_empty(row, form, f"{where} {row['provider']}")
    if form == "metrics/1":
        check_fit(rows, nation, where)
    elif nation:
        check_wholes(rows, where)


def shares_of(row, totals, nation):
    mine = row["redirects"] / totals["redirects"] if totals["redirects"] >= MIN_FOR_SHARE else None
    wanted = {"share_redirects": mine}
    for column in BENCHMARKS if nation else BENCHMARKS[:3]:
        wanted[f"share_{column}"] = share = ratio(row[column], totals[column])
        wanted[f"dr_{column}"] = ratio(mine, share)
    return wanted


def check_empty(row, form, where):
    """In a territory what few people did could be what one did: lists, clicks set apart and terms are not told."""
    own = () if form == "metrics/1" else OF_TIES
    terms = [f"effect_{name}" for name in FORMATS[form]]
    for column in (*OF_NATION, "share_impressions", "dr_impressions", "share_exposure", "dr_exposure", *terms, *own):
        if form != "metrics/1" or column in terms:
            same(row[column], None, f"{where}: {column}")


def check_wholes(rows, where):
    """What all rows of the nation say alike, of all clicks together."""
    room = [row["share_clicked"] for row in rows if row["share_clicked"] is not None]
    for row in rows:
        for column in ("clicks_listed", "clicks_telling"):
            same(row[column], rows[0][column], f"{where} {row['provider']}: {column}")
        if (row["share_clicked"] is None) != (row["clicks_listed"] == 0):
            raise Wrong(f"{where} {row['provider']}: share_clicked stands where clicks have lists, and nowhere else")
    if room:
        same(sum(room), 1.0, f"{where}: the sum of share_clicked", 1e-6)


def check_gap(row, form, where):
    """The terms that two published shares give, and the sum of all."""
    effects = [row[f"effect_{name}"] for name in FORMATS[form]]
    told = row["effect_deviation"] is not None
    if told:
        same(row["effect_deviation"], 0.0, f"{where}: effect_deviation", 0.0)
    elif any(one is not None for one in effects):
        raise Wrong(f"{where}: effect_* are told without effect_deviation")
    if form == "metrics/2":
        clicked, shown = row["share_clicked"], row["share_exposure"]
        known = told and None not in (clicked, shown)
        gap = clicked - shown if known else None
        same(row["effect_clicked_lists"], gap, f"{where}: effect_clicked_lists", 1e-6)
        known = told and None not in (clicked, row["share_redirects"])
        gap = row["share_redirects"] - clicked if known else None
        same(row["effect_citizen_choice"], gap, f"{where}: effect_citizen_choice", 1e-9)
    if told and None not in effects:
        gap = row["share_redirects"] - row["share_places"]
        same(sum(effects), gap, f"{where}: the sum of effect_*", 1e-6)


def check_fit(rows, nation, where):
    """Redirects against the exposure of all lists together, as up to metrics/1 (docs/figures.md §5)."""
    redirects, units = [row["redirects"] for row in rows], [row["exposure"] or 0 for row in rows]
    n, room = sum(redirects), sum(units)
    tested = n >= MIN_FOR_SHARE and room > 0
    if not tested or not nation:
        return
    kept = [(k, x / room) for k, x in zip(redirects, units, strict=True) if x > 0]
    possible = len(kept) >= 2 and sum(k for k, _ in kept) == n
    log_e = effect = None
    if possible:
        log_e = sum(math.lgamma(k + 50 * p) - math.lgamma(50 * p) - k * math.log(p) for k, p in kept)
        log_e += math.lgamma(50) - math.lgamma(n + 50)
        effect = math.sqrt(sum((k - n * p) ** 2 / (n * p) for k, p in kept) / n)
    for row in rows:
        same(row["log_e"], log_e, f"{where}: log_e", 1e-3)
        if possible:
            same(row["gof_effect"], effect, f"{where}: gof_effect", 1e-5)


# --- The tables of closed days and weeks, as they are published: under their hash, CSV and JSON alike.

COUNTS = ("places", "bookable", "slots", "impressions", "exposure", "redirects", "redirects_raw", "bots_excluded")
# A count is rounded to six decimals; so are those that it is the sum of.
ROUNDED = 2e-5


def table_named(log, name):
    """A table under its hash in the log, CSV and JSON alike. Raises Wrong; CannotCheck for one that is not there."""
    known = log.source.memo.setdefault("tables", {})
    if name not in known:
        entry = log.one("metrics", name=name)
        if entry is None:
            raise CannotCheck(f"the log names no figures of {name}")
        for file, digest in entry["files"].items():
            if hashlib.sha256(log.source.get(f"metrics/{file}")).hexdigest() != digest:
                raise Wrong(f"metrics/{file} does not have the hash that the log states")
        wanted = {f"{name}.json", f"{name}.csv"} | ({f"{name}-service.csv"} if "W" not in name else set())
        if set(entry["files"]) != wanted:
            raise Wrong(f"the files of {name} are {', '.join(sorted(entry['files']))}")
        content = json.loads(log.source.get(f"metrics/{name}.json"))
        if content["format"] not in FORMATS:
            raise CannotCheck(f"metrics/{name}.json is written as {content['format']}, which this file does not know")
        check_csv(log.source.text(f"metrics/{name}.csv"), content["rows"], name)
        if "service" in content:
            check_csv(log.source.text(f"metrics/{name}-service.csv"), content["service"], f"{name}-service")
        known[name] = content
    return known[name]


def check_csv(text, rows, name):
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    plain = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    for number, (one, other) in enumerate(zip(table, plain, strict=False)):
        for key in {**one, **other}:
            if (one.get(key) or "") != other.get(key, ""):
                raise Wrong(f"metrics/{name}: {key} of row {number} differs between CSV and JSON")
    if len(table) != len(plain):
        raise Wrong(f"metrics/{name}: {len(table)} rows in CSV and {len(plain)} in JSON")


def days_of_table(name):
    """(first day, last day) of "2026-11-23" or "2026-W48"."""
    try:
        if "W" not in name:
            return date.fromisoformat(name), date.fromisoformat(name)
        monday = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    except ValueError as error:
        raise Wrong(f"{name[:60]} is no day and no week") from error
    return monday, monday + timedelta(days=6)


# --- The table of a closed day: counts against the log, published snapshots and published replays.

SERVICE = (
    "day", "provider", "minutes_unread", "interval_s", "fetches", "fetches_failed", "median_age_min", "p95_age_min",
    "offers_shown", "unknown_share",
)  # fmt: skip
NOT_OF_A_DAY = (
    "not recomputed: clicks_listed, clicks_telling, share_clicked and the sums tie_* of a day (each click's list is"
    " sealed; checked: they fit each other and the week); demo (the operator's word; checked: the same in all rows);"
    " checkpoint_size (checked: between the day's end and the table)"
)
NOT_OF_SERVICE = (
    "not recomputed: minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, unknown_share"
    " (how platforms answered, which the portal alone has seen; checked: they are possible)"
)


def check_day(log, day, content):
    """Redirects against the sealed totals of the day; places and slots against one snapshot an hour."""
    rows, (supply, samples, with_slots) = content["rows"], supply_of_day(log, day)
    same(content["samples"], samples, f"{day}: the samples, the first snapshot of each hour")
    classes = (log.one("day", day=day) or {"classes": {}})["classes"]
    units = by_platform(supply)
    for row in rows:
        where, provider = f"{day} {row['provider']}", row["provider"]
        if (row["stratum_type"], row["stratum"], row["suppressed"]) != ("nation", "FR", 0):
            raise Wrong(f"{where}: stratum_type, stratum and suppressed of a day are nation, FR and 0")
        wanted = dict(zip(COUNTS[:3], means(units.get(provider, [0, 0, 0]), len(samples)), strict=True))
        wanted["samples"] = len(samples)
        wanted["redirects"] = classes.get("counted", {}).get(provider, 0)
        wanted["redirects_raw"] = sum(by.get(provider, 0) for by in classes.values())
        wanted["bots_excluded"] = classes.get("robot", {}).get(provider, 0)
        for column, value in wanted.items():
            same(row[column], value, f"{where}: {column}")
        if content["format"] != "metrics/1":
            check_sums(row, where)
    absent = (set(units) | {one for by in classes.values() for one in by}) - {row["provider"] for row in rows}
    if absent:
        raise Wrong(f"{day}: no row of {', '.join(sorted(absent))}")
    check_availability(rows, with_slots >= 12, content["format"], day)
    return [
        f"redirects are those sealed in the log; places and slots are those of {len(samples)} published snapshots",
        *check_shown(log, day, content),
        *check_service(log, day, content["service"]),
        NOT_OF_A_DAY,
    ]


def check_availability(rows, enough, form, where):
    """The first term, which says nothing where too few hours had slots (docs/figures.md §7)."""
    told = any(row["effect_deviation"] is not None for row in rows)
    for row in rows if form != "metrics/1" else ():
        gap = None
        if told and enough and None not in (row["share_bookable"], row["share_places"]):
            gap = row["share_bookable"] - row["share_places"]
        same(row["effect_availability"], gap, f"{where} {row['provider']}: effect_availability", ROUNDED)


def check_shown(log, day, content):
    """Lists shown, and the terms that rest on them: exactly where all are published, within bounds where not."""
    sums, lists, told = shown_on(log, day)
    for row in content["rows"]:
        where, mine = f"{day} {row['provider']}", sums.get(row["provider"], [0, 0, 0, 0.0, 0.0])
        for column, least in (("impressions", mine[1] / PLACE), ("exposure", mine[2] / (PLACE * 100_000))):
            if told == lists:
                same(row[column], round(least, 6), f"{where}: {column}", ROUNDED)
            elif not least - ROUNDED <= row[column] <= least + (lists - told) * RANKS + ROUNDED:
                raise Wrong(
                    f"{where}: {column} {row[column]} cannot be that of {lists} lists, {told} of them made again"
                )
    if told == lists:
        check_terms(content["rows"], sums, content["format"], day)
        return [f"impressions, exposure and their terms are those of {lists} lists, all published and made again"]
    return [
        f"impressions and exposure are possible: {told} of {lists} lists were made again from what is published",
        f"not recomputed: impressions, exposure, effect_demand_geography, effect_published_criteria and"
        f" effect_tie_break_luck of lists asked less than eleven times in an hour, or beyond {MOST_AGAIN} questions"
        f" ({lists - told} of {lists} on {day})",
    ]


def check_terms(rows, sums, form, where):
    """Geography, criteria and luck (docs/figures.md §7), of lists that have all been made again."""
    wholes = [sum(mine[at] for mine in sums.values()) for at in range(5)]
    told = any(row["effect_deviation"] is not None for row in rows)
    if told != (bool(wholes[1]) and sum(row["redirects"] for row in rows) >= 30):
        raise Wrong(f"{where}: effect_* stand where there are lists and thirty redirects, and nowhere else")
    for row in rows if told and form != "metrics/1" else ():
        mine = sums.get(row["provider"], [0, 0, 0, 0.0, 0.0])
        uniform, criteria, drawn = mine[3] / wholes[3], mine[4] / wholes[4], mine[2] / wholes[2]
        # Without availability there is no share of bookable places to begin with.
        start = None if row["effect_availability"] is None else row["share_bookable"]
        for name, value in (
            ("demand_geography", None if start is None else uniform - start),
            ("published_criteria", criteria - uniform),
            ("tie_break_luck", drawn - criteria),
        ):
            same(row[f"effect_{name}"], value, f"{where} {row['provider']}: effect_{name}", ROUNDED)


def check_service(log, day, rows):
    """Parity of service: what is possible, and offers shown against the lists that are published."""
    sums, lists, told = shown_on(log, day)
    if len({row["provider"] for row in rows}) < len(rows) or len({row["interval_s"] for row in rows}) > 1:
        raise Wrong(f"{day}-service: a platform stands there twice, or interval_s is not one for all")
    for row in rows:
        where = f"{day}-service {row['provider']}"
        if set(row) != set(SERVICE) or row["day"] != day:
            raise Wrong(f"{where}: day is {row['day']}, columns are {', '.join(row)}")
        ages = row["median_age_min"], row["p95_age_min"]
        known = row["offers_shown"] > 0 and row["unknown_share"] < 1
        possible = 0 <= row["minutes_unread"] <= 1440 and row["interval_s"] > 0
        possible = possible and 0 <= row["fetches_failed"] <= row["fetches"]
        possible = possible and (0 <= ages[0] <= ages[1] if known else ages == (None, None))
        possible = possible and (
            0 <= row["unknown_share"] <= 1 if row["offers_shown"] else row["unknown_share"] is None
        )
        if not possible:
            raise Wrong(f"{where}: these numbers are not possible together")
        least = sums.get(row["provider"], [0])[0]
        if told == lists:
            same(row["offers_shown"], least, f"{where}: offers_shown")
        elif row["offers_shown"] < least:
            raise Wrong(f"{where}: offers_shown {row['offers_shown']}, and published lists alone have {least}")
    return [NOT_OF_SERVICE]


# --- The table of a closed week: the sum of its days, and its territories.

TIES = ("clicks_listed", "clicks_telling", "tie_clicks", "tie_chosen", "tie_expected", "tie_variance")


def check_week(log, name, content):
    """The nation is the sum of its days; its territories are those of the snapshots, and add up to the nation."""
    rows, (monday, _) = content["rows"], days_of_table(name)
    dates = [(monday + timedelta(days=ahead)).isoformat() for ahead in range(7)]
    closed = [day for day in dates if log.one("metrics", name=day)]
    tables = [table_named(log, day) for day in closed]
    nation = [row for row in rows if row["stratum_type"] == "nation"]
    samples = sum(len(table["samples"]) for table in tables)
    events = [log.one("day", day=day) for day in dates]
    sealed = [by for entry in events if entry for by in [entry["classes"]]]
    for row in rows:
        if not row["suppressed"]:
            same(row["samples"], samples, f"{name} {row['stratum']} {row['provider']}: samples")
    late = any(replays_of(log, day)[1] for day in closed)
    for row in nation:
        mine = [one for table in tables for one in table["rows"] if one["provider"] == row["provider"]]
        check_sum_of_days(row, mine, sealed, late, f"{name} {row['provider']}")
    absent = {one["provider"] for table in tables for one in table["rows"]} - {row["provider"] for row in nation}
    if absent:
        raise Wrong(f"{name}: no row of {', '.join(sorted(absent))}")
    with_slots = sum(supply_of_day(log, day)[2] for day in closed)
    check_availability(nation, with_slots >= max(1, len(closed)) * 12, content["format"], name)
    if not late:
        check_shown_in_week(log, closed, nation, content["format"], name)
    check_territories(rows, nation, name)
    check_supply_of_territories([supply_of_day(log, day) for day in closed], rows, name)
    said = [f"the week is the sum of its {len(closed)} days, and of its territories"]
    more = (nation[0].get("clicks_listed") or 0) - sum(table["rows"][0].get("clicks_listed", 0) for table in tables)
    if late or more:
        said.append(
            f"not recomputed: impressions, exposure and tie_* of {name}: lists or {more} clicks were told of late"
        )
    return said


def check_sum_of_days(row, mine, sealed, late, where):
    """`mine`: the rows of its days; `sealed`: class -> platform -> events of each day in the log.

    `late`: lists were told of after a day's table was written. The week has them, and its days have not.
    """
    provider, samples = row["provider"], row["samples"] or 1
    classes = [(cls, by.get(provider, 0)) for one in sealed for cls, by in one.items()]
    wanted = {
        "redirects": sum(n for cls, n in classes if cls == "counted"),
        "redirects_raw": sum(n for _, n in classes),
        "bots_excluded": sum(n for cls, n in classes if cls == "robot"),
    }
    wanted.update({name: sum(one[name] * one["samples"] for one in mine) / samples for name in COUNTS[:3]})
    shown = {name: sum(one[name] for one in mine) for name in COUNTS[3:5]}
    if not late:
        wanted.update(shown)
    elif any(row[name] < least - ROUNDED for name, least in shown.items()):
        raise Wrong(f"{where}: impressions and exposure are less than those of its days")
    for column, value in wanted.items():
        same(row[column], value, f"{where}: {column}", ROUNDED)
    if "tie_bets" in row:
        check_sums(row, where)
        check_ties_of_days(row, mine, where)


def check_ties_of_days(row, mine, where):
    """Sums over clicks. A click that another machine told of late is in the week, and in no day's table."""
    wanted = {name: sum(one[name] for one in mine) for name in TIES}
    more = row["clicks_listed"] - wanted["clicks_listed"]
    if more > 0:
        least = {name: n for name, n in wanted.items() if not n - ROUNDED <= row[name] <= n + more + ROUNDED}
        if least:
            raise Wrong(f"{where}: {', '.join(least)} cannot be those of its days and {more} late clicks")
        return
    parts = [(one["share_clicked"], one["clicks_listed"]) for one in mine if one["share_clicked"] is not None]
    listed = sum(n for _, n in parts)
    wanted["share_clicked"] = sum(share * n for share, n in parts) / listed if listed else None
    for column, value in wanted.items():
        same(row[column], value, f"{where}: {column}", ROUNDED)
    for at, bet in enumerate(row["tie_bets"].split()):
        total = sum(float(one["tie_bets"].split()[at]) for one in mine)
        same(float(bet), total, f"{where}: tie_bets", 1e-9 * (1 + abs(total)))


def check_shown_in_week(log, closed, nation, form, name):
    shown = [shown_on(log, day) for day in closed]
    if all(lists == told for _, lists, told in shown):
        sums = {}
        for provider, amounts in ((one, mine) for by, _, _ in shown for one, mine in by.items()):
            row = sums.setdefault(provider, [0] * 5)
            sums[provider] = [before + more for before, more in zip(row, amounts, strict=True)]
        check_terms(nation, sums, form, name)


def check_territories(rows, nation, name):
    """A partition of the nation's redirects; no number of 1 to 10 but in what is left of the country."""
    parts = {}
    for row in rows:
        if row["suppressed"]:
            # The département is published with others: where those stand is a row of its own.
            same(row["provider"], "", f"{name} {row['stratum']}: provider of a suppressed row")
        elif row["stratum_type"] != "nation":
            parts[row["provider"]] = parts.get(row["provider"], 0) + row["redirects"]
            if 0 < row["redirects"] < 11 and row["stratum_type"] != "rest-of-country":
                raise Wrong(f"{name} {row['stratum']}: a number under eleven is published")
            if row["stratum_type"] not in ("department", "rest-of-region", "rest-of-country"):
                raise Wrong(f"{name} {row['stratum']}: stratum_type {row['stratum_type']} is none")
    whole = {row["provider"]: row["redirects"] for row in nation}
    unknown = set(parts) - set(whole) - {"*"}
    if unknown or any(parts.get(provider, 0) > n for provider, n in whole.items()):
        raise Wrong(f"{name}: the territories do not add up to the nation {', '.join(sorted(unknown))}")
    if sum(parts.values()) != sum(whole.values()):
        raise Wrong(f"{name}: the territories do not add up to the nation")


def check_supply_of_territories(days, rows, name):
    """Places, bookable places and slots of each département; of those published together, of all of them."""
    samples, sums = sum(len(names) for _, names, _ in days), {}
    for supply, _, _ in days:
        for key, amounts in supply.items():
            row = sums.setdefault(key, [0, 0, 0])
            sums[key] = [one + more for one, more in zip(row, amounts, strict=True)]
    own = {row["stratum"] for row in rows if row["stratum_type"] == "department" and not row["suppressed"]}
    hidden = {row["stratum"] for row in rows if row["suppressed"]}
    missing = {code for code, _ in sums if code} - own - hidden
    if missing or own & hidden:
        raise Wrong(f"{name}: no row of département {', '.join(sorted(missing or own & hidden))}, or two")
    for code in [*sorted(own), None]:
        told = [row for row in rows if row["stratum_type"] != "nation" and not row["suppressed"]]
        told = [row for row in told if (row["stratum"] == code if code else row["stratum"] not in own)]
        units = by_platform(sums, {code} if code else hidden)
        apart = {row["provider"] for row in told} if code else set()
        # What is not told apart stands in one row.
        rest = [units[provider] for provider in units if provider not in apart]
        units["*"] = [sum(one[at] for one in rest) for at in range(3)]
        groups = [([row], units.get(row["provider"], [0, 0, 0])) for row in told] if code else [(told, units["*"])]
        for mine, amounts in groups:
            wanted = means(amounts, samples)
            for column, value in zip(COUNTS[:3], wanted, strict=True):
                where = f"{name} {code or 'rest'} {mine[0]['provider'] if mine and code else ''}: {column}"
                same(sum(row[column] for row in mine), value, where, ROUNDED)
        if code and rest and "*" not in apart:
            raise Wrong(f"{name} {code}: a platform has no row")


# --- Every column of the table of a day or a week (docs/figures.md §11).


def check_metrics(log, arguments):
    name = arguments.day
    if log.one("metrics", name=name) is None:
        raise CannotCheck(f"the log names no figures of {name}: a day is closed in the night, a week after its Sunday")
    content = table_named(log, name)
    rows = content["rows"]
    said = [f"{len(rows)} rows, the same in CSV and JSON, under the hash in the log"]
    check_heads(log, name, content)
    said += check_day(log, name, content) if "samples" in content else check_week(log, name, content)
    for stratum in sorted({(row["stratum_type"], row["stratum"]) for row in rows if not row["suppressed"]}):
        mine = [row for row in rows if (row["stratum_type"], row["stratum"]) == stratum]
        check_derived(mine, content["format"], f"{name} {stratum[1]}")
    said.append("shares, ratios, all intervals, concentration, terms and log E follow from the counts")
    return said


def check_heads(log, name, content):
    """Which columns and rows there are, and what each row says of itself."""
    rows, (first, last) = content["rows"], days_of_table(name)
    index = next(at for at, one in enumerate(log.entries) if one["t"] == "metrics" and one["name"] == name)
    before = log.entries[:index]
    contract = next((one["version"] for one in reversed(before) if one["t"] == "contract"), None)
    # Closed after the seed of the next day, which is logged as that day begins.
    seeds = [at for at, one in enumerate(before) if one["t"] == "seed" and one["date"] > last.isoformat()]
    least = seeds[0] + 1 if seeds else index
    if content["name"] != name:
        raise Wrong(f"metrics/{name}.json is named {content['name']}")
    keys = [(row["stratum_type"], row["stratum"], row["provider"]) for row in rows]
    if len(set(keys)) < len(keys):
        raise Wrong(f"metrics/{name}: a row stands there twice")
    for row in rows:
        where = f"{name} {row['stratum']} {row['provider']}"
        wanted = COLUMNS[content["format"]] if not row["suppressed"] else COLUMNS["suppressed"]
        if set(row) != set(wanted):
            raise Wrong(f"{where}: columns {', '.join(sorted(set(row) ^ set(wanted)))} are too many or missing")
        same(row["window_start"], first.isoformat(), f"{where}: window_start")
        same(row["window_end"], last.isoformat(), f"{where}: window_end")
        same(row["contract"], contract, f"{where}: contract")
        same(row["demo"], rows[0]["demo"], f"{where}: demo")
        if row["demo"] not in (0, 1) or row["suppressed"] not in (0, 1):
            raise Wrong(f"{where}: demo and suppressed are 0 or 1")
        if not least <= row["checkpoint_size"] <= index:
            raise Wrong(f"{where}: checkpoint_size {row['checkpoint_size']} is not between {least} and {index}")


# --- The figures of a closed day or week, from the tables of the log: what each draws (docs/figures.md §8).

WEEKS, SERVICE_DAYS = 13, 7
TERMS = (
    "availability", "demand_geography", "published_criteria", "tie_break_luck", "deviation", "clicked_lists",
    "citizen_choice",
)  # fmt: skip
STRATA = {"department": "département", "rest-of-region": "reste de région", "rest-of-country": "reste du pays"}
SQUARES = tuple(
    [f"{one:02d}" for one in (*range(1, 20), *range(21, 30))] + ["2A", "2B"] + [str(one) for one in range(30, 96)]
    + [str(one) for one in range(971, 979)]
)  # fmt: skip


def drawn_figures(log, name):
    """{figure: (rows, {"count", "days"})}."""
    first, last = days_of_table(name)
    days = [first.isoformat(), last.isoformat()]
    mine = national(table_named(log, name))
    by_places = sorted(mine, key=lambda row: (-row["places"], row["provider"]))
    clicks = sum(row["redirects"] for row in mine)
    found = {
        "suivent-elles-les-lieux": (picked(by_places, TRACKS), {"count": clicks, "days": days}),
        "trois-parts": (parts_of(by_places), {"count": clicks, "days": days}),
    }
    places, slots = (sum(row[column] for row in mine) for column in ("places", "slots"))
    found["trois-parts"][1]["numbers"] = [round(places), round(slots), clicks]  # places are a mean of the day
    told = [row for row in by_places if row.get("tie_clicks", 0) >= STEP]
    if told:
        telling = max(row["clicks_telling"] for row in told)
        found["choix"] = (
            [chosen_of(row) for row in told],
            {"count": telling, "days": days, "numbers": [telling, clicks]},
        )
    gaps = [row for row in by_places if row["effect_deviation"] is not None]
    if gaps:
        rows = [{"provider": row["provider"], **{one: row.get(f"effect_{one}") for one in TERMS}} for row in gaps]
        found["causes"] = (rows, {"count": clicks, "days": days, "numbers": [clicks]})
    found.update(weekly(log, last, [row["provider"] for row in by_places]))
    service = service_until(log, name, last)
    if service:
        columns = ("day", "provider", "minutes_unread", "fetches", "fetches_failed")
        rows = [{one: row[one] for one in columns} for row in service]
        found["pannes"] = (
            rows,
            {"count": None, "days": [min(row["day"] for row in rows), max(row["day"] for row in rows)]},
        )
    return found


def shows(name, figures):
    """Whether something is to be seen in a figure: no empty axes, no map on which every square is hatched."""
    rows = figures["territoire" if name == "part-par-departement" else name][0]
    if name in ("territoire", "part-par-departement"):
        return any(row["stratum_type"] == STRATA["department"] and not row["suppressed"] for row in rows)
    column = {"suivent-elles-les-lieux": "ratio", "semaines": "share_redirects"}.get(name)
    if column:
        return any(row[column] is not None for row in rows)
    counted = {"trois-parts": "places", "pannes": "minutes_unread"}.get(name)
    return any(row[counted] for row in rows) if counted else True


TRACKS = {
    "provider": "provider", "places_share": "share_places", "redirects": "redirects",
    "redirects_share": "share_redirects", "low": "goodman_low", "high": "goodman_high", "ratio": "dr_places",
}  # fmt: skip


def picked(rows, columns):
    return [{name: row[source] for name, source in columns.items()} for row in rows]


def parts_of(rows):
    columns = {one: source for one, source in TRACKS.items() if one != "ratio"}
    found = picked(rows, {**columns, "places": "places", "slots_share": "share_slots"})
    return [{**one, "slots": round(row["slots"])} for one, row in zip(found, rows, strict=True)]


def chosen_of(row):
    return {
        "provider": row["provider"],
        "clicks": row["tie_clicks"],
        "chosen": row["tie_chosen"],
        "expected": round(row["tie_expected"], 1),
        "excess": round(row["tie_chosen"] - row["tie_expected"], 1),
        "spread": round(Z * math.sqrt(row["tie_variance"]), 1),
        "log_e": row["tie_log_e"],
    }


def weekly(log, last, providers):
    """What an edition draws of the weeks that had ended."""
    names = sorted(one["name"] for one in log.of_type("metrics") if "W" in one["name"])
    names = [one for one in names if days_of_table(one)[1] <= last][-WEEKS:]
    if not names:
        return {}
    columns = ("provider", "redirects", "share_redirects", "ci_low", "ci_high", "share_places")
    weeks = [
        {"week": one, **{column: row[column] for column in columns}}
        for one in names
        for row in national(table_named(log, one))
    ]
    rows = [row for row in table_named(log, names[-1])["rows"] if row["stratum_type"] != "nation"]
    ends = [[one.isoformat() for one in days_of_table(name)] for name in (names[0], names[-1])]
    count = sum(row["redirects"] for row in weeks if row["week"] == names[-1])
    return {
        "semaines": (weeks, {"count": sum(row["redirects"] for row in weeks), "days": [ends[0][0], ends[1][1]]}),
        "territoire": (
            [
                {
                    "stratum_type": STRATA[row["stratum_type"]],
                    "stratum": row["stratum"],
                    "provider": row["provider"],
                    "places": row.get("places"),
                    "redirects": row.get("redirects"),
                    "suppressed": bool(row["suppressed"]),
                }
                for row in rows
            ],
            {"count": count, "days": ends[1]},
        ),
        "part-par-departement": (shares_by_department(rows, providers), {"count": count, "days": ends[1]}),
    }


def shares_by_department(rows, providers):
    """Unknown where a platform is not told apart, or nobody was sent on."""
    mine, totals = {}, {}
    for row in rows:
        if row["stratum_type"] == "department" and not row["suppressed"]:
            totals[row["stratum"]] = totals.get(row["stratum"], 0) + row["redirects"]
            mine[row["stratum"], row["provider"]] = row["redirects"]
    found = []
    for provider in providers:
        for code in SQUARES:
            part, whole = mine.get((code, provider)), totals.get(code)
            share = part / whole if whole and part is not None else None
            found.append({"department": code, "provider": provider, "share_redirects": share})
    return found


def service_until(log, name, last):
    """The last seven days of the edition."""
    first, _ = days_of_table(name)
    names = sorted(one["name"] for one in log.of_type("metrics") if "W" not in one["name"])
    names = [one for one in names if days_of_table(one)[1] <= last]
    names = [one for one in names if "W" not in name or days_of_table(one)[0] >= first]
    found = [row for one in names for row in table_named(log, one)["service"]]
    days = sorted({row["day"] for row in found})[-SERVICE_DAYS:]
    return [row for row in found if row["day"] in days]


def national(table):
    return [row for row in table["rows"] if row["stratum_type"] == "nation" and not row["suppressed"]]


# --- One edition of the open data: its sums against the log, its tables and figures against the tables of the log.

MADE_AGAIN = ("en-cours", "cumul")
HEAD_OF_ALL = ("edition", "updated", "written", "licence", "licence_url", "demo", "log_size")
ENDING = ("updated", "licence", "demo")
DATES = {"window_start", "window_end", "first_day", "last_day", "day"}
DIGITS = re.compile("[0-9]{1,255}")  # a text inside a formula of a spreadsheet has 255 characters at most
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
NOT_OF_AN_EDITION = (
    "not recomputed: department_name (public names; checked: one for each code); titles, descriptions, the period of a"
    " figure; updated, written, licence, log_size (checked: the same in the whole edition); Parquet, XLSX, SQLite, SVG"
    " and PNG (checked by `figures`: the hash in the sums, which the log states)"
)


def check_edition(log, name, whole=False):
    """`whole`: the hash of every file, of those too whose numbers are read from another format."""
    sums = sums_of(log, name)
    head, rows = parsed_json(log, sums, name, "metrics.json")
    index = next((at for at, one in enumerate(log.entries) if one["t"] == "release" and one["name"] == name), None)
    if type(head["log_size"]) is not int or not 0 <= head["log_size"] <= (len(log.entries) if index is None else index):
        raise Wrong(f"{name}: log_size {head['log_size']} is later than the edition")
    same(head["edition"], name, f"{name} metrics: edition")
    tables = tables_of(log, name, head["log_size"], {(row["window_start"], row["window_end"]) for row in rows})
    for one, table in tables if name not in MADE_AGAIN else ():
        same(bool(table["rows"][0]["demo"]), head["demo"], f"{name} metrics: demo of {one}")
    check_rows(log, sums, name, "metrics", metrics_rows(tables), head)
    check_rows(log, sums, name, "redirects", redirects_rows(log, tables), head)
    said = [f"{name}: tables redirects and metrics are those of {len(tables)} days and weeks in the log"]
    if name not in MADE_AGAIN and table_named(log, name)["format"] == "metrics/1":
        return [*said, f"not recomputed: couverture and figures of {name}, written by the rules of metrics/1"]
    if name in MADE_AGAIN:
        return [
            *said,
            f"not recomputed: couverture and figures of {name}, made of the minute in which they were written",
        ]
    check_rows(log, sums, name, "couverture", coverage_rows(log, name, tables), head)
    figures = drawn_figures(log, name)
    told = {one.split("/")[1].split(".")[0] for one in sums if one.startswith("figures/")}
    # A figure in which nothing is to be seen may be left out; up to metrics/2's first days it was drawn all the same.
    amiss = (told - set(figures)) | {one for one in figures if one not in told and shows(one, figures)}
    if amiss:
        raise Wrong(f"{name}: figures {', '.join(sorted(amiss))} are too many or missing")
    figures = {one: what for one, what in figures.items() if one in told}
    for figure, (rows, about) in figures.items():
        check_about(parsed_json(log, sums, name, f"figures/{figure}.json")[0], about, f"{name} {figure}")
        check_rows(log, sums, name, f"figures/{figure}", rows, head)
    for file in sums if whole else ():
        under_sum(log, sums, name, file)
    return [*said, f"{name}: couverture and {len(figures)} figures follow from them", NOT_OF_AN_EDITION]


def check_about(own, about, where):
    """What a figure says of itself, the numbers in its words included."""
    for field in ("count", "days"):
        if own[field] != about[field]:
            raise Wrong(f"{where}: {field} is {own[field]}, {about[field]} follows")
    words = f" {own['unit']} ".replace("\u202f", " ").replace("\u00a0", " ")
    for number in about.get("numbers", ()):
        text = f"{number:,.3f}".rstrip("0").rstrip(".").replace(",", " ").replace(".", ",")
        if f" {text} " not in words:
            raise Wrong(f"{where}: unit does not say {text}: {own['unit']}")


def sums_of(log, name):
    """{file: SHA-256} of an edition; of a closed day or week under the hash that the log states."""
    text = log.source.text(f"{EDITIONS}{name}/SHA256SUMS")
    entry = log.one("release", name=name)
    if name not in MADE_AGAIN:
        if entry is None:
            raise CannotCheck(f"the log names no edition {name}")
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise Wrong(f"{EDITIONS}{name}/SHA256SUMS does not have the hash that the log states")
    return {file: digest for digest, _, file in (line.partition("  ") for line in text.splitlines())}


def under_sum(log, sums, name, file):
    if file not in sums:
        raise Wrong(f"{EDITIONS}{name}/{file} is not in its SHA256SUMS")
    body = log.source.get(f"{EDITIONS}{name}/{file}")
    if hashlib.sha256(body).hexdigest() != sums[file]:
        raise Wrong(f"{EDITIONS}{name}/{file} does not have the hash of its SHA256SUMS")
    return body


def parsed_json(log, sums, name, file):
    content = json.loads(under_sum(log, sums, name, file))
    rows = content.pop("rows")
    return content, rows


def tables_of(log, edition, log_size, published):
    """The tables that belong to an edition, days before weeks: all that the log held when it was written.

    `published`: the windows that it has rows of. A table that was just written may come into the log after it.
    """
    found, known = [], set()
    for index, entry in enumerate(log.entries):
        if entry["t"] == "metrics":
            first, last = days_of_table(entry["name"])
            window = (first.isoformat(), last.isoformat())
            known.add(window)
            mine = index < log_size or window in published
            if edition not in MADE_AGAIN:
                start, end = days_of_table(edition)
                mine = last <= end and ("W" not in edition or first >= start)
            if mine:
                found.append(entry["name"])
    if edition in MADE_AGAIN and published - known:
        raise CannotCheck(f"{edition} holds days or weeks that the log does not name yet: {sorted(published - known)}")
    return [(one, table_named(log, one)) for one in sorted(found, key=lambda one: ("W" in one, one))]


def metrics_rows(tables):
    return [{**row, "suppressed": bool(row["suppressed"])} for _, table in tables for row in table["rows"]]


def redirects_rows(log, tables):
    found = []
    for name, table in tables:
        first, last = days_of_table(name)
        head = {"window": name, "first_day": first.isoformat(), "last_day": last.isoformat()}
        if "W" not in name:
            classes = (log.one("day", day=name) or {"classes": {}})["classes"]
            for cls, by in sorted(classes.items()):
                for provider, n in sorted(by.items()):
                    own = {"stratum_type": "nation", "stratum": "FR", "provider": provider, "class": cls}
                    found.append({**head, **own, "redirects": n, "suppressed": False})
            continue
        for row in table["rows"]:
            own = {key: row[key] for key in ("stratum_type", "stratum", "provider")}
            hidden = bool(row["suppressed"])
            n = None if hidden else row["redirects"]
            found.append({**head, **own, "class": "counted", "redirects": n, "suppressed": hidden})
    return found


def coverage_rows(log, name, tables):
    """By département: places of the last snapshot of the edition, redirects of the last closed week."""
    counts = {}
    for place in last_places(log, name):
        mine = counts.setdefault(place["department"] or "", {})
        own = {offer["provider"] for offer in place["offers"]} or {"offline"}
        for source in {"all", *own, *({"official"} if "official" in place["sources"] else ())}:
            mine[source] = mine.get(source, 0) + 1
    weeks = [(one, table["rows"]) for one, table in tables if "W" in one]
    week, rows = weeks[-1] if weeks else (None, [])
    rows = [row for row in rows if row["stratum_type"] == "department"]
    hidden = {row["stratum"] for row in rows if row["suppressed"]}
    clicks = {}
    for row in rows:
        if not row["suppressed"]:
            for key in ((row["stratum"], row["provider"]), (row["stratum"], "all")):
                clicks[key] = clicks.get(key, 0) + row["redirects"]
    found = []
    for code, mine in sorted(counts.items()):
        for source in sorted({one for by in counts.values() for one in by}):
            told = source not in ("official", "offline") and bool(week)
            n = clicks.get((code, source)) if told and code not in hidden else None
            own = {"department": code, "source": source, "places": mine.get(source, 0), "week": week}
            found.append({**own, "redirects": n, "suppressed": told and code in hidden})
    return found


def last_places(log, name):
    first, last = days_of_table(name)
    for back in range(24 * ((last - first).days + 1)):
        day = last.fromordinal(last.toordinal() - back // 24)
        found, _ = snapshots_of_hour(log, f"{day}T{23 - back % 24:02d}")
        if found:
            return named(log.source, found[-1]["places"])["places"]
    raise CannotCheck(f"no snapshot of {name} is published")


def check_rows(log, sums, name, table, wanted, common):
    """Rows of a table or figure, in each format that is text; `wanted`: what follows; `common`: the edition's head."""
    head, rows = parsed_json(log, sums, name, f"{table}.json")
    for field in HEAD_OF_ALL:
        same(head[field], common[field], f"{name} {table}: {field}")
    same(head.get("dataset", table), table, f"{name} {table}: dataset")
    if len(rows) != len(wanted):
        raise Wrong(f"{name} {table}: {len(rows)} rows are published, {len(wanted)} follow")
    names = {}
    for number, (row, follows) in enumerate(zip(rows, wanted, strict=True)):
        for column, value in row.items():
            value = bool(value) if column == "suppressed" else value
            if column in ENDING:
                agrees = value == head[column]
            elif column == "department_name":
                agrees = names.setdefault(row["department"], value) == value
            else:
                # A column of another format of tables is empty here.
                agrees = value == follows.get(column) and (type(value) is bool) == (type(follows.get(column)) is bool)
            if not agrees:
                raise Wrong(f"{name} {table}: {column} of row {number} is {value}, {follows.get(column)} follows")
        absent = set(follows) - set(row) - {*ENDING, *OF_FIT}
        if absent:
            raise Wrong(f"{name} {table}: no column {', '.join(sorted(absent))}")
    for suffix, french in (("csv", False), ("excel-fr.csv", True)):
        check_cells(under_sum(log, sums, name, f"{table}.{suffix}"), rows, french, f"{name} {table}.{suffix}")
    if not table.startswith("figures/"):
        lines = under_sum(log, sums, name, f"{table}.ndjson").decode().splitlines()
        if [json.loads(line) for line in lines if line] != rows:
            raise Wrong(f"{name} {table}: NDJSON differs from JSON")


def check_cells(body, rows, french, where):
    text = body.decode("utf-8-sig" if french else "utf-8")
    table = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if french else ","))
    if len(table) != len(rows):
        raise Wrong(f"{where}: {len(table)} rows, and {len(rows)} in JSON")
    for number, (cells, row) in enumerate(zip(table, rows, strict=True)):
        for column in {**cells, **row}:
            wanted = cell_of(column, row.get(column), french)
            if cells.get(column) != wanted:
                raise Wrong(f"{where}: {column} of row {number} is {cells.get(column)}, and {wanted} in JSON")


def cell_of(column, value, french):
    if value is None:
        return ""
    if type(value) is bool or column == "suppressed":
        return ("oui" if value else "non") if french else str(bool(value)).lower()
    if type(value) is str:
        if french and column in DATES:
            return f"{value[8:10]}/{value[5:7]}/{value[:4]}"
        if french and column == "updated":
            return f"{value[8:10]}/{value[5:7]}/{value[:4]} {value[11:19]}"
        if french and DIGITS.fullmatch(value):
            return f'="{value}"'  # or a spreadsheet makes 1 of "01"
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value).replace(".", ",") if french else str(value)


# --- The tie test as `shares.json` tells it, since Monday: closed days from their tables, the running day as it may be.

CHOICE = ("slug", "clicks", "chosen", "expected", "excess", "spread", "log_e", "beyond")


def check_choice(log, content, today):
    """What is known exactly is compared exactly; what today may have added is bounded by today's counted clicks."""
    found, monday = content["choice"], date.fromisoformat(today) - timedelta(days=date.fromisoformat(today).weekday())
    same(found["since"], monday.isoformat(), "shares.json: choice.since")
    same(found["until"], today, "shares.json: choice.until")
    threshold = math.log(max(len(found["providers"]), 1) / 0.05)
    same(found["threshold"], threshold, "shares.json: choice.threshold", 1e-9)
    same(found["found"], any(row["beyond"] for row in found["providers"]), "shares.json: choice.found")
    if [row["slug"] for row in found["providers"]] != [row["slug"] for row in content["providers"]]:
        raise Wrong("shares.json: choice.providers are not the providers")
    days = days_from(monday.isoformat(), today)
    tables = [table_named(log, day) for day in days if log.one("metrics", name=day)]
    rows = [row for table in tables for row in table["rows"] if "tie_clicks" in row]
    # Of today the page has counted so many redirects; the tie test cannot know of more.
    added = content["total"] - sum(counted_on(log, day) for day in days_from(content["first"] or today, today))
    least = {
        name: sum(max((row.get(f"clicks_{name}", 0) for row in table["rows"]), default=0) for table in tables)
        for name in ("listed", "telling")
    }
    most = sum(counted_on(log, day) for day in days) + added
    if not least["telling"] <= found["telling"] <= found["listed"] <= found["clicks"] <= most:
        raise Wrong(f"shares.json: choice.clicks, listed and telling are not possible with {most} redirects")
    for name, n in least.items():
        if not n <= found[name] <= n + added:
            raise Wrong(f"shares.json: choice.{name} is {found[name]}, closed days have {n}, today {added} redirects")
    nothing_new = found["listed"] == least["listed"] and len(tables) == len(days)
    for row in found["providers"]:
        mine = [one for one in rows if one["provider"] == row["slug"]]
        check_row(row, mine, threshold, 0 if nothing_new else added)


def counted_on(log, day):
    entry = log.one("day", day=day) or {"classes": {}}
    return sum(entry["classes"].get("counted", {}).values())


def days_from(first, today):
    start, end = date.fromisoformat(first), date.fromisoformat(today)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days)]


def check_row(row, mine, threshold, added):
    where = f"shares.json: choice {row['slug']}"
    if set(row) != set(CHOICE):
        raise Wrong(f"{where}: its fields are not those that are known")
    sums = {name: sum(one[f"tie_{name}"] for one in mine) for name in ("clicks", "chosen", "expected", "variance")}
    if not sums["clicks"] <= row["clicks"] <= sums["clicks"] + added:
        raise Wrong(f"{where} clicks: {row['clicks']}, closed days have {sums['clicks']}, today {added} redirects")
    if row["clicks"] < STEP:
        for name in CHOICE[2:7]:
            same(row[name], None, f"{where} {name}")
        same(row["beyond"], False, f"{where} beyond")
        return
    same(row["beyond"], row["log_e"] >= threshold, f"{where} beyond")
    same(row["excess"], row["chosen"] - row["expected"], f"{where} excess", 0.11)
    if not added:
        bets = [sum(float(one["tie_bets"].split()[at]) for one in mine) for at in range(6)]
        same(row["chosen"], sums["chosen"], f"{where} chosen")
        same(row["expected"], sums["expected"], f"{where} expected", 0.051)
        same(row["excess"], sums["chosen"] - sums["expected"], f"{where} excess", 0.051)
        same(row["spread"], Z * math.sqrt(sums["variance"]), f"{where} spread", 0.051)
        same(row["log_e"], log_e_of(sums["chosen"], bets), f"{where} log_e", 1e-6)
        return
    for name in ("chosen", "expected"):
        if not sums[name] - 0.06 <= row[name] <= sums[name] + added + 0.06:
            raise Wrong(f"{where} {name}: {row[name]}, closed days have {sums[name]}, today {added} redirects")
    greatest = Z * math.sqrt(sums["variance"] + added / 4)
    if not Z * math.sqrt(sums["variance"]) - 0.06 <= row["spread"] <= greatest + 0.06:
        raise Wrong(f"{where} spread: {row['spread']} cannot be that of so many clicks")


# --- What the pages print: `shares.json` of the last seven days, `closed.json` of closed ones (docs/figures.md §8, §9).

CLASSES = ("counted", "duplicate", "excess", "expired", "forged", "prefetch", "robot")
SHARES = {
    "at", "choice", "classes", "concentration", "exposed", "first", "format", "missed", "missed_by_provider", "needed",
    "places", "providers", "since", "slots", "step", "total", "verdict",
}  # fmt: skip
SHARE = {
    "differs", "exposure_share", "high", "label", "low", "places", "places_share", "ratio", "raw_share", "redirects",
    "redirects_share", "slots", "slots_share", "slug", "stands",
}  # fmt: skip
COUNTED_TOO = ("counted", "robot", "duplicate")
NOT_OF_SHARES = (
    "not recomputed: missed, missed_by_provider (clicks that could not be stored are nowhere else); label (a name);"
    " choice of the running day (sealed; checked: it fits the closed days and the clicks)"
)


def check_shares(log, content):
    """Closed days exactly, the running day as far as the log tells it."""
    at, today = content["at"], content["at"][:10]
    if set(content) != SHARES or any(set(row) != SHARE for row in content["providers"]):
        raise Wrong("shares.json: its fields are not those that are known")
    minutes = [one for one in log.of_type("minute") if one["minute"] <= at[:16]]
    since = min((one["minute"][:10] for one in minutes), default=None)
    first = max(since or today, day_before(today, 6))
    same(content["format"], "shares/3", "shares.json: format")
    same(content["since"], since, "shares.json: since")
    same(content["first"], first if since else None, "shares.json: first")
    days = [one for one in days_between(first, today) if one != today]
    check_classes(log, content, minutes, days, today)
    check_in_force(log, content, at)
    more = check_room(log, content, days, today)
    check_platforms(log, content)
    check_choice(log, content, today)
    return [
        f"shares.json of {at}: {len(days)} closed days are the log's, today's steps are possible, the rest follows",
        *more,
        NOT_OF_SHARES,
    ]


def day_before(day, n=1):
    return (date.fromisoformat(day) - timedelta(days=n)).isoformat()


def days_between(first, last):
    start = date.fromisoformat(first)
    return [(start + timedelta(days=n)).isoformat() for n in range((date.fromisoformat(last) - start).days + 1)]


def check_classes(log, content, minutes, days, today):
    """Totals by class; by platform whole elevens of the running day on top of the closed ones."""
    closed = {}
    for day in days:
        entry = log.one("day", day=day)
        if entry is None and any(one["minute"].startswith(day) for one in minutes):
            raise CannotCheck(f"the log holds no totals of {day} yet")
        for cls, by in (entry or {"classes": {}})["classes"].items():
            for provider, n in by.items():
                closed.setdefault(cls, {})[provider] = closed.get(cls, {}).get(provider, 0) + n
    if set(content["classes"]) != set(CLASSES):
        raise Wrong(f"shares.json: the classes are {', '.join(sorted(content['classes']))}")
    running = 0
    for cls, found in content["classes"].items():
        mine, where = closed.get(cls, {}), f"shares.json: classes.{cls}"
        steps = {one: n - mine.get(one, 0) for one, n in found["providers"].items()}
        today_total = found["total"] - sum(mine.values())
        running += today_total
        same(found["step"], sum(found["providers"].values()), f"{where}.step")
        if set(mine) - set(steps) or any(n < 0 for n in steps.values()) or sum(steps.values()) % STEP:
            raise Wrong(f"{where}.providers: the log's closed days and whole elevens of today do not give these")
        if not sum(steps.values()) <= today_total < sum(steps.values()) + STEP:
            raise Wrong(f"{where}.total: {found['total']}, with {sum(mine.values())} and whole elevens of today")
    sealed = [one["events"] for one in minutes if one["minute"].startswith(today)]
    # A minute may have been sealed in the very minute that these figures are of, after them.
    last = sealed[-1] if minutes and minutes[-1]["minute"] == content["at"][:16] else 0
    if running not in (sum(sealed), sum(sealed) - last):
        raise Wrong(f"shares.json: classes hold {running} events of {today}, and {sum(sealed)} were sealed")
    for name in ("total", "step"):
        same(content[name], content["classes"]["counted"][name], f"shares.json: {name}")


def check_in_force(log, content, at):
    """Places and slots are those of a snapshot put in force in the minutes before; the last ones, if none was."""
    hour, found = date.fromisoformat(at[:10]), []
    for back in range(49):
        day, of_day = divmod(int(at[11:13]) - back, 24)
        name = f"{hour + timedelta(days=day)}T{of_day:02d}"
        found = [one for one in snapshots_of_hour(log, name)[0] if one["at"] <= at] + found
        if len(found) >= 4:
            break
    if not found:
        raise CannotCheck(f"no snapshot of {at} is published")
    rows = {row["slug"]: row for row in content["providers"]}
    told = {slug: (row["places"], row["slots"]) for slug, row in rows.items()}
    wanted = {}
    for pair in reversed(found[-4:]):
        units = by_platform(supply_of_pair(log.source, pair))
        seen = {slug: (round(one[0] / PLACE, 6), one[2]) for slug, one in units.items()}
        wanted = {**dict.fromkeys(rows, (0, 0)), **seen}
        if close_supply(told, wanted):
            return
    raise Wrong(f"shares.json: providers have places and slots {told}, published snapshots {wanted}")


def close_supply(told, wanted):
    return set(told) == set(wanted) and all(
        abs(told[one][0] - wanted[one][0]) <= ROUNDED and told[one][1] == wanted[one][1] for one in wanted
    )


def check_room(log, content, days, today):
    """The share of the room in lists: of closed days from their tables, of today from published replays."""
    room, certain = {}, True
    for day in days:
        certain = certain and not replays_of(log, day)[1]
        if log.one("metrics", name=day):
            for row in table_named(log, day)["rows"]:
                room[row["provider"]] = room.get(row["provider"], 0) + row["exposure"]
        else:
            certain = certain and not any(one["hour"].startswith(day) for one in log.of_type("replay"))
    for hour in told_hours(log, today):
        sums, lists, told = shown_on(log, hour)
        certain = certain and lists == told
        for provider, amounts in sums.items():
            room[provider] = room.get(provider, 0) + amounts[2] / (PLACE * 100_000)
    if not certain:
        return ["not recomputed: exposure_share of shares.json while lists of it are not published, or not logged yet"]
    total = sum(room.values())
    try:
        same(content["exposed"], total > 0, "shares.json: exposed")
        for row in content["providers"]:
            wanted = room.get(row["slug"], 0) / total if total else None
            same(row["exposure_share"], wanted, f"shares.json: {row['slug']} exposure_share", ROUNDED)
    except Wrong as error:
        # A replay is logged some minutes after its hour, and figures may know of it before.
        before = max((one["hour"] for one in log.of_type("replay")), default="")
        if before < hour_before(content["at"]) and content["at"][14:16] < "30":
            raise CannotCheck(f"{error}; a replay of {hour_before(content['at'])} may be on its way: later") from error
        raise
    return []


def told_hours(log, today):
    """The replayed hours of today up to the last one by which eleven more lists had been shown."""
    lists = {}
    for entry in log.of_type("replay"):
        if entry["hour"].startswith(today):
            lists[entry["hour"]] = lists.get(entry["hour"], 0) + entry["lists"]
    waiting, told, kept = 0, [], []
    for hour, n in sorted(lists.items()):
        waiting, kept = waiting + n, [*kept, hour]
        if waiting >= STEP:
            waiting, told, kept = 0, told + kept, []
    return told


def hour_before(at):
    return (datetime.fromisoformat(at[:13] + ":00") - timedelta(hours=1)).strftime("%Y-%m-%dT%H")


def check_platforms(log, content):
    """Shares, bounds, standings and the verdict, from counts, places and slots."""
    rows, counted = content["providers"], content["classes"]["counted"]["providers"]
    margins = margins_of(log)
    wholes = {name: sum(row[name] for row in rows) for name in ("places", "slots", "redirects")}
    enough = wholes["redirects"] >= MIN_FOR_SHARE
    bounds = goodman([row["redirects"] for row in rows]) if enough else [(None, None)] * len(rows)
    clicks = {row["slug"]: sum(content["classes"][cls]["providers"].get(row["slug"], 0) for cls in COUNTED_TOO)
              for row in rows}  # fmt: skip
    raw = sum(clicks.values())
    for row, (low, high) in zip(rows, bounds, strict=True):
        where, place = f"shares.json: {row['slug']}", row["places"] / wholes["places"] if wholes["places"] else None
        mine = row["redirects"] / wholes["redirects"] if enough else None
        wanted = {
            "redirects": counted.get(row["slug"], 0),
            "places_share": place,
            "slots_share": row["slots"] / wholes["slots"] if wholes["slots"] else None,
            "redirects_share": mine,
            "raw_share": clicks[row["slug"]] / raw if raw >= MIN_FOR_SHARE else None,
            "low": low,
            "high": high,
            "ratio": mine / place if enough and place else None,
            "differs": not low <= place <= high if enough and place else None,
            "stands": standing(low, high, place, *margins) if enough and place else None,
        }
        if enough and not place and row["redirects"]:
            wanted["stands"] = "impossible"
        for column, value in wanted.items():
            same(row[column], value, f"{where} {column}", 1e-9)
    places = [row["places_share"] or 0.0 for row in rows]
    wanted = {"places": wholes["places"], "slots": wholes["slots"], "needed": needed(places, margins)}
    wanted["verdict"] = verdict_of([row["stands"] for row in rows], enough)
    for name, value in wanted.items():
        same(content[name], value, f"shares.json: {name}", 1e-6)
    for name in ("places", "redirects"):
        level = hhi([row[name] for row in rows])
        same(content["concentration"][name], level, f"shares.json: concentration.{name}", 1e-9)
    in_order = sorted(rows, key=lambda row: (-row["places"], row["slug"]))
    if rows != in_order or set(counted) - {row["slug"] for row in rows}:
        raise Wrong("shares.json: providers are not all there, by number of places")


def margins_of(log):
    """(points, least ratio, most ratio), announced in the log before any answer."""
    policies = log.of_type("policy")
    if not policies:
        raise CannotCheck("the log announces no margins")
    least, most = policies[-1]["margin_ratio"].split("-")
    return float(policies[-1]["margin_points"]), float(least), float(most)


def verdict_of(standings, enough):
    told = {one for one in standings if one}
    if not enough:
        return "too-few"
    if told & {"outside", "impossible"}:
        return "partly"
    return "yes" if told == {"inside"} else "open"


# --- `closed.json`, which the pages print of closed days and weeks, from the tables of the log.

STEPS = ("places", "bookable", "uniform", "criteria", "replayed", "served", "clicked", "redirects")
CLOSED = {"effects", "files", "first", "format", "last", "redirects", "service", "territory", "weeks"}
OF_WEEK = ("provider", "redirects", "share_redirects", "ci_low", "ci_high", "share_places", "window_start")


def check_closed(log, content):
    if set(content) != CLOSED:
        raise Wrong("closed.json: its fields are not those that are known")
    same(content["format"], "closed/1", "closed.json: format")
    names = [one["name"] for one in log.of_type("metrics")]
    days = check_files(log, content, names)
    first, last = days_of_table(content["first"])[0], days_of_table(content["last"])[0]
    newest = max((days_of_table(one)[1] for one in content["files"]), default=first)
    seeds = [date.fromisoformat(one["date"]) for one in log.of_type("seed")]
    if (last - first).days != 6 or last < newest or last >= max(seeds, default=last):
        raise Wrong(f"closed.json: first {first} and last {last} are not the seven days before its newest table")
    window = [(first + timedelta(days=n)).isoformat() for n in range(7)]
    weeks = [one for one in content["files"] if "W" in one][-WEEKS:]
    check_weeks(log, content, [one for one in weeks if one in names])
    sums = [by for day in window for by in [(log.one("day", day=day) or {"classes": {}})["classes"].get("counted", {})]]
    same(content["redirects"], sum(n for by in sums for n in by.values()), "closed.json: redirects")
    service = [row for day in days[-SERVICE_DAYS:] if day in names for row in table_named(log, day)["service"]]
    compare_rows(content["service"], service, "closed.json: service")
    said = check_effects(log, content["effects"], window, sums)
    return [
        f"closed.json: {len(content['files'])} tables, causes of {first} to {last}, weeks and service follow",
        *said,
    ]


def check_files(log, content, names):
    """All tables of the log, and none that it never named. Returns the days."""
    files, last = content["files"], max((one["date"] for one in log.of_type("seed")), default="")
    unknown = [one for one in files if one not in names]
    # What was closed a moment ago comes into the log with the next minute.
    old = [one for one in unknown if days_of_table(one)[1] < date.fromisoformat(last) - timedelta(days=1)]
    closed = [one for one in names if days_of_table(one)[1].isoformat() <= content["last"]]
    absent = [one for one in closed if one not in files and one not in names[-2:]]
    if old or absent or files != sorted(files, key=lambda one: ("W" in one, one)):
        raise Wrong(f"closed.json: files {', '.join(old or absent)} are not those of the log")
    return [one for one in files if "W" not in one]


def check_weeks(log, content, weeks):
    told = [one for one in content["weeks"] if one["name"] in weeks]
    if [one["name"] for one in told] != weeks:
        raise Wrong(f"closed.json: weeks are {', '.join(one['name'] for one in content['weeks'])}")
    for week in told:
        rows = [row for row in table_named(log, week["name"])["rows"] if row["stratum_type"] == "nation"]
        compare_rows(week["rows"], [{key: row[key] for key in OF_WEEK} for row in rows], f"closed.json: {week['name']}")
    rows = table_named(log, weeks[-1])["rows"] if weeks else []
    territory = [row for row in rows if row["stratum_type"] != "nation"]
    compare_rows(content["territory"], territory, "closed.json: territory")


def compare_rows(rows, wanted, where):
    if len(rows) != len(wanted):
        raise Wrong(f"{where}: {len(rows)} rows are published, {len(wanted)} follow")
    for number, (row, follows) in enumerate(zip(rows, wanted, strict=True)):
        for column in {**row, **follows}:
            if column not in row or column not in follows:
                raise Wrong(f"{where}: column {column} of row {number} is too many or missing")
            same(row[column], follows[column], f"{where}: {column} of row {number}", 0.0)


def check_effects(log, effects, window, sealed):
    """The terms of seven days (docs/figures.md §7): the shares that they lie between, from tables and replays."""
    days = [day for day in window if log.one("metrics", name=day)]
    # Lists that no table has: of a day that stays open, of a machine that told of them after the table was written.
    if any(replays_of(log, day)[1 if day in days else 0] for day in window):
        return ["not recomputed: causes in closed.json: lists of its days are in no table"]
    amounts = {step: {} for step in STEPS}
    for day in days:
        for row in table_named(log, day)["rows"]:
            mine = {name: row[name] * row["samples"] for name in ("places", "bookable")}
            mine.update(
                served=row["exposure"], clicked=(row.get("share_clicked") or 0) * (row.get("clicks_listed") or 0)
            )
            for step, amount in mine.items():
                amounts[step][row["provider"]] = amounts[step].get(row["provider"], 0) + amount
    for by in sealed:
        for provider, n in by.items():
            amounts["redirects"][provider] = amounts["redirects"].get(provider, 0) + n
    shown = [shown_on(log, day) for day in days]
    for sums, _, _ in shown:
        for provider, (_, _, drawn, uniform, criteria) in sums.items():
            for step, amount in (("uniform", uniform), ("criteria", criteria), ("replayed", drawn)):
                amounts[step][provider] = amounts[step].get(provider, 0) + amount
    if sum(supply_of_day(log, day)[2] for day in days) < max(1, len(days)) * 12:
        amounts["bookable"] = {}
    known = all(lists == told for _, lists, told in shown)
    if not sum(amounts["served"].values()) or sum(amounts["redirects"].values()) < MIN_FOR_SHARE:
        same(effects, {}, "closed.json: effects")
        return []
    if set(effects) != {one for by in amounts.values() for one in by}:
        raise Wrong(f"closed.json: effects are of {', '.join(sorted(effects))}")
    for provider, row in effects.items():
        check_effect(row, amounts, provider, known)
    if known:
        return []
    return ["not recomputed: causes that rest on lists asked less than eleven times in an hour, in closed.json"]


def check_effect(row, amounts, provider, known):
    where, shares = f"closed.json: effects {provider}", []
    if set(row) != {*TERMS, *(f"share_{step}" for step in STEPS)}:
        raise Wrong(f"{where}: its fields are not those that are known")
    for step in STEPS:
        whole = sum(amounts[step].values())
        wanted = ratio(amounts[step].get(provider, 0), whole)
        if known or step not in ("uniform", "criteria", "replayed"):
            same(row[f"share_{step}"], wanted, f"{where} share_{step}", ROUNDED)
        shares.append(row[f"share_{step}"])
    for name, before, after in zip(TERMS, shares[:-1], shares[1:], strict=True):
        gap = None if None in (before, after) else after - before
        same(row[name], gap, f"{where} {name}", 1e-9)
    if row["deviation"] not in (None, 0.0):
        raise Wrong(f"{where} deviation: {row['deviation']} is published, 0 is the rule")


# --- What a log leaves out: sequence numbers, days, hours, replays, files, ids of places. Each gap is named.

KEPT_DAYS = 396
# May stand between the seed of a day and the total of the day before: they are logged together.
BEFORE_A_DAY = ("contract", "policy", "disclosure", "seed", "day", "chain", "key", "witnesses", "program")
NAMED_AT_ONCE = 12


def check_gaps(log, days):
    """`days`: how many days back files beside the log are read. Raises Wrong for what cannot be; tells what may be."""
    said = [*gaps_in_numbers(log), *gaps_in_days(log), *gaps_in_replays(log)]
    newest = max((one["date"] for one in log.of_type("seed")), default="")
    if not newest:
        return said
    first = (date.fromisoformat(newest) - timedelta(days=min(days, KEPT_DAYS))).isoformat()
    hours = [one["hour"] for one in log.of_type("snapshots") if one["hour"] >= first]
    return [*said, *gaps_in_hours(log, hours), *changed_ids(log, hours)]


def gaps_in_numbers(log):
    """Between two minutes as many events as numbers, or fewer: a number may be skipped, but none is given twice.

    On one machine numbers are dense (a failed commit gives its numbers back). Several machines draw them from one
    sequence, which skips some when a transaction fails; so a gap is told, and is not wrong by itself.
    """
    before, skipped = 0, []
    for number, entry in enumerate(log.entries):
        if entry["t"] == "minute":
            if entry["events"] > entry["upto"] - before:
                raise Wrong(f"entry {number}: {entry['events']} events between numbers {before} and {entry['upto']}")
            if entry["events"] < entry["upto"] - before:
                skipped.append(f"{entry['minute']} ({entry['upto'] - before - entry['events']})")
            before = entry["upto"]
    return told_in_short("sequence numbers without an event, as several machines may leave them, in minutes", skipped)


def gaps_in_days(log):
    """Every day with minutes has its total, with the first sealing of the next day."""
    minutes, totals, open_days = {}, {}, []
    for number, entry in enumerate(log.entries):
        kind = entry["t"]
        if kind == "minute":
            minutes.setdefault(entry["minute"][:10], []).append(entry)
        elif kind == "day":
            check_total(entry, minutes.get(entry["day"], []), number, totals)
            totals[entry["day"]] = entry
        elif kind == "seed":
            open_days = [day for day in minutes if day < entry["date"]]
            continue
        if kind not in BEFORE_A_DAY:
            missing = [day for day in open_days if day not in totals]
            if missing:
                raise Wrong(f"entry {number} comes without a total of {', '.join(missing)}, whose minutes were sealed")
    return [f"{len(totals)} days with sealed minutes, each with its total"]


def check_total(entry, minutes, number, totals):
    if entry["day"] in totals:
        raise Wrong(f"entry {number}: a second total of {entry['day']}")
    sealed = sum(one["events"] for one in minutes)
    published = sum(n for by in entry["classes"].values() for n in by.values())
    if not minutes or not sealed == published == entry["events"] or entry["upto"] != minutes[-1]["upto"]:
        raise Wrong(f"entry {number}: the total of {entry['day']} is not the sum of its minutes")


def gaps_in_replays(log):
    """An hour with sealed clicks and without a replay had clicks on no list: on a place's own page, in a feed."""
    replays = {one["hour"] for one in log.of_type("replay")}
    last = max(replays, default="")
    clicked = {one["minute"][:13] for one in log.of_type("minute")}
    # The sealing of a click may fall into the hour after it, and the last hours wait for their replay.
    without = [one for one in sorted(clicked) if one < last and not {one, hour_after(one, -1)} & replays]
    return told_in_short("hours with sealed clicks and no replay of a list", without)


def gaps_in_hours(log, hours):
    """Hours without a snapshot in the log, and lists of snapshots that the log names and that are not there."""
    there, withheld, empty = set(hours), [], []
    for hour in hours:
        found, _ = snapshots_of_hour(log, hour)
        count = log.one("snapshots", hour=hour)["count"]
        if not found:
            withheld.append(hour)
        elif len(found) != count:
            raise Wrong(f"hours/{hour}.ndjson lists {len(found)} snapshots, and the log counted {count}")
    hour = hours[0] if hours else ""
    while hour and hour < hours[-1]:
        if hour not in there:
            empty.append(hour)
        hour = hour_after(hour, 1)
    for hour in empty[-48:]:
        if snapshots_of_hour(log, hour)[0]:
            raise Wrong(f"hours/{hour}.ndjson lists snapshots, and the log names later hours without it")
    said = told_in_short("hours in which no snapshot was put in force", empty)
    return said + told_in_short("not there, though the log names them: hours", withheld)


def hour_after(hour, n):
    # Every hour here is UTC.
    return (datetime.fromisoformat(f"{hour}:00") + timedelta(hours=n)).strftime("%Y-%m-%dT%H")


def changed_ids(log, hours):
    """An id is drawn once and for ever: one that changes its date was drawn again; one that goes is told."""
    before, seen, gone, back, digest = {}, {}, [], [], ""
    for hour in hours:
        for pair in snapshots_of_hour(log, hour)[0][:1]:
            if pair["places"] == digest:
                continue
            digest = pair["places"]
            try:
                now = {place["id"]: place["drawn"] for place in named(log.source, digest)["places"]}
            except Missing:
                continue  # told by whoever needs it: a copy may hold some days alone
            for identifier, drawn in now.items():
                if seen.get(identifier, drawn) != drawn:
                    raise Wrong(f"{identifier} was drawn on {seen[identifier]}, and on {drawn} since {hour}")
            gone += [f"{one} ({hour})" for one in sorted(set(before) - set(now))]
            back += [
                f"{one} ({hour})" for one, on in sorted(now.items()) if before and one not in seen and on < hour[:10]
            ]
            seen.update(now)
            before = now
    said = told_in_short("places that are listed no longer", gone)
    return said + told_in_short("places that came with a date of before", back)


def told_in_short(what, found):
    if not found:
        return []
    names, more = ", ".join(found[:NAMED_AT_ONCE]), len(found) - NAMED_AT_ONCE
    return [f"gap: {len(found)} {what}: {f'{names} and {more} more' if more > 0 else names}"]


# --- Every check that needs no argument of the reader, and one table of how they came out.

FAILURES = (CannotCheck, OSError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError, MemoryError,
            RecursionError)  # fmt: skip
OUTCOMES = ("OK", "nothing yet", "CANNOT CHECK", "WRONG")


def check_all(log, arguments):
    """One row for each check; the worst of them is what the whole comes to."""
    rows, notes, say = [], [], getattr(arguments, "say", str)
    for check, what, run in checks_of(log, arguments):
        outcome, line = "OK", ""
        try:
            said = run()
            notes += [one for one in said if one.startswith(("not recomputed: ", "gap: "))]
            line = next((one for one in said if not one.startswith(("not recomputed: ", "gap: "))), "")
        except Wrong as error:
            outcome, line = "WRONG", str(error)
        except Missing as error:
            outcome, line = ("nothing yet" if what in MADE_AGAIN else "CANNOT CHECK"), str(error)
        except FAILURES as error:
            outcome, line = (
                "CANNOT CHECK",
                f"{type(error).__name__ + ': ' * (not isinstance(error, CannotCheck))}{error}",
            )
        rows.append((check, what, outcome, line))
    yield from printed([[say(cell) for cell in row] for row in [("check", "what", "outcome", ""), *rows]])
    yield from dict.fromkeys(notes)
    for outcome, error in (("WRONG", Wrong), ("CANNOT CHECK", CannotCheck)):
        found = [f"{check} {what}" for check, what, came_out, _ in rows if came_out == outcome]
        if found:
            raise error(f"{len(found)} of {len(rows)} checks: {', '.join(found)}")
    if not log.of_type("metrics"):
        raise CannotCheck("nothing sealed yet that figures could be checked with: no day is closed")


def printed(rows):
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    for row in rows:
        yield "  ".join([*(one.ljust(width) for one, width in zip(row, widths, strict=False)), row[3]]).rstrip()


def checks_of(log, arguments):
    """(check, what, how) in the order of the table."""
    if getattr(arguments, "day", None):
        yield from checks_of_day(log, arguments.day)
        return
    newest = max((one["date"] for one in log.of_type("seed")), default="")
    first = (date.fromisoformat(newest) - timedelta(days=arguments.days)).isoformat() if newest else ""
    yield "log", f"{len(log.entries)} entries", lambda: check_log(log, arguments)
    yield "seeds", f"{len(log.of_type('seed'))} days", lambda: [check_chain(log)]
    if any("ids" in one for one in log.of_type("snapshots")):
        yield "ids", f"{len(log.of_type('snapshots'))} hours", lambda: list(check_ids(log, arguments))
    yield "gaps", f"since {first}", lambda: check_gaps(log, arguments.days) or ["none"]
    for day in sorted({one["minute"][:10] for one in log.of_type("minute") if first <= one["minute"] and
                       one["minute"][:10] < newest}):  # fmt: skip
        yield "totals", day, lambda day=day: check_totals(log, SimpleNamespace(day=day))
    for name in [one["name"] for one in log.of_type("metrics") if days_of_table(one["name"])[1].isoformat() >= first]:
        yield "metrics", name, lambda name=name: check_metrics(log, SimpleNamespace(day=name))
    yield from checks_of_figures(log, first, whole=False)


def checks_of_day(log, day):
    """What a folder with the files of one day can show: the head and all entries are under their root already."""
    yield "seeds", f"{len(log.of_type('seed'))} days", lambda: [check_chain(log)]
    yield "tiles", f"{len(log.entries)} entries", lambda: check_tiles(log.source, log.leaves) or ["hash tiles agree"]
    if log.one("day", day=day):
        yield "totals", day, lambda: check_totals(log, SimpleNamespace(day=day))
    yield "metrics", day, lambda: check_metrics(log, SimpleNamespace(day=day))
    if log.one("release", name=day):
        yield "figures", day, lambda: check_edition(log, day, True)


def checks_of_figures(log, first, whole):
    yield "figures", "shares.json", lambda: of_shares(log)
    yield "figures", "closed.json", lambda: check_closed(*with_log(log, "closed.json"))
    for name in [one["name"] for one in log.of_type("release")]:
        if days_of_table(name)[1].isoformat() >= first:
            yield "figures", name, lambda name=name: check_edition(log, name, whole)
    for name in MADE_AGAIN:
        yield "figures", name, lambda name=name: check_edition(with_log(log)[0], name, whole)


def of_shares(log):
    log, content = with_log(log, "shares.json")
    return check_shares(log, content)


def with_log(log, name=""):
    """A file that changes with each minute, and the log as it is after the file was read: it knows all of it."""
    content = json.loads(log.source.get(name)) if name else None
    later = read_log(log.source, log.vkey) if log.source.remote else log
    if later.leaves[: len(log.leaves)] != log.leaves:
        raise Wrong("the log has changed what it held a minute ago")
    return later, content


def check_figures(log, arguments):
    """One edition, or what the pages print and every edition."""
    if arguments.edition:
        return check_edition(log, arguments.edition, whole=True)
    said = []
    for _, what, run in checks_of_figures(log, "", whole=True):
        try:
            said += run()
        except Missing as error:
            if what not in MADE_AGAIN:
                raise
            said.append(f"{what}: nothing yet ({error})")
    return list(dict.fromkeys(said))


# --- A copy of everything that a check needs, this very program and the sums of all files included.

SUMS, PROGRAM = "SHA256SUMS", "verify.py"


def check_copy(log, arguments):
    """Everything that the log names, checked on the way; of some days snapshots, editions, pages' figures too."""
    log.source.get("vkey")
    said = check_log(log, arguments)
    days, kept = set(arguments.day or ()), set()
    for entry in log.of_type("snapshots"):
        found, _ = snapshots_of_hour(log, entry["hour"])
        if entry["hour"][:10] in days:
            kept.update(one[part] for one in found for part in ("places", "slots"))
    for digest in sorted(kept):
        named(log.source, digest)
    if days:
        for name in ("shares.json", "closed.json"):
            keep_if_there(log, name)
        for name in sorted(days):
            if log.one("release", name=name):
                check_edition(log, name)
    said.append(f"copied to {arguments.to}, with {len(kept)} snapshot files of {len(days)} days")
    said.append(f"{write_sums(Path(arguments.to))} files in {SUMS}; there, without the portal: python {PROGRAM} all .")
    hours = [one["hour"] for one in log.of_type("snapshots") if one["hour"][:10] in days]
    return said + check_gaps(log, 0) + changed_ids(log, hours)


def keep_if_there(log, name):
    try:
        log.source.get(name)
    except Missing:
        pass


def write_sums(folder):
    """Put this program beside what it has copied, and name each file with its hash, as `sha256sum --check` reads it."""
    (folder / PROGRAM).write_bytes(Path(__file__).read_bytes())
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return len(files)


# --- French of what is said of the log: its tree, its head, its seeds.

# fmt: off
OF_THE_LOG = {
    # A portal that has nothing yet, a key, files
    "nothing sealed yet: the log has no entry": "rien n’est encore scellé : le journal n’a aucune entrée",
    "nothing sealed yet, or no portal there: {}": "rien n’est encore scellé, ou aucun portail à cet endroit : {0}",
    "nothing sealed yet that figures could be checked with: no day is closed":
        "rien n’est encore scellé qui permette de vérifier des chiffres : aucun jour n’est clos",
    "key taken from the portal itself (give --vkey to check it): {}":
        "clé reçue du portail lui-même (donnez --vkey pour la vérifier) : {0}",
    "{}: larger than {} bytes": "{0} : plus de {1} octets",
    "{}: larger than {} bytes, or too slow": "{0} : plus de {1} octets, ou trop lent",
    "the log names a file outside itself: {}": "le journal nomme un fichier hors de lui-même : {0}",
    "{}: not in {}": "{0} : absent de {1}",
    "{}: not a gzip file": "{0} : pas un fichier gzip",
    "{}: not UTF-8": "{0} : pas de l’UTF-8",
    # The tree and the signed head
    "the verifier key is not one": "la clé de vérification n’en est pas une",
    "the verifier key is not of Ed25519": "la clé de vérification n’est pas une clé Ed25519",
    "the verifier key does not have the id that it states":
        "la clé de vérification n’a pas l’identifiant qu’elle énonce",
    "the Python package `cryptography` is needed": "il faut la bibliothèque Python `cryptography`",
    "the checkpoint is not a signed note": "la tête n’est pas une note signée",
    "the checkpoint is not signed by {}": "la tête n’est pas signée par {0}",
    "the checkpoint's signature by {} does not hold": "la signature de la tête par {0} ne tient pas",
    "the checkpoint's text is not origin, size and root": "le texte de la tête n’est pas : origine, taille et racine",
    "the log has {} entries; this tool reads at most {}": "le journal a {0} entrées ; cet outil en lit {1} au plus",
    "{}: ends before its {} entries": "{0} : se termine avant ses {1} entrées",
    "{}: ends inside an entry": "{0} : se termine au milieu d’une entrée",
    "the {} entries do not have the root that the checkpoint signs{}":
        "les {0} entrées n’ont pas la racine que signe la tête{1}",
    ": entry {} differs from its hash tile": " : l’entrée {0} diffère de sa tuile d’empreintes",
    ": the hash tiles agree with the entries, so the checkpoint is of another tree":
        " : les tuiles d’empreintes concordent avec les entrées, donc la tête est celle d’un autre arbre",
    "entry {} is not a typed JSON object": "l’entrée {0} n’est pas un objet JSON avec un type",
    "no type": "sans type",
    "{} entries, root {}…, signature holds": "{0} entrées, racine {1}…, la signature tient",
    "the log had {} entries and has {} now": "le journal avait {0} entrées et en a {1} maintenant",
    "the first {} entries are not those of the old checkpoint":
        "les {0} premières entrées ne sont pas celles de l’ancienne tête",
    "it only grew since the {} entries of the old checkpoint":
        "il n’a fait que grandir depuis les {0} entrées de l’ancienne tête",
    "hash tiles agree; {} files named in the log have the hash it states":
        "les tuiles d’empreintes concordent ; {0} fichiers nommés au journal ont l’empreinte qu’il énonce",
    "the portal says that it replayed {} lists, {} different":
        "le portail dit avoir rejoué {0} listes, dont {1} différentes",
    "{}: not the {} sorted commitments of entry {}": "{0} : ce ne sont pas les {1} engagements triés de l’entrée {2}",
    "{}: its commitments do not have the root of entry {}":
        "{0} : ses engagements n’ont pas la racine de l’entrée {1}",
    "{}: its commitments do not have the root that was logged":
        "{0} : ses engagements n’ont pas la racine inscrite au journal",
    "entry {}: its sequence number goes backwards": "entrée {0} : son numéro d’ordre recule",
    "{} minutes are sealed and their files not there: {}": "{0} minutes sont scellées et leurs fichiers absents : {1}",
    "{} sealed events in {} minutes, each under its root":
        "{0} événements scellés en {1} minutes, chacun sous sa racine",
    "{} is not made of the entries": "{0} n’est pas fait des entrées",
    "keys/{}.checkpoint is not the head that changed the key in entry {}":
        "keys/{0}.checkpoint n’est pas la tête qui a changé la clé à l’entrée {1}",
    "{} does not have the hash that the log states": "{0} n’a pas l’empreinte que le journal énonce",
    "program {}, {} files, sums in {}; this verify.py is {}":
        "programme {0}, {1} fichiers, empreintes dans {2} ; ce verify.py est {3}",
    "its own": "le sien",
    "another than its own": "un autre que le sien",
    "witness-policy is not the policy that the log states, after the log's key":
        "witness-policy n’est pas la politique que le journal énonce, après la clé du journal",
    # Seeds, beacons, ids
    "the log holds no anchor of the seed chain yet":
        "le journal ne contient pas encore l’ancre de la chaîne de graines",
    "the seed of {} is missing: {} comes instead": "la graine du {0} manque : celle du {1} vient à sa place",
    "the link of {} does not hash to the one before": "l’empreinte du maillon du {0} n’est pas le maillon d’avant",
    "the seed of {} does not follow from its link": "la graine du {0} ne découle pas de son maillon",
    "{} days of seeds, each fixed by the anchor of {}; {}":
        "{0} jours de graines, chacune fixée par l’ancre du {1} ; {2}",
    "the log holds no seed of {}": "le journal ne contient pas la graine du {0}",
    "seed of {}: {} (beacon {}: {})": "graine du {0} : {1} (balise {2} : {3})",
    "no beacon": "pas de balise",
    "{} with a round of drand chain {} (BLS signature not checked), {} since without":
        "{0} avec un tour de la chaîne drand {1} (signature BLS non vérifiée), {2} sans depuis",
    "the beacon of {}: its randomness is not the hash of its signature":
        "la balise du {0} : son aléa n’est pas l’empreinte de sa signature",
    "the beacon of {}: the chain is not the one that its hash names":
        "la balise du {0} : la chaîne n’est pas celle que nomme son empreinte",
    "the beacon of {}: round {} is not that of half an hour before the day":
        "la balise du {0} : le tour {1} n’est pas celui d’une demi-heure avant le jour",
    "round {} of chain {}…, the day's; randomness = SHA-256(signature)":
        "tour {0} de la chaîne {1}…, celui du jour ; aléa = SHA-256(signature)",
    "{}; signature not checked": "{0} ; signature non vérifiée",
    "the log holds no list of ids yet": "le journal ne contient pas encore de liste d’identifiants",
    "the ids of {} are not those that the log has chained to the hour before":
        "les identifiants de {0} ne sont pas ceux que le journal a chaînés à l’heure d’avant",
    "ids of {} hours recomputed and chained, {} places, each under one day":
        "identifiants de {0} heures recalculés et chaînés, {1} lieux, chacun sous un seul jour",
    "{} hours whose files are no longer published: their link is the log's own word":
        "{0} heures dont les fichiers ne sont plus publiés : leur maillon ne repose que sur la parole du journal",
    "{} hours were sealed without their ids, and say why":
        "{0} heures ont été scellées sans leurs identifiants, et disent pourquoi",
    "place {} is first published on {}, and says {}: it would not stand last in its ties":
        "le lieu {0} est publié pour la première fois le {1}, et dit {2} : il ne serait pas le dernier de ses ex aequo",
    "place {} was first published on {}, and now says {}":
        "le lieu {0} a été publié pour la première fois le {1}, et dit maintenant {2}",
    "place {} appears after 23:30 on {}, when the draw of the day after was known":
        "le lieu {0} apparaît après 23:30 le {1}, alors que le tirage du lendemain était connu",
}
# fmt: on


# --- French of what is said of sealed events, receipts, witnesses and time stamps.

# fmt: off
OF_EVENTS = {
    # Totals, opened events, receipts
    "the log holds no totals of {}: a day is closed the day after, if it had events":
        "le journal ne contient pas les totaux du {0} : un jour est clos le lendemain, s’il a eu des événements",
    "{}: {} events were sealed and {} are published": "{0} : {1} événements ont été scellés et {2} sont publiés",
    "{}: {} sealed events, the sum of {} minutes, equal to the published totals":
        "{0} : {1} événements scellés, la somme de {2} minutes, égale aux totaux publiés",
    "counted redirects: {} {}": "redirections comptées : {0} {1}",
    "its events were sealed as a whole (event/v1): none can be opened without the rest of it":
        "ses événements ont été scellés d’un bloc (event/v1) : aucun ne peut être ouvert sans le reste",
    "its opened events are not published yet: they are due by {} UTC":
        "ses événements ouverts ne sont pas encore publiés : ils sont dus pour {0} UTC",
    "{}: the log promises opened events since {}, and has none of this day":
        "{0} : le journal promet des événements ouverts depuis {1}, et n’en a aucun de ce jour",
    "openings/{}.json does not have the hash that the log states":
        "openings/{0}.json n’a pas l’empreinte que le journal énonce",
    "openings/{}.json: not the {} events that the seed of the day after draws":
        "openings/{0}.json : ce ne sont pas les {1} événements que tire la graine du lendemain",
    "openings/{}.json: event {} was drawn, and is not opened":
        "openings/{0}.json : l’événement {1} a été tiré, et n’est pas ouvert",
    "the log holds no seed of {}, which draws the events of {} that are opened":
        "le journal ne contient pas la graine du {0}, qui tire les événements du {1} à ouvrir",
    "{}: event {} is not made of the digests that are published of it":
        "{0} : l’événement {1} n’est pas fait des empreintes qui en sont publiées",
    "{}: event {} was not sealed with {} = {}": "{0} : l’événement {1} n’a pas été scellé avec {2} = {3}",
    "{} {}: {} published, {} in the opened events": "{0} {1} : {2} publiés, {3} parmi les événements ouverts",
    "{} {}: {} of {} opened events, and {} of {} published: not by chance":
        "{0} {1} : {2} des {3} événements ouverts, et {4} des {5} publiés : ce n’est pas le hasard",
    "{} of the drawn events were sealed as a whole (event/v1), before the change":
        "{0} des événements tirés ont été scellés d’un bloc (event/v1), avant le changement",
    "all {} events are opened: class and platform of each are as published":
        "les {0} événements sont tous ouverts : la classe et la plateforme de chacun sont celles qui sont publiées",
    "{} events drawn and opened hold: fewer than {} % of the day's {} were sealed as something else (95 %)":
        "{0} événements tirés et ouverts concordent : moins de {1} % des {2} du jour ont été scellés autrement (95 %)",
    "  {} {}: {} % published, {} to {} % by the opened ones":
        "  {0} {1} : {2} % publiés, {3} à {4} % d’après les événements ouverts",
    "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it":
        "pas une preuve : r2.TEXTE, tel que l’a donné l’en-tête Redirect-Receipt ou la page de preuve",
    "not a receipt of this portal: no key of its log has signed this":
        "pas une preuve de ce portail : aucune clé de son journal n’a signé ceci",
    "relabelled: signed by {} as a redirect to {}, and you were sent to {}":
        "étiquette changée : signé par {0} comme redirection vers {1}, alors que vous avez été envoyé vers {2}",
    "counted: in minute {}, one of {} events": "compté : dans la minute {0}, l’un de ses {1} événements",
    "counted: in minute {}, one of {} events{}": "compté : dans la minute {0}, l’un de ses {1} événements{2}",
    " (later than promised)": " (plus tard que promis)",
    "not due yet: it is promised for {} UTC, and the log reaches {}":
        "pas encore dû : il est promis pour {0} UTC, et le journal va jusqu’à {1}",
    "nothing": "rien",
    "omitted: signed by {}, promised for {} UTC, and no minute up to {} holds it. Evidence: this receipt, and the "
    "head of the log ({} entries, root {})":
        "omis : signé par {0}, promis pour {1} UTC, et aucune minute jusqu’à {2} ne le contient. Pièces : cette "
        "preuve, et la tête du journal ({3} entrées, racine {4})",
    "not in the log, and not signed: anybody could have written this text, so it proves nothing":
        "absent du journal, et non signé : n’importe qui a pu écrire ce texte, il ne prouve donc rien",
    "the event is not in its canonical form": "l’événement n’est pas sous sa forme canonique",
    "too long": "trop long",
    "no such leaf": "il n’y a pas de telle feuille",
    "the path is too long": "le chemin est trop long",
    # Witnesses and stamps
    "the policy does not name this log's key {}": "la politique ne nomme pas la clé de ce journal {0}",
    "the head changed each time that it was read": "la tête a changé à chaque lecture",
    "witness {}: {}": "témoin {0} : {1}",
    "the policy needs {}; this head of {} entries is signed by {} of {} witnesses: {}":
        "la politique demande {0} ; cette tête de {1} entrées est signée par {2} des {3} témoins : {4}",
    "policy: {}: signed by {} of {} witnesses, holds":
        "politique : {0} : signée par {1} des {2} témoins, elle est respectée",
    "none": "aucun",
    "no witness": "aucun témoin",
    "{} ({} of {})": "{0} ({1} parmi {2})",
    "while it was read, the log changed entries that it had signed":
        "pendant la lecture, le journal a changé des entrées qu’il avait signées",
    "this witness stands above already": "ce témoin figure déjà plus haut",
    "so many members are not in the group": "le groupe n’a pas tant de membres",
    "not understood, or names what is not defined above": "incompris, ou nomme ce qui n’est pas défini plus haut",
    "{}, line {}: {}: {}": "{0}, ligne {1} : {2} : {3}",
    "{}: there is no quorum line": "{0} : il n’y a pas de ligne quorum",
    "not a witness's key of Ed25519": "pas une clé Ed25519 de témoin",
    "has not signed this head": "n’a pas signé cette tête",
    "the second {}": "la seconde {0}",
    "signed this head on {}": "a signé cette tête le {0}",
    "dates its signature {}, in the future: not counted": "date sa signature du {0}, dans le futur : pas comptée",
    "dates its signature {}, more than {} hours ago: not counted":
        "date sa signature du {0}, il y a plus de {1} heures : pas comptée",
    "no key": "aucune clé",
    "stamps/{}: not the files that the log states": "stamps/{0} : pas les fichiers que le journal énonce",
    "stamp of {}: its {} entries existed on {} at {} UTC, {}":
        "horodatage du {0} : ses {1} entrées existaient le {2} à {3} UTC, {4}",
    "stamps/{}.checkpoint is not a head of this log": "stamps/{0}.checkpoint n’est pas une tête de ce journal",
    "whether an authority is to be believed is for you to judge: that its certificate is its own, too":
        "c’est à vous de juger si une autorité est digne de foi, et si son certificat est bien le sien",
    "{}: the authority refused": "{0} : l’autorité a refusé",
    "{} is of something else than its head": "{0} porte sur autre chose que sa tête",
    "{} is no time stamp: {}": "{0} n’est pas un horodatage : {1}",
    "{}: what is signed is not what it says": "{0} : ce qui est signé n’est pas ce qui est dit",
    "signature not checked: the certificate is not in the stamp":
        "signature non vérifiée : le certificat n’est pas dans l’horodatage",
    "{}: signed with a certificate that is not for time stamps":
        "{0} : signé avec un certificat qui n’est pas fait pour horodater",
    "signature not checked: of a kind that is not known here": "signature non vérifiée : d’une sorte inconnue ici",
    "{}: its signature does not hold": "{0} : sa signature ne tient pas",
    "signed by {} (certificate {})": "signé par {0} (certificat {1})",
    "a hash that is not known here: {}": "une fonction d’empreinte inconnue ici : {0}",
    "a length that DER does not write": "une longueur que DER n’écrit pas",
    "it ends too early": "il se termine trop tôt",
}
# fmt: on


# --- French of what is said of lists, saved pages, gaps and copies.

# fmt: off
OF_LISTS = {
    # One list
    "no snapshot of {} begins with {}": "aucun relevé de {0} ne commence par {1}",
    "no snapshot of {} gives a list {}…; recomputed: {}":
        "aucun relevé de {0} ne donne une liste {1}… ; recalculé : {2}",
    "list {}: equal to the list that was shown": "liste {0} : la même que la liste montrée",
    "list {}": "liste {0}",
    "no snapshot of {} is published, nor of the two days before":
        "aucun relevé de {0} n’est publié, ni des deux jours d’avant",
    "the snapshots of {} are not in the log yet: the hour is not over":
        "les relevés de {0} ne sont pas encore au journal : l’heure n’est pas finie",
    "hours/{}.ndjson is not the list of snapshots that was logged":
        "hours/{0}.ndjson n’est pas la liste de relevés inscrite au journal",
    "snapshot {} is not made of its two files": "le relevé {0} n’est pas fait de ses deux fichiers",
    "the question is not in its canonical form: sorted k=v joined by &":
        "la question n’est pas sous sa forme canonique : des k=v triés et joints par &",
    "snapshots/{}.json.gz does not have the hash of its name": "snapshots/{0}.json.gz n’a pas l’empreinte de son nom",
    "the snapshot has no commune {}": "le relevé n’a pas de commune {0}",
    # A saved page: what is read of it
    "{}: no such file": "{0} : aucun fichier de ce nom",
    "{}: larger than {} bytes, no page of a list": "{0} : plus de {1} octets, ce n’est pas la page d’une liste",
    "{}: not UTF-8, no page as a browser saves it":
        "{0} : pas de l’UTF-8, ce n’est pas une page telle qu’un navigateur l’enregistre",
    "{}: a single file that does not begin with a page": "{0} : un fichier unique qui ne commence pas par une page",
    "a tag without an end, or a page made to be slow: no page of a list":
        "une balise sans fin, ou une page faite pour être lente : ce n’est pas la page d’une liste",
    "no HTML that can be read: {}": "pas un HTML lisible : {0}",
    "no list of this portal: the page has no reference line with a link to check it":
        "pas une liste de ce portail : la page n’a pas de ligne de référence avec un lien pour la vérifier",
    "the page has several references, to different lists": "la page a plusieurs références, à des listes différentes",
    "the reference of the page has no {} that can be read: {}": "la référence de la page n’a pas de {0} lisible : {1}",
    "the page prints the hour {}, and its link says {}": "la page imprime l’heure {0}, et son lien dit {1}",
    "the page prints the list {} {}, and its link {}": "la page imprime la liste {0} {1}, et son lien {2}",
    "no snapshot of {} begins with {}: it is not published any more, or never was":
        "aucun relevé de {0} ne commence par {1} : il n’est plus publié, ou ne l’a jamais été",
    # A saved page: places
    "the page prints the list {}; recomputed: {}": "la page imprime la liste {0} ; recalculé : {1}",
    "hour {}, snapshot {}, question {}": "heure {0}, relevé {1}, question {2}",
    "{}. {} ({}), {}: {}": "{0}. {1} ({2}), {3} : {4}",
    "no button": "aucun bouton",
    "ranks {} to {} of {}: these places in this order, and every offer of theirs":
        "rangs {0} à {1} sur {2} : ces lieux dans cet ordre, et chacune de leurs offres",
    "list {}: equal to the list that is printed, {} bits of it":
        "liste {0} : la même que la liste imprimée, sur {1} bits",
    "{} buttons name this hour, list, place, offer and rank; their MAC only the portal's own key can check":
        "{0} boutons nomment cette heure, cette liste, le lieu, l’offre et le rang ; leur MAC, seule la clé du "
        "portail peut la vérifier",
    "buttons call {}": "noms sur les boutons : {0}",
    "not checked: what is said of slots, other words, and what style sheets or scripts hide or move":
        "non vérifié : ce qui est dit des créneaux, les autres mots, et ce que feuilles de style ou scripts cachent "
        "ou déplacent",
    "the page shows no place, under the reference of a list that has some":
        "la page ne montre aucun lieu, sous la référence d’une liste qui en a",
    "{} has no rank on the page: {}": "{0} n’a pas de rang sur la page : {1}",
    "this is page {} of {}; the page says {}": "c’est la page {0} sur {1} ; la page dit {2}",
    "rank {} is {} in the recomputed list, and missing on the page":
        "le rang {0} est {1} dans la liste recalculée, et manque sur la page",
    "rank {} is {} on the page, and the recomputed list has none there":
        "le rang {0} est {1} sur la page, et la liste recalculée n’y a rien",
    "rank {} is {} on the page and {} in the recomputed list{}":
        "le rang {0} est {1} sur la page et {2} dans la liste recalculée{3}",
    "; the page gives that place rank {}, and rank {} to none":
        " ; la page donne à ce lieu le rang {0}, et le rang {1} à aucun",
    "{} bears rank {} on the page, and {} in the recomputed list":
        "{0} porte le rang {1} sur la page, et {2} dans la liste recalculée",
    "rank {}, {}": "rang {0}, {1}",
    "rank {}, {}: {} on the page, from {} to {} m recomputed":
        "rang {0}, {1} : {2} sur la page, de {3} à {4} m d’après le calcul",
    # A saved page: buttons and facts
    "a button outside the cards leads to {}": "un bouton hors des fiches mène à {0}",
    "buttons and reference lead to several sites: {}": "boutons et référence mènent à plusieurs sites : {0}",
    "{}: a link leads to {}": "{0} : un lien mène à {1}",
    "{}: a button is of the {} {}, and should be of {}": "{0} : un bouton est ({1}) de {2}, et devrait être de {3}",
    "hour": "heure",
    "list": "liste",
    "place": "lieu",
    "rank": "rang",
    "{}: a button leads to {}, and not by this portal's count":
        "{0} : un bouton mène à {1}, sans passer par le compte de ce portail",
    "names and offers are those of a later snapshot, {}": "noms et offres sont ceux d’un relevé plus récent, {0}",
    "{}: this place ({}) is called {}": "{0} : ce lieu ({1}) s’appelle {2}",
    "{}: the button of the offer {} ({}) is missing": "{0} : le bouton de l’offre {1} ({2}) manque",
    "{}: a button leads to the offer {}, which this place does not have":
        "{0} : un bouton mène à l’offre {1}, que ce lieu n’a pas",
    "{}: its buttons stand as {}, and were drawn as {}":
        "{0} : ses boutons sont dans l’ordre {1}, et le tirage donne {2}",
    "{}: a button names no platform": "{0} : un bouton ne nomme aucune plateforme",
    "{}: a button names {} and leads to {}": "{0} : un bouton nomme {1} et mène à {2}",
    "{}: a button names {} and leads to {}, elsewhere {}": "{0} : un bouton nomme {1} et mène à {2}, ailleurs {3}",
    "two platforms bear one name on this page: {}": "deux plateformes portent un même nom sur cette page : {0}",
    # All checks, gaps, copies
    "check": "contrôle",
    "what": "de quoi",
    "outcome": "résultat",
    "nothing yet": "rien encore",
    "CANNOT CHECK": "PAS VÉRIFIABLE",
    "WRONG": "FAUX",
    ": ": " : ",
    "hash tiles agree": "les tuiles d’empreintes concordent",
    "{} entries": "{0} entrées",
    "{} days": "{0} jours",
    "{} hours": "{0} heures",
    "since {}": "depuis {0}",
    "{} of {} checks: {}": "{0} des {1} contrôles : {2}",
    "{}: nothing yet ({})": "{0} : rien encore ({1})",
    "the log has changed what it held a minute ago": "le journal a changé ce qu’il contenait il y a une minute",
    "gap: {} {}: {}": "trou : {0} {1} : {2}",
    "{} and {} more": "{0} et {1} de plus",
    "sequence numbers without an event, as several machines may leave them, in minutes":
        "numéros d’ordre sans événement, comme plusieurs machines peuvent en laisser, dans les minutes",
    "hours with sealed clicks and no replay of a list": "heures avec des clics scellés et sans rejeu d’une liste",
    "hours in which no snapshot was put in force": "heures sans relevé mis en vigueur",
    "not there, though the log names them: hours": "absentes, bien que le journal les nomme : heures",
    "places that are listed no longer": "lieux qui ne figurent plus dans les listes",
    "places that came with a date of before": "lieux arrivés avec une date antérieure",
    "{} days with sealed minutes, each with its total": "{0} jours avec des minutes scellées, chacun avec son total",
    "entry {}: {} events between numbers {} and {}": "entrée {0} : {1} événements entre les numéros {2} et {3}",
    "entry {} comes without a total of {}, whose minutes were sealed":
        "l’entrée {0} vient sans total du {1}, dont des minutes ont été scellées",
    "entry {}: a second total of {}": "entrée {0} : un second total du {1}",
    "entry {}: the total of {} is not the sum of its minutes":
        "entrée {0} : le total du {1} n’est pas la somme de ses minutes",
    "hours/{}.ndjson lists {} snapshots, and the log counted {}":
        "hours/{0}.ndjson énumère {1} relevés, et le journal en a compté {2}",
    "hours/{}.ndjson lists snapshots, and the log names later hours without it":
        "hours/{0}.ndjson énumère des relevés, et le journal nomme des heures ultérieures sans elle",
    "{} was drawn on {}, and on {} since {}": "{0} a été tiré le {1}, et le {2} depuis {3}",
    "copied to {}, with {} snapshot files of {} days": "copié dans {0}, avec {1} fichiers de relevés de {2} jours",
    "{} files in {}; there, without the portal: python {} all .":
        "{0} fichiers dans {1} ; là, sans le portail : python {2} all .",
}
# fmt: on


# --- French of what is said of tables, pages' figures and editions.

# fmt: off
OF_FIGURES = {
    # Numbers
    "{}: {} is published, {} follows": "{0} : {1} est publié, {2} en découle",
    "{}: {} is {}, {} follows": "{0} : {1} est {2}, {3} en découle",
    "{}: the samples, the first snapshot of each hour: {} is published, {} follows":
        "{0} : les échantillons, le premier relevé de chaque heure : {1} est publié, {2} en découle",
    "{}: the samples, the first snapshot of each hour": "{0} : les échantillons, le premier relevé de chaque heure",
    "{}: the sum of share_clicked: {} is published, {} follows":
        "{0} : la somme des share_clicked : {1} est publié, {2} en découle",
    "{}: the sum of share_clicked": "{0} : la somme des share_clicked",
    "{}: the sum of effect_*: {} is published, {} follows":
        "{0} : la somme des effect_* : {1} est publié, {2} en découle",
    "{}: the sum of effect_*": "{0} : la somme des effect_*",
    "{}: {} of row {}: {} is published, {} follows": "{0} : {1} de la ligne {2} : {3} est publié, {4} en découle",
    "{}: {} of row {}": "{0} : {1} de la ligne {2}",
    "{} {}: provider of a suppressed row: {} is published, {} follows":
        "{0} {1} : provider d’une ligne supprimée : {2} est publié, {3} en découle",
    "{} {}: provider of a suppressed row": "{0} {1} : provider d’une ligne supprimée",
    "{} metrics: demo of {}: {} is published, {} follows":
        "{0} metrics : demo de {1} : {2} est publié, {3} en découle",
    "{} metrics: demo of {}": "{0} metrics : demo de {1}",
    "{}: the sums of the tie test cannot be those of {} clicks":
        "{0} : les sommes du test des ex aequo ne peuvent être celles de {1} clics",
    "{} {}: share_clicked stands where clicks have lists, and nowhere else":
        "{0} {1} : share_clicked figure là où des clics ont une liste, et nulle part ailleurs",
    "{}: effect_* are told without effect_deviation": "{0} : des effect_* sont donnés sans effect_deviation",
    # Lists shown, made again
    "{}: {} is {}, and the log has {}": "{0} : {1} est {2}, et le journal a {3}",
    "{}: its lists, told and closed, do not have the root that the log commits to":
        "{0} : ses listes, dites et closes, n’ont pas la racine inscrite au journal",
    "{}: {} lists are told of {}, each asked {} times or more":
        "{0} : {1} listes sont dites sur {2}, chacune demandée {3} fois ou plus",
    "the replay of {} tells {} lists and commits to {}": "le rejeu de {0} dit {1} listes et s’engage sur {2}",
    "seed or snapshot of the list {} {} is not published":
        "la graine ou le relevé de la liste {0} {1} n’est pas publié",
    "the list {} {} is another one when it is made again: {}": "la liste {0} {1} est une autre une fois refaite : {2}",
    # Tables of days and weeks
    "the log names no figures of {}: a day is closed in the night, a week after its Sunday":
        "le journal ne nomme aucun chiffre de {0} : un jour est clos dans la nuit, une semaine après son dimanche",
    "the log names no figures of {}": "le journal ne nomme aucun chiffre de {0}",
    "metrics/{} does not have the hash that the log states": "metrics/{0} n’a pas l’empreinte que le journal énonce",
    "the files of {} are {}": "les fichiers de {0} sont {1}",
    "metrics/{}.json is written as {}, which this file does not know":
        "metrics/{0}.json est écrit en {1}, que ce fichier ne connaît pas",
    "metrics/{}.json is named {}": "metrics/{0}.json s’appelle {1}",
    "metrics/{}: {} of row {} differs between CSV and JSON":
        "metrics/{0} : {1} de la ligne {2} diffère entre CSV et JSON",
    "metrics/{}: {} rows in CSV and {} in JSON": "metrics/{0} : {1} lignes en CSV et {2} en JSON",
    "metrics/{}: a row stands there twice": "metrics/{0} : une ligne y figure deux fois",
    "{} is no day and no week": "{0} n’est ni un jour ni une semaine",
    "{} rows, the same in CSV and JSON, under the hash in the log":
        "{0} lignes, les mêmes en CSV et en JSON, sous l’empreinte du journal",
    "{}: columns {} are too many or missing": "{0} : les colonnes {1} sont en trop ou manquent",
    "{}: demo and suppressed are 0 or 1": "{0} : demo et suppressed valent 0 ou 1",
    "{}: checkpoint_size {} is not between {} and {}": "{0} : checkpoint_size {1} n’est pas entre {2} et {3}",
    "shares, ratios, all intervals, concentration, terms and log E follow from the counts":
        "parts, rapports, toutes les marges, concentration, causes et log E découlent des comptes",
    "redirects are those sealed in the log; places and slots are those of {} published snapshots":
        "les redirections sont celles scellées au journal ; lieux et créneaux sont ceux de {0} relevés publiés",
    "impressions, exposure and their terms are those of {} lists, all published and made again":
        "affichages, exposition et leurs causes sont ceux de {0} listes, toutes publiées et refaites",
    "impressions and exposure are possible: {} of {} lists were made again from what is published":
        "affichages et exposition sont possibles : {0} des {1} listes ont été refaites d’après ce qui est publié",
    "not recomputed: clicks_listed, clicks_telling, share_clicked and the sums tie_* of a day (each click's list "
    "is sealed; checked: they fit each other and the week); demo (the operator's word; checked: the same in all "
    "rows); checkpoint_size (checked: between the day's end and the table)":
        "non recalculé : clicks_listed, clicks_telling, share_clicked et les sommes tie_* d’un jour (la liste de "
        "chaque clic est scellée ; vérifié : elles s’accordent entre elles et avec la semaine) ; demo (la parole "
        "de l’opérateur ; vérifié : la même sur toutes les lignes) ; checkpoint_size (vérifié : entre la fin du "
        "jour et le tableau)",
    "not recomputed: minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, "
    "unknown_share (how platforms answered, which the portal alone has seen; checked: they are possible)":
        "non recalculé : minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, "
        "unknown_share (comment les plateformes ont répondu, ce que le portail est seul à avoir vu ; vérifié : ces "
        "valeurs sont possibles)",
    "not recomputed: impressions, exposure, effect_demand_geography, effect_published_criteria and "
    "effect_tie_break_luck of lists asked less than eleven times in an hour, or beyond {} questions ({} of {} on "
    "{})":
        "non recalculé : impressions, exposure, effect_demand_geography, effect_published_criteria et "
        "effect_tie_break_luck des listes demandées moins de onze fois dans une heure, ou au-delà de {0} questions "
        "({1} sur {2} le {3})",
    "{}: no row of {}": "{0} : aucune ligne de {1}",
    "{}: effect_* stand where there are lists and thirty redirects, and nowhere else":
        "{0} : des effect_* figurent là où il y a des listes et trente redirections, et nulle part ailleurs",
    "{}-service: a platform stands there twice, or interval_s is not one for all":
        "{0}-service : une plateforme y figure deux fois, ou interval_s n’est pas le même pour toutes",
    "{}: stratum_type, stratum and suppressed of a day are nation, FR and 0":
        "{0} : stratum_type, stratum et suppressed d’un jour sont nation, FR et 0",
    "{}: day is {}, columns are {}": "{0} : le jour est {1}, les colonnes sont {2}",
    "{}: these numbers are not possible together": "{0} : ces nombres ne sont pas possibles ensemble",
    "{}: offers_shown {}, and published lists alone have {}":
        "{0} : offers_shown {1}, et les listes publiées à elles seules en ont {2}",
    "{}: {} {} cannot be that of {} lists, {} of them made again":
        "{0} : {1} {2} ne peut être celui de {3} listes, dont {4} refaites",
    "the week is the sum of its {} days, and of its territories":
        "la semaine est la somme de ses {0} jours, et de ses territoires",
    "not recomputed: impressions, exposure and tie_* of {}: lists or {} clicks were told of late":
        "non recalculé : impressions, exposure et tie_* de {0} : des listes ou {1} clics ont été signalés tard",
    "{}: impressions and exposure are less than those of its days":
        "{0} : affichages et exposition sont moindres que ceux de ses jours",
    "{}: {} cannot be those of its days and {} late clicks":
        "{0} : {1} ne peuvent être ceux de ses jours et de {2} clics tardifs",
    "{}: the territories do not add up to the nation {}": "{0} : les territoires ne s’additionnent pas au pays {1}",
    "{}: the territories do not add up to the nation": "{0} : les territoires ne s’additionnent pas au pays",
    "{}: no row of département {}, or two": "{0} : aucune ligne du département {1}, ou deux",
    "{} {}: a platform has no row": "{0} {1} : une plateforme n’a pas de ligne",
    "{} {}: a number under eleven is published": "{0} {1} : un nombre inférieur à onze est publié",
    "{} {}: stratum_type {} is none": "{0} {1} : stratum_type {2} n’existe pas",
    # What pages print
    "shares.json of {}: {} closed days are the log's, today's steps are possible, the rest follows":
        "shares.json du {0} : {1} jours clos sont ceux du journal, les pas d’aujourd’hui sont possibles, le reste "
        "en découle",
    "not recomputed: missed, missed_by_provider (clicks that could not be stored are nowhere else); label (a "
    "name); choice of the running day (sealed; checked: it fits the closed days and the clicks)":
        "non recalculé : missed, missed_by_provider (les clics qui n’ont pu être gardés ne sont nulle part "
        "ailleurs) ; label (un nom) ; choice du jour en cours (scellé ; vérifié : il s’accorde avec les jours clos "
        "et les clics)",
    "{}: its fields are not those that are known": "{0} : ses champs ne sont pas ceux que l’on connaît",
    "shares.json: its fields are not those that are known":
        "shares.json : ses champs ne sont pas ceux que l’on connaît",
    "closed.json: its fields are not those that are known":
        "closed.json : ses champs ne sont pas ceux que l’on connaît",
    "shares.json: the classes are {}": "shares.json : les classes sont {0}",
    "shares.json: classes hold {} events of {}, and {} were sealed":
        "shares.json : les classes contiennent {0} événements du {1}, et {2} ont été scellés",
    "shares.json: providers have places and slots {}, published snapshots {}":
        "shares.json : les plateformes ont les lieux et créneaux {0}, les relevés publiés {1}",
    "shares.json: providers are not all there, by number of places":
        "shares.json : les plateformes n’y sont pas toutes, par nombre de lieux",
    "not recomputed: exposure_share of shares.json while lists of it are not published, or not logged yet":
        "non recalculé : exposure_share de shares.json tant que des listes n’en sont pas publiées, ou pas encore au "
        "journal",
    "no snapshot of {} is published": "aucun relevé de {0} n’est publié",
    "the log announces no margins": "le journal n’annonce aucune marge",
    "the log holds no totals of {} yet": "le journal ne contient pas encore les totaux du {0}",
    "{}.providers: the log's closed days and whole elevens of today do not give these":
        "{0}.providers : les jours clos du journal et des onzaines entières d’aujourd’hui ne les donnent pas",
    "{}.total: {}, with {} and whole elevens of today":
        "{0}.total : {1}, avec {2} et des onzaines entières d’aujourd’hui",
    "{}; a replay of {} may be on its way: later": "{0} ; un rejeu de {1} est peut-être en chemin : plus tard",
    "shares.json: choice.providers are not the providers":
        "shares.json : choice.providers ne sont pas les plateformes",
    "shares.json: choice.clicks, listed and telling are not possible with {} redirects":
        "shares.json : choice.clicks, listed et telling ne sont pas possibles avec {0} redirections",
    "shares.json: choice.{} is {}, closed days have {}, today {} redirects":
        "shares.json : choice.{0} est {1}, les jours clos ont {2}, aujourd’hui {3} redirections",
    "{} clicks: {}, closed days have {}, today {} redirects":
        "{0} clicks : {1}, les jours clos ont {2}, aujourd’hui {3} redirections",
    "{} {}: {}, closed days have {}, today {} redirects":
        "{0} {1} : {2}, les jours clos ont {3}, aujourd’hui {4} redirections",
    "{} spread: {} cannot be that of so many clicks": "{0} spread : {1} ne peut être celui de tant de clics",
    "closed.json: {} tables, causes of {} to {}, weeks and service follow":
        "closed.json : {0} tableaux, les causes du {1} au {2}, les semaines et le service en découlent",
    "closed.json: first {} and last {} are not the seven days before its newest table":
        "closed.json : first {0} et last {1} ne sont pas les sept jours avant son tableau le plus récent",
    "closed.json: files {} are not those of the log": "closed.json : les fichiers {0} ne sont pas ceux du journal",
    "closed.json: weeks are {}": "closed.json : les semaines sont {0}",
    "closed.json: effects are of {}": "closed.json : les effets sont de {0}",
    "not recomputed: causes that rest on lists asked less than eleven times in an hour, in closed.json":
        "non recalculé : les causes qui reposent sur des listes demandées moins de onze fois dans une heure, dans "
        "closed.json",
    "not recomputed: causes in closed.json: lists of its days are in no table":
        "non recalculé : les causes dans closed.json : des listes de ses jours ne sont dans aucun tableau",
    "{}: {} rows are published, {} follow": "{0} : {1} lignes sont publiées, {2} en découlent",
    "{}: column {} of row {} is too many or missing": "{0} : la colonne {1} de la ligne {2} est en trop ou manque",
    "{} deviation: {} is published, 0 is the rule": "{0} deviation : {1} est publié, la règle est 0",
    # Editions
    "the log names no edition {}": "le journal ne nomme aucune édition {0}",
    "{}{}/SHA256SUMS does not have the hash that the log states":
        "{0}{1}/SHA256SUMS n’a pas l’empreinte que le journal énonce",
    "{}{}/{} is not in its SHA256SUMS": "{0}{1}/{2} n’est pas dans son SHA256SUMS",
    "{}{}/{} does not have the hash of its SHA256SUMS": "{0}{1}/{2} n’a pas l’empreinte de son SHA256SUMS",
    "{}: tables redirects and metrics are those of {} days and weeks in the log":
        "{0} : les tableaux redirects et metrics sont ceux de {1} jours et semaines du journal",
    "{}: couverture and {} figures follow from them": "{0} : couverture et {1} figures en découlent",
    "{}: log_size {} is later than the edition": "{0} : log_size {1} est postérieur à l’édition",
    "not recomputed: couverture and figures of {}, written by the rules of metrics/1":
        "non recalculé : couverture et figures de {0}, écrites selon les règles de metrics/1",
    "not recomputed: couverture and figures of {}, made of the minute in which they were written":
        "non recalculé : couverture et figures de {0}, faites de la minute où elles ont été écrites",
    "not recomputed: department_name (public names; checked: one for each code); titles, descriptions, the period "
    "of a figure; updated, written, licence, log_size (checked: the same in the whole edition); Parquet, XLSX, "
    "SQLite, SVG and PNG (checked by `figures`: the hash in the sums, which the log states)":
        "non recalculé : department_name (noms publics ; vérifié : un seul par code) ; titres, descriptions, la "
        "période d’une figure ; updated, written, licence, log_size (vérifié : les mêmes dans toute l’édition) ; "
        "Parquet, XLSX, SQLite, SVG et PNG (vérifié par `figures` : l’empreinte dans les sommes, que le journal "
        "énonce)",
    "{}: figures {} are too many or missing": "{0} : les figures {1} sont en trop ou manquent",
    "{}: unit does not say {}: {}": "{0} : unit ne dit pas {1} : {2}",
    "{} holds days or weeks that the log does not name yet: {}":
        "{0} contient des jours ou des semaines que le journal ne nomme pas encore : {1}",
    "{} {}: {} rows are published, {} follow": "{0} {1} : {2} lignes sont publiées, {3} en découlent",
    "{} {}: {} of row {} is {}, {} follows": "{0} {1} : {2} de la ligne {3} est {4}, {5} en découle",
    "{} {}: no column {}": "{0} {1} : aucune colonne {2}",
    "{} {}: NDJSON differs from JSON": "{0} {1} : NDJSON diffère de JSON",
    "{}: {} rows, and {} in JSON": "{0} : {1} lignes, et {2} en JSON",
    "{}: {} of row {} is {}, and {} in JSON": "{0} : {1} de la ligne {2} est {3}, et {4} en JSON",
}
# fmt: on


# --- French of the options, and of what argparse says of them.

# fmt: off
OF_USE = {
    # Options
    "whose cosignatures the head must bear: a file, C2SP tlog-policy":
        "qui doit avoir cosigné la tête : un fichier, C2SP tlog-policy",
    "hours that a cosignature counts for (24)": "heures pendant lesquelles une cosignature compte (24)",
    "the log's verifier key, from the press kit or an old copy":
        "la clé de vérification du journal, du dossier de presse ou d’une ancienne copie",
    "where you were sent, as the log names it: the receipt must say so":
        "où vous avez été envoyé, tel que le journal le nomme : la preuve doit le dire",
    "a page of a list, as a browser saved it": "la page d’une liste, telle qu’un navigateur l’a enregistrée",
    "a day whose snapshots are copied too; may be repeated":
        "un jour dont les relevés sont copiés aussi ; peut être répété",
    "an old checkpoint: a file, or its text": "une ancienne tête : un fichier, ou son texte",
    "how many days back files are read ({})": "de combien de jours en arrière lire les fichiers ({0})",
    "2026-11-23, 2026-W47, en-cours; else all of them and the pages":
        "2026-11-23, 2026-W47, en-cours ; sinon toutes, et les pages",
    "2026-11-23, or a week: 2026-W47": "2026-11-23, ou une semaine : 2026-W47",
    "the hour of the list, 2026-11-23T13": "l’heure de la liste, 2026-11-23T13",
    "the question, insee=01053&need=any&radius=10&…": "la question, insee=01053&need=any&radius=10&…",
    "the short hash of the reference, 7f3a91c2": "l’empreinte courte de la référence, 7f3a91c2",
    "the fingerprint printed under the list, to compare with": "l’empreinte imprimée sous la liste, à comparer",
    "one closed day alone, as /preuves/DAY.zip holds it": "un seul jour clos, tel que /preuves/JOUR.zip le contient",
    # What argparse says, whose words are those of the standard library
    "usage: ": "utilisation : ",
    "positional arguments:": "arguments :",
    "options:": "options :",
    "show this help message and exit": "montrer cette aide",
    "show program's version number and exit": "montrer la version de ce programme et son empreinte",
    "the following arguments are required: {}": "il manque : {0}",
    "unrecognized arguments: {}": "arguments inconnus : {0}",
    "argument {}: {}": "argument {0} : {1}",
    "expected one argument": "une valeur est attendue",
    "invalid choice: {} (choose from {})": "choix inconnu : {0} (au choix : {1})",
    "invalid int value: {}": "pas un nombre entier : {0}",
}
# fmt: on


# --- The same in French: a sentence is known by its English words, and what stands between them is kept as it is.

USAGE_IN_FRENCH = """\
Vérifie un portail Aiguillage sans lui faire confiance : un fichier, la bibliothèque standard et `cryptography`.

    python verify.py log    [--vkey CLÉ] [--from TÊTE] [--policy FICHIER] URL|DOSSIER   entier, signé, n’a que grandi
    python verify.py seed   --date J URL|DOSSIER                  le tirage d’un jour était fixé d’avance
    python verify.py order  --epoch H --query Q [--hash E] URL|DOSSIER   une liste, refaite d’après ce qui est publié
    python verify.py page   FICHIER|ADRESSE URL|DOSSIER           une liste telle que quelqu’un l’a vue et enregistrée
    python verify.py ids    URL|DOSSIER                           aucun identifiant gardé en réserve, ni remplacé
    python verify.py totals --day J URL|DOSSIER                   les totaux d’un jour sont la somme de ses minutes
    python verify.py metrics --day J URL|DOSSIER                  les chiffres publiés découlent des comptes
    python verify.py figures [--edition E] URL|DOSSIER            ce qu’impriment pages et éditions en découle aussi
    python verify.py all    [--vkey CLÉ] [--days N] URL|DOSSIER   tout ce qui ne demande pas d’autre précision
    python verify.py receipt TEXTE URL|DOSSIER                    une redirection a été comptée, et comment
    python verify.py copy   [--day J]… --to DOSSIER URL           le journal, et les relevés de quelques jours

URL est l’adresse d’un portail, ou son `/log` ; DOSSIER en est une copie. Code de sortie 0 : cela concorde. 1 : cela ne
concorde pas, et la première différence est nommée. 2 : la vérification n’a pas pu être faite. Ce qui est écrit ici est
la règle une seconde fois, d’après son texte (docs/ranking.md, docs/log.md, docs/figures.md), et non le code du portail.
"""
SENTENCES = {**OF_THE_LOG, **OF_EVENTS, **OF_LISTS, **OF_FIGURES, **OF_USE}
# What has most words comes first: "list {}: equal to…" before "list {}".
BY_WORDS = sorted(((one.split("{}"), SENTENCES[one]) for one in SENTENCES), key=lambda row: -len("".join(row[0])))
IN_EACH_OTHER = 4
OF_ARGPARSE = (
    "usage: ", "positional arguments:", "options:", "show this help message and exit",
    "show program's version number and exit",
)  # fmt: skip


def in_french(text, depth=IN_EACH_OTHER):
    """A sentence of this program in French, numbers and names in it unchanged; what is none stays as it is."""
    text = str(text)
    for words, french in BY_WORDS if depth else ():
        found = between(words, text)
        if found is not None:
            return french.format(*(in_french(one, depth - 1) for one in found))
    return text


def between(words, text):
    """What stands between these words when the text is made of them, or None; in one pass, whatever the text."""
    if len(words) == 1:
        return [] if text == words[0] else None
    first, *middle, last = words
    at, end, found = len(first), len(text) - len(last), []
    if not (text.startswith(first) and text.endswith(last)):
        return None
    for word in middle:
        here = text.find(word, at, max(end, 0))
        if here < 0:
            return None
        found.append(text[at:here])
        at = here + len(word)
    return [*found, text[at:end]] if at <= end else None


class FrenchParser(argparse.ArgumentParser):
    """Its few own words too."""

    def format_usage(self):
        return self.with_own_words(super().format_usage())

    def format_help(self):
        return self.with_own_words(super().format_help())

    def with_own_words(self, text):
        for words in OF_ARGPARSE:
            text = text.replace(words, OF_USE[words])
        return text

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog} : erreur : {in_french(message)}\n")


NUMBER = "2"
COMMANDS = {
    "log": check_log,
    "seed": check_seed,
    "order": check_order,
    "page": check_page,
    "ids": check_ids,
    "totals": check_totals,
    "metrics": check_metrics,
    "figures": check_figures,
    "all": check_all,
    "receipt": check_receipt,
    "copy": check_copy,
}


def main(argv: list[str] | None = None) -> int:
    language, rest = language_of(argv)
    arguments = parsed_arguments(rest, language)
    say = arguments.say
    try:
        for line in run(arguments):
            print(say(line))
    except Wrong as error:
        print(say("WRONG") + say(": ") + say(error))
        return 1
    except FAILURES as error:
        kind = "" if isinstance(error, CannotCheck) else f"{type(error).__name__}: "
        print(say("CANNOT CHECK") + say(": ") + kind + say(error))
        return 2
    print("OK")
    return 0


def language_of(argv):
    """The language that is asked for, wherever it stands, and all other arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--langue", "--lang", choices=("en", "fr"), default="en")
    known, rest = parser.parse_known_args(argv)
    return known.langue, rest


def parsed_arguments(argv, language):
    kind, description = (FrenchParser, USAGE_IN_FRENCH) if language == "fr" else (argparse.ArgumentParser, __doc__)
    say = in_french if language == "fr" else str
    parser = kind(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(say=say)
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        for words, options in options_of(name):
            command.add_argument(*words, **{**options, "help": say(options["help"])} if "help" in options else options)
    return parser.parse_args(argv)


def options_of(name):
    """(names, what argparse is told) of each argument of a command, in their order."""
    yield ["--vkey"], {"help": "the log's verifier key, from the press kit or an old copy"}
    if name == "receipt":
        yield ["receipt"], {"metavar": "TEXT"}
        yield ["--platform"], {"help": "where you were sent, as the log names it: the receipt must say so"}
    if name == "page":
        yield ["page"], {"metavar": "FILE|ADDRESS", "help": "a page of a list, as a browser saved it"}
    yield ["where"], {"metavar": "URL|DIR"}
    if name == "copy":
        yield ["--to"], {"required": True, "metavar": "FOLDER"}
        yield ["--day"], {"action": "append", "help": "a day whose snapshots are copied too; may be repeated"}
    if name in ("log", "copy"):
        yield ["--from"], {"dest": "old", "help": "an old checkpoint: a file, or its text"}
    if name in ("log", "all"):
        days = 14 if name == "all" else 2
        yield ["--days"], {"type": int, "default": days, "help": f"how many days back files are read ({days})"}
    if name == "figures":
        yield ["--edition"], {"help": "2026-11-23, 2026-W47, en-cours; else all of them and the pages"}
    if name in ("log", "copy", "all"):
        yield ["--policy"], {"help": "whose cosignatures the head must bear: a file, C2SP tlog-policy"}
        yield ["--within"], {"type": int, "default": 24, "help": "hours that a cosignature counts for (24)"}
    if name == "seed":
        yield ["--date"], {"required": True}
    if name == "all":
        yield ["--day"], {"help": "one closed day alone, as /preuves/DAY.zip holds it"}
    if name == "totals":
        yield ["--day"], {"required": True, "help": "2026-11-23"}
    if name == "metrics":
        yield ["--day"], {"required": True, "help": "2026-11-23, or a week: 2026-W47"}
    if name == "order":
        yield ["--epoch"], {"required": True, "help": "the hour of the list, 2026-11-23T13"}
        yield ["--query"], {"required": True, "help": "the question, insee=01053&need=any&radius=10&…"}
        yield ["--snapshot"], {"help": "the short hash of the reference, 7f3a91c2"}
        yield ["--hash"], {"help": "the fingerprint printed under the list, to compare with"}


def version():
    """A number for people, and the hash of this very file for those who compare."""
    return f"verify.py {NUMBER}, SHA-256 {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def run(arguments):
    arguments.old = getattr(arguments, "old", None)
    source = Source(arguments.where, getattr(arguments, "to", None))
    try:
        source.get("checkpoint")
    except Missing as error:
        raise CannotCheck(f"nothing sealed yet, or no portal there: {error}") from error
    policy = getattr(arguments, "policy", None)
    arguments.vkey = arguments.vkey or (key_in_policy(policy) if policy else None)
    given = arguments.vkey is not None
    arguments.vkey = arguments.vkey or source.text("vkey").strip()
    log = read_log(source, arguments.vkey)
    if not log.entries:
        raise CannotCheck("nothing sealed yet: the log has no entry")
    if not given:
        yield f"key taken from the portal itself (give --vkey to check it): {arguments.vkey}"
    if policy:
        log = yield from check_policy(log, arguments)
    yield from COMMANDS[arguments.command](log, arguments)
    if arguments.command == "log":
        yield from check_gaps(log, arguments.days)


if __name__ == "__main__":
    sys.exit(main())
