"""Outlines of communes: found by the window that they touch, drawn once as a path of whole steps."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country import NotBuiltError
from aggregator.country.gazetteer import Gazetteer
from aggregator.country.outlines import SCALE, Box, Outlines, load_outlines
from tests.conftest import outlines_file

Corners = tuple[int, int, int, int]
"""(west, south, east, north), whole degrees."""
BOXES = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


def squares(*boxes: Corners) -> Outlines:
    """One closed ring for each box."""
    rings = [[(w, s), (e, s), (e, n), (w, n), (w, s)] for w, s, e, n in boxes]
    points = np.array([point for ring in rings for point in ring], dtype=np.int32).reshape(-1, 2) * SCALE
    return Outlines(points, np.arange(0, 5 * len(boxes) + 1, 5, dtype=np.int32))


def walked(path: str) -> list[tuple[int, int]]:
    """The corners of "M0 -1l1 0 0-1z", south down."""
    start, moves = path.removeprefix("M").removesuffix("z").split("l")
    numbers = [int(one) for one in re.findall(r"-?\d+", moves)]
    x, y = (int(one) for one in re.findall(r"-?\d+", start))
    corners = [(x, y)]
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        corners.append((corners[-1][0] + dx, corners[-1][1] + dy))
    return corners


def test_a_window_finds_what_it_touches() -> None:
    outlines = squares((0, 0, 2, 2), (5, 5, 6, 6), (1, 1, 9, 9))

    assert sorted(outlines.touching(Box(0, 0, 1, 1))) == [0, 2]
    assert sorted(outlines.touching(Box(5.5, 5.5, 5.6, 5.6))) == [1, 2]
    assert outlines.touching(Box(20, 20, 30, 30)) == []
    (ring,) = outlines.within(Box(-1, -1, 0.5, 0.5))
    assert ring.tolist() == [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]


def test_a_long_commune_is_found_behind_many_short_ones() -> None:
    outlines = squares((0, 0, 1, 30), *((0, south, 1, south + 1) for south in range(1, 9)))

    assert outlines.touching(Box(20, 0, 21, 1)) == [0]


@given(st.lists(BOXES, max_size=12), BOXES)
def test_what_is_found_is_what_looking_at_every_box_finds(boxes: list[Corners], window: Corners) -> None:
    west, south, east, north = window

    found = squares(*boxes).touching(Box(south, west, north, east))

    touching = [n for n, (w, s, e, top) in enumerate(boxes) if w <= east and e >= west and s <= north and top >= south]
    assert sorted(found) == touching


def test_a_ring_is_drawn_in_whole_steps_south_down() -> None:
    corners = walked(squares((1, 2, 4, 6)).path(0, 0))

    assert corners == [(x * SCALE, -y * SCALE) for x, y in ((1, 2), (4, 2), (4, 6), (1, 6))]


@pytest.mark.parametrize("shift", [4, 10, 15])
def test_a_smaller_map_has_the_corners_within_half_a_step(shift: int) -> None:
    whole, small = (walked(squares((1, 2, 4, 6)).path(0, one)) for one in (0, shift))

    step = 1 << shift
    assert all(
        abs(x * step - true_x) <= step / 2 and abs(y * step - true_y) <= step / 2
        for (x, y), (true_x, true_y) in zip(small, whole, strict=True)
    )


def test_nothing_is_drawn_of_a_ring_that_is_smaller_than_a_step() -> None:
    assert squares((0, 0, 1, 1)).path(0, 25) == ""


def test_neighbours_share_their_border_on_any_map() -> None:
    """Rounded apart they would leave a gap."""
    outlines = squares((0, 0, 3, 3), (3, 0, 6, 3))

    for shift in (0, 9, 14):
        one, other = (set(walked(outlines.path(ring, shift))) for ring in (0, 1))
        assert len(one & other) == 2


def test_no_commune_at_all_is_no_fault() -> None:
    assert squares().touching(Box(0, 0, 1, 1)) == []


def test_lyon_touches_its_neighbours_and_not_paris(tmp_path_factory: pytest.TempPathFactory) -> None:
    outlines = load_outlines(outlines_file(tmp_path_factory))

    here = outlines.touching(Box(45.74, 4.83, 45.76, 4.86))
    paris = outlines.touching(Box(48.85, 2.34, 48.86, 2.35))

    assert here
    assert paris
    assert not set(here) & set(paris)
    assert all(outlines.path(ring, 5).endswith("z") for ring in here)


@pytest.mark.parametrize(
    "content", [None, b"", b"no file of numpy's", b"PK\x03\x04 cut short"], ids=["missing", "empty", "foreign", "cut"]
)
def test_outlines_that_are_missing_or_damaged_are_not_built(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "outlines.npz").write_bytes(content)

    with pytest.raises(NotBuiltError, match=r"outlines\.npz .*aiguillage build-gazetteer"):
        load_outlines(tmp_path / "outlines.npz")


def test_outlines_of_another_version_are_not_built(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "outlines.npz", rings=np.zeros(3))

    with pytest.raises(NotBuiltError):
        load_outlines(tmp_path / "outlines.npz")


@pytest.fixture(scope="session")
def outlines(tmp_path_factory: pytest.TempPathFactory) -> Outlines:
    return load_outlines(outlines_file(tmp_path_factory))


class TestCommuneAt:
    """Where a centre lies that has a position and no address."""

    def test_a_point_is_in_the_commune_whose_outline_holds_it(self, outlines: Outlines) -> None:
        known = {(48.8566, 2.3522): "75056", (45.76, 4.84): "69123", (-20.89, 55.45): "97411", (16.24, -61.53): "97120"}

        assert {point: outlines.commune_at(*point) for point in known} == known

    def test_at_sea_and_abroad_it_is_in_none(self, outlines: Outlines) -> None:
        assert [outlines.commune_at(*point) for point in ((43.0, 5.0), (51.5, -0.12), (0.0, 0.0))] == [None] * 3

    def test_a_commune_within_another_is_that_one(self) -> None:
        around, within = square(0, 0, 10), square(4, 4, 2)
        both = Outlines(np.concatenate((around, within)), np.array([0, 5, 10], np.int32), np.array(["1", "2"]))

        assert both.commune_at(0.00005, 0.00005) == "2"
        assert both.commune_at(0.00001, 0.00001) == "1"

    def test_nearly_every_commune_holds_its_own_centre(self, outlines: Outlines, gazetteer: Gazetteer) -> None:
        """A crescent need not; the middle of all others is theirs and no neighbour's."""
        towns = [one for one in gazetteer.communes.values() if one.parent is None][::20]
        others = [one.name for one in towns if outlines.commune_at(one.lat, one.lon) != one.insee]

        assert len(others) < len(towns) / 50


def square(west: int, south: int, size: int) -> np.ndarray:
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return np.array([(west + x, south + y) for x, y in corners], np.int32)
