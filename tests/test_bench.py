"""The bench refuses to start without the programs that it measures with, in one line that says how to install them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT
from tests.bench.harness import MissingProgramError, need

FIGURES = ROOT / "docs" / "performance.md"


def run_without_programs(module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("module", "program"),
    [("tests.bench", "wrk"), ("tests.bench.peak", "wrk"), ("tests.bench.powerloss", "strace")],
)
def test_without_a_program_the_bench_names_it_says_how_to_install_it_and_measures_nothing(
    module: str, program: str, tmp_path: Path
) -> None:
    before = FIGURES.read_bytes()

    done = run_without_programs(module, tmp_path)

    assert done.returncode == 2
    assert done.stderr == (
        f"{program} not found, and nothing was measured: `apt-get install {program}` (Debian), then start again\n"
    )
    assert FIGURES.read_bytes() == before


def test_a_program_that_is_there_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    for name in ("wrk", "strace"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    need("wrk", "strace")

    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(MissingProgramError, match=r"wrk, strace not found.*apt-get install wrk strace"):
        need("wrk", "strace")
