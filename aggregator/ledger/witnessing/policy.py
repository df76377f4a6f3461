"""Who the witnesses of a log are and how many of them are needed: C2SP tlog-policy, as it is written."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.ledger.notes import COSIGNATURE, parse_vkey

NONE = "none"
VISITED = "/checkpoint"  # how the address ends of a witness that visits, and publishes there what it has signed


class PolicyError(ValueError):
    """Not a policy; the message names the line."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A witness of a policy. `url`: where it is asked (its submission prefix), or ends in /checkpoint (`visits`)."""

    name: str
    vkey: str
    url: str

    @property
    def visits(self) -> bool:
        return self.url.endswith(VISITED)


@dataclass
class Policy:
    """`groups`: name -> (how many, members); `quorum`: a witness, a group, or "none"."""

    logs: list[str] = field(default_factory=list)
    witnesses: dict[str, Declared] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""

    def holds(self, signed: Collection[str], name: str | None = None) -> bool:
        """Do the witnesses of these names make up the quorum (or the group `name`)?"""
        name = self.quorum if name is None else name
        if name == NONE or name in self.witnesses:
            return name == NONE or name in signed
        needed, members = self.groups[name]
        return sum(self.holds(signed, member) for member in members) >= needed


def load_policy(path: Path) -> Policy:
    """Raises PolicyError."""
    try:
        return parse_policy(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path.name}: {error}") from error


def parse_policy(text: str) -> Policy:
    """Raises PolicyError."""
    policy, members, keys = Policy(), set[str](), set[bytes]()
    for number, line in enumerate(text.split("\n"), 1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            continue
        try:
            _READ[words[0]](policy, words[1:], members, keys)
        except (KeyError, ValueError) as error:
            raise PolicyError(f"line {number}: {error if str(error) else line}") from error
    if not policy.quorum:
        raise PolicyError("there is no quorum line")
    return policy


def _log(policy: Policy, words: list[str], _: set[str], keys: set[bytes]) -> None:
    vkey, *_url = words
    _once(parse_vkey(vkey)[1], keys)
    policy.logs.append(vkey)


def _witness(policy: Policy, words: list[str], _: set[str], keys: set[bytes]) -> None:
    name, vkey, url = words if len(words) == 3 else [*words, ""]
    _new(policy, name)
    if "/" in name or name.startswith("."):
        raise ValueError(f"{name} names a file, and cannot")
    _once(parse_vkey(vkey, COSIGNATURE)[1], keys)
    policy.witnesses[name] = Declared(name, vkey, url.rstrip("/"))


def _group(policy: Policy, words: list[str], members: set[str], _: set[bytes]) -> None:
    name, threshold, *listed = words
    _new(policy, name)
    needed = {"any": 1, "all": len(listed)}.get(threshold) or int(threshold)
    if not 1 <= needed <= len(listed):
        raise ValueError(f"{threshold} of {len(listed)} members")
    for one in listed:
        if one not in policy.witnesses and one not in policy.groups:
            raise ValueError(f"{one} is not defined above")
        if one in members:
            raise ValueError(f"{one} is in a group already")
        members.add(one)
    policy.groups[name] = (needed, listed)


def _quorum(policy: Policy, words: list[str], _: set[str], __: set[bytes]) -> None:
    (name,) = words
    if policy.quorum or (name != NONE and name not in policy.witnesses and name not in policy.groups):
        raise ValueError(f"{name}: a second quorum, or not defined above")
    policy.quorum = name


def _new(policy: Policy, name: str) -> None:
    if name == NONE or name in policy.witnesses or name in policy.groups:
        raise ValueError(f"{name} is defined already")


def _once(key: bytes, keys: set[bytes]) -> None:
    if key in keys:
        raise ValueError("this key stands above already")
    keys.add(key)


_READ = {"log": _log, "witness": _witness, "group": _group, "quorum": _quorum}
