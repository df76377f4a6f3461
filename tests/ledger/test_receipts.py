"""Receipts: one signature for all that a commit has stored, under the key in force; or no promise at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.ledger import merkle
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.receipts import Receipts, deadline_of, promised
from aggregator.redirect.events import Event, EventClass, Sealed

ORIGIN = "portail.example/log"


def stored(*hours: str) -> list[tuple[Sealed, bytes]]:
    found = []
    for number, hour in enumerate(hours):
        event = Event("dep=75", hour, "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")
        sealed = Sealed(event, number.to_bytes(16, "big"))
        found.append((sealed, sealed.commitment))
    return found


def test_one_signature_holds_for_all_events_of_a_commit(tmp_path: Path) -> None:
    group = stored(*["2026-11-23T12"] * 5)

    promises = Receipts(tmp_path / "log.key", ORIGIN).promises(group)

    assert promises is not None
    root = merkle.root_of(merkle.leaf_hash(commitment) for _, commitment in group)
    signer = load_or_create_signer(tmp_path / "log.key", ORIGIN)
    assert {one.signature for one in promises} == {signer.sign_bytes(promised(ORIGIN, "2026-11-23T15:00", root))}
    for promise, (_, commitment) in zip(promises, group, strict=True):
        assert merkle.includes(merkle.leaf_hash(commitment), promise.index, promise.size, promise.path, root)


def test_it_is_due_three_hours_after_the_hour_of_the_latest_click() -> None:
    assert deadline_of("2026-11-23T12") == "2026-11-23T15:00"
    assert deadline_of("2026-12-31T23") == "2027-01-01T02:00"


def test_after_a_rotation_the_new_key_signs(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "log.key", ORIGIN)
    before = receipts.promises(stored("2026-11-23T12"))
    load_or_create_signer(tmp_path / "next.key", ORIGIN)
    (tmp_path / "next.key").replace(tmp_path / "log.key")

    after = receipts.promises(stored("2026-11-23T12"))

    assert before is not None
    assert after is not None
    assert before[0].key_id != after[0].key_id
    assert after[0].key_id == load_or_create_signer(tmp_path / "log.key", ORIGIN).key_id


def test_a_key_that_cannot_be_read_promises_nothing_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "log.key").write_bytes(b"too short")

    with caplog.at_level(logging.ERROR):
        assert Receipts(tmp_path / "log.key", ORIGIN).promises(stored("2026-11-23T12")) is None
    assert "no receipts" in caplog.text


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=40))
def test_all_paths_at_once_are_the_paths_one_by_one(entries: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]

    root, paths = merkle.inclusion_proofs(leaves)

    assert root == merkle.root_of(leaves)
    assert paths == [merkle.inclusion_proof(index, leaves) for index in range(len(leaves))]
