"""Three witnesses, each a process of its own, asked over HTTP; one of them has been shown a fork before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import verify
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.instants import now
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import Signer, cosigned_at, load_or_create_signer
from aggregator.ledger.witnessing.asking import Asked, AskingError, ask_all, ask_one
from aggregator.ledger.witnessing.memory import Memory
from aggregator.ledger.witnessing.policy import Declared, load_policy
from tests.clock import NOON
from tests.commands import run

NAMES = ("association", "journal", "universite")


@dataclass
class Eye:
    """A witness that runs. `vkey`, `url`: as it prints them when it starts."""

    process: subprocess.Popen[str]
    vkey: str
    url: str


def start(name: str, folder: Path, log_vkey: str) -> Eye:
    command = [sys.executable, "-m", "aggregator", "witness", "--name", f"{name}.example", "--serve", "0"]
    process = subprocess.Popen(
        [*command, "--trust", log_vkey, "--folder", str(folder / name)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return Eye(process, *process.stdout.readline().split())


@dataclass
class Watched:
    """A portal's settings and the witnesses of its policy, by name."""

    settings: Settings
    eyes: dict[str, Eye]
    policy: Path
    minutes: int = 0

    @property
    def log(self) -> Path:
        return self.settings.published_dir / "log"

    def seal_and_ask(self) -> Asked:
        """A minute of the worker. The log lives in its own time; witnesses and auditors in ours."""
        self.minutes += 1
        with closing(Accounts(self.settings)) as accounts:
            accounts.keeper.open(NOON).append([{"t": "test", "n": self.minutes}])
            asked = ask_all(self.declared().values(), self.log, now())
            accounts.keeper.count_witnesses(now(), asked)
        return asked

    def declared(self) -> dict[str, Declared]:
        return load_policy(self.policy).witnesses

    def verified(self) -> int:
        return verify.main(["log", "--policy", str(self.policy), str(self.log)])


@pytest.fixture
def watched(filled: Settings, tmp_path: Path) -> Iterator[Watched]:
    signer = load_or_create_signer(filled.keys_dir / "log.key", filled.log_origin)
    eyes = {name: start(name, tmp_path, signer.vkey) for name in NAMES}
    lines = [f"witness {name} {eye.vkey} {eye.url}" for name, eye in eyes.items()]
    policy = tmp_path / "policy"
    policy.write_text("\n".join([*lines, f"group enough 2 {' '.join(NAMES)}", "quorum enough", ""]))
    with closing(Accounts(filled.but(witness_policy=policy))) as accounts:
        accounts.seal(NOON)
    yield Watched(filled.but(witness_policy=policy), eyes, policy)
    for eye in eyes.values():
        eye.process.terminate()
        eye.process.wait()


def test_the_head_bears_what_all_three_have_signed_and_an_auditor_is_told_when(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        assert watched.seal_and_ask().refusals == {}

        assert watched.verified() == 0
    told = capsys.readouterr().out
    assert told.count("signed this head on ") == 9
    assert "policy: enough (2 of association, journal, universite): signed by 3 of 3 witnesses, holds" in told
    head = (watched.log / "checkpoint").read_text()
    assert [line.split()[1] for line in head.splitlines()[4:]] == [
        watched.settings.log_origin, "association.example", "journal.example", "universite.example",
    ]  # fmt: skip


def test_who_was_shown_a_fork_refuses_the_log_and_a_quorum_without_it_still_holds(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log's key is in two hands: the fork goes to one witness, the log to the others."""
    signer = load_or_create_signer(watched.settings.keys_dir / "log.key", watched.settings.log_origin)
    fork = TransparencyLog(tmp_path / "fork.db", tmp_path / "fork", signer)
    fork.append([{"t": "test", "n": number} for number in range(3)])
    ask_one(watched.declared()["journal"], tmp_path / "fork", (tmp_path / "fork" / "checkpoint").read_text())

    asked = watched.seal_and_ask()

    assert asked.refusals == {"journal": "finds that our proof does not hold"}
    assert watched.verified() == 0
    assert "witness journal: has not signed this head" in capsys.readouterr().out
    assert (tmp_path / "journal" / "refused").read_text().startswith(watched.settings.log_origin)
    assert fork.size == 3
    # The control: with all three needed, the same head is not enough.
    watched.policy.write_text(watched.policy.read_text().replace("enough 2", "enough all"))
    assert watched.verified() == 1
    assert "WRONG: the policy needs enough (3 of association, journal, universite)" in capsys.readouterr().out


def test_a_witness_that_is_killed_and_started_again_has_forgotten_nothing(watched: Watched, tmp_path: Path) -> None:
    watched.seal_and_ask()
    old = shutil.copytree(watched.log, tmp_path / "old")
    watched.seal_and_ask()
    watched.eyes["journal"].process.kill()
    vkey = (watched.log / "vkey").read_text().strip()
    again = watched.eyes["journal"] = start("journal", tmp_path, vkey)
    one = Declared("journal", again.vkey, again.url)

    with pytest.raises(AskingError, match="has signed a head of"):
        ask_one(one, old, (old / "checkpoint").read_text())
    assert cosigned_at(ask_one(one, watched.log, (watched.log / "checkpoint").read_text()), one.vkey)


def test_a_head_that_nobody_has_signed_or_only_in_the_future_does_not_pass(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watched.verified() == 1
    assert "is signed by 0 of 3 witnesses: none" in capsys.readouterr().out
    head = (watched.log / "checkpoint").read_text()
    in_a_year = now() + timedelta(days=365)
    lines = [Memory(f"{name}.example", tmp_path / name).sign(head, in_a_year) for name in NAMES]
    (watched.log / "checkpoint").write_text(head + "".join(lines))

    assert watched.verified() == 1
    assert capsys.readouterr().out.count("in the future: not counted") == 3
    lines = [Memory(f"{name}.example", tmp_path / name).sign(head, now()) for name in NAMES]
    (watched.log / "checkpoint").write_text(head + "".join(lines))
    assert watched.verified() == 0


def test_a_policy_of_another_log_is_refused(watched: Watched) -> None:
    watched.seal_and_ask()
    published = (watched.log / "witness-policy").read_text()

    watched.policy.write_text(published)
    assert watched.verified() == 0
    other = Signer(watched.settings.log_origin, Ed25519PrivateKey.generate()).vkey
    watched.policy.write_text("\n".join([f"log {other}", *published.splitlines()[1:], ""]))
    assert watched.verified() == 1


def test_a_witness_is_asked_for_either_a_visit_or_a_service(tmp_path: Path) -> None:
    for words in ([], ["--serve", "0"], ["--trust", "x"], ["http://127.0.0.1:1/log", "--serve", "0", "--trust", "x"]):
        refused = run("witness", "--name", "a.example", "--folder", str(tmp_path), *words)

        assert refused.exit_code == 2
    assert (
        "not a verifier key"
        in run("witness", "--name", "a", "--folder", str(tmp_path), "--serve", "0", "--trust", "x").output
    )
