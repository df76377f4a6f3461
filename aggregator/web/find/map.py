"""A map as numbers: outlines of communes, the point that distances start from, and places numbered like their cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, log2, pi, radians, sin

from aggregator.country.geography import EARTH_RADIUS_M
from aggregator.country.outlines import SCALE, Box, Outlines
from aggregator.country.towns import Towns
from aggregator.snapshot.places import Place

WIDTH, HEIGHT = 340, 340
MARK, HERE = 26, 5
MARGIN = 28
LEAST_KM = 1.5  # half of what a map shows at least: one place alone has no extent to scale by
COARSE_ABOVE = 300  # rings: beyond, borders take steps twice as long, so that a page stays light
MOST_LABELS, LETTER_PX = 5, 8.6
SCALES_KM = (0.5, 1, 2, 5, 10, 20, 50)
SPIRAL = tuple((step * 1.2 * cos(step * 0.7), step * 1.2 * sin(step * 0.7)) for step in range(400))


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered square, moved aside where another one stands already."""

    number: int
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a town, so that a map of borders can be read."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Map:
    """Pixels of a drawing `WIDTH` x `HEIGHT`. `here`: the origin; `scale`: (km, pixels).

    `borders`: one SVG path in steps of the outlines; `transform`: from those to pixels.
    """

    borders: str
    transform: str
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...]
    here: tuple[float, float] | None
    scale: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT


def map_of(
    outlines: Outlines, towns: Towns, places: Sequence[tuple[int, Place]], origin: tuple[float, float] | None
) -> Map | None:
    """The map of numbered places around where the question starts; None when no place has a position."""
    located = [(number, place, place.lat, place.lon) for number, place in places if place.lat is not None]
    points = [(lat, lon) for _, _, lat, lon in located if lat is not None and lon is not None]
    if not points:
        return None
    frame = _Frame([*points, origin] if origin else points)
    marks: list[Mark] = []
    for number, place, lat, lon in located:
        x, y = _free_spot(*frame.at(lat or 0.0, lon or 0.0), marks)
        marks.append(Mark(number, place.name, round(x, 1), round(y, 1)))
    here = frame.at(*origin) if origin else None
    labels = _labels(towns, frame, marks, here)
    rings, shift = outlines.touching(frame.window()), frame.shift()
    if len(rings) > COARSE_ABOVE:
        shift += 1
    borders = "".join(outlines.path(ring, shift) for ring in rings)
    return Map(borders, frame.transform(shift), tuple(labels), tuple(marks), here, frame.scale())


class _Frame:
    """Degrees -> pixels: equirectangular around the middle, the same scale both ways."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        self._lat, self._lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        self._squeeze = cos(radians(self._lat))
        self._km_per_degree = EARTH_RADIUS_M / 1000 * pi / 180
        tall = (max(lats) - min(lats)) * self._km_per_degree
        wide = (max(lons) - min(lons)) * self._km_per_degree * self._squeeze
        self._px_per_km = min(
            (HEIGHT - 2 * MARGIN) / max(tall, 2 * LEAST_KM), (WIDTH - 2 * MARGIN) / max(wide, 2 * LEAST_KM)
        )

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        k = self._km_per_degree * self._px_per_km
        return WIDTH / 2 + (lon - self._lon) * k * self._squeeze, HEIGHT / 2 - (lat - self._lat) * k

    def shift(self) -> int:
        """The steps of the outlines, 2^shift / `SCALE` degrees, that are nearest to a pixel."""
        return max(0, round(log2(SCALE / (self._km_per_degree * self._px_per_km))))

    def transform(self, shift: int) -> str:
        """SVG, from such steps to pixels."""
        k, step = self._km_per_degree * self._px_per_km, 2**shift / SCALE
        x, y = WIDTH / 2 - self._lon * k * self._squeeze, HEIGHT / 2 + self._lat * k
        return f"matrix({k * self._squeeze * step:.9g} 0 0 {k * step:.9g} {x:.2f} {y:.2f})"

    def window(self) -> Box:
        tall = HEIGHT / 2 / self._px_per_km / self._km_per_degree
        wide = WIDTH / 2 / self._px_per_km / self._km_per_degree / self._squeeze
        return Box(self._lat - tall, self._lon - wide, self._lat + tall, self._lon + wide)

    def scale(self) -> tuple[float, float]:
        km = max((one for one in SCALES_KM if one * self._px_per_km <= WIDTH / 3), default=SCALES_KM[0])
        return km, round(km * self._px_per_km, 1)


def _labels(towns: Towns, frame: _Frame, marks: Sequence[Mark], here: tuple[float, float] | None) -> list[Label]:
    """The largest towns whose names fit between the marks and inside the frame; below the point, never across it."""
    found: list[Label] = []
    for town in towns.largest(frame.window(), MOST_LABELS * 12):
        x, y = frame.at(town.lat, town.lon)
        half = len(town.name) * LETTER_PX / 2
        if here and abs(here[0] - x) < half + HERE and abs(here[1] - y) < HERE + 9:
            y = here[1] + HERE + 12
        if not (half + 4 < x < WIDTH - half - 4 and 16 < y < HEIGHT - 40):
            continue
        if any(abs(mark.y - y) <= MARK / 2 + 9 and abs(mark.x - x) <= half + MARK / 2 + 2 for mark in marks):
            continue
        if any(abs(one.y - y) <= 20 and abs(one.x - x) <= half + len(one.name) * LETTER_PX / 2 + 6 for one in found):
            continue
        found.append(Label(town.name, round(x, 1), round(y + 5, 1)))
        if len(found) == MOST_LABELS:
            break
    return found


def _free_spot(x: float, y: float, taken: Sequence[Mark]) -> tuple[float, float]:
    """The nearest spot on a spiral where no earlier mark stands: the first of the list keeps its place."""
    apart = MARK + 2
    for aside, down in SPIRAL:
        at_x = min(max(x + aside, MARK / 2), WIDTH - MARK / 2)
        at_y = min(max(y + down, MARK / 2), HEIGHT - MARK / 2)
        for mark in taken:
            if abs(at_x - mark.x) < apart and abs(at_y - mark.y) < apart:
                break
        else:
            return at_x, at_y
    return x, y
