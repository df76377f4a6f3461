"""The few names that a map has room for: the largest towns in its window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.country.gazetteer import Commune
from aggregator.country.outlines import Box
from aggregator.country.towns import Towns

DEGREES = st.integers(0, 20).map(float)
COMMUNES = st.lists(
    st.builds(
        Commune, insee=st.text("0123456789", min_size=5, max_size=5), name=st.just("x"), postcodes=st.just(()),
        department=st.just("01"), lat=DEGREES, lon=DEGREES, population=st.integers(0, 5),
        parent=st.sampled_from([None, None, None, "75056"]),
    ),
    max_size=15, unique_by=lambda one: one.insee,
)  # fmt: skip


def commune(insee: str, lat: float, lon: float, population: int, parent: str | None = None) -> Commune:
    return Commune(insee, insee, (), "69", lat, lon, population, parent)


def named(found: list[Commune]) -> list[str]:
    return [one.insee for one in found]


def test_the_largest_of_a_window_come_first_and_no_more_than_asked_for() -> None:
    towns = Towns([commune("a", 1, 1, 10), commune("b", 2, 2, 30), commune("c", 3, 3, 20), commune("d", 9, 9, 99)])
    window = Box(0, 0, 5, 5)

    assert named(towns.largest(window, 2)) == ["b", "c"]
    assert named(towns.largest(window, 9)) == ["b", "c", "a"]
    assert towns.largest(Box(6, 0, 7, 5), 9) == []


def test_of_two_as_large_the_southern_one_comes_first() -> None:
    towns = Towns([commune("north", 4, 1, 10), commune("south", 1, 4, 10)])

    assert named(towns.largest(Box(0, 0, 5, 5), 2)) == ["south", "north"]


def test_an_arrondissement_has_no_name_of_its_own_on_a_map() -> None:
    towns = Towns([commune("75056", 1, 1, 2_000_000), commune("75101", 1, 1, 16_000, parent="75056")])

    assert named(towns.largest(Box(0, 0, 5, 5), 9)) == ["75056"]


@given(COMMUNES, DEGREES, DEGREES, DEGREES, DEGREES, st.integers(0, 6))
def test_what_is_found_is_what_looking_at_every_commune_finds(
    communes: list[Commune], south: float, west: float, north: float, east: float, count: int
) -> None:
    found = Towns(communes).largest(Box(south, west, north, east), count)

    inside = [one for one in communes if one.parent is None and south <= one.lat < north and west < one.lon < east]
    assert [one.population for one in found] == sorted((one.population for one in inside), reverse=True)[:count]
    assert all(one in inside for one in found)
