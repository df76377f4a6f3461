"""The reverse proxy as the operations guide prints it, in front of a server that tells what reached it."""

from __future__ import annotations

import re
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT
from tests.browser.conftest import free_port
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine")

HEAD = "GET /healthz HTTP/1.1"
SURROUNDINGS = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""


class Upstream(socketserver.ThreadingTCPServer):
    """Takes the place of the portal: keeps the heads of requests as they arrive, byte by byte, and answers 200."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Head)


class Head(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := self.request.recv(65_536)):
            head += more
        assert isinstance(self.server, Upstream)
        self.server.heads.append(head)
        self.request.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")


def printed() -> str:
    """The first nginx block of the guide."""
    block = re.search(r"```nginx\n(.+?)```", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return block[1]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def port(upstream: Upstream, tmp_path: Path) -> Iterator[int]:
    with proxy(printed(), upstream, tmp_path) as chosen:
        yield chosen


@contextmanager
def proxy(site: str, upstream: Upstream, folder: Path) -> Iterator[int]:
    """nginx with this site, without its certificate. Yields its port."""
    chosen = free_port()
    server = re.sub(r"ssl_\w+ +[^;]+;", "", site).replace("listen 443 ssl;", f"listen 127.0.0.1:{chosen};")
    server = server.replace("127.0.0.1:8000", f"127.0.0.1:{upstream.server_address[1]}")
    server = server.replace("/var/log/nginx", str(folder))
    (folder / "nginx.conf").write_text(SURROUNDINGS.format(folder=folder, server=server), encoding="utf-8")
    with subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"]) as nginx:
        wait_for(lambda: opens(chosen))
        yield chosen
        nginx.terminate()


def opens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status(port: int, *lines: str, end: str = "\r\n", body: str = "") -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall((end.join([*lines, "Connection: close", "", ""]) + body).encode())
        with connection.makefile("r", encoding="latin-1") as answer:
            return int(answer.readline().split()[1])


def test_an_ordinary_request_reaches_the_portal_and_its_log_holds_no_address(
    port: int, upstream: Upstream, tmp_path: Path
) -> None:
    assert status(port, HEAD, "Host: portal.example") == 200
    assert b"X-Forwarded-For: 127.0.0.1\r\n" in upstream.heads[0]

    wait_for(lambda: bool((tmp_path / "aiguillage.log").read_text()))
    assert "127.0.0.1" not in (tmp_path / "aiguillage.log").read_text()


@pytest.mark.parametrize(
    "lines",
    [
        ("Host: portal.example", "Host: evil.example"),
        (),
        ("Host: portal.example", "Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Host: portal.example", "Content-Length: 4", "Content-Length: 5"),
        ("Host : portal.example",),
        ("Host: portal.example", "X-A: 1", " folded"),
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_refused(
    port: int, upstream: Upstream, lines: tuple[str, ...]
) -> None:
    assert status(port, HEAD.replace("GET", "POST"), *lines, body="0\r\n\r\n") == 400
    assert upstream.heads == []


def test_a_bare_line_feed_never_reaches_the_portal(port: int, upstream: Upstream) -> None:
    """nginx reads it as the end of a line, as RFC 9112 §2.2 allows, and writes lines of its own to the portal."""
    assert status(port, HEAD, "Host: portal.example", "X-A: 1", end="\n") == 200

    assert b"X-A: 1\r\n" in upstream.heads[0]
    assert re.search(rb"(?<!\r)\n", upstream.heads[0]) is None


def ask_while_the_portal_is_down(upstream: Upstream, port: int, folder: Path) -> str:
    """What the proxy has written of a question that it could not hand on."""
    upstream.shutdown()
    upstream.server_close()
    assert status(port, "GET /recherche?q=secret-street HTTP/1.1", "Host: portal.example") == 502
    return "".join(path.read_text() for path in folder.glob("*.log"))


def test_what_a_citizen_asks_is_written_nowhere_while_the_portal_is_down(
    port: int, upstream: Upstream, tmp_path: Path
) -> None:
    written = ask_while_the_portal_is_down(upstream, port, tmp_path)

    assert "secret-street" not in written
    assert "127.0.0.1" not in written


@pytest.mark.parametrize("site", [re.sub(r" *error_log .+;\n", "", printed())])
def test_an_error_log_as_nginx_keeps_it_by_itself_would_hold_the_question(
    site: str, upstream: Upstream, tmp_path: Path
) -> None:
    """The control."""
    with proxy(site, upstream, tmp_path) as port:
        written = ask_while_the_portal_is_down(upstream, port, tmp_path)

    assert "secret-street" in written
