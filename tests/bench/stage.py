"""A portal in small for the bench and the scorecard: simulated platforms, one full run, and the real web process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

from aggregator.collect.collector import Collector
from aggregator.collect.official_list import ListFile, import_official_list
from aggregator.config.settings import ROOT, Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.demonstration import country
from aggregator.fairness.accounts import Accounts
from aggregator.publish.publisher import Publisher
from aggregator.store import open_stores
from providers.sandbox.server import Sandbox, official_list
from providers.sandbox.world import World, invented

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
LYON = "/recherche?insee=69123&rayon=50"
NEAR_LYON = ("69383", "69387", "01053", "42218")
TOKEN = re.compile(r'action="(/rdv/[\w-]+)"')


def geography(folder: Path) -> Path:
    """The gazetteer and the outlines of the checkout, linked into a data folder; built once where there are none."""
    settings = Settings()
    if not settings.gazetteer_path.exists():
        subprocess.run([sys.executable, "-m", "aggregator", "build-gazetteer"], cwd=ROOT, check=True)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (settings.gazetteer_path, settings.outlines_path):
        (folder / path.name).symlink_to(path)
    return folder


def world(places: int, near_lyon: bool = True) -> World:
    towns = [town for town in country.towns(gazetteers.load_gazetteer(Settings().gazetteer_path)) if town.postcode]
    chosen = [town for town in towns if town.insee in NEAR_LYON] if near_lyon else towns
    return invented(chosen, places, seed=7, mix={"doctolib": 0.5, "maiia": 0.15, "keldoc": 0.15, "ordoclic": 0.1})


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def staged(
    folder: Path, places: int = 150, near_lyon: bool = True, at: Callable[[], datetime] = now
) -> Iterator[tuple[Settings, Sandbox]]:
    """A data folder after one full run at an instant, and the platforms that it was read from, still running."""
    settings = Settings(data_dir=geography(folder))
    with Sandbox(world(places, near_lyon), now=at) as sandbox:
        settings.sandbox_path.write_text(json.dumps(sandbox.description()), encoding="utf-8")
        collect(settings, sandbox, at)
        yield settings, sandbox


def collect(settings: Settings, sandbox: Sandbox, at: Callable[[], datetime] = now) -> None:
    places = gazetteers.load_gazetteer(settings.gazetteer_path)
    with closing(open_stores(settings.data_dir)) as stores:
        body = official_list(sandbox.world)
        import_official_list(ListFile(body, "liste.csv", at().date()), settings, stores, places, at())
        collector = Collector(settings, stores, places, at)
        collector.discover()
        collector.read()
        Publisher(settings, stores, places, at).publish()
    with closing(Accounts(settings)) as accounts:
        accounts.shares.publish(at())


@dataclass
class Web:
    """The web process as `aiguillage serve` starts it. `group`: its process group."""

    origin: str
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def get(self, path: str, agent: str = BROWSER, timeout_s: float = 10) -> tuple[int, str]:
        request = Request(self.origin + path, headers={"User-Agent": agent})
        try:
            with urlopen(request, timeout=timeout_s) as answer:
                return answer.status, answer.read().decode()
        except OSError as error:
            return getattr(error, "code", 0), ""

    def tokens(self) -> list[str]:
        return TOKEN.findall(self.get(LYON)[1])

    def kill(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


@contextmanager
def served(settings: Settings, **more: str) -> Iterator[Web]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "AIGUILLAGE_DATA_DIR": str(settings.data_dir), "AIGUILLAGE_PORT": str(port),
        "AIGUILLAGE_PROVIDERS": "sandbox", **more,
    }  # fmt: skip
    command = [sys.executable, "-m", "aggregator", "serve"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    web = Web(f"http://127.0.0.1:{port}", process)
    try:
        give_up = time.monotonic() + 60
        while web.get("/readyz")[0] != 200:
            if time.monotonic() > give_up:
                raise RuntimeError("the web process does not answer")
            time.sleep(0.1)
        yield web
    finally:
        web.kill()


def post(port: int, path: str, agent: str = BROWSER, timeout_s: float = 10) -> tuple[int, str]:
    """One click over a connection of its own: (status, Location)."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.settimeout(timeout_s)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    location = re.search(rb"(?i)\r\nlocation: ([^\r]+)", answer)
    return int(answer[9:12] or 0), location[1].decode() if location else ""
