"""Telephones as sources spell them, checked against the plans of France in Europe and overseas."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.phone import MAX_TEXT, address, contact, dialled, phone_number, written


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("04 65 71 00 11", "+33465710011"),
        ("04.65.71.00.11", "+33465710011"),
        ("04-65-71-00-11", "+33465710011"),
        ("04\u201165\u201171\u201100\u201111", "+33465710011"),
        ("04/65/71/00/11", "+33465710011"),
        ("(04) 65 71 00 11", "+33465710011"),
        ("０４ ６５ ７１ ００ １１", "+33465710011"),
        ("0033 4 65 71 00 11", "+33465710011"),
        ("+33 4 65 71 00 11", "+33465710011"),
        ("+33(0)4 65 71 00 11", "+33465710011"),
        ("+33 (0) 4 65 71 00 11", "+33465710011"),
        ("+330465710011", "+33465710011"),
        ("33465710011", "+33465710011"),
        ("33800 12 34 56", "+33800123456"),
        ("0 800 123 456", "+33800123456"),
        ("0809 54 19 19", "+33809541919"),
        ("06 39 98 00 11", "+33639980011"),  # kept for fiction, never opened: the length alone is believed
        ("tel:+33465710011", "+33465710011"),
        ('="0465710011"', "+33465710011"),
        ("+41 22 730 51 11", "+41227305111"),
        ("+377 93 15 22 22", "+37793152222"),
    ],
)
def test_a_number_is_the_same_however_it_is_spelt(text: str, number: str) -> None:
    assert phone_number(text) == number


@pytest.mark.parametrize("text", ["465710011", "4 65 71 00 11", "465 710 011", "465710011.0", "465710011,0"])
def test_the_zero_that_a_spreadsheet_ate_is_given_back(text: str) -> None:
    assert phone_number(text) == "+33465710011"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("04 65 71 00 11 / 04 65 71 00 12", "+33465710011"),
        ("04 65 71 00 11 ou 04 65 71 00 12", "+33465710011"),
        ("0465710011;0465710012", "+33465710011"),
        ("0465710011 0465710012", "+33465710011"),
        ("0465710011-0465710012", "+33465710011"),
        ("04 65 71 00 11\n04 65 71 00 12", "+33465710011"),
        ("04 65 71 00 11/12", "+33465710011"),
        ("04 65 71 00 11 poste 12", "+33465710011"),
        ("04 65 71 00 11 (standard)", "+33465710011"),
        ("04 65 71 00 11 #3", "+33465710011"),
        ("+33 4 65 71 00 11 8h-18h", "+33465710011"),
        ("04 65 71 00 11 de 8h30 à 12h", "+33465710011"),
        ("de 9:00 à 12:00 04 65 71 00 11", "+33465710011"),
        ("à partir du 18/01/2021 : 04 65 71 00 11", "+33465710011"),
        ("04 65 71 00 11 à compter du 18/01", "+33465710011"),
        ("Tél. : 04 65 71 00 11 (0,15 €/min)", "+33465710011"),
        ("+3346571001 / 04 65 71 00 12", "+33465710012"),  # the first that can be dialled
    ],
)
def test_what_stands_around_a_number_is_not_dialled_and_the_first_of_several_is(text: str, number: str) -> None:
    assert phone_number(text) == number


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("0262 20 12 34", "+262262201234", "02 62 20 12 34"),
        ("02 69 61 12 34", "+262269611234", "02 69 61 12 34"),
        ("0692 12 34 56", "+262692123456", "06 92 12 34 56"),
        ("0639 69 00 11", "+262639690011", "06 39 69 00 11"),
        ("05 90 20 12 34", "+590590201234", "05 90 20 12 34"),
        ("0690 12 34 56", "+590690123456", "06 90 12 34 56"),
        ("0594 20 12 34", "+594594201234", "05 94 20 12 34"),
        ("0596 60 12 34", "+596596601234", "05 96 60 12 34"),
        ("0709 10 12 34", "+596709101234", "07 09 10 12 34"),
        ("+33262201234", "+262262201234", "02 62 20 12 34"),
        ("262262201234", "+262262201234", "02 62 20 12 34"),
        ("+262 0262 20 12 34", "+262262201234", "02 62 20 12 34"),
        ("0262 96 00 00", "+262262960000", "02 62 96 00 00"),
        ("0508 41 12 34", "+508411234", "05 08 41 12 34"),
    ],
)
def test_overseas_has_country_codes_of_its_own_and_is_written_with_a_zero(text: str, number: str, shown: str) -> None:
    assert phone_number(text) == number
    assert written(number) == shown


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3975", "3975"),
        ("39 75", "3975"),
        ("3975\u00a0", "3975"),
        ("3646", "3646"),
        ("appeler le 39 75", "3975"),
        ("3975 ou 04 65 71 00 11", "3975"),
        ("3975 04 65 71 00 11", "3975"),
        ("3975 / 3646", "3975"),
        ("04 65 71 00 11 ou 3975", "+33465710011"),
        ("116117", "116117"),
        ("118 218", "118218"),
        ("1014", "1014"),
    ],
)
def test_a_short_number_is_kept_as_it_is(text: str, number: str) -> None:
    assert phone_number(text) == number
    assert (address(number), written("3975"), dialled("3975")) == (f"tel:{number}", "3975", "3975")


@pytest.mark.parametrize(
    "text",
    [
        None, "", " ", "néant", "en cours", "0000000000", "00 00 00 00 00", "+33 0 00 00 00 00", "+331", "+00000000",
        "04 65 71 00 1", "046571001", "04657100111", "+3333465710011", "+805690821", "+171114240", "4,65E+08",
        "33 97 70 00 1", "2021", "12345", "le 18/01/2021", "8h-18h", "9:00-12:00", "+41 22 730",
    ],
)  # fmt: skip
def test_what_is_no_number_is_never_dialled(text: str | None) -> None:
    assert phone_number(text) is None
    assert address(text) is None


@pytest.mark.parametrize("text", ["15", "17", "18", "112"])
def test_nobody_is_sent_to_the_emergency_services_by_a_link(text: str) -> None:
    assert address(contact(text)) is None
    assert contact(text) == text


def test_digits_put_together_unchecked_would_be_printed_and_dialled() -> None:
    """The control: the way numbers were read before gave these, none of which rings anywhere."""
    unchecked = ["+330465710011", "+3333465710011", "+3346571001112", "+33262201234", "+33177707370 71", "+00000000"]

    assert [number for number in unchecked if phone_number(number) == number] == []


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("04 65 71 00 1", "04 65 71 00 12"), "+33465710012"),
        (("+171114240",), "+171114240"),
        (("voir 04 65 71 00 1", "sur place"), "voir 04 65 71 00 1"),
        (("en cours", None, ""), None),
        (("0000000000",), None),
        (("1111111111",), None),
        (("personne123456@example.invalid",), None),
        ((), None),
    ],
)
def test_what_cannot_be_dialled_is_text_where_a_person_could_use_it(texts: tuple[str | None, ...], told: str) -> None:
    assert contact(*texts) == told


@pytest.mark.parametrize(
    ("number", "as_people_dial_it", "as_they_write_it"),
    [
        ("+33465710011", "0465710011", "04 65 71 00 11"),
        ("+262262000011", "0262000011", "02 62 00 00 11"),
        ("+596596000011", "0596000011", "05 96 00 00 11"),
        ("+3346571", "+3346571", "+3346571"),
        ("+41227305111", "+41227305111", "+41 22 730 51 11"),
        ("voir la mairie, 04 65", "voir la mairie, 04 65", "voir la mairie, 04 65"),
    ],
)
def test_a_number_is_written_in_pairs_and_text_as_it_was(
    number: str, as_people_dial_it: str, as_they_write_it: str
) -> None:
    assert (dialled(number), written(number)) == (as_people_dial_it, as_they_write_it)


@given(st.from_regex(r"\A0[1-9][0-9]{8}\Z"))
def test_a_number_of_the_right_length_is_dialled_as_it_was_written(text: str) -> None:
    number = phone_number(text)

    assert number is not None
    assert dialled(number) == text
    assert written(number).replace(" ", "") == text


@given(st.lists(st.sampled_from(["0", "04", "33", "+", "00", "262", " ", "/", "(0)", "h", "39", "75", "-", ":", "٤"])))
def test_whatever_is_written_the_address_is_one_that_telephones_take(pieces: list[str]) -> None:
    told = contact("".join(pieces))
    found = address(told)

    assert told is None or 0 < len(told) <= MAX_TEXT
    assert found is None or re.fullmatch(r"tel:(?:\+[1-9][0-9]{6,14}|[0-9]{4,6})", found)


@given(st.text(max_size=60))
def test_a_number_that_was_read_is_read_again_as_the_same(text: str) -> None:
    number = phone_number(text)

    assert number is None or phone_number(number) == number
