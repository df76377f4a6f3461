"""The policy in the form of C2SP tlog-policy: read by the portal and by verify.py alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import verify
from aggregator.config.settings import ROOT
from aggregator.ledger.notes import Cosigner, Signer
from aggregator.ledger.witnessing.policy import PolicyError, load_policy, parse_policy

LOG = Signer("portail.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32)).vkey
KEYS = [
    Cosigner(f"{name}.example", Ed25519PrivateKey.from_private_bytes(name.encode() * 16)).vkey
    for name in ("x1", "x2", "x3", "y1", "y2")
]
TWO_LEVELS = f"""# two organisations
log {LOG}

witness X1 {KEYS[0]}
\twitness  X2\t{KEYS[1]} https://x2.example/
witness X3 {KEYS[2]} https://x3.example/seen/checkpoint
group X 2 X1 X2 X3
witness Y1 {KEYS[3]}
witness Y2 {KEYS[4]}
group Y any Y1 Y2
group both all X Y
quorum both
"""


@pytest.mark.parametrize(
    ("signed", "holds"),
    [
        ({"X1", "X2", "Y1"}, True),
        ({"X1", "X2", "X3"}, False),
        ({"X1", "Y1", "Y2"}, False),
        ({"X3", "X2", "Y2"}, True),
        (set(), False),
    ],
)
def test_groups_of_groups_are_counted_alike_by_both(signed: set[str], holds: bool, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(TWO_LEVELS)
    _, witnesses, groups, quorum = verify.read_policy(tmp_path / "policy")

    policy = parse_policy(TWO_LEVELS)

    assert policy.holds(signed) is holds
    assert verify.makes(quorum, signed, groups) is holds
    assert {one.name: one.vkey for one in policy.witnesses.values()} == witnesses
    assert policy.logs == [LOG]
    assert [one.url for one in policy.witnesses.values()][:3] == [
        "", "https://x2.example", "https://x3.example/seen/checkpoint",
    ]  # fmt: skip
    assert [one.visits for one in policy.witnesses.values()] == [False, False, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"witness a {KEYS[0]}",
        "quorum none\nquorum none",
        "quorum a",
        f"quorum a\nwitness a {KEYS[0]}",
        f"witness a {KEYS[0]}\nwitness a {KEYS[1]}\nquorum a",
        f"witness a {KEYS[0]}\nwitness b {KEYS[0]}\nquorum a",
        f"witness none {KEYS[0]}\nquorum none",
        f"witness a {LOG}\nquorum a",
        f"witness a {KEYS[0]}\ngroup g 2 a\nquorum g",
        f"witness a {KEYS[0]}\ngroup g 0 a\nquorum g",
        f"witness a {KEYS[0]}\ngroup g any\nquorum g",
        f"witness a {KEYS[0]}\ngroup g 1 a a\nquorum g",
        f"witness a {KEYS[0]}\ngroup g 1 a\ngroup h 1 a\nquorum h",
        f"witness a {KEYS[0]}\ngroup g all g\nquorum g",
        "confiance a\nquorum none",
    ],
)
def test_what_is_no_policy_is_refused_by_both(text: str, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(text)

    with pytest.raises(PolicyError):
        load_policy(tmp_path / "policy")
    with pytest.raises(verify.CannotCheck):
        verify.read_policy(tmp_path / "policy")


def test_a_witness_whose_name_leads_to_a_file_elsewhere_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"line 1: \.\./vkey names a file"):
        parse_policy(f"witness ../vkey {KEYS[0]}\nquorum none")


def test_the_policy_that_is_delivered_asks_for_nobody_and_can_be_read() -> None:
    assert load_policy(ROOT / "data" / "witness-policy").holds(set())
