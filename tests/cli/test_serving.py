"""`aiguillage serve` and `aiguillage sandbox` as processes: one at a time, and none that is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator.cli.running import granian_arguments
from aggregator.config.settings import ROOT, Settings
from tests.browser.conftest import answers, free_port
from tests.commands import run
from tests.conftest import geography
from tests.loopback import Loopback
from tests.waiting import wait_for

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder beside a simulated platform that answers."""
    geography(tmp_path, tmp_path_factory)
    with Loopback({}) as platform:
        origins = dict.fromkeys(Settings().default_origins(), platform.origin)
        (tmp_path / "sandbox.json").write_text(json.dumps({"providers": origins, "official_list": None}))
        yield tmp_path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(data: Path, port: int) -> Iterator[Start]:
    """Starts a Python module with the data folder and the port; what is left of it is killed at the end."""
    running = []
    environment = {**os.environ, "AIGUILLAGE_DATA_DIR": str(data), "AIGUILLAGE_PORT": str(port)}

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *(arguments or ("aggregator", "serve"))]
        quiet = subprocess.DEVNULL
        running.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=quiet, stderr=quiet)
        )
        return running[-1]

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def has_forked(process: subprocess.Popen[bytes]) -> bool:
    """True once the server has started the web process, which then takes a second or more to load."""
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, check=False)
    return bool(listed.stdout)


def healthy(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/healthz")


def nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_second_web_process_in_one_folder_is_refused_by_name(data: Path, port: int, start: Start) -> None:
    first = start()
    wait_for(lambda: healthy(port))

    # Another port makes no difference: each would remember clicks of its own, and one citizen count twice.
    second = run("serve", AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_PORT=str(free_port()))

    assert second.exit_code == 2
    assert f"another web (process {first.pid}) uses {data}" in second.output
    assert "AIGUILLAGE_DATA_DIR" in second.output


def test_a_port_in_use_is_named_with_the_way_to_choose_another(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        refused = run("serve", AIGUILLAGE_DATA_DIR=str(data), AIGUILLAGE_PORT=str(taken))

    assert refused.exit_code == 2
    assert f"port {taken} of 127.0.0.1 is in use" in refused.output
    assert "AIGUILLAGE_PORT" in refused.output


def test_told_to_stop_while_it_starts_it_ends(port: int, start: Start) -> None:
    server = start()
    wait_for(lambda: has_forked(server))

    server.send_signal(signal.SIGTERM)

    assert server.wait(timeout=20) is not None
    assert nobody_listens(port)


def test_a_web_process_that_keeps_the_handlers_of_its_server_would_go_on(port: int, start: Start) -> None:
    """The control."""
    arguments = granian_arguments(Settings(port=port))
    arguments[arguments.index("app:served")] = "app:create_app"
    del arguments[(at := arguments.index("--workers-kill-timeout")) : at + 2]
    server = start("granian", *arguments)
    wait_for(lambda: has_forked(server))

    server.send_signal(signal.SIGTERM)

    with pytest.raises(subprocess.TimeoutExpired):
        server.wait(timeout=6)


def test_told_to_stop_it_ends(port: int, start: Start) -> None:
    server = start()
    wait_for(lambda: healthy(port))

    server.send_signal(signal.SIGTERM)

    assert server.wait(timeout=20) is not None
    assert nobody_listens(port)


def first_line(port: int, *lines: str, end: str = "\r\n") -> str:
    """The status line that answers a request of these lines."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(end.join([*lines, "Connection: close", "", ""]).encode())
        with connection.makefile("r", encoding="latin-1") as answer:
            return answer.readline()


def test_two_host_lines_none_or_two_lengths_are_refused(port: int, start: Start) -> None:
    start()
    wait_for(lambda: healthy(port))
    ask = "GET /healthz HTTP/1.1"

    assert " 200 " in first_line(port, ask, f"Host: 127.0.0.1:{port}")
    assert " 400 " in first_line(port, ask, "Host: 127.0.0.1", "Host: evil.example")
    assert " 400 " in first_line(port, ask)
    assert " 400 " in first_line(port, ask, "Host: 127.0.0.1", "Content-Length: 1", "Content-Length: 2")


def test_a_server_that_is_killed_leaves_no_orphan_that_serves(data: Path, port: int, start: Start) -> None:
    server = start()
    wait_for(lambda: healthy(port))

    server.kill()  # alone, not its group
    server.wait()
    wait_for(lambda: nobody_listens(port))
    again = start()
    wait_for(lambda: healthy(port))

    assert again.poll() is None


def test_a_second_sandbox_takes_other_ports_and_one_folder_has_one(
    data: Path, tmp_path_factory: pytest.TempPathFactory, start: Start
) -> None:
    (data / "sandbox.json").unlink()
    first = start("aggregator", "sandbox", "--places", "100")
    wait_for((data / "sandbox.json").exists)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    geography(elsewhere, tmp_path_factory)
    taken = json.loads((data / "sandbox.json").read_text())["providers"]

    same_folder = run("sandbox", "--places", "100", AIGUILLAGE_DATA_DIR=str(data))
    same_port = run(
        "sandbox", "--places", "100", "--port", taken["keldoc"].rpartition(":")[2], AIGUILLAGE_DATA_DIR=str(elsewhere)
    )
    start_beside = {**os.environ, "AIGUILLAGE_DATA_DIR": str(elsewhere)}
    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", "sandbox", "--places", "100"],
        cwd=ROOT, env=start_beside, stdout=subprocess.DEVNULL,
    ) as beside:  # fmt: skip
        wait_for((elsewhere / "sandbox.json").exists)
        others = json.loads((elsewhere / "sandbox.json").read_text())["providers"]
        beside.terminate()

    assert f"another sandbox (process {first.pid})" in same_folder.output
    assert same_port.exit_code == 2
    assert "choose others with --port" in same_port.output
    assert not set(taken.values()) & set(others.values())
    assert not (elsewhere / "sandbox.json").exists()
