"""More people than can be served: some are told to come back, departures go on, what is made already is served."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from flask.testing import FlaskClient

from aggregator.config.settings import WEB_THREADS
from aggregator.web.serving.gate import AT_ONCE
from aggregator.web.serving.site import Site
from tests.web.test_pages import tokens

LIST = "/recherche?insee=69123&rayon=50"


@pytest.mark.parametrize("path", [LIST, "/recherche.atom?insee=69123", "/api/v1/places?insee=69123"])
def test_beyond_the_gate_expensive_work_is_shed_with_a_time_to_come_back(
    browser: FlaskClient, site: Site, path: str
) -> None:
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(site.gate.expensive_work())
        shed = browser.get(path)
    again = browser.get(path)

    assert shed.status_code == 503
    assert int(shed.headers["Retry-After"]) > 0
    assert again.status_code == 200
    assert "aiguillage_requests_shed 1.0" in browser.get("/metrics").text


def test_departures_and_pages_made_already_are_the_last_to_fall(browser: FlaskClient, site: Site) -> None:
    page = browser.get(LIST).text
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(site.gate.expensive_work())
        kept = browser.get(LIST)
        departure = browser.post(f"/rdv/{tokens(page)[0]}")

    assert kept.status_code == 200
    assert departure.status_code == 303
    assert AT_ONCE < WEB_THREADS


def test_the_gauges_that_alarms_stand_on_are_there(browser: FlaskClient) -> None:
    text = browser.get("/metrics").text

    for name in ("disk_used_ratio", "order_deviation", "requests_shed", "provider_unread", "snapshot_age_seconds"):
        assert re.search(rf"^aiguillage_{name}(\{{[^}}]*\}})? [\d.e+-]+$", text, re.MULTILINE), name


def test_what_one_visitor_asked_is_not_on_the_page_that_others_are_shown(browser: FlaskClient, site: Site) -> None:
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(site.gate.expensive_work())
        first = browser.get("/recherche?insee=69123&du=2026-12-24").text
        second = browser.get("/recherche?insee=01053").text

    assert "2026-12-24" not in first
    assert first == second
