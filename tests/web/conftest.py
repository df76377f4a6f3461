"""The site on collected data: one of its own for each test that changes something, with a clock that the test moves,
and one that stands still for those that only look.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from aggregator.config.settings import Settings
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import NOON, Clock
from tests.once import folder_of_the_run

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def layer(app: Flask, kind: type[Any]) -> Any:
    """The layer of this kind in front of Flask."""
    found = app.wsgi_app
    while not isinstance(found, kind):
        found = found._flask  # type: ignore[attr-defined]
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once in a run, not once a site: that takes longer than a page."""
    folder = folder_of_the_run(tmp_path_factory) / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture
def app(filled: Settings, clock: Clock, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    made = create_app(filled, clock)
    made.jinja_env.bytecode_cache = compiled
    yield made
    made.extensions["aiguillage"].close()


@pytest.fixture
def site(app: Flask) -> Site:
    found: Site = app.extensions["aiguillage"]
    return found


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client with an ordinary user agent."""
    return citizen_of(app)


def citizen_of(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    return client


@pytest.fixture(scope="module")
def still_app(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """At noon, shared by the tests of a file: who clicks, moves the clock or changes the data takes `app` instead."""
    data = tmp_path_factory.mktemp("still") / "run"
    shutil.copytree(collected, data, symlinks=True)
    made = create_app(Settings(data_dir=data), lambda: NOON)
    site: Site = made.extensions["aiguillage"]
    before = made.test_client().get("/recherche.atom?insee=69123&rayon=50").data
    yield made
    after = made.test_client().get("/recherche.atom?insee=69123&rayon=50").data
    site.close()
    clicks = EventReader(data / "events.db")
    assert after == before, "a test changed what all others look at"
    assert not any(map(clicks.totals, EventClass)), "a test of looking sent somebody on"


@pytest.fixture
def still(still_app: Flask) -> Site:
    found: Site = still_app.extensions["aiguillage"]
    return found


@pytest.fixture
def visitor(still_app: Flask) -> FlaskClient:
    """Looks at the site that stands still."""
    return citizen_of(still_app)


@pytest.fixture(scope="module")
def week_app(a_week: Settings) -> Iterator[Flask]:
    """The site a week later: closed days, a closed week, editions."""
    made = create_app(a_week, lambda: NOON + timedelta(days=7))
    yield made
    made.extensions["aiguillage"].close()
