"""The site on collected data, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config.settings import Settings
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import NOON, Clock

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


@pytest.fixture
def app(filled: Settings, clock: Clock) -> Iterator[Flask]:
    made = create_app(filled, clock)
    yield made
    made.extensions["aiguillage"].close()


@pytest.fixture
def site(app: Flask) -> Site:
    found: Site = app.extensions["aiguillage"]
    return found


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client with an ordinary user agent."""
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    return client


@pytest.fixture(scope="module")
def week_app(a_week: Settings) -> Iterator[Flask]:
    """The site a week later: closed days, a closed week, editions."""
    made = create_app(a_week, lambda: NOON + timedelta(days=7))
    yield made
    made.extensions["aiguillage"].close()
