"""Addresses go to the national geocoder only when the operator wants it, and come back as a coarse point."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from aggregator.config.settings import WEB_THREADS, Settings
from aggregator.country.geocoder import AT_ONCE, LIMITS, Addresses, NoAnswerError, Point
from aggregator.instants import now as utc_now
from app import create_app
from tests.clock import NOON, Clock
from tests.loopback import Loopback, Request, Status
from tests.waiting import wait_for

ANSWER = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [4.860512, 45.753711]},
            "properties": {"label": "12 Rue Inventée 69003 Lyon", "citycode": "69383"},
        }
    ],
}


def asker(server: Loopback, now: Callable[[], datetime] = utc_now) -> Addresses:
    return Addresses(server.origin.removeprefix("http://") + "/geocodage", "http", now)


def test_an_address_comes_back_rounded() -> None:
    with Loopback({"/geocodage/search": ANSWER}) as server:
        assert asker(server).locate("12 rue Inventée Lyon") == Point(45.75, 4.86)
        assert server.requests[0].first("q") == "12 rue Inventée Lyon"


def test_an_address_that_it_does_not_know_is_none() -> None:
    with Loopback({"/geocodage/search": {"type": "FeatureCollection", "features": []}}) as server:
        assert asker(server).locate("nulle part") is None


def feature(coordinates: Any) -> dict[str, Any]:
    return {"features": [{"geometry": {"type": "Point", "coordinates": coordinates}}]}


@pytest.mark.parametrize(
    "answer",
    [
        Status(500), Status(429), Status(200, b"<html>"), Status(200, b""), Status(200, b"[" * 100_000), [], None, 7,
        {}, {"features": None}, {"features": "x"}, {"features": [None]}, {"features": [{}]}, {"features": [7]},
        {"features": [{"geometry": None}]}, feature([]), feature([4.8]), feature("ab"), feature([None, None]),
        feature([4.8, "x"]), feature([4.8, 1234.5]), feature({"0": 1}), feature([[4.8], [45.7]]),
    ],
)  # fmt: skip
def test_an_odd_answer_is_no_answer(answer: Any) -> None:
    with Loopback({"/geocodage/search": answer}) as server, pytest.raises(NoAnswerError):
        asker(server).locate("12 rue Inventée")


def test_it_is_left_alone_after_five_failures_and_asked_again_later(clock: Clock) -> None:
    with Loopback({"/geocodage/search": Status(200, b"<html>")}) as server:
        addresses = asker(server, clock)
        for _ in range(8):
            with pytest.raises(NoAnswerError):
                addresses.locate("12 rue Inventée")
        assert len(server.requests) == 5

        server.routes["/geocodage/search"] = ANSWER
        clock.forward(minutes=6)
        assert addresses.locate("12 rue Inventée") == Point(45.75, 4.86)


def test_however_slow_it_is_two_people_wait_and_the_others_are_told_at_once() -> None:
    hold = threading.Event()

    def slowly(_: Request) -> Any:
        hold.wait(10)
        return ANSWER

    with Loopback({"/geocodage/search": slowly}) as server, ThreadPoolExecutor(AT_ONCE) as people:
        addresses = asker(server)
        first = [people.submit(addresses.locate, "12 rue Inventée") for _ in range(AT_ONCE)]
        wait_for(lambda: len(server.requests) == AT_ONCE)
        with pytest.raises(NoAnswerError, match="busy"):
            addresses.locate("14 rue Inventée")
        hold.set()

        assert [one.result() for one in first] == [Point(45.75, 4.86)] * AT_ONCE
    assert AT_ONCE < WEB_THREADS / 8


def test_an_answer_that_drips_ends_with_the_budget_of_the_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as platform:
        done = threading.Event()
        platform.submit(drip, server, done)
        domain = f"127.0.0.1:{server.getsockname()[1]}/geocodage"
        addresses = Addresses(domain, "http", limits=replace(LIMITS, total_s=0.3))
        # Each byte is in time for a time-out that counts from the last one.
        with pytest.raises(NoAnswerError, match=r"within 0\.3 s"):
            addresses.locate("12 rue Inventée")
        done.set()


def drip(server: socket.socket, done: threading.Event) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while not done.wait(0.05):
            connection.sendall(b" ")


def test_a_citizen_is_told_that_the_search_of_addresses_does_not_answer(filled: Settings) -> None:
    """Not that there is no such address: nobody said so."""
    with Loopback({"/geocodage/search": Status(500)}) as server:
        app = create_app(filled.but(ban=True), lambda: NOON)
        app.extensions["aiguillage"].addresses = asker(server)
        answer = app.test_client().get("/recherche", query_string={"q": "12 rue Inventée"})
        with_town = app.test_client().get("/recherche", query_string={"q": "12 rue Inventée Lyon"})
        app.extensions["aiguillage"].close()

    assert (answer.status_code, with_town.status_code) == (404, 200)
    assert "La recherche d’adresses ne répond pas en ce moment." in answer.text
    assert "La recherche d’adresses ne répond pas en ce moment." in with_town.text
    assert "nous partons du centre de Lyon (69)" in with_town.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Nous ne trouvons pas" not in answer.text


def page(app: Flask, text: str) -> str:
    return app.test_client().get("/recherche", query_string={"q": text}).text


def test_the_text_leaves_only_when_it_is_switched_on(filled: Settings) -> None:
    with Loopback({"/geocodage/search": ANSWER}) as server:
        for on in (False, True):
            app = create_app(filled.but(ban=on), lambda: NOON)
            site = app.extensions["aiguillage"]
            if on:
                site.addresses = asker(server)
            html = page(app, "12 rue Inventée Lyon")
            site.close()

            assert len(server.requests) == int(on)
            assert ("Autour de votre position" in html or "Autour de l’adresse" in html) is on
        # A town is answered here, whatever the setting.
        app = create_app(filled.but(ban=True), lambda: NOON)
        app.extensions["aiguillage"].addresses = asker(server)
        page(app, "Lyon")
        app.extensions["aiguillage"].close()
        assert len(server.requests) == 1
