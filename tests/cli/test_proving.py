"""Commands about what was counted: the log sealed, verified, witnessed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.store import open_stores
from tests.commands import run
from tests.loopback import Loopback


def test_the_log_is_sealed_verified_rotated_and_told_of_from_the_command_line(filled: Settings, tmp_path: Path) -> None:
    data = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}
    log = str(filled.published_dir / "log")

    assert run("seal", **data).exit_code == 0
    assert run("verify", "log", log).exit_code == 0
    first = (filled.published_dir / "log" / "vkey").read_text().strip()
    assert run("rotate-key", **data).exit_code == 0
    assert run("verify", "log", "--vkey", first, log).exit_code == 0
    assert run("verify", "totals", "--day", "2026-11-23", log).exit_code == 2
    assert run("incident", "Une heure de panne", "--about", "2026-11-23", **data).exit_code == 0
    with closing(open_stores(filled.data_dir)) as stores:
        assert [row["detail"] for row in stores.registry.decisions(["incident"])] == ["Une heure de panne"]


def test_a_witness_signs_a_log_over_the_network_and_refuses_another(filled: Settings, tmp_path: Path) -> None:
    data = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}
    run("seal", **data)
    folder = filled.published_dir / "log"
    files = {f"/log/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with Loopback(files) as web:
        visit = ("witness", f"{web.origin}/log", "--name", "journal.example", "--folder", str(tmp_path / "temoin"))
        first = run(*visit)
        other = run(*visit, "--vkey", "autre.example/log+00000000+AAAA")

    assert first.exit_code == 0, first.output
    assert "— journal.example " in (tmp_path / "temoin" / "checkpoint").read_text()
    assert other.exit_code == 2


def test_a_stamp_needs_an_authority_and_what_is_believed_of_it(filled: Settings) -> None:
    data = {"AIGUILLAGE_DATA_DIR": str(filled.data_dir)}

    assert "no authority to ask" in run("stamp", **data).output
    alone = run("stamp", AIGUILLAGE_STAMP_URL="https://tsa.example", **data)
    assert (alone.exit_code, "belong together" in alone.output) == (2, True)
