"""The simulated world: the same for the same seed and minute, moving as time passes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.config.settings import Settings
from providers.official_list import read
from providers.sandbox.world import MIX, Town, World, invented, of_list, public_link
from tests.answers import Answers, both
from tests.clock import NOON


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


def test_no_slot_is_in_the_past_on_a_sunday_or_free_for_two_motives(world: World) -> None:
    seen = 0
    for centre in world.centres["doctolib"]:
        starts = [at for motive in centre.motives for at in world.free(centre, motive, NOON.date(), 20, NOON)]
        seen += len(starts)
        assert len(set(starts)) == len(starts)
        assert all(at > NOON and at.weekday() != 6 for at in starts)

    assert seen > 100


def test_slots_are_said_in_the_time_of_their_town(world: World) -> None:
    hours = {
        at.utcoffset()
        for centres in world.centres.values()
        for centre in centres
        if centre.town.insee == "97411"
        for motive in centre.motives
        for at in world.free(centre, motive, NOON.date(), 20, NOON)
    }

    assert hours == {timedelta(hours=4)}


@both(
    "at_least",
    ours={"keldoc": 1, "maiia": 1, "doctolib": 2},
    recorded={"keldoc": 111, "maiia": 51, "doctolib": 1001},
)
def test_an_official_list_is_played_on_the_platforms_that_its_links_name(
    answers: Answers, at_least: dict[str, int], towns: list[Town]
) -> None:
    by_code = {town.insee: town for town in towns}
    centres = read(answers.official_list("42"), NOON.date()).centres

    world = of_list(centres, Settings(demo=False).declared_origins(), by_code, seed=1)

    counts = {slug: len(found) for slug, found in world.centres.items()}
    assert counts.keys() == at_least.keys()
    assert all(counts[slug] >= number for slug, number in at_least.items())


def test_a_played_centre_keeps_its_name_position_and_link(towns: list[Town]) -> None:
    row = "gid;nom;com_cp;com_insee;com_nom;lat_coor1;long_coor1;rdv_site_web;rdv_tel"
    link = "https://www.doctolib.fr/centre-de-sante/ambronay/Salle-Inventee?pid=practice-710001"
    body = f"{row}\n1;Salle;01500;01007;Ambronay;46.0061;5.3613;{link};0465710051\n".encode()

    world = of_list(
        read(body, NOON.date()).centres, {"https://www.doctolib.fr": "doctolib"}, {t.insee: t for t in towns}, 1
    )

    (centre,) = world.centres["doctolib"]
    assert (centre.name, centre.lat, centre.lon, centre.practice) == ("Salle", 46.0061, 5.3613, 710001)
    assert public_link(centre) == link


@pytest.mark.parametrize(
    "row",
    [
        "1;Salle;01500;01007;Ambronay;46.0061;5.3613;https://www.ville.example/a/b/c;",  # a site of nobody
        "1;Salle;01500;01007;Ambronay;;;https://www.doctolib.fr/a/b/c;",  # nowhere
        "1;Salle;01500;;Ambronay;46.0061;5.3613;https://www.doctolib.fr/a/b/c;",  # in no known town
        "1;Salle;01500;01007;Ambronay;46.0061;5.3613;https://www.doctolib.fr/a/b;",  # a link to no centre
    ],
)
def test_a_row_that_cannot_be_played_is_left_out(row: str, towns: list[Town]) -> None:
    header = "gid;nom;com_cp;com_insee;com_nom;lat_coor1;long_coor1;rdv_site_web;rdv_tel"
    centres = read(f"{header}\n{row}\n".encode(), NOON.date()).centres

    world = of_list(centres, {"https://www.doctolib.fr": "doctolib"}, {town.insee: town for town in towns}, 1)

    assert (len(centres), sum(map(len, world.centres.values()))) == (1, 0)


def test_platforms_have_the_places_that_the_mix_gives_them(towns: list[Town]) -> None:
    world = invented(towns, 3000, seed=3)

    for slug, share in MIX.items():
        assert len(world.centres[slug]) / 3000 == pytest.approx(share, abs=0.04)
    assert world.listed  # and the rest on the official list alone
