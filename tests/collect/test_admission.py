"""Every centre is cleaned and checked before it is stored; none is dropped for being odd."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.collect.admission import Intake
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.country.outlines import Outlines, load_outlines
from aggregator.store.catalog import dump, parse
from providers.booking_url import BookingSites
from providers.records import Centre
from providers.strict_json import loads
from tests.conftest import outlines_file


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
        ("undeclared-site", "no-commune", "position"),
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


@pytest.fixture
def intake(gazetteer: Gazetteer) -> Intake:
    return Intake(gazetteer, BookingSites(Settings(demo=False).declared_origins(), {}))


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://[rdv.example.fr/x", None), ("http://[rdv.example.fr]/x", None), ("https://ex\u2100mple.fr/", None),
        ("https://www.maiia.com:abc/", "www.maiia.com"), ("rdv", None), ("", None),
    ],
)  # fmt: skip
def test_a_link_that_is_none_costs_its_centre_nothing_but_the_link(intake: Intake, url: str, site: str | None) -> None:
    centre = intake.admit(Centre("x", "1", "Salle", booking_url=url))

    assert (centre.name, centre.booking_url, centre.booking_site) == ("Salle", None, site)
    assert "unsafe-link" in centre.flags or "undeclared-site" in centre.flags


CHARACTERS = st.characters() | st.sampled_from(["\ud800", "\udfff", "\0", " ", "\u202e"])


def answered(text: str) -> str:
    """The text as it comes out of an answer that holds it."""
    read: str = loads(json.dumps(text).encode())
    return read


@given(st.lists(CHARACTERS, max_size=20).map("".join).map(answered), st.text(max_size=40))
def test_whatever_a_platform_writes_can_be_stored_and_comes_back(told: str, link: str) -> None:
    """`told`: any text that an answer can hold, half characters included, as an id, a name, a city, a postal code."""
    intake = Intake(Gazetteer([], []), BookingSites({}, {}))
    centre = Centre("x", told, told, told, told, told, told, phone=told, booking_url=f"https://{link}", note=told)

    admitted = intake.admit(centre)

    assert parse(dump(admitted)) == admitted
    assert dump(admitted).encode()


def test_a_declared_link_is_kept_in_one_spelling_and_names_its_offer(intake: Intake) -> None:
    typed = Centre("x", "1", "Salle", booking_url=" HTTP://WWW.DOCTOLIB.FR//centre/lyon/salle?pid=practice-12#rdv ")

    centre = intake.admit(typed)

    assert centre.booking_url == "https://www.doctolib.fr/centre/lyon/salle?pid=practice-12"
    assert intake.link_of(centre) == ("doctolib", "salle#12")
    assert intake.link_of(Centre("x", "1", "Salle")) is None


def test_a_commune_is_found_by_its_code_before_its_address(intake: Intake) -> None:
    """A code that does not exist is no code."""
    told = Centre("x", "1", "Salle", postcode="69003", city="Lyon", insee="01053")

    assert intake.admit(told).insee == "01053"
    assert intake.admit(replace(told, insee=None)).insee == "69383"
    assert intake.admit(replace(told, insee="99999")).insee == "69383"


@pytest.mark.parametrize(
    ("insee", "lat", "lon", "believed"),
    [
        ("01053", 46.2, 5.22, True),  # in the commune
        ("01053", 46.6, 5.22, True),  # 45 km away: the next town, perhaps
        ("01053", 46.9, 5.22, False),  # 78 km away
        ("97353", 2.6, -54.5, True),  # Maripasoula is as large as a region
        ("01053", 1.0, 5.22, False),
    ],
)
def test_how_far_from_its_commune_a_centre_may_stand(
    intake: Intake, insee: str, lat: float, lon: float, believed: bool
) -> None:
    centre = intake.admit(Centre("x", "1", "Salle", insee=insee, lat=lat, lon=lon))

    assert ("position" not in centre.flags) is believed
    assert ((centre.lat, centre.lon) == (lat, lon)) is believed


def test_a_centre_without_a_name_is_one_without_a_name(intake: Intake) -> None:
    assert intake.admit(Centre("x", "1", " \u200b ")).name == "Lieu sans nom"
    assert intake.admit(Centre("x", "1", "Salle", phone="")).phone is None


@pytest.fixture
def placing(gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    """An intake that has the outlines, as imports and discoveries do."""
    outlines: Outlines = load_outlines(outlines_file(tmp_path_factory))
    return Intake(gazetteer, BookingSites({}, {}), outlines)


@pytest.mark.parametrize(
    ("lat", "lon", "insee"),
    [(48.8566, 2.3522, "75056"), (-20.89, 55.45, "97411"), (14.61, -61.07, "97209")],
)
def test_a_centre_with_a_position_alone_is_in_the_commune_that_holds_it(
    placing: Intake, lat: float, lon: float, insee: str
) -> None:
    centre = placing.admit(Centre("x", "1", "Salle", lat=lat, lon=lon))

    assert (centre.insee, centre.lat, centre.lon, centre.flags) == (insee, lat, lon, ())


def test_an_address_that_two_communes_could_have_is_settled_by_its_position(placing: Intake) -> None:
    centre = placing.admit(Centre("x", "1", "Salle", postcode="01200", city="", lat=46.11, lon=5.83))

    assert centre.insee == "01033"


def test_a_position_in_another_departement_than_the_address_settles_nothing(placing: Intake) -> None:
    centre = placing.admit(Centre("x", "1", "Salle", postcode="74999", city="Nulle-Part", lat=48.8566, lon=2.3522))

    assert (centre.insee, "no-commune" in centre.flags) == (None, True)


def test_the_code_of_a_former_commune_is_its_successor_s(gazetteer: Gazetteer) -> None:
    intake = Intake(gazetteer, BookingSites({}, {}))

    lomme = intake.admit(Centre("x", "1", "Salle", insee="59355", postcode="59160", city="Lomme"))
    cedex = intake.admit(Centre("x", "2", "Salle", postcode="74011 CEDEX", city="Annecy Cedex", lat=45.9, lon=6.12))

    lille = gazetteer.get("59350")
    assert lille is not None
    assert (lomme.insee, lomme.lat, lomme.lon) == ("59350", lille.lat, lille.lon)
    assert cedex.insee == "74010"


def test_a_centre_of_which_nothing_says_where_it_is_keeps_its_card_and_a_flag(placing: Intake) -> None:
    centre = placing.admit(Centre("x", "1", "Salle", city="Nulle-Part"))

    assert (centre.name, centre.insee) == ("Salle", None)
    assert set(centre.flags) == {"no-commune", "position"}
