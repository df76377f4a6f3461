"""What the log states before it is used: each text once, and anew when it changes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from aggregator.ledger.sealing.program import Program
from tests.clock import NOON
from tests.ledger.sealing.conftest import CHAIN, SIGNER, BareLog


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_first_sealing_states_the_rules_and_who_may_check_them(bare: BareLog) -> None:
    added = bare.seal()

    digest = sha("la règle".encode())
    assert bare.entries("contract") == [
        {"t": "contract", "at": "2026-11-23T12:00:00Z", "version": "order/1", "sha256": digest}
    ]
    assert bare.file(f"contracts/{digest}.md") == "la règle".encode()
    assert bare.entries("policy") == [{"t": "policy", "at": "2026-11-23T12:00:00Z", "margin_points": "0.02"}]
    assert bare.entries("chain") == [{"t": "chain", "start": "2026-11-22", "anchor": CHAIN.anchor.hex()}]
    assert bare.file("vkey") == f"{SIGNER.vkey}\n".encode()
    assert added == bare.log.size == 6  # contract, policy, chain, one hosting sheet, two days of seeds


def test_a_rule_that_changes_is_stated_anew_and_the_others_are_not(bare: BareLog) -> None:
    bare.seal()
    bare.contract.write_text("une autre règle")
    bare.policy = {"margin_points": "0.03"}
    later = NOON + timedelta(minutes=1)

    assert bare.seal(later) == 2
    assert bare.entries("contract")[-1]["sha256"] == sha("une autre règle".encode())
    assert bare.entries("policy")[-1] == {"t": "policy", "at": "2026-11-23T12:01:00Z", "margin_points": "0.03"}
    assert len(bare.entries("chain")) == 1
    assert bare.seal(later + timedelta(minutes=1)) == 0


def test_a_hosting_sheet_is_disclosed_whenever_it_changes(bare: BareLog) -> None:
    bare.seal()
    (bare.hosting / "b.json").write_text('{"b":1}')
    bare.seal(NOON + timedelta(minutes=1))
    (bare.hosting / "a.json").write_text('{"a":1}')
    bare.seal(NOON + timedelta(minutes=2))

    told = [(entry["provider"], entry["sha256"], entry["at"]) for entry in bare.entries("disclosure")]
    assert told == [
        ("a", sha(b"{}"), "2026-11-23T12:00:00Z"),
        ("b", sha(b'{"b":1}'), "2026-11-23T12:01:00Z"),
        ("a", sha(b'{"a":1}'), "2026-11-23T12:02:00Z"),
    ]
    assert bare.file(f"hosting/{sha(b'{}')}.json") == b"{}"


def test_a_program_is_stated_whenever_a_file_of_it_changes(bare: BareLog) -> None:
    bare.program = Program("1.0", b"aa  app.py\n")
    bare.seal()
    bare.seal(NOON + timedelta(minutes=1))
    bare.program = Program("1.0", b"aa  app.py\nbb  verify.py\n")
    bare.seal(NOON + timedelta(minutes=2))

    first, second = sha(b"aa  app.py\n"), sha(bare.program.sums)
    assert bare.entries("program") == [
        {"t": "program", "at": "2026-11-23T12:00:00Z", "version": "1.0", "files": 1, "sha256": first},
        {"t": "program", "at": "2026-11-23T12:02:00Z", "version": "1.0", "files": 2, "sha256": second},
    ]
    assert bare.file(f"programs/{first}.sha256") == b"aa  app.py\n"


def test_without_witnesses_and_program_nothing_is_said_of_them(bare: BareLog) -> None:
    bare.seal()

    assert bare.entries("witnesses") == bare.entries("program") == []


def test_a_witness_policy_is_stated_and_kept(bare: BareLog) -> None:
    bare.witnesses = b"quorum none\n"
    bare.seal()

    [entry] = bare.entries("witnesses")
    assert entry == {"t": "witnesses", "at": "2026-11-23T12:00:00Z", "sha256": sha(b"quorum none\n")}
    assert bare.file(f"policies/{entry['sha256']}.txt") == b"quorum none\n"
