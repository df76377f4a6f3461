"""Row 2: power loss. The writer's system calls are traced; a disk is made of what was synced and any of the rest.

A kill cannot tell `synchronous=FULL` from `NORMAL`, for the page cache survives it; this can. The control is the same
writer with NORMAL.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.config.settings import ROOT
from tests.bench.harness import need
from tests.bench.score import Score, report

TITLE = "acknowledged redirects lost in simulated power losses"
BAR = "0 of 1,200; NORMAL must lose some"
CRASHES, CONTROL_CRASHES, EVENTS, SECTOR = 1_200, 200, 1_500, 512
WRITER = """
import os, sys
from pathlib import Path
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass
log = EventLog(Path(sys.argv[1]), wait_s=5)
if sys.argv[2] != "as written":
    log._connection.execute(f"PRAGMA synchronous = {sys.argv[2]}")
event = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")
for _ in range(int(sys.argv[3])):
    sealed, durable, _ = log.record(event)
    if durable:
        os.write(1, b"ACK " + sealed.commitment)
"""
CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class File:
    """One file as a disk may hold it: what was synced, and the writes since, in order."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, at: int, data: bytes) -> None:
        self.pending.append((at, data))

    def truncate(self, length: int) -> None:
        self.pending.append((length, None))

    def sync(self) -> None:
        for one in self.pending:
            apply(self.durable, one)
        self.pending.clear()

    def after_power_loss(self, draw: random.Random) -> bytes:
        """What was synced, with none, the first few, or any sectors of the rest."""
        image, kind = bytearray(self.durable), draw.randrange(3)
        kept = [] if kind == 0 else self.pending
        if kind == 1:
            kept = self.pending[: draw.randint(0, len(self.pending))]
        for at, data in kept:
            if kind == 2 and data is not None:
                for start in range(0, len(data), SECTOR):
                    if draw.random() < 0.5:
                        apply(image, (at + start, data[start : start + SECTOR]))
            else:
                apply(image, (at, data))
        return bytes(image)


def apply(image: bytearray, one: tuple[int, bytes | None]) -> None:
    at, data = one
    if data is None:
        del image[at:]
        image.extend(bytes(max(0, at - len(image))))
        return
    if len(image) < at:
        image.extend(bytes(at - len(image)))
    image[at : at + len(data)] = data


def traced(folder: Path, synchronous: str) -> list[tuple[str, str, int, bytes]]:
    """What the writer asked of the system: (call, file, position, data), in order; "ack" for an acknowledgement.

    `synchronous`: "as written" leaves the writer as it is.
    """
    path = folder / f"{synchronous.replace(' ', '-')}.db"
    trace = path.with_suffix(".trace")
    calls = "trace=openat,close,pwrite64,write,fdatasync,fsync,ftruncate"
    command = ["strace", "-f", "-qq", "-o", str(trace), "-e", calls, "-xx", "-s", "1000000", sys.executable]
    subprocess.run(
        [*command, "-c", WRITER, str(path), synchronous, str(EVENTS)], cwd=ROOT, check=True, capture_output=True
    )
    return list(steps(trace, path.name))


def steps(trace: Path, name: str) -> Iterator[tuple[str, str, int, bytes]]:
    files: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in joined(lines):
            found = CALL.match(line)
            if not found or found[3].startswith("-"):
                continue
            call, arguments, result = found[1], found[2], found[3]
            texts = [bytes.fromhex(text.replace("\\x", "")) for text in TEXT.findall(arguments)]
            handle = arguments.split(",", 1)[0]
            if call == "openat":
                opened = texts[0].decode().rpartition("/")[2]
                files.pop(result, None)
                if opened.startswith(name) and not opened.endswith("-shm"):
                    files[result] = opened
            elif call == "close":
                files.pop(handle, None)
            elif call == "write" and handle == "1" and texts and texts[0].startswith(b"ACK "):
                yield "ack", "", 0, texts[0][4:36]
            elif handle in files:
                last = arguments.rpartition(",")[2].strip()
                position = int(last) if call in ("pwrite64", "ftruncate") else 0
                yield call, files[handle], position, texts[0] if texts else b""


def joined(lines: Iterator[str]) -> Iterator[str]:
    """Calls of two threads may interleave: an unfinished one is put together with its end."""
    waiting: dict[str, str] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.rstrip().endswith("<unfinished ...>"):
            waiting[thread] = line.rstrip().removesuffix("<unfinished ...>")
        elif " resumed>" in line and thread in waiting:
            yield waiting.pop(thread).rstrip() + line.split(" resumed>", 1)[1]
        else:
            yield line


def losses(folder: Path, done: list[tuple[str, str, int, bytes]], crashes: int) -> tuple[int, int]:
    """(crashes after which an acknowledged event is missing or the file is damaged, crashes)."""
    draw, lost = random.Random(1), 0
    first = next(number for number, step in enumerate(done) if step[0] == "ack")
    moments = sorted(draw.randint(first, len(done)) for _ in range(crashes))
    files: dict[str, File] = {}
    acknowledged: list[bytes] = []
    at = 0
    for moment in moments:
        while at < moment:
            play(done[at], files, acknowledged)
            at += 1
        lost += not survives(folder, files, acknowledged, draw)
    return lost, crashes


def play(step: tuple[str, str, int, bytes], files: dict[str, File], acknowledged: list[bytes]) -> None:
    call, name, position, data = step
    if call == "ack":
        acknowledged.append(data)
        return
    file = files.setdefault(name, File())
    if call == "pwrite64":
        file.write(position, data)
    elif call == "ftruncate":
        file.truncate(position)
    elif call in ("fsync", "fdatasync"):
        file.sync()


def survives(folder: Path, files: dict[str, File], acknowledged: list[bytes], draw: random.Random) -> bool:
    disk = folder / "disk"
    shutil.rmtree(disk, ignore_errors=True)
    disk.mkdir()
    for name, file in files.items():
        (disk / f"one.db{'-wal' if name.endswith('-wal') else ''}").write_bytes(file.after_power_loss(draw))
    try:
        with closing(sqlite3.connect(disk / "one.db")) as connection:
            stored = {row[0] for row in connection.execute("SELECT commitment FROM events")}
            whole = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False
    return whole and stored.issuperset(acknowledged)


def score() -> Score:
    need("strace")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full = traced(folder, "as written")
        lost, crashes = losses(folder, full, CRASHES)
        careless, of = losses(folder, traced(folder, "NORMAL"), CONTROL_CRASHES)
    acks = sum(step[0] == "ack" for step in full)
    said = f"{acks} acknowledged events traced; NORMAL lost some in {careless} of {of}"
    return Score(crashes, crashes - lost, 1, int(careless > 0), said)


if __name__ == "__main__":
    report(TITLE, score)
