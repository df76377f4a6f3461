"""Yardsticks for the web process: bare Flask under the same server, and wrk against both, in turn, in one run."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask import Flask, Response

from aggregator.cli.running import granian_arguments
from aggregator.config.settings import ROOT, Settings
from aggregator.redirect.event_log import Recorded, _Pending
from aggregator.redirect.events import Event, EventClass, Sealed
from aggregator.web.place.fast_redirect import Door
from app import create_app
from tests.bench.harness import need
from tests.web.conftest import layer

SECONDS, ROUNDS = 2, 5


@dataclass(frozen=True)
class Load:
    """Requests a second; percentiles in milliseconds; answers that were neither 2xx nor 3xx."""

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


def bare() -> Flask:
    """Bare Flask: as many bytes as asked for, a 303, and a 304."""
    app = Flask("bare")

    @app.get("/bytes/<int:size>")
    def content(size: int) -> Response:
        return Response(b"x" * size, mimetype="text/html")

    @app.post("/moved")
    def moved() -> Response:
        return Response(status=303, headers={"Location": "https://example.org/"})

    @app.get("/same")
    def same() -> Response:
        return Response(status=304)

    return app


def without_log() -> Flask:
    """The portal itself, with the log of redirects switched off: nothing is sealed on disk, nobody waits for it.

    All the checks are made: a click that fails the first of them, and so escapes the others, is answered by an error.
    """
    app = create_app()

    def record(event: Event) -> Recorded:
        if event.cls is EventClass.FORGED:
            raise ValueError("this click was made with another key: the yardstick would skip the checks")
        return Recorded(Sealed(event, b"0" * 16), True, None)

    app.extensions["aiguillage"].events.record = record
    return app


def handed_over() -> Flask:
    """The portal itself, whose writer stores nothing: what it costs only to wait for another thread's word."""
    app = create_app()
    log = app.extensions["aiguillage"].events

    def commit(work: list[Any]) -> None:
        for item in work:
            if isinstance(item, _Pending):
                item.waiting.release()

    log._commit = commit
    return app


def view() -> Flask:
    """The portal itself, whose departures are answered by its Flask view: without the door in front of it."""
    return _without_door(create_app())


def view_without_log() -> Flask:
    return _without_door(without_log())


def _without_door(app: Flask) -> Flask:
    door = layer(app, Door)
    app.wsgi_app = door._flask  # type: ignore[method-assign]
    return app


@contextmanager
def under_granian(factory: str, data: Path | None = None) -> Iterator[str]:
    """An application of this file under the portal's own server and arguments. Yields its origin."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = granian_arguments(Settings(port=port))
    arguments[arguments.index("app:served")] = f"tests.bench.http:{factory}"
    environment = {**os.environ, **({"AIGUILLAGE_DATA_DIR": str(data)} if data else {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments], cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    origin = f"http://127.0.0.1:{port}"
    try:
        give_up = time.monotonic() + 30
        while not _answers(f"{origin}/{'healthz' if data else 'bytes/1'}"):
            if time.monotonic() > give_up:
                raise RuntimeError(f"{factory} does not answer")
            time.sleep(0.1)
        yield origin
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wrk(origin: str, script: Path, *arguments: object, connections: int = 16, seconds: int = SECONDS) -> Load:
    """One round of wrk, two threads. The script's `done` prints "JSON {errors, p50, p99}" in microseconds."""
    need("wrk")
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), origin]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.partition("JSON ")[2])
    rate = re.search(r"Requests/sec: +([\d.]+)", done.stdout)
    return Load(float(rate[1]) if rate else 0.0, found["p50"] / 1000, found["p99"] / 1000, found["errors"])


def in_turn(*loads: Sequence[Any]) -> list[Load]:
    """Each load (a function and its arguments) in turn, five rounds; of each the round of median rate."""
    rounds = [[function(*arguments) for function, *arguments in loads] for _ in range(ROUNDS)]
    return [sorted(column, key=lambda load: load.rate)[ROUNDS // 2] for column in zip(*rounds, strict=True)]
