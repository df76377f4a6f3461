"""Addresses are told once; hours are written as people say them, and what is no hour stays as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.snapshot.places import Place
from aggregator.web.language.places import address_of, hours, week
from tests.web.test_pages import plain


def place(**fields: object) -> Place:
    return Place(**{**dict.fromkeys(Place.__struct_fields__, ""), "hours": (), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("9:30-12:00", "9 h 30 – 12 h"),
        ("09:00-12:00, 14h-18h", "9 h – 12 h, 14 h – 18 h"),
        ("9h30 - 12h / 13H45–17h", "9 h 30 – 12 h / 13 h 45 – 17 h"),
        ("fermé", "fermé"),
        ("sur rendez-vous, tél. 01 99 00 12 34", "sur rendez-vous, tél. 01 99 00 12 34"),
        ("99:99", "99:99"),
        ("", ""),
    ],
)
def test_hours_are_written_as_they_are_said(source: str, printed: str) -> None:
    assert plain(hours(source)) == printed


@given(st.text(max_size=40))
def test_whatever_a_source_writes_no_digit_of_it_is_lost(text: str) -> None:
    """But for the zeros that nobody says: "09:00" is « 9 h »."""
    said = "".join(re.findall(r"[1-9]", hours(text)))

    assert said == "".join(re.findall(r"[1-9]", text))


def test_days_with_the_same_hours_are_told_together() -> None:
    weekly = ("9:00-12:00",) * 3 + (None, "9:00-12:00", "", "")

    assert plain(week(place(hours=weekly))) == "lun.–mer. 9 h – 12 h, ven. 9 h – 12 h, sam.–dim. fermé"
    assert week(place(hours=())) == ""


@pytest.mark.parametrize(
    ("address", "postcode", "city", "printed"),
    [
        ("12 rue Pasteur", "69003", "Lyon", "12 rue Pasteur, 69003 Lyon"),
        ("12 rue Pasteur, 69003 Lyon", "69003", "Lyon", "12 rue Pasteur, 69003 Lyon"),
        ("", "69003", "Lyon", "69003 Lyon"),
        ("12 rue Pasteur", "", "Lyon", "12 rue Pasteur, Lyon"),
        ("12 rue Pasteur", "", "", "12 rue Pasteur"),
    ],
)
def test_an_address_tells_its_town_once_and_always(address: str, postcode: str, city: str, printed: str) -> None:
    assert address_of(place(address=address, postcode=postcode, city=city)) == printed
