"""What runs is stated as sums of files that a stranger can check with a tool of forty years."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT
from aggregator.ledger.sealing.program import PARTS, running, sums_of


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The source of a program, small."""
    for name in ("app.py", "verify.py", "aggregator/worker.py", "templates/home.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def sha256sum(folder: Path, sums: bytes) -> int:
    return subprocess.run(["sha256sum", "--check", "--quiet"], input=sums, cwd=folder, check=False).returncode


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_checks_the_source_of_a_release(release: Path) -> None:
    sums = sums_of(release)

    assert sha256sum(release, sums) == 0
    (release / "aggregator" / "worker.py").write_text("something else")
    assert sha256sum(release, sums) != 0


def test_another_file_or_another_name_is_another_program(release: Path) -> None:
    before = sums_of(release)

    (release / "aggregator" / "more.py").write_text("")
    with_another = sums_of(release)
    (release / "aggregator" / "more.py").rename(release / "aggregator" / "less.py")

    assert len({before, with_another, sums_of(release)}) == 3


def test_what_python_makes_of_the_files_is_no_part_of_them(release: Path) -> None:
    before = sums_of(release)

    (release / "aggregator" / "__pycache__").mkdir()
    (release / "aggregator" / "__pycache__" / "worker.cpython-311.pyc").write_bytes(b"made")

    assert sums_of(release) == before


def test_every_part_is_there_and_the_auditor_s_file_among_them() -> None:
    names = [line[66:] for line in running().sums.decode().splitlines()]

    assert [part for part in PARTS if not any(name.startswith(part) for name in names)] == []
    assert names == sorted(names)
    assert all((ROOT / name).is_file() for name in names)
