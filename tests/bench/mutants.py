"""Row 30 (nightly): small changes of the guard, the order, the shares and the ledger that no test notices.

mutmut changes a copy of the checkout one operator, number or word at a time and runs the tests of those modules.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from aggregator.settings import ROOT
from tests.bench.score import Score, report

TITLE = "changes of guard, order, shares and ledger that the tests notice"
BAR = "≥ 90 %"
LEAST = 0.9
MODULES = (
    "providers/booking_url.py", "aggregator/order.py", "aggregator/shares.py", "aggregator/territory.py",
    "aggregator/ledger/merkle.py", "aggregator/ledger/translog.py", "aggregator/ledger/seeds.py",
    "aggregator/ledger/rollups.py", "aggregator/ledger/sealing.py",
)  # fmt: skip
TESTS = (
    "tests/providers/test_booking_url.py", "tests/aggregator/test_order.py", "tests/aggregator/test_translog.py",
    "tests/aggregator/test_territory.py", "tests/aggregator/test_shares.py", "tests/aggregator/test_accounts.py",
)  # fmt: skip
COPIED = ("aggregator", "providers", "tests", "data", "templates", "static", "docs", "app.py", "verify.py")
# Mutants that change nothing: at its limit a band begins with the number that the band before would have ended with;
# a constant that is the same for all candidates; the size of a cache.
EQUAL = ("order.x_band__", "order.x_tie_group__", "BookingSitesǁ__init____mutmut_")


def configured(folder: Path) -> None:
    """The checkout without its history, and mutmut told what to change."""
    for name in (*COPIED, "pyproject.toml", "requirements.txt", "README.md"):
        source = ROOT / name
        ignore = shutil.ignore_patterns("run", "__pycache__")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder / name)
    project = folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8").replace("-n 2 --dist loadgroup", "")
    lists = {"paths_to_mutate": MODULES, "tests_dir": TESTS, "also_copy": (*COPIED, "README.md", "requirements.txt")}
    lines = [f"{name} = {list(values)}".replace("'", '"') for name, values in lists.items()]
    project.write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def outcomes(folder: Path) -> Counter[str]:
    """Mutants by what became of them; those that change nothing are left out."""
    run = [sys.executable, "-m", "mutmut"]
    subprocess.run([*run, "run"], cwd=folder, capture_output=True, check=False, timeout=3000)
    told = subprocess.run([*run, "results", "--all", "true"], cwd=folder, capture_output=True, text=True, check=False)
    rows = (line.strip().split(": ") for line in told.stdout.splitlines() if ": " in line)
    return Counter(state for name, state in rows if not any(part in name for part in EQUAL))


def score() -> Score:
    with tempfile.TemporaryDirectory() as name:
        configured(Path(name))
        found = outcomes(Path(name))
    total, killed = sum(found.values()), found["killed"] + found["timeout"]
    good = total > 0 and killed >= LEAST * total
    share = killed / max(total, 1)
    said = f"{killed} of {total} noticed ({share:.0%}), {found['survived']} not, {found['no tests']} untested"
    # The control: a mutant that was noticed is a planted fault that was caught.
    return Score(1, int(good), 1, int(found["killed"] > 0), said)


if __name__ == "__main__":
    report(TITLE, score)
