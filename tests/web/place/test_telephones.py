"""A telephone from a list's cell to every door of the portal: pages, API, linked data, open data."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator.collect.official_list import ImportReport, ListFile, import_official_list
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.edition import unpacked
from aggregator.publish.publisher import Publisher
from aggregator.store import open_stores
from aggregator.web.serving.site import Site
from aggregator.worker.editions.writing import write_editions
from providers.official_list import TEMPLATE_COLUMNS
from tests.clock import Clock

# What the cell says, the number that is dialled, and what is printed.
CELLS = (
    ("39 75", "3975", "3975"),
    ("+33(0)4 65 71 00 11", "+33465710011", "04 65 71 00 11"),
    ("04 65 71 00 12 / 04 65 71 00 13", "+33465710012", "04 65 71 00 12"),
    ("0262 20 12 34", "+262262201234", "02 62 20 12 34"),
    ("+3333465710011", None, "+3333465710011"),
    ("15", None, "15"),
    ("0000000000", None, None),
)
CENTRE_LINK = re.compile(r'href="/centre/(p-\w+)"><bdi>Salle ([0-9])</bdi>')


def a_list() -> bytes:
    rows = []
    for number, (cell, _, _) in enumerate(CELLS):
        row = dict.fromkeys(TEMPLATE_COLUMNS, "") | {
            "identifiant": f"t{number}", "nom": f"Salle {number}", "adresse": f"{number + 1} rue des Essais",
            "code_postal": "05000", "commune": "Gap", "telephone": cell,
        }  # fmt: skip
        rows.append(";".join(row.values()))
    return "\n".join((";".join(TEMPLATE_COLUMNS), *rows, "")).encode()


@pytest.fixture
def listed(filled: Settings, site: Site, gazetteer: Gazetteer, clock: Clock) -> tuple[ImportReport, Path]:
    """The list taken over and published: its report, and the folder of the open data."""
    with closing(open_stores(filled.data_dir)) as stores:
        file = ListFile(a_list(), "liste.csv", clock.at.date())
        report = import_official_list(file, filled, stores, gazetteer, clock.at)
        Publisher(filled, stores, gazetteer, clock).publish()
    folder = write_editions(filled, gazetteer, clock.at)[-1]
    site.refresh()
    return report, folder


def ids(browser: FlaskClient) -> list[str]:
    found = {int(number): place for place, number in CENTRE_LINK.findall(browser.get("/annuaire/05").text)}
    return [found[number] for number in range(len(CELLS))]


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html).replace("\u00a0", " ").replace("&nbsp;", " ")


def rows_of(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    with unpacked(folder / name) as file:
        rows = csv.DictReader(
            io.StringIO(file.read().decode("utf-8-sig"), newline=""), delimiter=";" if "lieux" in name else ","
        )
        return {row.get("gid") or row["id"]: row for row in rows}


def test_every_page_prints_a_number_as_people_write_it_and_dials_it_as_it_must_be(
    listed: tuple[ImportReport, Path], browser: FlaskClient
) -> None:
    directory = browser.get("/annuaire/05").text
    for place, (_, dialled, printed) in zip(ids(browser), CELLS, strict=True):
        page = browser.get(f"/centre/{place}").text
        main = page.partition("<main")[2].partition("</main>")[0]
        links = set(re.findall(r'href="tel:([^"]*)"', main))

        assert links == ({dialled} if dialled else set())
        assert printed is None or printed in plain(main)
        assert ("Téléphone, tel que la source l’écrit" in plain(main)) is bool(printed and not dialled)
        assert dialled is None or f'href="tel:{dialled}"' in directory
    assert 'href="tel:+3333465710011"' not in directory
    assert "+3333465710011" in directory


def test_the_list_of_results_never_links_what_cannot_be_dialled(
    listed: tuple[ImportReport, Path], browser: FlaskClient
) -> None:
    page = browser.get("/recherche?insee=05061&rayon=5").text

    links = set(re.findall(r'href="tel:([^"]*)"', page.partition("<main")[2].partition("</main>")[0]))
    assert {dialled for _, dialled, _ in CELLS if dialled} <= links
    assert not links & {"+3333465710011", "15", "0000000000", ""}
    assert "Appeler le 3975" in plain(page)


def test_the_api_and_linked_data_give_addresses_that_can_be_dialled_or_none(
    listed: tuple[ImportReport, Path], browser: FlaskClient
) -> None:
    for place, (_, dialled, _) in zip(ids(browser), CELLS, strict=True):
        told = browser.get(f"/api/v1/places/{place}").get_json()["place"]
        block = re.search(r'ld\+json">(.*?)</script>', browser.get(f"/centre/{place}").text)

        assert told.get("phone") == (f"tel:{dialled}" if dialled else None)
        assert block is not None
        assert json.loads(block[1]).get("telephone") == dialled


def test_open_data_hold_the_same_numbers_and_the_state_s_form_what_could_not_be_dialled(
    listed: tuple[ImportReport, Path],
) -> None:
    places, state = rows_of(listed[1], "places.csv"), rows_of(listed[1], "lieux-de-vaccination.csv")
    ours = {row["official_id"]: row["phone"] for row in places.values() if row["official_id"].startswith("t")}

    assert ours == {f"t{number}": f"tel:{dialled}" if dialled else "" for number, (_, dialled, _) in enumerate(CELLS)}
    as_dialled = [state[f"t{number}"]["rdv_tel"].lstrip("'") for number in range(len(CELLS))]
    assert as_dialled == ["3975", "0465710011", "0465710012", "0262201234", "+3333465710011", "15", ""]


def test_the_report_counts_and_names_what_cannot_be_dialled(listed: tuple[ImportReport, Path]) -> None:
    report, _ = listed

    assert report.flagged["telephone"] == 3
    assert report.odd == (
        (6, "the telephone cannot be dialled: +3333465710011"),
        (7, "the telephone cannot be dialled: 15"),
        (8, "the telephone cannot be dialled: 0000000000"),
    )
