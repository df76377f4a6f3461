"""How the tests themselves are run: those that share something run in one process, what was left out is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aggregator.config.settings import ROOT

SHARING = """
import pytest
from tests.once import alone_in_making

@pytest.fixture(scope="session")
def costly(tmp_path_factory):
    alone_in_making("something costly", tmp_path_factory)

{mark}
@pytest.mark.parametrize("number", range(8))
def test_that_shares(costly, number):
    pass

@pytest.mark.long
def test_that_takes_long():
    pass
"""
GROUP = '@pytest.mark.xdist_group("costly")'


def run(folder: Path, mark: str, *options: str) -> tuple[int, list[str]]:
    """Exit code and lines of a run of eight tests that share something, in two processes."""
    (folder / "test_sharing.py").write_text(SHARING.format(mark=mark), encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = long\naddopts = -q -n 2 --dist loadgroup\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.long", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, *options, "."], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def test_tests_of_a_group_run_in_one_process_and_those_left_out_are_counted_in_the_line_before_the_last(
    tmp_path: Path,
) -> None:
    code, said = run(tmp_path, GROUP, "-m", "not long")

    assert code == 0, said
    assert said[-2] == "1 long test not run: make check"
    assert said[-1].startswith("8 passed")


def test_two_processes_that_make_the_same_fail_and_nothing_is_said_where_nothing_was_left_out(tmp_path: Path) -> None:
    """The controls."""
    code, said = run(tmp_path, mark="")

    assert code == 1
    assert any("two processes make something costly" in line for line in said)
    assert not any("not run" in line for line in said)
