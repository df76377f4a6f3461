"""The State's list in its dialects, dirty links and all; and our own template."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from aggregator.config.settings import ROOT, Settings
from providers.booking_url import BookingSites, UnsafeUrlError
from providers.list_cells import template_hours, wheelchair_in
from providers.official_list import (
    STATE_COLUMNS,
    TEMPLATE_COLUMNS,
    OfficialListError,
    read,
    reserved_for_professionals,
)
from tests.answers import FIXTURES, Answers, both

MARCH = date(2021, 3, 23)
LIST_43 = FIXTURES / "official" / "centres-43-colonnes.csv"


def declared() -> BookingSites:
    return BookingSites(Settings(demo=False).declared_origins(), {})


@both("rows", ours={"37": 3, "42": 7}, recorded={"37": 854, "42": 1433})
@pytest.mark.parametrize("columns", ["37", "42"])
def test_every_row_of_a_list_is_read(answers: Answers, columns: str, rows: dict[str, int]) -> None:
    found = read(answers.official_list(columns), MARCH)

    assert (found.dialect, found.rows) == (columns, rows[columns])
    assert (len(found.centres), found.refused) == (rows[columns], ())


@both(
    "links",
    ours={"doctolib": 2, "keldoc": 1, "maiia": 1, "undeclared": 1},
    recorded={"doctolib": 1072, "keldoc": 120, "maiia": 57, "undeclared": 1},
)
def test_links_are_counted_by_the_platform_that_they_lead_to(answers: Answers, links: dict[str, int]) -> None:
    sites = declared()
    counts: Counter[str] = Counter()
    for centre in read(answers.official_list("42"), MARCH).centres:
        if centre.booking_url:
            try:
                counts[sites.admit(centre.booking_url)[1]] += 1
            except UnsafeUrlError:
                counts["undeclared"] += 1

    assert counts == links


@both(
    "counts",
    # Of those closed, one says so and one has a closing date that is past; in the recorded list 196 and 9.
    ours={"closed": 2, "professionals": 2, "Réservé aux plus de 65 ans": 1},
    recorded={"closed": 205, "professionals": 108, "Réservé aux plus de 75 ans": 52},
)
def test_closed_and_professionals_only_places_are_told_apart(answers: Answers, counts: dict[str, int]) -> None:
    centres = read(answers.official_list("42"), MARCH).centres

    elders = list(counts)[-1]
    reserved = [centre for centre in centres if centre.note.startswith(elders)]
    assert sum(centre.closed for centre in centres) == counts["closed"]
    assert sum(centre.professionals_only for centre in centres) == counts["professionals"]
    assert len(reserved) == counts[elders]
    assert not any(centre.professionals_only for centre in reserved)


def test_the_dialect_of_43_columns() -> None:
    found = read(LIST_43.read_bytes(), date(2021, 11, 20))

    assert found.dialect == "43"
    names = {centre.source_id: centre for centre in found.centres}
    assert set(names) == {"1", "2", "3", "4"}
    assert names["1"].insee == "01053"  # four digits in the file: the leading zero is lost there
    assert names["1"].hours[:2] == ("09:00-12:00 14:00-17:00", "")
    assert names["2"].closed
    assert names["3"].professionals_only
    assert names["4"].flags == ("position",)


def test_a_refused_row_is_reported_with_its_line_and_reason() -> None:
    found = read(LIST_43.read_bytes(), date(2021, 11, 20))

    assert [(one.line, one.reason) for one in found.refused] == [
        (6, "no name"),
        (7, "identifier 1 is already on an earlier line"),
        (8, "no identifier"),
        (9, "more cells than columns"),
    ]


@pytest.mark.parametrize(
    "cell",
    ["https://[rdv.example.fr/x", "http://[rdv.example.fr]/x", "https://ex\u2100mple.fr/"],
)
def test_a_link_that_is_none_is_refused_by_its_line_and_costs_no_centre(cell: str) -> None:
    """One cell stopped the whole list, and with it the worker's collection."""
    body = LIST_43.read_bytes().decode("utf-8").replace("https://www.doctolib.fr/", f"{cell} ", 1).encode()

    before, after = read(LIST_43.read_bytes(), MARCH), read(body, MARCH)

    assert body != LIST_43.read_bytes()
    assert {centre.source_id for centre in after.centres} == {centre.source_id for centre in before.centres}
    assert not any(centre.booking_url for centre in after.centres if centre.source_id == "1")
    (refused,) = (one for one in after.refused if one not in before.refused)
    assert (refused.line, refused.reason.split(":")[0]) == (2, "the booking link cannot be read")


