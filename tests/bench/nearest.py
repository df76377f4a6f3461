"""The nearest places of 20,000: the index alone, the whole list by the contract, and peers on the same data."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import psycopg
from geopy.distance import great_circle
from scipy.spatial import cKDTree

from aggregator import canonical
from aggregator.search.question import Question
from aggregator.search.search import search
from aggregator.snapshot.places import Places
from aggregator.snapshot.shelf import Snapshot
from aggregator.snapshot.slots import Slots
from tests.bench.harness import Result, at_least, at_most, exponent, main, median, told
from tests.postgres import Server, programs

PLACES, QUERIES, RADIUS_M = 20_000, 200, 10_000


class Anything:
    """A campaign without needs that go together."""

    def required_needs(self, need: str) -> tuple[str, ...]:
        return (need,)


def snapshot(count: int) -> tuple[Snapshot, list[tuple[float, float]]]:
    """Places around a hundred towns, three offers in four with slots; and points to ask from."""
    draw = random.Random(1)
    towns = [(draw.uniform(43, 50), draw.uniform(-1, 7)) for _ in range(100)]
    rows, offers = [], {}
    for number in range(count):
        lat, lon = draw.choice(towns)
        offer = {"id": f"o-{number:010d}", "provider": "ab"[number % 2], "url": "https://example.org/"}
        rows.append({
            "id": f"p-{number:010d}", "drawn": "2026-01-01", "name": "A", "address": "", "postcode": "", "city": "",
            "insee": None, "department": "69", "lat": lat + draw.gauss(0, 0.1), "lon": lon + draw.gauss(0, 0.1),
            "exact": True, "tz": "Europe/Paris", "phone": None, "hours": [], "wheelchair": None, "walk_in": False,
            "note": "", "site": None, "kind": "", "sources": ["x"], "official_id": None, "offers": [offer],
        })  # fmt: skip
        seen = number % 4 != 0
        minutes = [29_900_000 + draw.randrange(20_000), *[draw.randrange(1, 600) for _ in range(29)]]
        offers[offer["id"]] = {
            "state": "seen" if seen else "none", "answered": None, "since": None, "cause": None, "partial": False,
            "slots": [[0, minutes]] if seen else [],
        }  # fmt: skip
    places = Places(canonical.to_json({"campaign": {}, "communes": [], "places": rows}), "p" * 64)
    kinds = [{"needs": [], "step": None, "audience": None}]
    content = {"places": "p" * 64, "at": "2026-11-23T12:00:00+00:00", "until": "", "interval_s": 300, "kinds": kinds}
    points = [(lat + draw.gauss(0, 0.05), lon + draw.gauss(0, 0.05)) for lat, lon in draw.choices(towns, k=QUERIES)]
    return Snapshot(places, Slots(canonical.to_json({**content, "offers": offers}), "s" * 64, places), "h" * 64), points


def p50_us(work: Callable[[float, float], object], points: list[tuple[float, float]]) -> float:
    times = []
    for lat, lon in points:
        started = time.perf_counter()
        work(lat, lon)
        times.append(time.perf_counter() - started)
    return 1e6 * median(times)


def bare_tree(places: Places) -> Callable[[float, float], object]:
    """The yardstick: scipy's tree, asked for the numbers of what is near and their distances, vectorised."""
    degrees = np.radians([(place.lat or 0.0, place.lon or 0.0) for place in places.all])
    a, b = degrees[:, 0], degrees[:, 1]
    points = np.column_stack((np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)))
    tree, chord = cKDTree(points), 2 * np.sin((RADIUS_M + 1) / 6_371_008.8 / 2)

    def ask(lat: float, lon: float) -> object:
        a, b = np.radians(lat), np.radians(lon)
        at = np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])
        numbers = np.asarray(tree.query_ball_point(at, chord))
        return numbers, np.linalg.norm(points[numbers] - at, axis=1) if len(numbers) else ()

    return ask


