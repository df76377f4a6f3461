"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs. Pure; bytes in, bytes out.

Leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right), empty tree = SHA-256("").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

Tile = Callable[[int, int], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


# Leaves and nodes are hashed with different first bytes (RFC 6962 §2.1): else two hashes side by side could be passed
# off as an entry.
def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: all that appending needs, at most 64 hashes. Roots of full subtrees, largest first."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if bin(size).count("1") != len(hashes):
            raise ValueError(f"a tree of {size} leaves has {bin(size).count('1')} full subtrees, not {len(hashes)}")
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        # As when one is added to a binary number: each 1 at the end is a full subtree that the new one is joined to.
        size, carried = self.size, leaf
        while size & 1:
            carried = node_hash(self.hashes.pop(), carried)
            size >>= 1
        self.hashes.append(carried)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root


def root_from_tiles(size: int, tile: Tile) -> bytes:
    """The root of the first `size` leaves from a log's hash tiles, of which it reads one or two a level.

    `tile(level, number)`: the concatenated hashes of a tile. Raises ValueError when one is too short.
    """
    return _range_root(0, size, tile)


def _range_root(start: int, end: int, tile: Tile) -> bytes:
    """The root of leaves `start` to `end`; `start` is a multiple of the largest full subtree among them."""
    size, hashes = end - start, []
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            hashes.append(_subtree(start, height, tile))
            start += 1 << height
    return Frontier(size, hashes).root


def _subtree(start: int, height: int, tile: Tile) -> bytes:
    """The root of a full subtree, which never crosses a tile of its level."""
    level, within = divmod(height, 8)  # the 256 hashes of a tile stand for eight levels of the tree
    first = start >> 8 * level
    number, offset = divmod(first, 256)
    raw = tile(level, number)[32 * offset : 32 * (offset + (1 << within))]
    if len(raw) != 32 << within:
        raise ValueError(f"tile {level}/{number} is too short")
    return root_of(raw[at : at + 32] for at in range(0, len(raw), 32))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path of leaf `index` (RFC 6962 §2.1.1). Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(index, leaves[:split]), root_of(leaves[split:])]
    return [*inclusion_proof(index - split, leaves[split:]), root_of(leaves[:split])]


def inclusion_proofs(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """The root, and the audit paths of all leaves at once: each node is hashed once. Raises IndexError when empty."""
    proofs: list[list[bytes]] = [[] for _ in leaves]
    level, width = list(leaves), 1
    while len(level) > 1:
        for index, proof in enumerate(proofs):
            beside = index // width ^ 1
            if beside < len(level):  # the last one of an odd number has nobody beside it, and goes up as it is
                proof.append(level[beside])
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level, width = paired + level[len(paired) * 2 :], width * 2
    return level[0], proofs


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does `proof` show that `leaf` is leaf `index` of the tree of `size` leaves with `root`?"""
    if not 0 <= index < size:
        return False
    node, last, remaining = leaf, size - 1, list(proof)
    while last:
        if not remaining and (index & 1 or index < last):
            return False
        if index & 1:
            node = node_hash(remaining.pop(0), node)
        elif index < last:
            node = node_hash(node, remaining.pop(0))
        index, last = index >> 1, last >> 1
    return not remaining and node == root


def consistency_proof(old_size: int, size: int, tile: Tile) -> list[bytes]:
    """That the tree of `old_size` leaves is a prefix of the one of `size` (RFC 6962 §2.1.2). Raises ValueError."""
    if not 0 < old_size <= size:
        raise ValueError(f"no tree of {old_size} in a tree of {size}")
    proof, start, end = [], 0, size
    while old_size != end:
        split = start + _split(end - start)
        if old_size <= split:
            proof.append(_range_root(split, end, tile))
            end = split
        else:
            proof.append(_range_root(start, split, tile))
            start = split
    if start:  # what is left of the old tree is not the whole of it: whoever checks cannot know its root
        proof.append(_range_root(start, end, tile))
    return proof[::-1]


def grew(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Does `proof` show that the tree `new` (size, root) begins with the tree `old`? (RFC 9162 §2.1.4.2)"""
    (old_size, old_root), (size, root) = old, new
    if old_size == size:
        return not proof and old_root == root
    if not 0 < old_size < size or not proof:
        return False
    # An old tree of a power of two is a subtree of the new one: its root is known, and left out of the proof.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    index, last = old_size - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = path[0]
    for node in path[1:]:
        if not last:
            return False
        if index & 1 or index == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            after = node_hash(after, node)
        index, last = index >> 1, last >> 1
    return not last and (before, after) == (old_root, root)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
