"""The simulated platforms of a demonstration: where they listen, and the country they stand in."""

from __future__ import annotations

from socket import create_server

from aggregator.cli import demonstration
from aggregator.cli.demonstration import DEMO_PLACES, SEED
from aggregator.config.settings import Settings


def test_the_first_ten_of_the_usual_ports_that_are_free_are_taken_unless_others_are_asked_for() -> None:
    first = demonstration._first_port(None)
    with create_server(("127.0.0.1", first + 3)):
        another = demonstration._first_port(None)

    assert another != first
    assert (another - first) % 10 == 0
    assert demonstration._first_port(9100) == 9100


def test_a_seed_gives_the_same_places_again(settings: Settings) -> None:
    one, same = (demonstration.world(settings, 50, None, SEED) for _ in range(2))
    other = demonstration.world(settings, 50, None, SEED + 1)

    assert one.centres == same.centres != other.centres
    assert DEMO_PLACES > sum(map(len, one.centres.values())) > 30
