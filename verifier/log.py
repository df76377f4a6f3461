"""The log: every entry under its signed root, the files that it names, the seeds of its days."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import date, timedelta
from pathlib import Path

from verifier.outside.beacon import check_beacon, told_of_beacons
from verifier.outside.stamps import check_stamps
from verifier.source import CannotCheck, Missing, Wrong
from verifier.tree import TILE, checkpoint, leaf, root_of, tile_path

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
