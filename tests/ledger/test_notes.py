"""Signed notes and checkpoints: vectors of their specifications, and refusals."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from aggregator.ledger.notes import Checkpoint, NoteError, Signer, load_or_create_signer, open_note, parse_checkpoint
from tests.conftest import FIXTURES

ORACLES = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(ORACLES["checkpoint_vector"]["input"]["private_key_hex"]))
SIGNER = Signer(ORACLES["checkpoint_vector"]["input"]["origin"], KEY)


def test_a_checkpoint_is_the_vector_of_the_specification() -> None:
    case = ORACLES["checkpoint_vector"]
    checkpoint = Checkpoint(case["input"]["origin"], 8, bytes.fromhex(case["input"]["root_hex"]))

    assert SIGNER.vkey == case["expected"]["vkey"]
    assert SIGNER.sign(checkpoint.text()) == case["expected"]["note"]
    assert parse_checkpoint(open_note(case["expected"]["note"], SIGNER.vkey)) == checkpoint


def test_a_size_that_no_log_can_have_is_refused_and_not_computed() -> None:
    with pytest.raises(NoteError, match="not a checkpoint"):
        parse_checkpoint(f"origin\n{'9' * 5000}\nAAAA\n\n")


def test_the_example_of_the_note_format_is_verified() -> None:
    case = ORACLES["c2sp_signed_note_example"]["input"]
    note = f"{case['text']}\n{case['signature_line']}\n"

    assert open_note(note, case["vkey"]) == case["text"]
    with pytest.raises(NoteError):
        open_note(note.replace("example message", "exemple message"), case["vkey"])
    with pytest.raises(NoteError, match="not signed by"):
        open_note(note, SIGNER.vkey)


@given(st.text(max_size=300))
def test_any_text_is_a_note_or_is_refused(text: str) -> None:
    for note in (text, text + "\n\n" + text):
        with pytest.raises(NoteError):
            open_note(note, SIGNER.vkey)


def test_the_key_is_drawn_once_and_kept_to_ourselves(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"

    first = load_or_create_signer(path, "aiguillage.example/log")

    assert load_or_create_signer(path, "aiguillage.example/log").vkey == first.vkey
    assert path.stat().st_mode & 0o777 == 0o600
    assert base64.b64decode(first.vkey.split("+", 2)[2])[:1] == b"\x01"
