"""The demonstration while nobody looks at it: what each process of the Procfile takes of the machine.

python -m tests.bench.idle [SECONDS]

Starts the Procfile's processes with honcho on a data folder of their own, waits for the first edition and until that is
over, then looks on for SECONDS (600). CPU counts what a process's ended children took; memory is PSS, in which a page
that several processes share is counted once in all.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aggregator.config.settings import ROOT, Settings
from aggregator.opendata.edition import RUNNING
from tests.bench.harness import Result, at_most, main, median, told
from tests.bench.stage import geography
from tests.waiting import wait_for

SECONDS, SETTLE_S, LOOK_EVERY_S = 600, 90, 5
TICKS = os.sysconf("SC_CLK_TCK")
STARTED = re.compile(r" (\w+)\.1 started \(pid=(\d+)\)")


@dataclass(frozen=True)
class Used:
    """By role: CPU seconds since its start, and PSS in MB."""

    cpu_s: dict[str, float]
    pss_mb: dict[str, float]


@dataclass(frozen=True)
class Demonstration:
    """`honcho`: its process, of which all others descend; `said`: what it prints."""

    settings: Settings
    honcho: int
    said: Path

    def used(self) -> Used:
        cpu_s: defaultdict[str, float] = defaultdict(float)
        pss_mb: defaultdict[str, float] = defaultdict(float)
        for pid, role in self._roles().items():
            process = Path(f"/proc/{pid}")
            try:
                ticks = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:15]
                memory = (process / "smaps_rollup").read_text(encoding="utf-8").partition("\nPss:")[2].split()[0]
            except (OSError, IndexError):  # it has ended meanwhile
                continue
            cpu_s[role] += sum(map(int, ticks)) / TICKS
            pss_mb[role] += int(memory) / 1024
        return Used(cpu_s, pss_mb)

    def _roles(self) -> dict[int, str]:
        """The role of each process: that of the line of the Procfile which it descends from."""
        began = {int(pid): role for role, pid in STARTED.findall(self.said.read_text(encoding="utf-8"))}
        roles, waiting = {}, [(self.honcho, "honcho")]
        while waiting:
            pid, role = waiting.pop()
            roles[pid] = began.get(pid, role)
            waiting += [(child, roles[pid]) for child in children(pid)]
        return roles


def children(pid: int) -> list[int]:
    try:
        tasks = [(task / "children").read_text(encoding="utf-8") for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    return [int(child) for told_by_task in tasks for child in told_by_task.split()]


def line_of(line: str) -> str:
    """A line of the Procfile as this checkout runs it, wherever its command is installed."""
    role, _, command = line.partition(": ")
    return f"{role}: exec {sys.executable} -m aggregator {command.partition('aiguillage ')[2]}\n"


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """What `make run` starts, until the block is left."""
    procfile, said = geography(folder) / "Procfile", folder / "honcho.txt"
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    procfile.write_text("".join(map(line_of, lines)), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "AIGUILLAGE_DATA_DIR": str(folder), "AIGUILLAGE_PORT": str(port)}
    start = [sys.executable, "-m", "honcho", "start", "--procfile", str(procfile), "--app-root", str(ROOT)]
    with said.open("wb") as output, subprocess.Popen(start, cwd=ROOT, env=environment, stdout=output) as honcho:
        try:
            yield Demonstration(Settings(data_dir=folder), honcho.pid, said)
        finally:
            honcho.send_signal(signal.SIGTERM)


def measure(seconds: int = SECONDS) -> Result:
    looks = []
    with tempfile.TemporaryDirectory() as name, demonstration(Path(name) / "run") as started:
        wait_for((started.settings.editions_dir / RUNNING / "index.json").exists, patience_s=600)
        time.sleep(SETTLE_S)
        before, began = started.used(), time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(LOOK_EVERY_S)
            looks.append(started.used())
        lasted = time.monotonic() - began
    percent = {role: 100 * (looks[-1].cpu_s[role] - cpu_s) / lasted for role, cpu_s in before.cpu_s.items()}
    memory = {role: median(look.pss_mb[role] for look in looks) for role in percent}
    return Result(
        f"Idle demonstration over {lasted:.0f} s, after the first edition",
        [
            at_most("CPU in all, % of a core", sum(percent.values()), 5),
            told("by process", ", ".join(f"{role} {value:.2f}" for role, value in percent.items())),
            at_most("memory in all, MB", sum(memory.values()), 600),
            at_most("memory of the worker, MB", memory["worker"], 250),
            at_most("memory of the web process, MB", memory["web"], 150),
            told("memory by process", ", ".join(f"{role} {value:.0f}" for role, value in memory.items())),
            told("at most in all", f"{max(sum(look.pss_mb.values()) for look in looks):.0f}"),
            told("CPU until then, s", ", ".join(f"{role} {value:.1f}" for role, value in before.cpu_s.items())),
        ],
    )


if __name__ == "__main__":
    main(lambda: measure(*map(int, sys.argv[1:2])))
