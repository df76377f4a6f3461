"""Distances are those of a pocket calculator."""

from __future__ import annotations

import numpy as np
import pytest
from geopy.distance import EARTH_RADIUS, great_circle
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country.geography import Points, distance_m

NEAR = st.floats(-1e-3, 1e-3) | st.floats(-1, 1)
"""Degrees beside a point: a hundred metres, or a hundred kilometres."""


@given(
    st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 10_000_000),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20),
    st.lists(st.tuples(NEAR, NEAR), max_size=20),
)  # fmt: skip
def test_what_is_near_and_how_far_is_what_the_pocket_calculator_says(
    lat: float, lon: float, radius_m: int, anywhere: list[tuple[float, float]], beside: list[tuple[float, float]]
) -> None:
    points = [*anywhere, *((max(-90, min(90, lat + north)), lon + east) for north, east in beside)]
    table = np.array(points).reshape(-1, 2)

    numbers, metres = Points(np.arange(len(points)), table[:, 0], table[:, 1]).within(lat, lon, radius_m)

    told = {n: distance_m(lat, lon, *point) for n, point in enumerate(points)}
    assert dict(zip(numbers.tolist(), metres.tolist(), strict=True)) == {
        n: far for n, far in told.items() if far <= radius_m
    }


def test_distances_agree_with_geopy() -> None:
    pairs = [((48.8566, 2.3522), (45.764, 4.8357)), ((-20.88, 55.45), (48.0, 2.0)), ((45.0, 4.0), (45.0, 4.0001))]
    for one, other in pairs:
        exact = great_circle(one, other).meters * 6_371_008.8 / (EARTH_RADIUS * 1000)
        assert distance_m(*one, *other) == pytest.approx(exact, abs=1)
