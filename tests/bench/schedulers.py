"""Row 15: three workers want to lead at once, stall and die; never do two of them work."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from pathlib import Path

from aggregator.worker.locks import AlreadyRunningError, lock
from tests.bench.score import Score, report

TITLE = "moments at which two of three workers led"
BAR = "0 of 40 rounds with kills and stalls"
ROUNDS, WORKERS, ROUND_S = 40, 3, 0.4


def lead(folder: Path, number: int, locked: bool) -> None:
    """Try to lead until killed; while leading, write down one's number and look whether it stays."""
    draw = random.Random(os.getpid())
    leader = folder / "leader"
    while True:
        try:
            if locked:
                with lock(folder / "worker.lock", wait=False):
                    work(leader, number, draw, folder)
            else:
                work(leader, number, draw, folder)
        except AlreadyRunningError:
            time.sleep(0.005)


def work(leader: Path, number: int, draw: random.Random, folder: Path) -> None:
    leader.write_text(str(number))
    for _ in range(draw.randrange(2, 8)):
        time.sleep(draw.uniform(0.001, 0.02))  # a stall
        with (folder / "terms").open("a") as file:
            file.write(f"{'double' if leader.read_text() != str(number) else 'alone'}\n")


def rounds(folder: Path, locked: bool, count: int) -> tuple[int, int]:
    """(terms in which another one led too, terms)."""
    draw = random.Random(1)
    children = [spawn(folder, number, locked) for number in range(WORKERS)]
    for _ in range(count):
        time.sleep(ROUND_S * draw.random())
        at = draw.randrange(WORKERS)
        os.kill(children[at], signal.SIGKILL)
        os.waitpid(children[at], 0)
        children[at] = spawn(folder, at, locked)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    terms = (folder / "terms").read_text().split()
    return terms.count("double"), len(terms)


def spawn(folder: Path, number: int, locked: bool) -> int:
    child = os.fork()
    if child == 0:
        try:
            lead(folder, number, locked)
        finally:
            os._exit(0)
    return child


def score() -> Score:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        double, terms = rounds(Path(one), True, ROUNDS)
        careless, _ = rounds(Path(two), False, 5)
    return Score(
        terms, terms - double, 1, int(careless > 0), f"{ROUNDS} leaders killed; without the lock {careless} doubles"
    )


if __name__ == "__main__":
    report(TITLE, score)
