"""The Merkle tree: vectors of RFC 6962, properties of its proofs, roots read from tiles."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from aggregator.ledger import merkle
from tests.conftest import FIXTURES

ORACLES = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))
LEAVES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in ORACLES["merkle_rfc6962"]["input"]["leaves_hex"]]


def tiles(leaves: list[bytes]) -> merkle.Tile:
    """The tiles of a log with these leaves; none of its levels but the first two is ever full here."""
    above = [merkle.root_of(leaves[at : at + 256]) for at in range(0, len(leaves) - len(leaves) % 256, 256)]
    return lambda level, number: b"".join([leaves, above][level][256 * number : 256 * number + 256])


def test_roots_are_those_of_rfc_6962() -> None:
    expected = ORACLES["merkle_rfc6962"]["expected"]

    assert [merkle.root_of(LEAVES[:n]).hex() for n in range(1, 9)] == expected["roots_size_1_to_8"]
    assert merkle.root_of([]).hex() == expected["root_size_0"]


def test_proofs_are_those_of_the_vectors() -> None:
    case = ORACLES["merkle_proofs"]

    for (index, size), path in zip(case["input"]["inclusion"], case["expected"]["inclusion_paths"], strict=True):
        assert [one.hex() for one in merkle.inclusion_proof(index, LEAVES[:size])] == path
    for (old, new), path in zip(case["input"]["consistency"], case["expected"]["consistency_paths"], strict=True):
        assert [one.hex() for one in merkle.consistency_proof(old, new, tiles(LEAVES[:new]))] == path


@given(st.integers(1, 80), st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(index, leaves), merkle.root_of(leaves)

    assert merkle.includes(leaves[index], index, size, proof, root)
    assert not merkle.includes(merkle.leaf_hash(b"other"), index, size, proof, root)
    if size > 1:
        assert not merkle.includes(leaves[index], (index + 1) % size, size, proof, root)
        assert not merkle.includes(leaves[index], index, size, [*proof, root], root)


@given(st.integers(1, 700), st.integers(0, 699), st.data())
def test_a_log_that_grew_is_told_from_one_that_did_not(size: int, less: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    old_size = max(1, size - less)
    old, new = (old_size, merkle.root_of(leaves[:old_size])), (size, merkle.root_of(leaves))
    proof = merkle.consistency_proof(old_size, size, tiles(leaves))

    assert merkle.grew(old, new, proof)
    for broken in ([*proof, old[1]], proof[:-1], [bytes(32), *proof[1:]]):
        assert broken == proof or not merkle.grew(old, new, broken)
    changed = data.draw(st.integers(0, old_size - 1))
    forged = [merkle.leaf_hash(b"x") if number == changed else leaf for number, leaf in enumerate(leaves)]
    other = merkle.consistency_proof(old_size, size, tiles(forged))
    assert not merkle.grew(old, (size, merkle.root_of(forged)), other)
    assert not merkle.grew((old_size, bytes(32)), new, proof)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 255, 256, 257, 511, 600, 65_536, 65_537, 66_000])
def test_a_root_is_read_off_one_or_two_tiles_a_level(size: int) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    levels = [leaves]
    while len(levels[-1]) >= 256:
        full = len(levels[-1]) // 256
        levels.append([merkle.root_of(levels[-1][256 * n : 256 * (n + 1)]) for n in range(full)])
    asked: list[tuple[int, int]] = []

    def tile(level: int, number: int) -> bytes:
        asked.append((level, number))
        return b"".join(levels[level][256 * number : 256 * (number + 1)])

    assert merkle.root_from_tiles(size, tile) == merkle.root_of(leaves)
    assert len(asked) <= size.bit_length()


def test_a_tile_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tile 0/1 is too short$"):
        merkle.root_from_tiles(257, lambda level, number: b"h" * 32 * 256 if level or not number else b"")


def test_a_proof_of_what_is_not_there_is_refused_and_never_believed() -> None:
    leaves = LEAVES[:5]
    proof, root = merkle.inclusion_proof(4, leaves), merkle.root_of(leaves)

    assert merkle.includes(leaves[4], 4, 5, proof, root)
    assert not merkle.includes(leaves[4], 5, 5, proof, root)
    assert not merkle.includes(leaves[4], -1, 5, proof, root)
    assert not merkle.includes(leaves[0], 0, 5, [], root)
    assert not merkle.includes(leaves[1], 1, 5, merkle.inclusion_proof(1, leaves)[:-1], root)
    for index in (-1, 5):
        with pytest.raises(IndexError, match=f"^no leaf {index} in a tree of 5$"):
            merkle.inclusion_proof(index, leaves)
    for size in (0, 6):
        with pytest.raises(ValueError, match=f"^no tree of {size} in a tree of 5$"):
            merkle.consistency_proof(size, 5, tiles(leaves))


def test_a_frontier_has_as_many_hashes_as_full_subtrees() -> None:
    with pytest.raises(ValueError, match=r"^a tree of 3 leaves has 2 full subtrees, not 1$"):
        merkle.Frontier(3, [b"h" * 32])
    assert merkle.leaf_hash(b"a") == hashlib.sha256(b"\x00a").digest()


@given(st.integers(1, 700), st.integers(0, 699))
def test_roots_read_from_tiles_are_those_of_the_leaves_and_of_another_library(size: int, less: int) -> None:
    """A second, independent reading: pymerkle, fed the same entries."""
    entries = [f"entry {number}".encode() for number in range(size)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    above = [merkle.root_of(leaves[at : at + 256]) for at in range(0, size - size % 256, 256)]
    levels = [leaves, above]
    part = max(1, size - less)

    found = merkle.root_from_tiles(
        part, lambda level, number: b"".join(levels[level][256 * number : 256 * number + 256])
    )

    tree = InmemoryTree(algorithm="sha256")
    for entry in entries[:part]:
        tree.append_entry(entry)
    assert found == merkle.root_of(leaves[:part]) == tree.get_root()
