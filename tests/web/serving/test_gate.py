"""More people than can be served: some are told to come back, departures go on, what is made already is served."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import ServiceUnavailable

from aggregator.config.settings import WEB_THREADS
from aggregator.web.serving.gate import AT_ONCE, WAITING, Gate
from aggregator.web.serving.site import Site
from tests.waiting import wait_for
from tests.web.test_pages import tokens

LIST = "/recherche?insee=69123&rayon=50"


@pytest.mark.parametrize(
    "path", [LIST, "/recherche.atom?insee=69123", "/api/v1/places?insee=69123", "/recherche?q=Lyonn"]
)
def test_beyond_the_gate_expensive_work_is_shed_with_a_time_to_come_back(
    browser: FlaskClient, site: Site, path: str
) -> None:
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(site.gate.expensive_work("elsewhere"))
        shed = browser.get(path)
    again = browser.get(path)

    assert shed.status_code == 503
    assert int(shed.headers["Retry-After"]) > 0
    assert again.status_code == (404 if "Lyonn" in path else 200)
    assert "aiguillage_requests_shed 1.0" in browser.get("/metrics").text


def test_departures_and_pages_made_already_are_the_last_to_fall(browser: FlaskClient, site: Site) -> None:
    page = browser.get(LIST).text
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(site.gate.expensive_work("elsewhere"))
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
            busy.enter_context(site.gate.expensive_work("elsewhere"))
        first = browser.get("/recherche?insee=69123&du=2026-12-24").text
        second = browser.get("/recherche?insee=01053").text

    assert "2026-12-24" not in first
    assert first == second


class TestFairness:
    """Who asks without pause waits behind who asks once."""

    def test_a_visitor_from_elsewhere_has_the_very_next_turn(self) -> None:
        gate, order = Gate(at_once=1, waiting=8, patience_s=30), []
        with ThreadPoolExecutor(8) as people, gate.expensive_work("busy"):
            for number, network in enumerate(["busy"] * 6 + ["calm"]):
                people.submit(work, gate, network, order)
                wait_for(lambda waiting=number + 1: len(gate._queue) == waiting)  # type: ignore[misc]

        assert order == ["calm"] + ["busy"] * 6

    def test_eight_connections_that_never_pause_leave_everybody_else_served(self) -> None:
        gate, stop = Gate(at_once=4, waiting=8, patience_s=30), threading.Event()

        def without_pause() -> None:
            while not stop.is_set():
                with suppress(ServiceUnavailable), gate.expensive_work("busy"):
                    stop.wait(0.002)

        with ThreadPoolExecutor(8) as busy:
            for _ in range(8):
                busy.submit(without_pause)
            served: list[str] = []
            for number in range(50):
                work(gate, f"citizen {number}", served)
            stop.set()

        assert len(served) == 50

    def test_beyond_those_that_may_wait_the_last_of_the_busiest_network_is_sent_away(self) -> None:
        gate, order = Gate(at_once=1, waiting=2, patience_s=30), []
        with ThreadPoolExecutor(4) as people, gate.expensive_work("busy"):
            sent = [people.submit(work, gate, "busy", order) for _ in range(2)]
            wait_for(lambda: len(gate._queue) == 2)
            sent.append(people.submit(work, gate, "calm", order))
            wait_for(lambda: gate.shed == 1)

        assert sorted(order) == ["busy", "calm"]
        assert sum(isinstance(one.exception(), ServiceUnavailable) for one in sent) == 1

    def test_nobody_waits_longer_than_the_patience(self) -> None:
        gate = Gate(at_once=1, waiting=2, patience_s=0.01)
        with gate.expensive_work("a"), pytest.raises(ServiceUnavailable):
            work(gate, "b", [])

        work(gate, "b", served := [])
        assert served == ["b"]

    def test_what_is_kept_of_networks_is_forgotten_with_their_work(self) -> None:
        gate = Gate()
        work(gate, "a", [])

        assert not gate._at_work

    def test_with_all_that_wait_most_threads_are_free(self) -> None:
        assert AT_ONCE + WAITING < WEB_THREADS / 2


def work(gate: Gate, network: str, done: list[str]) -> None:
    with gate.expensive_work(network):
        done.append(network)
