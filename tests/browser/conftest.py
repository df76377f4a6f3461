"""Processes as an operator starts them, and a browser as citizens hold it in their hands."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from aggregator.config.settings import ROOT
from tests.browser.fonts import FONT_SETS, environment_with, folder_of
from tests.conftest import gazetteer_file
from tests.web.conftest import BROWSER

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TOWN = "Lyon 3e Arrondissement"

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("AIGUILLAGE_NEEDS_BROWSER"), reason="no Chromium on this machine"
    ),
]


@dataclass
class Portal:
    """Sandbox and web process, running. `group` is the web's process group."""

    origin: str
    data: Path
    group: int
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], patience_s: float = 60) -> None:
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "not in time"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    data = tmp_path_factory.mktemp("portal")
    (data / "gazetteer.json.gz").symlink_to(gazetteer_file(tmp_path_factory.getbasetemp().parent))
    port = free_port()
    environment = {
        **os.environ,
        "AIGUILLAGE_DATA_DIR": str(data),
        "AIGUILLAGE_PORT": str(port),
        "AIGUILLAGE_PROVIDERS": "sandbox",
    }
    sandbox = start(environment, "sandbox", "--port", "0", "--places", "900")
    wait_for(lambda: (data / "sandbox.json").exists())
    web = start(environment, "serve")
    running = Portal(f"http://127.0.0.1:{port}", data, web.pid, environment)
    try:
        running.run("collect")
        running.run("release")
        wait_for(lambda: answers(running.origin + "/readyz"))
        yield running
    finally:
        for process in (sandbox, web):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@contextmanager
def opened_chromium(driver: Playwright, surroundings: dict[str, str] | None = None) -> Iterator[Browser]:
    assert CHROMIUM is not None, "Chromium is needed here and is not installed"
    opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], env=surroundings)
    yield opened
    opened.close()


@contextmanager
def telephone(chromium: Browser) -> Iterator[Page]:
    """Without script, and with an ordinary user agent: headless ones count as robots."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, user_agent=BROWSER, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    with opened_chromium(driver) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with telephone(chromium) as opened:
        yield opened


@pytest.fixture(params=FONT_SETS)
def lettered(request: pytest.FixtureRequest, driver: Playwright, tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """A telephone whose fonts are those of one set alone, and the name of the set."""
    fonts = folder_of(request.param)
    if fonts is None and not os.environ.get("AIGUILLAGE_NEEDS_BROWSER"):
        pytest.skip(f"the fonts {request.param} are not on this machine")
    assert fonts is not None, f"the fonts {request.param} are needed here and are not installed"
    with opened_chromium(driver, environment_with(fonts, tmp_path)) as chromium, telephone(chromium) as opened:
        yield opened, request.param


def search(page: Page, portal: Portal, town: str = TOWN) -> None:
    page.goto(portal.origin)
    page.fill("#q", town)
    page.click("text=Voir les lieux")
