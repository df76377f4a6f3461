"""Witnesses: who has signed this very head, and whether they are those that a policy asks for (C2SP tlog-policy)."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from verifier.log import read_log
from verifier.source import CannotCheck, Wrong

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
