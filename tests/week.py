"""A portal with a week behind it, made once in a run of the tests: lists, clicks, a dispute, closed days, editions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.store import open_stores
from app import create_app
from tests.clock import NOON
from tests.once import alone_in_making
from tests.portal import Portal

AFTER: datetime = NOON + timedelta(days=7)
RELEASED = ("2026-11-25", "2026-11-29")  # the nights between are missed, and made up for


@pytest.fixture(scope="session")
def a_week(collected: Path, gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Eight days of a portal: a hundred redirects on the first, one dispute, the week closed and four days released."""
    alone_in_making("a week", tmp_path_factory)
    data = tmp_path_factory.mktemp("week") / "run"
    shutil.copytree(collected, data, symlinks=True)
    portal = Portal(Settings(data_dir=data), gazetteer)
    portal.visit(120, 100)
    portal.work()
    with closing(open_stores(data)) as stores:
        stores.registry.decide("dispute", "2026-11-23", "Une plateforme conteste sa part.", NOON, "operator")
        stores.catalog.note_outage("maiia", "2026-11-23T10:00:00Z", NOON)
        stores.catalog.note_outage("maiia", None, NOON)
    for _ in range(7):
        portal.clock.forward(days=1)
        portal.publish()
        closed, *_ = portal.work()
        if closed in RELEASED:
            portal.release()
    portal.work()
    portal.app.extensions["aiguillage"].close()
    return portal.settings


@contextmanager
def served(settings: Settings, at: datetime) -> Iterator[str]:
    """The address of the site on this data folder, on loopback, where time stands still."""
    app = create_app(settings, lambda: at)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    app.extensions["aiguillage"].close()
