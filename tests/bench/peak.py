"""Row 25: far more people than the machine can serve, for half a minute: no departure lost or counted twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from aggregator.country import gazetteer as gazetteers
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from tests.bench.harness import need
from tests.bench.score import Score, report
from tests.bench.stage import Web, served, staged

TITLE = "departures lost or counted twice, answers neither right nor 503 with Retry-After, far beyond the peak"
BAR = "0; p99 told"
SECONDS, CONNECTIONS, TOWNS = 30, 128, 400
SCRIPT = Path(__file__).with_suffix(".lua")


def load(web: Web, folder: Path, towns: list[str]) -> dict[str, Any]:
    """What wrk saw: departures answered, requests shed, anything else, percentiles in microseconds."""
    (folder / "paths").write_text("\n".join(f"/recherche?insee={town}&rayon=50" for town in towns))
    (folder / "tokens").write_text("\n".join(web.tokens()))
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "10s", "--latency", "-s", str(SCRIPT)]
    done = subprocess.run(
        [*command, web.origin, str(folder / "paths"), str(folder / "tokens")],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.partition("JSON ")[2])
    return found


def stored(folder: Path) -> int:
    reader = EventReader(folder / "events.db")
    return sum(reader.totals(cls) for cls in EventClass)


def whole(events: int, answered: int) -> bool:
    """Every departure that was answered is there; what was under way when the load ended may be there too."""
    return answered <= events <= answered + CONNECTIONS


def score() -> Score:
    need("wrk")
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _):
        places = gazetteers.load_gazetteer(settings.gazetteer_path)
        lyon = places.communes["69123"]
        near = sorted(places.communes.values(), key=lambda one: (one.lat - lyon.lat) ** 2 + (one.lon - lyon.lon) ** 2)
        with served(settings) as web:
            found = load(web, Path(name), [one.insee for one in near[:TOWNS]])
            time.sleep(1)
            events = stored(settings.data_dir)
        with closing(sqlite3.connect(settings.data_dir / "events.db")) as connection, connection:
            connection.execute("DELETE FROM events WHERE seq <= ?", (events - found["moved"] + 1,))
        caught = not whole(stored(settings.data_dir), found["moved"])
    wrong = found["other"] + found["bare"] + found["timeouts"]
    bad = wrong + (0 if whole(events, found["moved"]) else 1)
    said = (
        f"{found['requests'] / SECONDS:,.0f} requests a second, {found['moved']:,} departures, {found['shed']:,} shed, "
        f"{found['other']} other answers, {found['bare']} without Retry-After, {found['timeouts']} timeouts, "
        f"p50 {found['p50'] / 1000:.0f} ms, p99 {found['p99'] / 1000:.0f} ms"
    )
    return Score(found["requests"], found["requests"] - bad, 1, int(caught), said)


if __name__ == "__main__":
    report(TITLE, score)
