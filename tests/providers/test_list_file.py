"""A list as spreadsheets save it: read with each conversion told, or refused with the one thing to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.list_file import DELIMITERS, ListFileError, header, list_text
from providers.official_list import TEMPLATE_COLUMNS, OfficialList, OfficialListError, read

DAY = date(2026, 11, 23)
ROW = dict.fromkeys(TEMPLATE_COLUMNS, "") | {
    "identifiant": "1", "nom": "Hôtel de Ville – salle d’Été", "commune": "Gap", "telephone": "04 65 71 00 11",
    "site_rdv": "https://www.keldoc.com/a/b/c?agenda=1", "remarque": "Entrée à côté de l'œuvre",
}  # fmt: skip


def lines(sign: str = ";", end: str = "\r\n", rename: Callable[[str], str] = str, more: str = "") -> str:
    head = sign.join(rename(name) for name in ROW)
    return f"{head}{more}{end}{sign.join(ROW.values())}{more}{end}"


def only(found: OfficialList) -> tuple[str, str, str, str | None]:
    assert found.refused == ()
    (centre,) = found.centres
    return centre.name, centre.city, centre.note, centre.phone


RIGHT = (ROW["nom"], "Gap", ROW["remarque"], "+33465710011")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (lines().encode(), ()),
        (lines().encode("utf-8-sig"), ()),
        (lines(end="\n").encode(), ()),
        (lines(end="\r").encode(), ()),
        (lines().encode("cp1252"), ("read as Windows-1252",)),
        (lines().encode("utf-16"), ("read as UTF-16",)),
        (b"\xfe\xff" + lines().encode("utf-16-be"), ("read as UTF-16",)),
        (lines().encode("utf-16-le"), ("read as UTF-16",)),
        (lines(",").encode(), ("separated by ,",)),
        (lines("\t").encode(), ("separated by tabs",)),
        (lines("\t").encode("utf-16"), ("read as UTF-16", "separated by tabs")),
        (("sep=;\r\n" + lines()).encode(), ("first line sep= left out",)),
        (('"sep=,"\r\n' + lines(",")).encode("utf-8-sig"), ("first line sep= left out", "separated by ,")),
        (("\r\n;;;\r\n" + lines()).encode(), ("2 empty lines in front left out",)),
        (lines(more=";;;").encode(), ()),
        ((lines() + ";" * 11 + "\r\n;;\r\n").encode(), ("2 empty rows left out",)),
    ],
)
def test_a_list_is_read_however_a_spreadsheet_saved_it(body: bytes, told: tuple[str, ...]) -> None:
    found = read(body, DAY)

    assert only(found) == RIGHT
    assert found.conversions == told


@pytest.mark.parametrize(
    "rename",
    [
        str.upper,
        str.title,
        lambda name: f" {name} ",
        lambda name: name.replace("_", " "),
        lambda name: name.replace("telephone", "Téléphone"),
    ],
)
def test_headers_are_the_same_in_capitals_with_spaces_and_with_accents(rename: Callable[[str], str]) -> None:
    found = read(lines(rename=rename).encode(), DAY)

    assert only(found) == RIGHT
    assert "headers respelt" in found.conversions[0]


@pytest.mark.parametrize(
    ("body", "to_do"),
    [
        (b"PK\x03\x04 and so on", "a spreadsheet, not a CSV file: open it in a spreadsheet and save it as CSV UTF-8"),
        (
            b"\xd0\xcf\x11\xe0 and so on",
            "a spreadsheet, not a CSV file: open it in a spreadsheet and save it as CSV UTF-8",
        ),
        (lines().replace("œ", "oe").replace("–", "-").encode("mac-roman"), "save it as CSV UTF-8"),
        (lines().replace("œ", "oe").replace("–", "-").replace("’", "'").encode("cp850"), "save it as CSV UTF-8"),
        (
            lines().encode() + "été".encode("cp1252"),
            "UTF-8 and another coding in one file, line 3: save it as CSV UTF-8",
        ),
        (lines().encode("utf-16")[:-1], "not whole UTF-16"),
        (
            lines(rename=lambda name: "NOM" if name == "remarque" else name).encode(),
            "two columns are named nom: keep one of each",
        ),
        (lines("|").encode(), "neither the State's columns"),
        (b"", "neither the State's columns"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_the_one_thing_to_do(body: bytes, to_do: str) -> None:
    with pytest.raises(OfficialListError) as raised:
        read(body, DAY)

    assert to_do in str(raised.value)


def test_read_as_windows_without_a_look_a_macintosh_s_list_would_be_garbled_in_silence() -> None:
    """The control."""
    assert "Été".encode("mac-roman").decode("cp1252") == "ƒtŽ"


def test_lines_are_counted_as_the_file_has_them_behind_lines_that_were_left_out() -> None:
    bad = ";".join((ROW | {"nom": ""}).values())
    found = read(f"sep=;\r\n\r\n{lines()}{bad}\r\n".encode(), DAY)

    assert [(one.line, one.reason) for one in found.refused] == [(5, "no name")]


def test_a_comma_in_the_header_s_cells_does_not_make_it_the_separator() -> None:
    body = lines(rename=lambda name: name).replace("remarque", 'remarque;"a,b,c,d,e,f,g,h,i,j,k,l,m,n"', 1)
    body = body.replace(ROW["remarque"], f"{ROW['remarque']};x")

    assert only(read(body.encode(), DAY)) == RIGHT


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    try:
        found = list_text(body)
        columns, sign, _ = header(found, (TEMPLATE_COLUMNS,))
    except ListFileError:
        return

    assert sign in (*DELIMITERS, "|")
    assert all(isinstance(name, str) for name in columns)


@given(st.text(alphabet="éèàçùêîôûëïüÉÈÀ’ abc\n", max_size=60))
def test_french_in_windows_coding_comes_out_as_it_went_in(text: str) -> None:
    assert list_text(f"x{text}".encode("cp1252")).text == f"x{text}"
