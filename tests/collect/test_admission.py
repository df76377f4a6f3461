"""Every centre is cleaned and checked before it is stored; none is dropped for being odd."""

from __future__ import annotations

import pytest

from aggregator.collect.admission import Intake
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from providers.booking_url import BookingSites
from providers.records import Centre


@pytest.mark.parametrize(
    ("lat", "lon"), [(5.22, 46.2), (0.0, 0.0), (52.52, 13.4), (-46.2, 5.2), (None, None), (43.3, 5.4)]
)
def test_impossible_coordinates_are_never_repaired_in_silence(
    gazetteer: Gazetteer, lat: float | None, lon: float | None
) -> None:
    """Swapped, zero, abroad, mirrored, missing, or at the other end of the country."""
    intake = Intake(gazetteer, BookingSites({}, {}))

    centre = intake.admit(Centre("x", "1", "Salle", postcode="01000", city="Bourg-en-Bresse", lat=lat, lon=lon))

    commune = gazetteer.get("01053")
    assert commune is not None
    assert (centre.lat, centre.lon, centre.flags) == (commune.lat, commune.lon, ("position",))


def test_an_unsafe_or_undeclared_link_leaves_the_card_and_the_name_of_the_site(gazetteer: Gazetteer) -> None:
    intake = Intake(gazetteer, BookingSites(Settings(demo=False).declared_origins(), {}))

    foreign = intake.admit(Centre("x", "1", "Salle", booking_url="https://rdv.example.fr/salle"))
    hostile = intake.admit(Centre("x", "1", "Salle", booking_url="https://www.maiia.com/a/b/c?x=https://evil.example"))
    stub = intake.admit(Centre("x", "1", "Salle", booking_url="https://www.maiia.com/accueil"))

    assert (foreign.booking_url, foreign.booking_site, foreign.flags) == (
        None,
        "rdv.example.fr",
        ("position", "undeclared-site")[::-1],
    )
    assert hostile.booking_url is None
    assert "unsafe-link" in hostile.flags
    assert "link-to-no-centre" in stub.flags


def test_hostile_text_is_cut_to_one_visible_line(gazetteer: Gazetteer) -> None:
    intake = Intake(gazetteer, BookingSites({}, {}))
    name = "A\u202eB\u200b\x00C\n" + "Z̸̡̢" + "x" * 10_000

    centre = intake.admit(Centre("x", "1", name))

    assert len(centre.name) <= 300
    assert not set("\u202e\u200b\x00\n") & set(centre.name)
    assert centre.name.startswith("AB C Z")
