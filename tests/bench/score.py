"""A row of the scorecard: faults injected, faults survived, and controls that must be caught, or the row means nothing.

A row is a module with `TITLE`, `BAR` and `score() -> Score`. `python -m tests.bench.<row>` plays it alone;
`python -m tests.bench.scorecard` plays all and writes `docs/scorecard.md`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from aggregator.config.settings import ROOT
from tests.bench.harness import refusing


@dataclass(frozen=True)
class Score:
    """`survived` of `injected`; `caught` of the `planted` controls: broken variants which the row must see fail."""

    injected: int
    survived: int
    planted: int
    caught: int
    said: str = ""

    @property
    def ok(self) -> bool:
        return 0 < self.injected == self.survived and 0 < self.planted == self.caught

    def __str__(self) -> str:
        counts = f"{self.survived:,} of {self.injected:,} survived, {self.caught} of {self.planted} controls caught"
        return f"{counts}; {self.said}" if self.said else counts


def report(title: str, score: Callable[[], Score]) -> None:
    found = refusing(score)
    print(f"{'ok  ' if found.ok else 'SHORT'} {title}: {found}")
    sys.exit(0 if found.ok else 1)


def by_tests(injected: Sequence[str], controls: Sequence[str], said: str = "", **environment: str) -> Score:
    """A row that tests of the suite play already: each case of each test is one fault injected."""
    survived, of = run_tests(injected, environment)
    caught, planted = run_tests(controls, environment)
    return Score(of, survived, planted, caught, said)


def run_tests(nodes: Sequence[str], environment: dict[str, str] | None = None) -> tuple[int, int]:
    """(passed, run). A test that is skipped for want of a part counts as run and not as passed."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        quiet = ["-n", "0", "-p", "no:cacheprovider", f"--junitxml={file.name}"]
        command = [sys.executable, "-m", "pytest", *quiet, *nodes]
        whole = {**os.environ, "AIGUILLAGE_NEEDS_BROWSER": "1", **(environment or {})}
        done = subprocess.run(command, cwd=ROOT, env=whole, capture_output=True, text=True, check=False)
        suite = ElementTree.parse(file.name).getroot().find("testsuite")  # noqa: S314 - pytest's own
    if suite is None or int(suite.get("tests", 0)) == 0:
        raise RuntimeError(done.stdout[-2000:])
    run = int(suite.get("tests", 0))
    bad = sum(int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
    if bad:
        print(done.stdout[-3000:], file=sys.stderr)
    return run - bad, run
