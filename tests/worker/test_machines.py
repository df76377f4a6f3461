"""A portal on several machines: three web nodes and two workers over one PostgreSQL, behind nginx.

Each machine is processes and a data folder of its own. People click while a worker and a web node are killed and the
database crashes: every redirect that was answered is counted, once; all nodes show one order; the log holds.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

import verify
from aggregator.config.settings import ROOT
from aggregator.redirect.events import EventClass
from aggregator.redirect.shared_events import SharedEvents
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World
from tests.browser.conftest import answers, free_port
from tests.conftest import geography
from tests.postgres import Server, programs
from tests.waiting import wait_for
from tests.web.conftest import BROWSER

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
LIST = "/recherche?insee=69123&rayon=50"
BUTTON = re.compile(r'action="(/rdv/[\w-]+)"')
RECEIPT = re.compile(r"<code>(\d{4}-\d\d-\d\dT\d\d\.[\w-]+)</code>")
BALANCER = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
  upstream portal {{ hash $remote_addr consistent; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://portal; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_connect_timeout 1s;
    }}
  }}
}}
"""
pytestmark = [
    pytest.mark.long,  # three nodes, two workers and a crash: a minute and a half
    pytest.mark.postgres,
    pytest.mark.skipif(
        NGINX is None and not os.environ.get("AIGUILLAGE_NEEDS_BROWSER"), reason="nginx is not installed"
    ),
    pytest.mark.skipif(
        programs() is None and not os.environ.get("AIGUILLAGE_NEEDS_BROWSER"), reason="PostgreSQL is not installed"
    ),
]


@dataclass
class Machine:
    """A data folder, and the commands that run on it, each in a process group of its own."""

    data: Path
    environment: dict[str, str]
    commands: tuple[str, ...]
    port: int = 0
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        for command in self.commands:
            with (self.data / f"{command}.log").open("ab") as output:
                self.running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "aggregator", command],
                        cwd=ROOT,
                        env=self.environment,
                        start_new_session=True,
                        stdout=output,
                        stderr=output,
                    )
                )

    def kill(self) -> None:
        """As when the power goes."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()

    def get(self, path: str) -> Any:
        return json.loads(ask(self.port, "GET", path, "10.0.0.1")[1])


def ask(port: int, method: str, path: str, address: str) -> tuple[int, str]:
    """(status, text) as one citizen asks."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=15)) as connection:
        connection.request(method, path, headers={"User-Agent": BROWSER, "X-Forwarded-For": address})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@dataclass
class Crowd:
    """People who look at a list and press one button each; half of them keep a receipt."""

    port: int
    sent_on: int = 0
    receipts: list[str] = field(default_factory=list)
    unanswered: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, people_at_once: int = 4) -> None:
        numbers = itertools.count()
        self.threads = [threading.Thread(target=self.visit, args=(numbers,)) for _ in range(people_at_once)]
        for thread in self.threads:
            thread.start()

    @property
    def counted(self) -> int:
        """Clicks that were answered."""
        return len(self.receipts) + self.sent_on

    def go_on(self, people: int = 40) -> None:
        """Until so many more were sent on: whatever stops, others are served."""
        before = self.counted
        wait_for(lambda: self.counted >= before + people)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def visit(self, numbers: Iterator[int]) -> None:
        while not self.stop.is_set():
            number = next(numbers)
            address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            try:
                buttons = BUTTON.findall(ask(self.port, "GET", LIST, address)[1])
            except (OSError, HTTPException):
                continue
            if buttons:
                self.click(random.choice(buttons), address, number % 2 == 0)

    def click(self, button: str, address: str, keeps_receipt: bool) -> None:
        try:
            status, text = ask(self.port, "POST", button + "?preuve=1" * keeps_receipt, address)
        except (OSError, HTTPException):
            status, text = 0, ""
        receipt = RECEIPT.search(text)
        with self.lock:
            if keeps_receipt and status == 200 and receipt:
                self.receipts.append(receipt[1])
            elif not keeps_receipt and status == 303:
                self.sent_on += 1
            else:
                self.unanswered += 1


def commitment_of(receipt: str) -> bytes:
    """What the log holds of it (docs/audit.md)."""
    encoded = receipt.partition(".")[2]
    opened = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return hashlib.sha256(b"aiguillage-event/v1\n" + opened).digest()


@dataclass
class Country:
    database: Server
    nodes: list[Machine]
    workers: list[Machine]
    port: int

    def leader(self) -> Machine:
        """The worker that leads says so in its log."""
        found = [one for one in self.workers if one.running and b"leads" in (one.data / "worker.log").read_bytes()]
        return found[-1]


