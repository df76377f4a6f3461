"""Row 19: the score that Mozilla's HTTP Observatory gives to our headers, computed here from its published modifiers.

Start at 100; bonuses count from 90 on (MDN, "HTTP Observatory tests & scoring", algorithm version 4).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from app import create_app
from tests.bench.score import Score, report
from tests.bench.stage import LYON, staged

TITLE = "pages under 100 points of the Observatory"
BAR = "0; a page without a policy must fall under 100"
PAGES = ("/", LYON, "/transparence", "/donnees", "/etat", "/contrat", "/api", "/annuaire", "/nulle-part")


def policy_of(headers: Mapping[str, str]) -> dict[str, list[str]]:
    parts = [part.split() for part in headers.get("Content-Security-Policy", "").split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


def points(headers: Mapping[str, str]) -> int:
    """Of a page served over HTTPS without cookies, without third-party script, without an open CORS."""
    policy, loss, bonus = policy_of(headers), 0, 0
    script = policy.get("script-src", policy.get("default-src"))
    if script is None:
        loss += 25
    elif {"'unsafe-inline'", "'unsafe-eval'", "https:", "*"} & set(script):
        loss += 20
    elif policy.get("default-src") == ["'none'"] and not {"'unsafe-inline'"} & set(policy.get("style-src", [])):
        bonus += 10
    if "Strict-Transport-Security" not in headers:
        loss += 20
    if headers.get("X-Content-Type-Options") != "nosniff":
        loss += 5
    if policy.get("frame-ancestors") == ["'none'"]:
        bonus += 5
    elif headers.get("X-Frame-Options") not in ("DENY", "SAMEORIGIN"):
        loss += 20
    referrer = headers.get("Referrer-Policy", "")
    if referrer in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"):
        bonus += 5
    if headers.get("Cross-Origin-Resource-Policy") in ("same-origin", "same-site"):
        bonus += 10
    if headers.get("Access-Control-Allow-Origin") == "*" and "Set-Cookie" in headers:
        loss += 50
    if "Set-Cookie" in headers:
        loss += 20
    found = 100 - loss
    return found + bonus if found >= 90 else found


def score() -> Score:
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run", places=40) as (settings, _):
        app = create_app(settings.but(secure=True))
        client = app.test_client()
        found = [points(client.get(path).headers) for path in PAGES]
        bare = {key: value for key, value in client.get("/").headers.items() if key != "Content-Security-Policy"}
        app.extensions["aiguillage"].close()
    said = f"{min(found)} to {max(found)} points; without a policy {points(bare)}"
    return Score(len(PAGES), sum(one >= 100 for one in found), 1, int(points(bare) < 100), said)


if __name__ == "__main__":
    report(TITLE, score)
