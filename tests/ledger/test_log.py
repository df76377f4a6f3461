"""The public log: tiles and heads where the specification puts them; it never signs two histories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator import canonical
from aggregator.database import Location
from aggregator.ledger import merkle
from aggregator.ledger.log import LogError, TransparencyLog, tile_path
from aggregator.ledger.notes import Signer, open_note, parse_checkpoint
from tests.conftest import FIXTURES

ORACLES = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(ORACLES["checkpoint_vector"]["input"]["private_key_hex"]))
SIGNER = Signer(ORACLES["checkpoint_vector"]["input"]["origin"], KEY)


def entry(number: int) -> dict[str, object]:
    return {"t": "test", "number": number}


@pytest.fixture
def kept_at(tmp_path: Path, database_url: str | None) -> Location:
    return database_url or tmp_path / "log.db"


@pytest.fixture
def log(tmp_path: Path, kept_at: Location) -> Iterator[TransparencyLog]:
    with closing(TransparencyLog(kept_at, tmp_path / "log", SIGNER)) as opened:
        yield opened


def test_tiles_lie_where_the_specification_puts_them() -> None:
    case = ORACLES["tile_layout"]

    assert [tile_path(*one) for one in case["input"]["paths"]] == case["expected"]["paths"]


def test_what_is_published_is_the_tree(log: TransparencyLog, tmp_path: Path) -> None:
    for start in range(0, 600, 200):
        log.append([entry(number) for number in range(start, start + 200)])

    signed = parse_checkpoint(open_note((tmp_path / "log" / "checkpoint").read_text(), log.vkey))
    tiles = [tile_path(0, 0), tile_path(0, 1), tile_path(0, 2, 88)]
    hashes = b"".join((tmp_path / "log" / name).read_bytes() for name in tiles)
    leaves = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert (signed.size, signed.root) == (600, merkle.root_of(leaves))
    above = (tmp_path / "log" / tile_path(1, 0, 2)).read_bytes()
    assert above == merkle.root_of(leaves[:256]) + merkle.root_of(leaves[256:512])


def test_it_comes_back_after_a_stop_as_it_was(log: TransparencyLog, tmp_path: Path, kept_at: Location) -> None:
    log.append([entry(number) for number in range(300)])
    root = log.root
    log.close()
    (tmp_path / "log" / tile_path(0, 0)).unlink()  # a crash between the entries and their tiles

    again = TransparencyLog(kept_at, tmp_path / "log", SIGNER)

    assert (again.size, again.root) == (300, root)
    assert (tmp_path / "log" / tile_path(0, 0)).exists()
    assert again.last("test") == entry(299)


def test_it_never_signs_a_smaller_tree(log: TransparencyLog, tmp_path: Path, kept_at: Location) -> None:
    log.append([entry(1), entry(2)])
    log._db.run("DELETE FROM entries WHERE n = 1")
    log.close()

    with pytest.raises(LogError, match="2 entries have been signed and 1 are left"):
        TransparencyLog(kept_at, tmp_path / "log", SIGNER)


def test_it_never_signs_a_different_tree(log: TransparencyLog, tmp_path: Path, kept_at: Location) -> None:
    log.append([entry(1), entry(2)])
    log._db.run("UPDATE entries SET entry = ? WHERE n = 0", (b'{"t":"forged"}',))
    log.close()

    with pytest.raises(LogError, match="not those that have been signed"):
        TransparencyLog(kept_at, tmp_path / "log", SIGNER)


def test_an_entry_that_is_too_long_changes_nothing(log: TransparencyLog) -> None:
    with pytest.raises(LogError):
        log.append([entry(1), {"t": "x", "text": "y" * 70_000}])

    assert log.size == 0


def test_the_next_key_is_announced_under_the_old_one_and_that_head_is_kept(
    log: TransparencyLog, tmp_path: Path, kept_at: Location
) -> None:
    """L8: whoever kept the old key is led to the new one."""
    log.append([entry(1)])
    following = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"n" * 32))

    log.announce_key(following, "2026-11-23T12:00:00Z")
    announced = {"t": "key", "at": "2026-11-23T12:00:00Z", "from": SIGNER.vkey, "vkey": following.vkey}
    assert log.last("key") == announced
    kept = (tmp_path / "log" / "keys" / "2.checkpoint").read_text()
    assert parse_checkpoint(open_note(kept, SIGNER.vkey)).size == 2
    log.sign_with(following)
    log.append([entry(2)])

    head = (tmp_path / "log" / "checkpoint").read_text()
    assert parse_checkpoint(open_note(head, following.vkey)).size == 3
    assert log.vkey == following.vkey
    log.close()
    TransparencyLog(kept_at, tmp_path / "log", following).close()  # and it goes on after a restart


def test_a_head_under_a_key_that_was_never_announced_stops_the_log(
    log: TransparencyLog, tmp_path: Path, kept_at: Location
) -> None:
    log.append([entry(1)])
    log.close()
    stranger = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"s" * 32))

    with pytest.raises(LogError, match="the published checkpoint is not ours: not signed by"):
        TransparencyLog(kept_at, tmp_path / "log", stranger)


def test_a_head_of_the_old_key_is_still_ours_after_a_crash_between_announcing_and_signing(
    log: TransparencyLog, tmp_path: Path, kept_at: Location
) -> None:
    following = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
    log.append([entry(1)])
    log.announce_key(following, "2026-11-23T12:00:00Z")
    log.close()

    with closing(TransparencyLog(kept_at, tmp_path / "log", following)) as again:
        assert again.size == 2
    assert open_note((tmp_path / "log" / "checkpoint").read_text(), following.vkey)


def test_the_root_of_every_size_that_it_has_had(log: TransparencyLog) -> None:
    roots = []
    for number in range(5):
        log.append([entry(number)])
        roots.append(log.root)

    assert [log.root_at(size) for size in range(1, 6)] == roots
    assert log.root_at(6) is None


def test_what_another_process_has_appended_is_taken_over(
    log: TransparencyLog, tmp_path: Path, kept_at: Location
) -> None:
    log.append([entry(1)])
    with closing(TransparencyLog(kept_at, tmp_path / "log", SIGNER)) as other:
        other.append([entry(2), entry(3)])
    log.catch_up()

    assert (log.size, log.root, log.index_of_last("test"), log.index_of_last("none")) == (3, other.root, 2, None)
    assert [index for index, _ in log.entries("test", 1)] == [1, 2]


def test_entries_are_published_as_they_are_with_their_length_before_them(log: TransparencyLog, tmp_path: Path) -> None:
    log.append([entry(number) for number in range(258)])

    lines = [canonical.to_json(entry(number)) for number in range(258)]
    bundles = [b"".join(len(line).to_bytes(2) + line for line in part) for part in (lines[:256], lines[256:])]
    assert (tmp_path / "log" / "tile/entries/000").read_bytes() == bundles[0]
    assert (tmp_path / "log" / "tile/entries/001.p/2").read_bytes() == bundles[1]
    assert not (tmp_path / "log" / "tile/entries/000.p").exists()
