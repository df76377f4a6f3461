"""What pages weigh on the wire, compressed, with everything that they load."""

from __future__ import annotations

import gzip
import re
import tempfile
from pathlib import Path

from flask.testing import FlaskClient

from app import create_app
from tests.bench.harness import Result, at_most, main
from tests.bench.stage import BROWSER, LYON, staged

PAGES = {"home": "/", "results, 20 cards and a map": LYON, "transparency": "/transparence", "directory": "/annuaire/69"}
MOST_KB = 60


def weight_kb(client: FlaskClient, path: str) -> float:
    page = client.get(path, headers={"User-Agent": BROWSER}).data
    parts = {link.split("#")[0] for link in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.decode())}
    return sum(len(gzip.compress(body, 5)) for body in (page, *(client.get(one).data for one in sorted(parts)))) / 1000


def measure() -> Result:
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _):
        app = create_app(settings)
        client = app.test_client()
        figures = [at_most(f"{what}, kB", weight_kb(client, path), MOST_KB) for what, path in PAGES.items()]
        app.extensions["aiguillage"].close()
    return Result("Pages on the wire, compressed, with everything they load", figures)


if __name__ == "__main__":
    main(measure)
