"""Row 30 (nightly): small changes of the guard, the order, the shares and the ledger that no test notices.

mutmut changes a copy of the checkout one operator, number or word at a time and runs the tests of those modules.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from aggregator.config.settings import ROOT
from tests.bench.score import Score, report

TITLE = "changes of guard, order, shares and ledger that the tests notice"
BAR = "≥ 90 %"
LEAST = 0.9
MODULES = (
    "providers/booking_url.py", "aggregator/search/order.py", "aggregator/fairness/shares.py",
    "aggregator/statistics/small_areas.py",
    "aggregator/ledger/merkle.py", "aggregator/ledger/log.py", "aggregator/ledger/seeds.py",
    "aggregator/redirect/rollups.py", "aggregator/ledger/sealing.py",
)  # fmt: skip
TESTS = (
    "tests/providers/test_booking_url.py", "tests/search/test_order.py", "tests/ledger/test_log.py",
    "tests/fairness/test_small_areas.py", "tests/fairness/test_shares.py", "tests/redirect/test_rollups.py",
    "tests/ledger/test_merkle.py", "tests/ledger/test_seeds.py", "tests/ledger/test_sealing.py",
)  # fmt: skip
COPIED = ("aggregator", "providers", "tests", "data", "templates", "static", "docs", "app.py", "verify.py")
# Mutants that change nothing: at its limit a band begins with the number that the band before would have ended with;
# a constant that is the same for all candidates; the size of a cache.
EQUAL = ("order.x_band__", "order.x_tie_group__", "BookingSitesǁ__init____mutmut_")
SQL = re.compile(r"SELECT|INSERT|UPDATE|DELETE|VALUES|ORDER BY|GROUP BY|ON CONFLICT|excluded\.|CREATE", re.IGNORECASE)
# The controls: changes known beforehand, each of which the tests must notice.
PLANTED = (
    ("providers/booking_url.py", 'if match["origin"] not in allowed_origins:', "if False:"),
    ("aggregator/search/order.py", "hmac.digest(seed", 'hmac.digest(b"fixed"'),
    ("aggregator/fairness/shares.py", "if least <= low and high <= most:", "if least <= low or high <= most:"),
    ("aggregator/ledger/merkle.py", 'b"\\x00"', 'b"\\x01"'),
    ("aggregator/redirect/rollups.py", "STEP = 11", "STEP = 1"),
    ("aggregator/ledger/sealing.py", "sorted(commitment", "list(commitment"),
)


def configured(folder: Path) -> None:
    """The checkout without its history, and mutmut told what to change."""
    for name in (*COPIED, "pyproject.toml", "requirements.txt", "README.md"):
        source = ROOT / name
        ignore = shutil.ignore_patterns("run", "__pycache__")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder / name)
    project = folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8").replace("-n 2 --dist loadgroup", "")
    lists = {
        "source_paths": MODULES,
        "pytest_add_cli_args_test_selection": TESTS,
        "also_copy": (*COPIED, "README.md", "requirements.txt"),
    }
    lines = [f"{name} = {list(values)}".replace("'", '"') for name, values in lists.items()]
    project.write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def outcomes(folder: Path) -> dict[str, list[str]]:
    """What became of the mutants -> their names; those that change nothing are left out."""
    run = [sys.executable, "-m", "mutmut"]
    subprocess.run([*run, "run"], cwd=folder, capture_output=True, check=False, timeout=3000)
    told = subprocess.run([*run, "results", "--all", "true"], cwd=folder, capture_output=True, text=True, check=False)
    found = defaultdict(list)
    for line in told.stdout.splitlines():
        name, mark, state = line.strip().partition(": ")
        if mark and not any(part in name for part in EQUAL):
            found[state].append(name)
    found["survived"] = [name for name in found["survived"] if not only_the_case_of_sql(folder, name)]
    return found


def only_the_case_of_sql(folder: Path, name: str) -> bool:
    """SQL is the same in capitals."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout.splitlines()
    old, new = ([line[1:] for line in shown if line.startswith(sign) and line[1:2] != sign] for sign in "-+")
    return bool(old) and SQL.search("".join(old)) is not None and "".join(old).lower() == "".join(new).lower()


def noticed(folder: Path, path: str, words: str, others: str) -> bool:
    """Whether the tests fail when `words` of a module become `others`."""
    module = folder / path
    text = module.read_text(encoding="utf-8")
    if words not in text:
        raise ValueError(f"{path} no longer has {words!r}: plant another change")
    module.write_text(text.replace(words, others), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *TESTS]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    module.write_text(text, encoding="utf-8")
    return done.returncode == 1


def score() -> Score:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder)
        caught = sum(noticed(folder, *planted) for planted in PLANTED)
        found = {state: len(names) for state, names in outcomes(folder).items()}
    total, killed = sum(found.values()), found.get("killed", 0) + found.get("timeout", 0)
    good = total > 0 and killed >= LEAST * total
    said = f"{killed} of {total} noticed ({killed / max(total, 1):.0%}): {found}"
    return Score(1, int(good), len(PLANTED), caught, said)


if __name__ == "__main__":
    report(TITLE, score)
