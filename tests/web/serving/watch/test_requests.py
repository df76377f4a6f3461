"""Answers are counted with their errors and their time, and with nothing of who asked what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask, Response
from prometheus_client import generate_latest
from werkzeug.test import Client

from aggregator.web.serving.watch.requests import Requests


def answering(status: int) -> tuple[Client, Requests]:
    app = Flask("some")
    app.wsgi_app = Response("x", status)  # type: ignore[method-assign, assignment]
    return Client(Requests(app)), app.extensions["aiguillage.requests"]


def value(watch: Requests, name: str) -> float | None:
    return watch.registry.get_sample_value(name)


@pytest.mark.parametrize(("status", "failed"), [(200, 0), (303, 0), (404, 0), (500, 1), (502, 1), (503, 0)])
def test_every_answer_is_counted_and_errors_of_ours_apart(status: int, failed: int) -> None:
    client, watch = answering(status)

    client.get("/recherche?q=secret", environ_base={"REMOTE_ADDR": "192.0.2.9"})

    assert value(watch, "aiguillage_request_seconds_count") == 1
    assert value(watch, "aiguillage_requests_failed_total") == failed
    told = generate_latest(watch.registry)
    assert b"secret" not in told
    assert b"192.0.2.9" not in told


def test_a_request_that_raises_is_an_error() -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise OSError

    app = Flask("some")
    app.wsgi_app = broken  # type: ignore[method-assign]
    watch = Requests(app)

    with pytest.raises(OSError):
        Client(watch).get("/")

    assert value(watch, "aiguillage_requests_failed_total") == 1
    assert value(watch, "aiguillage_request_seconds_count") == 1