def every_place(places: Places) -> Callable[[float, float], object]:
    """What a program does that knows geopy alone."""

    def ask(lat: float, lon: float) -> object:
        return [one for one in places.all if great_circle((lat, lon), (one.lat, one.lon)).m < RADIUS_M]

    return ask


def rtree(places: Places) -> Callable[[float, float], object]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE near USING rtree (id, a, b, c, d)")
    rows = [(n, p.lat, p.lat, p.lon, p.lon) for n, p in enumerate(places.all)]
    db.executemany("INSERT INTO near VALUES (?, ?, ?, ?, ?)", rows)

    def ask(lat: float, lon: float) -> object:
        box = (lat - 0.09, lat + 0.09, lon - 0.13, lon + 0.13)
        return db.execute("SELECT id FROM near WHERE a >= ? AND b <= ? AND c >= ? AND d <= ?", box).fetchall()

    return ask


@contextmanager
def postgis(places: Places) -> Iterator[Callable[[float, float], object] | None]:
    """PostGIS on a server started for the occasion; None where it is not installed."""
    found = programs()
    if found is None or not list(found.parent.glob("lib/postgis-*.so")):
        yield None
        return
    server = Server(found)
    try:
        with psycopg.connect(server.url(), autocommit=True) as db:
            db.execute("CREATE EXTENSION postgis")
            db.execute("CREATE TABLE near (id INTEGER, at geography(Point))")
            with db.cursor().copy("COPY near FROM STDIN") as copy:
                for number, place in enumerate(places.all):
                    copy.write_row((number, f"SRID=4326;POINT({place.lon} {place.lat})"))
            db.execute("CREATE INDEX near_at ON near USING gist (at)")
            db.execute("ANALYZE near")
            sql = "SELECT id FROM near WHERE ST_DWithin(at, ST_MakePoint(%s, %s)::geography, %s, false)"
            yield lambda lat, lon: db.execute(sql, (lon, lat, RADIUS_M)).fetchall()
    finally:
        server.remove()


def measure() -> Result:
    snap, points = snapshot(PLACES)
    index = median(p50_us(lambda a, b: snap.places.within(a, b, RADIUS_M), points) for _ in range(5))
    yardstick = bare_tree(snap.places)
    bare = median(p50_us(yardstick, points) for _ in range(5))
    box = rtree(snap.places)
    peer = median(p50_us(box, points) for _ in range(5))
    with postgis(snap.places) as ask:
        server = f"{median(p50_us(ask, points) for _ in range(5)):.0f}" if ask else "not installed"
    loop = p50_us(every_place(snap.places), points[:5])

    def whole(lat: float, lon: float) -> object:
        question = Question(lat=round(lat, 2), lon=round(lon, 2), radius_km=10)
        return search(snap, question, "2026-11-23T12", b"s" * 32, Anything())

    ordered = p50_us(whole, points)
    found = median(len(snap.places.within(a, b, RADIUS_M)[0]) for a, b in points)
    growth = exponent({size: _index_us(size) for size in (2_000, 20_000, 100_000)})
    peers = f"{index:.0f}, {bare:.0f}, {peer:.0f}, {server}, {loop:,.0f} µs"
    return Result(
        f"Nearest places, {PLACES:,} places, {found:.0f} within 10 km",
        [
            at_most("index, p50 against a bare k-d tree", index / bare, 1.5),
            at_least("index against geopy's loop", loop / index, 80),
            told("p50 of index, bare tree, SQLite R*Tree, PostGIS, geopy", peers),
            told("growth of the index, ten times and fifty times as many places", growth),
            told("p50 of the whole list with filters and order", f"{ordered:,.0f} µs"),
        ],
    )


def _index_us(count: int) -> float:
    snap, points = snapshot(count)
    return median(p50_us(lambda a, b: snap.places.within(a, b, RADIUS_M), points) for _ in range(3))


if __name__ == "__main__":
    main(measure)
