"""Row 9: no route sends anybody to an address that a request names, whatever the parameter is called."""

from __future__ import annotations

import logging
import random
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Flask, redirect, request

from app import create_app
from tests.bench.payloads import PAYLOADS
from tests.bench.score import Score, report
from tests.bench.stage import BROWSER, staged

TITLE = "routes x hostile URLs that answer with a Location outside the allow-list"
BAR = "0"
NAMES = ("url", "next", "redirect", "return", "to", "q", "ref", "page", "langue", "insee", "preuve")
PAYLOADS_A_ROUTE = 100


def leads_away(app: Flask, path: str, payload: str, allowed: set[str]) -> bool:
    client = app.test_client()
    query = "&".join(f"{name}={quote(payload.encode('utf-8', 'surrogatepass'))}" for name in NAMES)
    method = client.post if path.startswith("/rdv/") else client.get
    answer = method(path, query_string=query, headers={"User-Agent": BROWSER})
    location = answer.headers.get("Location")
    if location is None:
        return False
    parts = urlsplit(location)
    return bool(parts.netloc) and f"{parts.scheme}://{parts.netloc}" not in allowed


def paths(app: Flask) -> list[str]:
    """Every route that can be asked for, its placeholders filled in."""
    filled = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "69").replace(f"<path:{name}>", "checkpoint")
        filled.append(path)
    return sorted(set(filled))


def score() -> Score:
    logging.disable(logging.CRITICAL)  # the careless route fails loudly on some payloads
    draw, away, tried = random.Random(1), 0, 0
    hostile = [row["payload"] for row in PAYLOADS["payloads"] if row["class"] == "must_reject"]
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder) / "run") as (settings, sandbox):
        app = create_app(settings)
        allowed = {*sandbox.origins.values(), "http://localhost"}
        for path in paths(app):
            for payload in draw.sample(hostile, PAYLOADS_A_ROUTE):
                away += leads_away(app, path, payload, allowed)
                tried += 1
        app.extensions["aiguillage"].close()
        careless = create_app(settings)
        careless.add_url_rule("/careless", view_func=lambda: redirect(request.args["next"]))
        caught = sum(leads_away(careless, "/careless", payload, allowed) for payload in hostile[:200])
        careless.extensions["aiguillage"].close()
    return Score(tried, tried - away, 1, int(caught > 0), f"a careless route leads away for {caught} of 200")


if __name__ == "__main__":
    report(TITLE, score)
