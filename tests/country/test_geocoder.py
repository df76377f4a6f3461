"""Addresses go to the national geocoder only when the operator wants it, and come back as a coarse point."""

from __future__ import annotations

from flask import Flask

from aggregator.config.settings import Settings
from aggregator.country.geocoder import Addresses, Point
from app import create_app
from tests.clock import NOON
from tests.loopback import Loopback, Status

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


def asker(server: Loopback) -> Addresses:
    return Addresses(server.origin.removeprefix("http://") + "/geocodage", "http")


def test_an_address_comes_back_rounded() -> None:
    with Loopback({"/geocodage/search": ANSWER}) as server:
        assert asker(server).locate("12 rue Inventée Lyon") == Point(45.75, 4.86)
        assert server.requests[0].first("q") == "12 rue Inventée Lyon"


def test_no_address_or_no_answer_is_none() -> None:
    with Loopback({"/geocodage/search": {"type": "FeatureCollection", "features": []}}) as server:
        assert asker(server).locate("nulle part") is None
    with Loopback({"/geocodage/search": Status(500)}) as server:
        assert asker(server).locate("12 rue Inventée") is None


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
