"""Row 30 (nightly): small changes of what decides and reads that no test notices.

mutmut changes a copy of the checkout one operator, number or word at a time and runs the tests of those modules. By
groups, as one takes minutes: `python -m tests.bench.mutants matching redirect`; all of them without a name.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aggregator.config.settings import ROOT
from tests.bench.score import Score, report

TITLE = "changes of guard, order, shares, ledger, adapters, redirect and collection that the tests notice"
BAR = "≥ 90 % of guard, order, shares and ledger, ≥ 85 % of each other group"
TIMEOUT_S = 3 * 3600


@dataclass(frozen=True)
class Group:
    """Modules that are changed, the tests that should notice, and the controls: (module, words, others).

    A control is a change known beforehand, which the tests must notice.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    planted: tuple[tuple[str, str, str], ...]
    least: float = 0.85


def adapter(name: str, words: str, others: str) -> Group:
    tests = (f"tests/providers/test_{name}.py", f"tests/providers/test_{name}_contract.py")
    return Group((f"providers/{name}.py",), tests, ((f"providers/{name}.py", words, others),))


GROUPS = {
    "proof": Group(
        (
            "providers/booking_url.py", "aggregator/search/order.py", "aggregator/fairness/shares.py",
            "aggregator/statistics/small_areas.py",
            "aggregator/ledger/merkle.py", "aggregator/ledger/log.py", "aggregator/ledger/seeds.py",
            "aggregator/redirect/rollups.py", "aggregator/ledger/sealing/sealer.py",
        ),
        (
            "tests/providers/test_booking_url.py", "tests/search/test_order.py", "tests/ledger/test_log.py",
            "tests/statistics/test_small_areas.py", "tests/fairness/test_shares.py", "tests/redirect/test_rollups.py",
            "tests/ledger/test_merkle.py", "tests/ledger/test_seeds.py", "tests/ledger/sealing/test_sealer.py",
        ),
        (
            ("providers/booking_url.py", 'if match["origin"] not in allowed_origins:', "if False:"),
            ("aggregator/search/order.py", "hmac.digest(seed", 'hmac.digest(b"fixed"'),
            ("aggregator/fairness/shares.py", "if least <= low and high <= most:", "if least <= low or high <= most:"),
            ("aggregator/ledger/merkle.py", 'b"\\x00"', 'b"\\x01"'),
            ("aggregator/redirect/rollups.py", "STEP = 11", "STEP = 1"),
            ("aggregator/ledger/sealing/sealer.py", "sorted(commitment", "list(commitment"),
        ),
        least=0.9,
    ),
    "doctolib": adapter("doctolib", "draft.slot(text, reason, motive, agenda)", "draft.slot(text, reason)"),
    "maiia": adapter("maiia", "len(items) < PAGE_SIZE", "len(items) <= PAGE_SIZE"),
    "keldoc": adapter("keldoc", "answer == {}", "answer == []"),
    "ordoclic": adapter("ordoclic", "timedelta(days=1), time(23, 59, 59)", "timedelta(days=0), time(23, 59, 59)"),
    "http": Group(
        ("providers/http.py",),
        ("tests/providers/test_http.py", "tests/providers/test_deadline.py"),
        (("providers/http.py", "> self.limits.max_bytes", "> 2 * self.limits.max_bytes"),),
    ),
    "redirect": Group(
        ("aggregator/redirect/redirector.py", "aggregator/redirect/visitors.py"),
        ("tests/redirect/test_visitors.py", "tests/web/place/test_departures.py"),
        (
            ("aggregator/redirect/redirector.py", "if not self._sites.allows(offer.url):", "if False:"),
            ("aggregator/redirect/visitors.py", "DUPLICATE_S = 30 * 60", "DUPLICATE_S = 31 * 60"),
        ),
    ),
    "search": Group(
        ("aggregator/search/search.py",),
        ("tests/search/test_search.py", "tests/search/test_slot_filter.py"),
        (("aggregator/search/search.py", "WIDENED_COUNT = 8", "WIDENED_COUNT = 9"),),
    ),
    "matching": Group(
        ("aggregator/collect/matching.py",),
        ("tests/collect/test_matching.py",),
        (("aggregator/collect/matching.py", "metres <= SAME_WITHIN_M and score", "metres <= SAME_WITHIN_M or score"),),
    ),
    "collect": Group(
        ("aggregator/collect/collector.py", "aggregator/collect/official_list.py"),
        ("tests/collect/test_collector.py", "tests/collect/test_official_list.py", "tests/collect/test_quarantine.py"),
        (("aggregator/collect/collector.py", "if reason and not self._catalog.released(slug):", "if False:"),),
    ),
    "publish": Group(
        ("aggregator/publish/publisher.py",),
        ("tests/publish/test_publisher.py", "tests/publish/test_place_record.py"),
        (("aggregator/publish/publisher.py", "minutes[minutes > first_minute]", "minutes[minutes > 0]"),),
    ),
    "pages": Group(
        ("aggregator/web/serving/page_cache.py",),
        ("tests/web/serving/test_page_cache.py", "tests/web/serving/test_poisoning.py"),
        (("aggregator/web/serving/page_cache.py", "if answer.listed:", "if False:"),),
    ),
}  # fmt: skip
COPIED = ("aggregator", "providers", "tests", "data", "templates", "static", "docs", "app.py", "verify.py")
# Mutants that change nothing: at its limit a band begins with the number that the band before would have ended with;
# a constant that is the same for all candidates; the size of a cache.
EQUAL = ("order.x_band__", "order.x_tie_group__", "BookingSitesǁ__init____mutmut_")
SQL = re.compile(r"SELECT|INSERT|UPDATE|DELETE|VALUES|ORDER BY|GROUP BY|ON CONFLICT|excluded\.|CREATE", re.IGNORECASE)


