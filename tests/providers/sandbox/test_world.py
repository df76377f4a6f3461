"""The simulated world: the same every time, changing as time passes, or made of a real list."""

from __future__ import annotations

from aggregator.config.settings import Settings
from providers.official_list import read
from providers.sandbox.world import Town, World, invented, of_list
from tests.clock import NOON
from tests.conftest import Recorded


def test_the_same_seed_and_minute_give_the_same_world(towns: list[Town]) -> None:
    one, other = (invented(towns, 300, seed=5) for _ in range(2))

    assert one.centres == other.centres
    assert one.listed == other.listed
    centre = one.centres["doctolib"][0]
    slots = [world.free(centre, centre.motives[0], NOON.date(), 20, NOON) for world in (one, other)]
    assert slots[0] == slots[1]
    assert invented(towns, 300, seed=6).centres != one.centres


def test_slots_come_and_go(world: World) -> None:
    later = NOON.replace(hour=20)
    changed = sum(
        world.free(centre, motive, NOON.date(), 20, NOON) != world.free(centre, motive, NOON.date(), 20, later)
        for centre in world.centres["doctolib"]
        for motive in centre.motives
    )

    assert changed > 10


def test_a_real_list_is_played_on_the_platforms_that_its_links_name(recorded: Recorded, towns: list[Town]) -> None:
    body = (recorded.real / "gouv_centres-vaccination_2021-03-23.csv").read_bytes()
    by_code = {town.insee: town for town in towns}

    world = of_list(read(body, NOON.date()).centres, Settings(demo=False).declared_origins(), by_code, seed=1)

    counts = {slug: len(centres) for slug, centres in world.centres.items()}
    assert counts["keldoc"] > 110
    assert counts["maiia"] > 50
    assert counts["doctolib"] > 1000
