"""What every row of the bench and of the scorecard shares: processes apart, medians, bars, and one way to tell figures.

A row is a module with `measure() -> Result`. `python -m tests.bench.<row>` prints it; `python -m tests.bench` runs all
and writes `docs/performance.md`. A figure with a bar is a ratio to a yardstick that was measured in the same run.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from aggregator.config.settings import ROOT

Made = TypeVar("Made")
REPEATS = 5
# Programs that Debian has and a machine may not, with the package of each.
PACKAGES = {"wrk": "wrk", "strace": "strace"}


class MissingProgramError(RuntimeError):
    """A program that a row measures with is not on this machine; the message says how to install it."""


def need(*programs: str) -> None:
    """Raises MissingProgramError."""
    if lacking := [name for name in programs if shutil.which(name) is None]:
        packages = " ".join(PACKAGES[name] for name in lacking)
        raise MissingProgramError(
            f"{', '.join(lacking)} not found, and nothing was measured: `apt-get install {packages}` (Debian), "
            "then start again"
        )


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, how much, and the bar in words. `ok` None: told, not judged."""

    what: str
    value: str
    bar: str = ""
    ok: bool | None = None


@dataclass(frozen=True)
class Result:
    """A row: its title and its figures."""

    title: str
    figures: list[Figure] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(figure.ok is not False for figure in self.figures)


def at_least(what: str, value: float, bar: float, unit: str = "×") -> Figure:
    return Figure(what, f"{value:,.2f} {unit}", f"≥ {bar:g}", value >= bar)


def at_most(what: str, value: float, bar: float, unit: str = "") -> Figure:
    return Figure(what, f"{value:,.3g} {unit}".strip(), f"≤ {bar:g}", value <= bar)


def told(what: str, value: str) -> Figure:
    return Figure(what, value)


@dataclass(frozen=True)
class Run:
    """One function in a process of its own. `peak_mb`: resident, of the whole process; `idle_mb`: before the call."""

    value: Any
    wall_s: float
    cpu_s: float
    idle_mb: float
    peak_mb: float


def apart(function: Callable[..., Any], *arguments: Any) -> Run:
    """Run a function of a module in a fresh process; arguments and value travel as JSON."""
    spec = sys.modules[function.__module__].__spec__
    module = spec.name if spec else function.__module__
    command = [sys.executable, "-m", "tests.bench.harness", module, function.__name__, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def medians(runs: int, *functions: Callable[[], Run]) -> list[Run]:
    """Each function `runs` times, in turn, so that noise falls on all alike; the run of median CPU of each."""
    rounds = [[function() for function in functions] for _ in range(runs)]
    return [sorted(column, key=lambda run: run.cpu_s)[len(column) // 2] for column in zip(*rounds, strict=True)]


def exponent(cost: Mapping[int, float]) -> str:
    """ "n^1.02": how a cost grows with the size, fitted through (size, cost) in logarithms."""
    sizes, costs = zip(*sorted(cost.items()), strict=True)
    slope = statistics.linear_regression([math.log(n) for n in sizes], [math.log(c) for c in costs]).slope
    return f"n^{slope:.2f} ({', '.join(f'{n:,}: {c:.3g}' for n, c in zip(sizes, costs, strict=True))})"


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def memory_mb(what: str) -> float:
    """VmRSS (resident now) or VmHWM (at most since `forget_peak`) of this process."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def forget_peak() -> None:
    """A child begins with the peak of its parent: begin anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def machine() -> str:
    """Cores, Python, date and commit: without them a figure says nothing."""
    told_by_kernel = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in told_by_kernel if "model name" in line]
    name = names[0] if names else platform.machine()
    ask = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
    return (
        f"{os.cpu_count()} cores ({name}), Python {platform.python_version()}, {platform.system()}, "
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip() or 'none'}"
    )


def as_text(result: Result) -> str:
    lines = [result.title]
    for one in result.figures:
        mark = {True: "ok  ", False: "MISS", None: "    "}[one.ok]
        lines.append(f"  {mark} {one.what}: {one.value}{f'   (bar {one.bar})' if one.bar else ''}")
    return "\n".join(lines)


def as_markdown(result: Result) -> str:
    lines = [f"## {result.title}", "", "| figure | value | bar | |", "|---|---|---|---|"]
    lines += [
        f"| {one.what} | {one.value} | {one.bar} | {'' if one.ok is None else 'met' if one.ok else '**missed**'} |"
        for one in result.figures
    ]
    return "\n".join(lines)


def main(measure: Callable[[], Result]) -> None:
    """What each row does when it is run alone; exit code 1 when a bar is missed, 2 when a program is missing."""
    result = refusing(measure)
    print(as_text(result))
    print(f"  {machine()}")
    sys.exit(0 if result.ok else 1)


def refusing(measure: Callable[[], Made]) -> Made:
    """What `measure` returns; without a program that it needs, one clear line and exit code 2."""
    try:
        return measure()
    except MissingProgramError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _child() -> None:
    module, name, arguments = sys.argv[1:4]
    function = getattr(importlib.import_module(module), name)
    forget_peak()
    idle, cpu, wall = memory_mb("VmRSS"), time.process_time(), time.perf_counter()
    value = function(*json.loads(arguments))
    run = Run(value, time.perf_counter() - wall, time.process_time() - cpu, idle, memory_mb("VmHWM"))
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    _child()
