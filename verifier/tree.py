"""The Merkle tree (RFC 6962), its tiles, and the signed head (C2SP signed note)."""

from __future__ import annotations

import base64
import hashlib

from verifier.source import CannotCheck, Wrong

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
