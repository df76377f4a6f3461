"""Row 1: kill -9 loses no redirect that was acknowledged: the writer with two threads, and the live site."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from tests.bench.score import Score, report
from tests.bench.stage import post, served, staged

TITLE = "acknowledged redirects lost after kill -9 of the whole process group"
BAR = "0 after 500 kills"
KILLS, LIVE_KILLS = 490, 10
EVENT = Event("dep=75", "2026-11-23T12", "p-a", EventClass.COUNTED, "a" * 32, "order/1", 1, "x")


def write_for_ever(path: Path, acknowledge: int, early: bool) -> None:
    """Two threads record events and write each commitment to a pipe once it is durable (`early`: before)."""
    log = EventLog(path, wait_s=5)

    def work() -> None:
        while True:
            if early:
                os.write(acknowledge, b"x" * 32)
            sealed, durable, _ = log.record(EVENT)
            if durable and not early:
                os.write(acknowledge, sealed.commitment)

    threading.Thread(target=work, daemon=True).start()
    work()


def killed(path: Path, early: bool, draw: random.Random) -> tuple[list[bytes], set[bytes]]:
    """(acknowledged, stored) of a process killed 2 to 45 ms after its first acknowledgement."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            write_for_ever(path, writing, early)
        finally:
            os._exit(1)
    os.close(writing)
    told = os.read(reading, 32)
    time.sleep(draw.uniform(0.002, 0.045))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(reading, 1 << 16):
        told += part
    os.close(reading)
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            return [b""], set()
        stored = {row[0] for row in connection.execute("SELECT commitment FROM events")}
    return [told[at : at + 32] for at in range(0, len(told) // 32 * 32, 32)], stored


def live(folder: Path, draw: random.Random) -> tuple[int, int, int]:
    """(kills survived, kills, redirects acknowledged) of the served site with four clients."""
    survived = acknowledged = 0
    with staged(folder) as (settings, _):
        for _ in range(LIVE_KILLS):
            before = all_events(settings.data_dir)
            answers: list[int] = []
            with served(settings) as web:
                tokens = web.tokens()
                clients = [
                    threading.Thread(target=click, args=(web.port, tokens, answers, number)) for number in range(4)
                ]
                for client in clients:
                    client.start()
                time.sleep(draw.uniform(0.2, 0.8))
                web.kill()
                for client in clients:
                    client.join()
            acknowledged += len(answers)
            survived += all_events(settings.data_dir) - before >= len(answers) > 0
    return survived, LIVE_KILLS, acknowledged


def click(port: int, tokens: list[str], answers: list[int], number: int) -> None:
    try:
        while True:
            status, _ = post(port, tokens[number % len(tokens)])
            if status == 303:
                answers.append(status)
    except OSError:
        return


def all_events(folder: Path) -> int:
    reader = EventReader(folder / "events.db")
    return sum(reader.totals(cls) for cls in EventClass)


def score() -> Score:
    draw, survived, acknowledged, caught = random.Random(1), 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(KILLS):
            told, stored = killed(folder / f"{number}.db", False, draw)
            survived += set(told) <= stored
            acknowledged += len(told)
        early = [killed(folder / f"early-{number}.db", True, draw) for number in range(30)]
        caught = any(len(told) > len(stored) for told, stored in early)
        more, kills, live_acknowledged = live(folder / "live", draw)
    said = f"{acknowledged:,} acknowledgements of the writer, {live_acknowledged:,} of the live site"
    return Score(KILLS + kills, survived + more, 1, int(caught), said)


if __name__ == "__main__":
    report(TITLE, score)
