"""Distances are those of a pocket calculator."""

from __future__ import annotations

import numpy as np
import pytest
from geopy.distance import EARTH_RADIUS, great_circle
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country.geography import Points, distance_m, in_territory

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


@pytest.mark.parametrize(
    ("lat", "lon", "inside"),
    [
        (48.86, 2.35, True), (41.92, 8.74, True), (-20.88, 55.45, True), (4.93, -52.33, True), (46.78, -56.18, True),
        (-12.78, 45.23, True), (14.61, -61.07, True), (17.9, -62.83, True), (2.35, 48.86, False), (0.0, 0.0, False),
        (52.52, 13.4, False), (-20.2, 57.5, False), (float("nan"), 2.35, False),
    ],
)  # fmt: skip
def test_the_territory_is_france_in_europe_and_overseas(lat: float, lon: float, inside: bool) -> None:
    """Paris, Ajaccio, Saint-Denis, Cayenne, Saint-Pierre, Mamoudzou… and swapped, zero, Berlin, Mauritius, nothing."""
    assert in_territory(lat, lon) is inside


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_a_distance_is_the_same_there_and_back_and_half_the_earth_at_most(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    there, back = distance_m(lat1, lon1, lat2, lon2), distance_m(lat2, lon2, lat1, lon1)

    assert abs(there - back) <= 1
    assert 0 <= there <= 20_015_115
    assert distance_m(lat1, lon1, lat1, lon1) == 0