@pytest.fixture
def country(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Country]:
    found = programs()
    assert found is not None, "PostgreSQL is not installed"
    assert NGINX is not None, "nginx is not installed"
    database = Server(found)
    keys = tmp_path / "keys"

    with Sandbox(world) as sandbox:

        def machine(name: str, *commands: str) -> Machine:
            data = tmp_path / name
            data.mkdir()
            geography(data, tmp_path_factory)
            (data / "sandbox.json").write_text(json.dumps(sandbox.description()), encoding="utf-8")
            port = free_port()
            environment = {
                **os.environ, "AIGUILLAGE_DATA_DIR": str(data), "AIGUILLAGE_PORT": str(port),
                "AIGUILLAGE_TRUSTED_PROXIES": "1", "DATABASE_URL": database.url(), "AIGUILLAGE_COLLECT_EVERY": "300",
            }  # fmt: skip
            if not keys.exists():
                command = [sys.executable, "-m", "aggregator", "draw-keys"]
                subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
                shutil.copytree(data / "keys", keys)
            shutil.copytree(keys, data / "keys", dirs_exist_ok=True)
            return Machine(data, environment, commands, port)

        workers = [machine(f"worker-{number}", "worker") for number in (1, 2)]
        nodes = [machine(f"web-{number}", "serve", "node") for number in (1, 2, 3)]
        port = free_port()
        servers = " ".join(f"server 127.0.0.1:{one.port} max_fails=1 fail_timeout=2s;" for one in nodes)
        (tmp_path / "nginx.conf").write_text(BALANCER.format(folder=tmp_path, port=port, servers=servers))
        balancer = subprocess.Popen(
            [NGINX, "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"], stderr=subprocess.DEVNULL
        )
        try:
            for one in (*workers, *nodes):
                one.start()
            yield Country(database, nodes, workers, port)
        finally:
            balancer.terminate()
            for one in (*workers, *nodes):
                one.kill()
            balancer.wait()
            database.remove()


def test_nothing_is_lost_and_nothing_counted_twice_whatever_stops(country: Country, capsys: Any) -> None:
    wait_for(lambda: all(answers(f"http://127.0.0.1:{one.port}/readyz") for one in country.nodes), 90)
    crowd = Crowd(country.port)
    crowd.start()
    crowd.go_on()

    leader, web = country.leader(), country.nodes[0]
    leader.kill()
    killed_at = time.time()
    crowd.go_on()
    web.kill()
    wait_for(lambda: published_since(country, killed_at), 30)
    crowd.go_on()
    country.database.restart("immediate")
    crowd.go_on()
    web.start()
    leader.start()
    wait_for(lambda: answers(f"http://127.0.0.1:{web.port}/readyz"), 60)
    crowd.go_on()
    crowd.end()

    # What the killed node had on its disk, its successor ships: none of it is waiting anywhere in the end.
    counted = crowd.counted
    wait_for(lambda: arrived(country)["counted"] >= counted, 30)
    kinds = arrived(country)
    assert counted > 100
    assert kinds["counted"] <= counted + crowd.unanswered
    assert set(kinds) == {"counted"}  # a citizen's clicks meet one node: no duplicate here, and none missed
    with_receipt = [commitment_of(receipt) for receipt in crowd.receipts]
    assert not set(with_receipt) - set(commitments(country))
    stored = commitments(country)  # once: what a node still ships would stand in the second answer only
    assert len(stored) == len(set(stored))

    in_the_log = sealed(country, at_least=kinds["counted"])
    assert max(in_the_log.values()) == 1
    assert not set(with_receipt) - set(in_the_log)
    assert verify.main(["log", str(country.nodes[2].data / "published" / "log")]) == 0, capsys.readouterr()

    orders = same_snapshot(country)
    assert len(orders[0]) > 10
    assert orders == [orders[0]] * 3


def published_since(country: Country, moment: float) -> bool:
    """Another worker leads and has published: it has reached a node."""
    path = country.nodes[2].data / "published" / "shares.json"
    return len([one for one in country.workers if one.running]) == 1 and path.stat().st_mtime > moment


def arrived(country: Country) -> Counter[str]:
    with closing(SharedEvents(country.database.url())) as shared:
        return Counter({cls.value: n for cls in EventClass if (n := shared.totals(cls))})


def commitments(country: Country) -> list[bytes]:
    with closing(SharedEvents(country.database.url())) as shared:
        return [commitment for _, commitment in shared.commitments(after=0)]


def sealed(country: Country, at_least: int) -> Counter[bytes]:
    """How often each commitment stands in the minutes that the third node serves, once they hold so many."""
    folder = country.nodes[2].data / "published" / "log" / "minutes"

    def found() -> Counter[bytes]:
        whole = b"".join(path.read_bytes() for path in folder.rglob("*.bin"))
        return Counter(whole[start : start + 32] for start in range(0, len(whole), 32))

    wait_for(lambda: sum(found().values()) >= at_least, 150)
    return found()


def same_snapshot(country: Country) -> list[list[str]]:
    """The same question to each node, once all have the same snapshot."""
    orders: list[list[str]] = []

    def alike() -> bool:
        before = {one.get("/readyz")["snapshot"] for one in country.nodes}
        answers = [one.get("/api/v1/places?insee=69123&rayon=50&limit=50") for one in country.nodes]
        orders[:] = [[place["id"] for place in answer["places"]] for answer in answers]
        return len(before) == 1 and {one.get("/readyz")["snapshot"] for one in country.nodes} == before

    wait_for(alike, 60)
    return orders
