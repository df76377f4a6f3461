"""Somebody else's eye: it signs a log that only grew, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import NoteError, Signer, cosigned_at
from aggregator.ledger.witnessing.memory import WitnessError
from aggregator.ledger.witnessing.visit import Witness, confirms, is_fresh
from providers.errors import GoneError
from tests.clock import NOON

URL = "https://portail.example/log"
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def log(tmp_path: Path) -> TransparencyLog:
    return TransparencyLog(tmp_path / "log.db", tmp_path / "log", Signer("portail.example/log", KEY))


@pytest.fixture
def witness(tmp_path: Path, log: TransparencyLog) -> Witness:
    (tmp_path / "log" / "vkey").write_text(log.vkey)
    return Witness("journal.example", tmp_path / "witness", reading(tmp_path / "log"))


def reading(folder: Path) -> Callable[[str], bytes]:
    return lambda url: (folder / url.removeprefix(f"{URL}/")).read_bytes()


def grow(log: TransparencyLog, count: int, text: str = "") -> None:
    start = log.size
    log.append([{"t": "test", "n": number, "text": text} for number in range(start, start + count)])


@pytest.mark.parametrize("sizes", [(1, 2), (255, 257), (256, 512), (300, 70_000 // 100), (1, 600)])
def test_a_log_that_only_grew_is_cosigned(log: TransparencyLog, witness: Witness, sizes: tuple[int, int]) -> None:
    grow(log, sizes[0])
    witness.visit(URL, NOON)
    grow(log, sizes[1] - sizes[0])

    head = witness.visit(URL, NOON)

    note = (witness._folder / "checkpoint").read_text()
    assert (head.size, head.root) == (sizes[1], log.root)
    assert cosigned_at(note, witness.vkey) == int(NOON.timestamp())
    assert confirms(note, witness.vkey, log.vkey, log.root_at) == int(NOON.timestamp())


def test_a_shorter_log_is_refused(log: TransparencyLog, witness: Witness, tmp_path: Path) -> None:
    grow(log, 5)
    old = shutil.copytree(tmp_path / "log", tmp_path / "old")
    grow(log, 5)
    witness.visit(URL, NOON)
    rolled_back = Witness("journal.example", witness._folder, reading(old))

    with pytest.raises(WitnessError, match="had 10 entries and has 5 now"):
        rolled_back.visit(URL, NOON)


def test_two_histories_under_one_key_are_told_apart(log: TransparencyLog, witness: Witness, tmp_path: Path) -> None:
    """A stolen key signs another history, longer than the first: the witness refuses and keeps both signed heads."""
    grow(log, 40)
    witness.visit(URL, NOON)
    signed = (witness._folder / "checkpoint").read_bytes()
    fork = TransparencyLog(tmp_path / "fork.db", tmp_path / "fork", Signer("portail.example/log", KEY))
    grow(fork, 45, "another story")

    with pytest.raises(WitnessError, match="the first 40 entries are not those seen before"):
        Witness("journal.example", witness._folder, reading(tmp_path / "fork")).visit(URL, NOON)

    assert (witness._folder / "checkpoint").read_bytes() == signed
    assert (witness._folder / "refused").exists()


def test_tiles_that_do_not_make_the_signed_root_are_refused(
    log: TransparencyLog, witness: Witness, tmp_path: Path
) -> None:
    grow(log, 3)
    tile = tmp_path / "log" / "tile" / "0" / "000.p" / "3"
    tile.write_bytes(b"\x00" * 96)

    with pytest.raises(WitnessError, match="do not have the root"):
        witness.visit(URL, NOON)
    tile.write_bytes(b"")
    with pytest.raises(WitnessError, match="too short"):
        witness.visit(URL, NOON)


def test_a_witness_s_line_is_worth_nothing_on_another_head(log: TransparencyLog, witness: Witness) -> None:
    grow(log, 3)
    witness.visit(URL, NOON)
    line = (witness._folder / "checkpoint").read_text().splitlines()[-1]
    grow(log, 3)
    moved = (log._folder / "checkpoint").read_text() + line + "\n"

    with pytest.raises(NoteError, match="does not hold"):
        cosigned_at(moved, witness.vkey)
    assert confirms(moved, witness.vkey, log.vkey, log.root_at) is None


def test_a_wrong_key_does_not_take_the_place_of_the_right_one(log: TransparencyLog, witness: Witness) -> None:
    grow(log, 3)
    witness.visit(URL, NOON)
    other = Signer("portail.example/log", Ed25519PrivateKey.generate())

    with pytest.raises(WitnessError, match="not signed by"):
        witness.visit(URL, NOON, other.vkey)

    assert (witness._folder / "log.vkey").read_text() == log.vkey
    grow(log, 3)
    assert witness.visit(URL, NOON).size == 6


def test_a_partial_tile_that_went_while_it_was_read_is_taken_from_the_full_one(
    log: TransparencyLog, witness: Witness, tmp_path: Path
) -> None:
    grow(log, 250)
    head = (tmp_path / "log" / "checkpoint").read_bytes()
    grow(log, 10)

    def fetch(url: str) -> bytes:
        path = tmp_path / "log" / url.removeprefix(f"{URL}/")
        if not path.exists():
            raise GoneError("404", 404)
        return head if path.name == "checkpoint" else path.read_bytes()

    assert Witness("autre.example", tmp_path / "autre", fetch).visit(URL, NOON).size == 250


@pytest.mark.parametrize(("days", "fresh"), [(0, True), (6.9, True), (7.1, False), (-0.003, True), (-1, False)])
def test_a_cosignature_is_fresh_for_a_week_and_never_before_its_date(days: float, fresh: bool) -> None:
    at = NOON + timedelta(days=days)

    assert is_fresh(int(NOON.timestamp()), at, 7 * 86_400) is fresh
