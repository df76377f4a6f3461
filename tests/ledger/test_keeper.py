"""The portal's own log: opened under its key, changed in public, cosigned, and told of as a history."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

import verify
from aggregator.config.settings import ROOT, Settings
from aggregator.fairness.accounts import Accounts
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.sealing import program
from aggregator.ledger.witnessing.asking import Asked
from aggregator.ledger.witnessing.visit import Witness
from aggregator.store import open_stores
from tests.portal import Portal


def test_a_key_is_changed_in_public_and_old_copies_still_lead_on(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.visit(2, 1)
    portal.work()
    old = (portal.log / "vkey").read_text().strip()
    with closing(Accounts(portal.settings)) as accounts:
        new = accounts.keeper.rotate_key(portal.clock())
    portal.clock.forward(minutes=1)
    portal.work()

    assert new != old
    assert (portal.log / "vkey").read_text().strip() == new
    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 0
    assert verify.main(["log", "--vkey", new, str(portal.log)]) == 0
    head = next((portal.log / "keys").iterdir())
    head.write_bytes((portal.log / "checkpoint").read_bytes())
    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 1


def test_an_old_head_and_a_copy_are_followed_across_two_changes_of_the_key(portal: Portal, tmp_path: Path) -> None:
    portal.visit(2, 1)
    portal.work()
    keys, heads = [(portal.log / "vkey").read_text().strip()], []
    for number in range(2):
        heads.append(tmp_path / f"head-{number}")
        heads[-1].write_bytes((portal.log / "checkpoint").read_bytes())
        with closing(Accounts(portal.settings)) as accounts:
            keys.append(accounts.keeper.rotate_key(portal.clock()))
        portal.clock.forward(minutes=1)
        portal.work()

    for key in keys:
        for head in heads:
            assert verify.main(["log", "--vkey", key, "--from", str(head), str(portal.log)]) == 0
        copy = tmp_path / key[-6:].replace("/", "_")
        assert verify.main(["copy", "--vkey", key, "--from", str(heads[0]), "--to", str(copy), str(portal.log)]) == 0
        assert verify.main(["log", "--vkey", keys[0], "--from", str(heads[0]), str(copy)]) == 0
    # The control: a head of this log under a key of which it never spoke.
    stranger = load_or_create_signer(tmp_path / "key", portal.settings.log_origin)
    heads[0].write_text(stranger.sign(heads[0].read_text().partition("\n\n")[0] + "\n"))
    assert verify.main(["log", "--vkey", keys[-1], "--from", str(heads[0]), str(portal.log)]) == 1


def test_a_key_that_nobody_announced_leads_nowhere(portal: Portal) -> None:
    """A thief with a key of his own signs the same entries: whoever kept the old key is not deceived."""
    portal.work()
    old = (portal.log / "vkey").read_text().strip()
    for path in (portal.settings.keys_dir / "log.key", portal.log / "checkpoint"):
        path.unlink()
    with closing(Accounts(portal.settings)) as accounts:
        accounts.seal(portal.clock())

    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 1


def test_decisions_and_hosting_sheets_are_in_the_log_once(portal: Portal) -> None:
    assert portal.site.snapshot is not None
    place = portal.site.snapshot.places.all[0].id
    with closing(open_stores(portal.settings.data_dir)) as stores:
        stores.registry.withdraw(place, "closed", portal.clock(), "operator")
    portal.publish()
    portal.work()
    portal.work()

    history = portal.published("history.json")
    assert [(row["kind"], row["target"], row["detail"]) for row in history if row["t"] == "decision"] == [
        ("withdraw", place, "closed")
    ]
    assert len([row for row in history if row["t"] == "disclosure"]) == len(list((portal.log / "hosting").iterdir()))


def test_declared_witnesses_are_counted_when_they_confirm_this_very_log(portal: Portal, tmp_path: Path) -> None:
    portal.work()
    eye = Witness("journal.example", tmp_path / "eye", lambda url: (portal.log / url.removeprefix("log/")).read_bytes())
    eye.visit("log", portal.clock())
    signed = Asked({"journal": (tmp_path / "eye" / "checkpoint").read_bytes()})

    def count(asked: Asked, days: float = 0) -> int:
        with closing(Accounts(declaring(portal.settings, tmp_path, eye.vkey))) as accounts:
            return accounts.keeper.count_witnesses(portal.clock() + timedelta(days=days), asked)

    assert count(Asked({"journal": b"garbage"})) == 0
    assert count(signed, days=-1) == 0  # as seen from the day before, it is dated in the future
    assert count(signed) == 1
    assert count(Asked({}, {"journal": "does not answer"})) == 1  # it is known to have signed within seven days
    assert portal.published("controls.json")["witnesses"]["refusals"] == {"journal": "does not answer"}
    assert count(signed, days=8) == 0
    assert portal.published("controls.json")["witnesses"]["ok"] is True


def test_a_cosignature_stands_in_the_head_that_it_is_of_and_outlives_a_restart(portal: Portal, tmp_path: Path) -> None:
    portal.work()
    eye = Witness("journal.example", tmp_path / "eye", lambda url: (portal.log / url.removeprefix("log/")).read_bytes())
    eye.visit("log", portal.clock())
    note = (tmp_path / "eye" / "checkpoint").read_bytes()
    settings = declaring(portal.settings, tmp_path, eye.vkey)

    with closing(Accounts(settings)) as accounts:
        accounts.keeper.count_witnesses(portal.clock(), Asked({"journal": note}))
    with closing(Accounts(settings)) as accounts:
        accounts.keeper.open(portal.clock())
    kept = (portal.log / "checkpoint").read_bytes()
    with closing(Accounts(settings)) as accounts:
        accounts.seal(portal.clock())  # the policy is new: an entry, and so another head

    assert kept == note
    assert (portal.log / "checkpoint").read_bytes().count("— ".encode()) == 1
    assert (portal.log / "witness-policy").read_text().startswith(f"log {(portal.log / 'vkey').read_text()}witness ")
    with closing(Accounts(settings)) as accounts:
        entry = accounts.keeper.open(portal.clock()).last("witnesses")
    assert entry is not None
    assert (portal.log / "policies" / f"{entry['sha256']}.txt").read_bytes() == settings.witness_policy.read_bytes()
    assert verify.main(["log", str(portal.log)]) == 0


def declaring(settings: Settings, folder: Path, vkey: str) -> Settings:
    policy = folder / "policy"
    policy.write_text(f"witness journal {vkey} https://journal.example/checkpoint\nquorum journal\n")
    return settings.but(witness_policy=policy)


def test_another_library_reads_the_same_root_from_the_published_tiles(day_over: Portal) -> None:
    source = verify.Source(str(day_over.log))
    _, size, root = verify.checkpoint(source.text("checkpoint"), source.text("vkey"))
    bundle, entries = source.get(verify.tile_path("entries", 0, size)), []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]

    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)

    assert (len(entries), tree.get_root()) == (size, root)


def verify_log(program: Path, log: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(program), "log", str(log)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_log_states_which_program_runs_once(portal: Portal) -> None:
    portal.work()
    portal.clock.forward(minutes=1)
    portal.work()

    [entry] = [row for row in portal.published("history.json") if row["t"] == "program"]
    assert (portal.log / "programs" / f"{entry['sha256']}.sha256").read_bytes() == program.running().sums
    assert entry["files"] == program.running().files


def test_verify_py_says_whether_it_belongs_to_that_program(portal: Portal, tmp_path: Path) -> None:
    portal.work()
    other = tmp_path / "verify.py"
    other.write_bytes((ROOT / "verify.py").read_bytes() + b"# changed\n")

    own_code, own = verify_log(ROOT / "verify.py", portal.log)
    other_code, of_another = verify_log(other, portal.log)

    assert (own_code, other_code) == (0, 0)
    assert "this verify.py is its own" in own
    assert "this verify.py is another than its own" in of_another


def test_sums_of_the_program_that_are_not_those_of_the_log_are_found(portal: Portal) -> None:
    portal.work()
    [path] = (portal.log / "programs").iterdir()
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))

    code, said = verify_log(ROOT / "verify.py", portal.log)

    assert (code, "programs/" in said) == (1, True)
