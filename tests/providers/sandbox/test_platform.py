"""What every simulated platform does alike: whose page an address is, and what is free there."""

from __future__ import annotations

from datetime import timedelta

from providers.sandbox.platform import DAYS_AHEAD
from providers.sandbox.platforms import PLATFORMS
from providers.sandbox.world import World
from tests.clock import NOON
from tests.providers.sandbox.little import centre_of


def test_of_several_practices_of_one_page_the_link_names_one() -> None:
    world = World(seed=1)
    world.centres["doctolib"] = [centre_of("doctolib", n, slug="twins", path="/a/b/twins") for n in (1, 2)]
    platform = PLATFORMS["doctolib"](world, lambda: NOON)

    found = [platform.at_path("/a/b/Twins/", {"pid": [pid]}) for pid in ("practice-2", "practice-9")]

    assert [centre.number for centre in found if centre] == [2, 1]
    assert platform.at_path("/a/b/twins", {}) is world.centres["doctolib"][0]
    assert platform.at_path("/a/b/nobody", {"pid": ["practice-2"]}) is None


def test_what_is_offered_begins_today_at_the_place_and_is_free_in_the_world() -> None:
    world = World(seed=1)
    centre = centre_of("maiia")
    world.centres["maiia"] = [centre]
    late = NOON.replace(hour=21)  # tomorrow already on La Réunion

    offered = PLATFORMS["maiia"](world, lambda: late).offered(centre)

    tomorrow = NOON.date() + timedelta(days=1)
    assert offered.last == tomorrow + timedelta(days=DAYS_AHEAD - 1)
    assert {motive: starts[0].date() for motive, starts in offered.starts.items()} == {0: tomorrow, 3: tomorrow}
    assert offered.starts[0] == world.free(centre, 0, tomorrow, DAYS_AHEAD, late)