@pytest.mark.parametrize(
    ("note", "only"),
    [
        ("Réservé aux professionnels de santé", True),
        ("réservé aux professionnels de santé libéraux", True),
        ("Accessibilité aux professionnels de santé libéraux ainsi qu'à la population de + de 75 ans", False),
        ("Réservé aux plus de 75 ans", False),
        ("", False),
    ],
)
def test_who_a_note_keeps_out(note: str, only: bool) -> None:
    assert reserved_for_professionals(note) is only


def test_the_template_lists_any_place_or_platform() -> None:
    found = read((ROOT / "data" / "places-template.csv").read_bytes(), MARCH)

    assert found.dialect == "modele"
    assert found.refused == ()
    kinds = {centre.source_id: centre for centre in found.centres}
    assert any(centre.walk_in for centre in kinds.values())
    assert any(centre.booking_url for centre in kinds.values())
    assert len(TEMPLATE_COLUMNS) == 12


def test_hours_of_the_template() -> None:
    hours = template_hours("lundi: 09:00-12:00 | mardi: fermé")

    assert hours[:3] == ("09:00-12:00", "", None)
    assert template_hours("") == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"a;b\n1;2\n", "columns"),
        ("gid;é".encode("latin-1"), "columns"),
        ("gid;é".encode("mac-roman"), "UTF-8"),
        (b"", "columns"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason(body: bytes, says: str) -> None:
    with pytest.raises(OfficialListError, match=says):
        read(body, MARCH)


def test_each_dialect_is_the_one_before_with_columns_that_came_and_went(answers: Answers) -> None:
    first, second = (_columns(answers.official_list(columns)) for columns in ("37", "42"))
    third = _columns(LIST_43.read_bytes())

    assert (len(first), len(second)) == (37, 42)
    assert set(first) - set(second) == {"lieu_tel", ""}
    assert third == [*second, "centre_type"]


def _columns(body: bytes) -> list[str]:
    return body.split(b"\n")[0].decode().strip("\r").split(";")


def test_the_telephone_of_the_place_stands_in_for_that_of_the_appointment() -> None:
    centres = read((FIXTURES / "official" / "centres-37-colonnes.csv").read_bytes(), MARCH).centres

    assert [centre.phone for centre in centres] == ["+33465710051", "+33465710052", "+33353010053"]


@pytest.mark.parametrize(
    ("numbers", "read_as"),
    [
        ({"rdv_tel": "04 65 71 00 01", "lieu_tel": "04 65 71 00 02", "rdv_tel2": "04 65 71 00 03"}, "+33465710001"),
        ({"lieu_tel": "04 65 71 00 02", "rdv_tel2": "04 65 71 00 03"}, "+33465710002"),
        ({"rdv_tel2": "04 65 71 00 03"}, "+33465710003"),
        ({"rdv_tel": "sur place", "rdv_tel2": "04 65 71 00 03"}, "+33465710003"),
        ({"rdv_tel": "sur place"}, None),
    ],
)
def test_the_number_for_appointments_goes_before_that_of_the_place_and_the_second_one(
    numbers: dict[str, str], read_as: str | None
) -> None:
    row = dict.fromkeys((*STATE_COLUMNS, "rdv_tel2", "lieu_tel"), "") | {"gid": "1", "nom": "Salle"} | numbers

    (centre,) = read(f"{';'.join(row)}\n{';'.join(row.values())}\n".encode(), MARCH).centres

    assert centre.phone == read_as


@pytest.mark.parametrize(
    ("cell", "access"),
    [("oui", True), ("Oui.", True), ("non", False), ("Non !", False), ("", None), ("NC", None), ("par la cour", None)],
)
def test_access_that_is_neither_stated_nor_denied_is_unknown(cell: str, access: bool | None) -> None:
    assert wheelchair_in(cell) is access


def test_days_are_read_in_both_ways_of_writing_them() -> None:
    centres = read((FIXTURES / "official" / "centres-37-colonnes.csv").read_bytes(), MARCH).centres

    assert (centres[0].opens_on, centres[1].closes_on) == (date(2021, 1, 18), date(2021, 3, 31))
    assert [centre.walk_in for centre in centres] == [False, True, False]


def test_a_place_closes_the_day_after_its_last_day() -> None:
    body = (FIXTURES / "official" / "centres-37-colonnes.csv").read_bytes()

    assert [sum(c.closed for c in read(body, day).centres) for day in (date(2021, 3, 31), date(2021, 4, 1))] == [0, 1]


def test_a_file_larger_than_any_list_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.official_list.MAX_BYTES", 1024)

    with pytest.raises(OfficialListError, match="larger than"):
        read(LIST_43.read_bytes(), MARCH)


def test_a_quote_that_is_never_closed_is_reported_with_its_line() -> None:
    body = LIST_43.read_bytes().split(b"\n")
    body[2] = b'2;"sans fin'

    with pytest.raises(OfficialListError, match=r"line \d+"):
        read(b"\n".join(body), MARCH)


def test_a_row_cut_short_is_refused_and_the_next_one_read() -> None:
    body = LIST_43.read_bytes().split(b"\n")
    body[1] = b"1;Salle"

    found = read(b"\n".join(body), MARCH)

    assert (found.refused[0].line, found.refused[0].reason) == (2, "fewer cells than columns")
    assert {centre.source_id for centre in found.centres} >= {"2", "3"}


@pytest.mark.parametrize(
    ("postcode", "insee", "read_as"),
    [
        ("1000", "1053", ("01000", "01053")),
        (" 69 007", "69387 ", ("69007", "69387")),
        ("2B000", "2B033", ("", "2B033")),
        ("0", "0", ("", None)),
        ("", "NC", ("", None)),
    ],
)
def test_codes_are_repaired_when_that_is_certain_and_dropped_when_not(
    postcode: str, insee: str, read_as: tuple[str, str | None]
) -> None:
    row = dict.fromkeys(TEMPLATE_COLUMNS, "") | {"identifiant": "1", "nom": "Salle"}
    row |= {"code_postal": postcode, "code_insee": insee}
    (centre,) = read(f"{';'.join(row)}\n{';'.join(row.values())}\n".encode(), MARCH).centres

    assert (centre.postcode, centre.insee) == read_as


def test_a_link_to_a_home_page_is_no_link_but_the_name_of_a_site() -> None:
    row = dict.fromkeys(TEMPLATE_COLUMNS, "") | {"identifiant": "1", "nom": "Salle", "site_rdv": "www.maiia.com"}
    (centre,) = read(f"{';'.join(row)}\n{';'.join(row.values())}\n".encode(), MARCH).centres

    assert (centre.booking_url, centre.booking_site) == (None, "www.maiia.com")


def test_a_template_saved_with_commas_and_a_byte_order_mark_is_read() -> None:
    row = dict.fromkeys(TEMPLATE_COLUMNS, "") | {"identifiant": "1", "nom": "Salle", "site_rdv": "SANS-RDV"}
    found = read("\ufeff".encode() + f"{','.join(row)}\r\n{','.join(row.values())}\r\n".encode(), MARCH)

    assert (found.dialect, found.centres[0].walk_in, found.centres[0].booking_url) == ("modele", True, None)
