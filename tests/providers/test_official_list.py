"""The State's list in its dialects, dirty links and all; and our own template."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import ROOT, Settings
from providers.booking_url import BookingSites, UnsafeUrlError
from providers.list_cells import booking_links, template_hours
from providers.official_list import TEMPLATE_COLUMNS, OfficialListError, read, reserved_for_professionals
from tests.conftest import FIXTURES, Recorded

MARCH = date(2021, 3, 23)
LIST_43 = FIXTURES / "official" / "centres-43-colonnes.csv"


def declared() -> BookingSites:
    return BookingSites(Settings(demo=False).declared_origins(), {})


def real(recorded: Recorded, day: str) -> bytes:
    return (recorded.real / f"gouv_centres-vaccination_{day}.csv").read_bytes()


@pytest.mark.parametrize(("day", "columns", "rows"), [("2021-01-15", "37", 854), ("2021-03-23", "42", 1433)])
def test_every_row_of_the_real_lists_is_read(recorded: Recorded, day: str, columns: str, rows: int) -> None:
    found = read(real(recorded, day), date.fromisoformat(day))

    assert (found.dialect, found.rows, len(found.centres), found.refused) == (columns, rows, rows, ())


def test_links_per_platform_on_23_march_2021(recorded: Recorded) -> None:
    sites = declared()
    counts: Counter[str] = Counter()
    for centre in read(real(recorded, "2021-03-23"), MARCH).centres:
        if centre.booking_url:
            try:
                counts[sites.admit(centre.booking_url)[1]] += 1
            except UnsafeUrlError:
                counts["undeclared"] += 1

    assert counts == {"doctolib": 1072, "keldoc": 120, "maiia": 57, "undeclared": 1}


def test_closed_and_professionals_only_places_are_told_apart(recorded: Recorded) -> None:
    centres = read(real(recorded, "2021-03-23"), MARCH).centres

    assert sum(centre.closed for centre in centres) == 205  # 196 say so, 9 more have a closing date that is past
    assert sum(centre.professionals_only for centre in centres) == 108
    assert sum(centre.note.startswith("Réservé aux plus de 75 ans") for centre in centres) > 40


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
    ("cell", "links"),
    [
        ("", []),
        ("doctolib en cours", []),
        ("personne@example.invalid", []),
        ("www.keldoc.com", ["https://www.keldoc.com/"]),
        ("agenda.mobminder.com/sucy", ["https://agenda.mobminder.com/sucy"]),
        ("https://www.doctolib.fr/a/b/c ", ["https://www.doctolib.fr/a/b/c"]),
        ("voir https://www.doctolib.fr/a/b/c ou www.maiia.com/d/e/f", ["https://www.doctolib.fr/a/b/c", "https://www.maiia.com/d/e/f"]),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.doctolib.fr_centre-2Dde-2Dsante_mazeres_centre&d=DwM",
            ["https://www.doctolib.fr/centre-de-sante/mazeres/centre"],
        ),
        (
            "https://emea01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.doctolib.fr%2Fcentre%2Fla-capelle%2Fmaison&data=04",
            ["https://www.doctolib.fr/centre/la-capelle/maison"],
        ),
        ("https://urldefense.com/v3/__https://www.maiia.com/a*b/c__;Kw!!x", ["https://www.maiia.com/a+b/c"]),
    ],
)  # fmt: skip
def test_dirty_links_are_resolved(cell: str, links: list[str]) -> None:
    assert booking_links(cell)[0] == links


def test_what_names_a_platform_without_a_link_is_kept_as_a_hint() -> None:
    assert booking_links("Doctolib en cours") == ([], "doctolib en cours")


@given(st.text(max_size=300))
def test_no_cell_breaks_the_reader_and_no_link_keeps_an_address(cell: str) -> None:
    links, _ = booking_links(cell)

    assert all(link.startswith("https://") and "@" not in link.split("/")[2] for link in links)


PIECES = (
    "https://", "http://", "www.doctolib.fr", "/a/b/c", "[", "]", "@", "\u2100", ":", "99999", "?", "#", "%", " ",
    "https://urldefense.com/v3/__", "__;", "!!", "$", "*", "https://safelinks.protection.outlook.com/?url=",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_no_pieces_of_links_break_the_reader(cell: str) -> None:
    links, hint = booking_links(cell)

    assert not any("@" in urlsplit(link).netloc for link in links)
    assert not (links and hint)


def test_a_wrap_that_was_cut_short_keeps_its_mask() -> None:
    assert booking_links("https://urldefense.com/v3/__https://x*y__;a!!abc$") == (["https://x*y/"], None)


@pytest.mark.parametrize(
    "cell",
    ["https://[rdv.example.fr/x", "http://[rdv.example.fr]/x", "https://ex\u2100mple.fr/", "https://[https://x.fr]"],
)
def test_a_link_that_is_none_costs_its_row_nothing_but_the_link(cell: str) -> None:
    """One cell stopped the whole list, and with it the worker's collection."""
    body = LIST_43.read_bytes().decode("utf-8").replace("https://www.doctolib.fr/", f"{cell} ", 1).encode()

    before, after = read(LIST_43.read_bytes(), MARCH), read(body, MARCH)

    assert body != LIST_43.read_bytes()
    assert [centre.source_id for centre in after.centres] == [centre.source_id for centre in before.centres]
    assert after.refused == before.refused


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
    [(b"a;b\n1;2\n", "columns"), ("gid;é".encode("latin-1"), "UTF-8"), (b"", "columns")],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason(body: bytes, says: str) -> None:
    with pytest.raises(OfficialListError, match=says):
        read(body, MARCH)


def test_the_fixture_has_the_real_header(recorded: Recorded) -> None:
    real_columns = real(recorded, "2021-03-23").split(b"\n")[0].decode().strip().split(";")

    assert Path(LIST_43).read_text(encoding="utf-8").split("\n")[0].split(";") == [*real_columns, "centre_type"]
