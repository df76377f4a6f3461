"""Simulated people in front of a site that answers over HTTP."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from aggregator.country.gazetteer import Gazetteer
from aggregator.demonstration.visitors import Visitors, is_of_this_machine, stay
from app import create_app
from tests.portal import Portal


@pytest.fixture
def site(portal: Portal) -> Iterator[str]:
    """The portal behind one proxy, as the demonstration is started."""
    portal.app.extensions["aiguillage"].close()
    app = create_app(portal.settings.but(trusted_proxies=1), portal.clock)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    portal.site = app.extensions["aiguillage"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    portal.site.close()


def near(gazetteer: Gazetteer) -> list[object]:
    """Where the collected places are."""
    return [gazetteer.communes["69123"], gazetteer.communes["01053"]]


def test_they_leave_through_the_pages_and_their_clicks_count(site: str, portal: Portal, gazetteer: Gazetteer) -> None:
    visitors = Visitors(site, near(gazetteer), random.Random(3))  # type: ignore[arg-type]

    redirects = sum(visitors.visit() for _ in range(60))

    portal.site.flush()
    portal.site.events.settle()
    portal.work()
    totals = portal.published("shares.json")
    assert redirects > 30
    assert totals["step"] > 0


def test_a_site_that_does_not_answer_is_tried_again_and_they_stop_when_told(gazetteer: Gazetteer) -> None:
    visitors = Visitors("http://127.0.0.1:9", near(gazetteer), random.Random(3))  # type: ignore[arg-type]
    waits = iter([False, False, True])

    stay(visitors, 0.01, lambda seconds: next(waits))

    assert next(waits, None) is None


def test_pauses_are_drawn_around_the_wanted_one(gazetteer: Gazetteer) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 2000

    class Nobody(Visitors):
        def visit(self) -> int:
            return 0

    stay(Nobody("http://127.0.0.1:9", near(gazetteer), random.Random(1)), 0.5, wait)  # type: ignore[arg-type]

    assert sum(waited) / len(waited) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    ("site", "here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("https://rdv.example.fr", False),
    ],
)
def test_they_visit_this_machine_alone(site: str, here: bool) -> None:
    assert is_of_this_machine(site) is here
