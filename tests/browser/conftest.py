"""Processes as an operator starts them, and a browser as citizens hold it in their hands."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from aggregator.config.settings import ROOT
from aggregator.redirect.event_reader import EventReader
from tests.browser.fonts import FONT_SETS, environment_with, folder_of
from tests.conftest import geography
from tests.once import alone_in_making
from tests.waiting import wait_for
from tests.web.conftest import BROWSER

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TOWN = "Lyon 3e Arrondissement"
PEOPLE = itertools.count(1)

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("AIGUILLAGE_NEEDS_BROWSER"), reason="no Chromium on this machine"
    ),
]


@dataclass
class Portal:
    """Sandbox and web process, running."""

    origin: str
    data: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        self.processes.append(start(self.environment, *arguments))

    def serve(self) -> None:
        self.start("serve")
        wait_for(lambda: answers(self.origin + "/healthz"))

    def kill_web(self) -> None:
        """The web process with all of its group, as when the power goes."""
        web = self.processes.pop()
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout

    def seal(self) -> None:
        """Until every redirect is in the log: a minute is sealed once, so what came after waits for the next."""
        events, minutes = EventReader(self.data / "events.db"), self.data / "published" / "log" / "minutes"

        def all_sealed() -> bool:
            self.run("seal")
            return len(events.commitments(after=0)) == sum(one.stat().st_size // 32 for one in minutes.rglob("*.bin"))

        wait_for(all_sealed, patience_s=120)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One for all tests with a browser: they count what they add, and each of them is another person."""
    alone_in_making("a portal for the browser", tmp_path_factory)
    data = tmp_path_factory.mktemp("portal")
    geography(data, tmp_path_factory)
    port = free_port()
    environment = {
        **os.environ,
        "AIGUILLAGE_DATA_DIR": str(data),
        "AIGUILLAGE_PORT": str(port),
        "AIGUILLAGE_PROVIDERS": "sandbox",
        "AIGUILLAGE_TRUSTED_PROXIES": "1",  # so that every visitor of a test has an address of their own
    }
    running = Portal(f"http://127.0.0.1:{port}", data, environment)
    try:
        running.start("sandbox", "--port", "0", "--places", "900")
        wait_for(lambda: (data / "sandbox.json").exists())
        running.start("serve")
        running.run("collect")
        running.run("release")
        wait_for(lambda: answers(running.origin + "/readyz"))
        yield running
    finally:
        for process in running.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def mortal(portal: Portal) -> Iterator[Portal]:
    """The portal for a test that kills its web process; another one is started for those that come after."""
    yield portal
    portal.serve()


@contextmanager
def opened_chromium(driver: Playwright, surroundings: dict[str, str] | None = None) -> Iterator[Browser]:
    assert CHROMIUM is not None, "Chromium is needed here and is not installed"
    opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], env=surroundings)
    yield opened
    opened.close()


def somebody_new() -> dict[str, str]:
    """The headers of a visitor with an address that nobody had before."""
    return {"X-Forwarded-For": f"10.{next(PEOPLE)}.0.1"}


@contextmanager
def telephone(chromium: Browser) -> Iterator[Page]:
    """Without script, of somebody who has not been here: an address of their own, and no headless browser's name."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740},
        user_agent=BROWSER,
        java_script_enabled=False,
        extra_http_headers=somebody_new(),
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
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
