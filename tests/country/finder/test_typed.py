"""What was typed, taken apart, whatever was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.country.finder.typed import District, Typed, districts, is_address, is_here, normal, read, without


def test_names_have_one_spelling() -> None:
    assert normal("L’Haÿ-les-Roses") == "l hay les roses"
    assert normal("Ste-Marie") == "sainte marie"
    assert normal("PARIS 15e") == normal("Paris 15 E") == "paris 15 e"
    assert normal("2A") == "2a"


@given(st.text(max_size=30))
def test_a_name_has_one_normal_form(text: str) -> None:
    once = normal(text)

    assert normal(once) == once
    assert normal(f"  {text.upper()} - ") == normal(text.upper())
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("75015 Paris", Typed(("paris",), "75015")),
        ("Lyon 69003", Typed(("lyon",), "69003")),
        ("42 000", Typed((), "42000")),
        ("75O15", Typed((), "75015")),  # the letter, as a telephone offers it
        ("77011 Melun Cedex", Typed(("melun",), "77011", cedex=True)),
        ("Paris Cedex 15", Typed(("paris",), cedex=True)),
        ("Bourg-en-Bresse (01)", Typed(("bourg", "en", "bresse", "01"), within="01")),
        ("01 02 03 04 05", Typed(("01", "02", "03", "04", "05"))),
        ("0102030405", Typed(("0102030405",))),
        ("\N{FACE WITH TEARS OF JOY}", Typed(())),
    ],
)
def test_a_code_is_set_apart_from_the_words(text: str, typed: Typed) -> None:
    assert read(text) == typed


@given(st.text())
def test_any_text_can_be_taken_apart(text: str) -> None:
    typed = read(text)

    assert typed.code is None or (len(typed.code) == 5 and typed.code.isdigit())
    assert read(typed.text).words == typed.words or typed.code or typed.cedex


@pytest.mark.parametrize(
    "text",
    [
        "paris 15e", "paris 15 eme", "paris 15 ème arrondissement", "paris le 15e", "paris xv", "paris XVe",
        "Paris XVème", "paris quinzieme", "15e arrondissement de paris", "15ème paris", "le 15e arrdt de Paris",
        "paris 15 arr",
    ],
)  # fmt: skip
def test_an_arrondissement_has_many_spellings(text: str) -> None:
    assert District("paris", 15, sure=True) in districts(normal(text))


def test_a_number_alone_may_be_something_else() -> None:
    assert districts("marseille 13") == [District("marseille", 13, sure=False)]


@pytest.mark.parametrize("text", ["paris", "le mans", "paris 123", "paris iix", "", "saint denis xxx"])
def test_what_is_no_ordinal_is_none(text: str) -> None:
    assert not [one for one in districts(text) if one.sure]


def test_what_stands_around_a_name_is_taken_off_both_ends() -> None:
    around = frozenset({"mairie", "de", "centre", "ville"})

    assert without(("mairie", "de", "nancy", "centre", "ville"), around) == ("nancy",)
    assert without(("mairie",), around) == ()


def test_a_street_is_an_address_and_a_town_called_rue_is_none() -> None:
    assert is_address(("12", "rue", "de", "la", "paix"))
    assert not is_address(("rue",))


def test_here_is_no_place_s_name() -> None:
    assert is_here("pres de chez moi")
    assert not is_here("paris")