def configured(folder: Path, group: Group) -> None:
    """The checkout without its history, and mutmut told what to change."""
    for name in (*COPIED, "pyproject.toml", "requirements.txt", "README.md"):
        source = ROOT / name
        ignore = shutil.ignore_patterns("run", "__pycache__")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder / name)
    project = folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8").replace("-n 2 --dist loadgroup", "")
    lists = {
        "source_paths": group.modules,
        "pytest_add_cli_args_test_selection": group.tests,
        "also_copy": (*COPIED, "README.md", "requirements.txt"),
    }
    lines = [f"{name} = {list(values)}".replace("'", '"') for name, values in lists.items()]
    project.write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def outcomes(folder: Path) -> dict[str, list[str]]:
    """What became of the mutants -> their names; those that change nothing are left out."""
    run = [sys.executable, "-m", "mutmut"]
    subprocess.run([*run, "run"], cwd=folder, capture_output=True, check=False, timeout=TIMEOUT_S)
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


def noticed(folder: Path, tests: tuple[str, ...], change: tuple[str, str, str]) -> bool:
    """Whether the tests fail when `words` of a module become `others`."""
    path, words, others = change
    module = folder / path
    text = module.read_text(encoding="utf-8")
    if words not in text:
        raise ValueError(f"{path} no longer has {words!r}: plant another change")
    module.write_text(text.replace(words, others), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    module.write_text(text, encoding="utf-8")
    return done.returncode == 1


def play(group: Group) -> tuple[dict[str, int], int]:
    """(what became of the mutants -> how many, controls caught) of one group."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder, group)
        caught = sum(noticed(folder, group.tests, change) for change in group.planted)
        return {state: len(names) for state, names in outcomes(folder).items()}, caught


def score(names: tuple[str, ...] = tuple(GROUPS)) -> Score:
    good = caught = planted = 0
    said = []
    for name in names:
        group = GROUPS[name]
        found, of_group = play(group)
        total, killed = sum(found.values()), found.get("killed", 0) + found.get("timeout", 0)
        good += total > 0 and killed >= group.least * total
        caught, planted = caught + of_group, planted + len(group.planted)
        said.append(f"{name} {killed} of {total} ({killed / max(total, 1):.0%})")
    return Score(len(names), good, planted, caught, "noticed: " + ", ".join(said))


if __name__ == "__main__":
    report(TITLE, partial(score, tuple(sys.argv[1:]) or tuple(GROUPS)))
