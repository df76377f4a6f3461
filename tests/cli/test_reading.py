"""Commands that read the world: one run, one centre as JSON, one official list, what the lists cover."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from aggregator.config.settings import ROOT, Settings
from tests.commands import run
from tests.conftest import fixture
from tests.loopback import Loopback, Status

CARD = "/booking/salle-inventee.json"
LINK = "https://partners.doctolib.fr/centre-de-sante/bourg/salle-inventee?pid=practice-710001&enable_cookies_consent=1"


def probe(server: Loopback, *more: str) -> Result:
    return run("probe", "doctolib", LINK, "--base-url", server.origin, "--start", "2021-04-03", "--json", *more)


def test_probe_prints_what_was_understood() -> None:
    routes: dict[str, Any] = {
        CARD: fixture("doctolib/card.json"),
        "/availabilities.json": {"availabilities": [{"slots": ["2021-04-10T21:45:00.000+02:00"]}]},
    }
    with Loopback(routes) as server:
        result = probe(server)

    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert {key: found[key] for key in ("provider", "outcome", "http_status", "partial", "phone_only", "phone")} == {
        "provider": "doctolib", "outcome": "ok", "http_status": 200, "partial": False, "phone_only": False,
        "phone": "+33499000001",
    }  # fmt: skip
    assert (
        found["booking_url"] == "https://www.doctolib.fr/vaccination-covid-19/bourg/salle-inventee?pid=practice-710001"
    )
    assert found["slots"] == [
        {
            "start": "2021-04-10T21:45:00+02:00",
            "reason": "Premier vaccin Covid-19 (Moderna)",
            "needs": ["Moderna"],
            "step": "1",
            "audience": None,
        }
    ]
    assert (found["first_slot"], found["slot_count"], found["requests"]) == ("2021-04-10T21:45:00+02:00", 1, 3)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Status(403, b"Anti dDos"), "blocked"), (Status(429), "rate_limited"), (b"<html>", "invalid")],
)
def test_probe_says_what_kept_it_from_answering_and_exits_with_2(answer: Any, outcome: str) -> None:
    with Loopback({CARD: answer}) as server:
        result = probe(server)

    assert result.exit_code == 2
    assert json.loads(result.stdout)["outcome"] == outcome


def test_probe_for_people_is_a_table() -> None:
    with Loopback({CARD: Status(404)}) as server:
        result = run("probe", "doctolib", LINK, "--base-url", server.origin)

    assert "gone" in result.stdout


def test_a_list_is_imported_reported_and_counted_for_its_date(settings: Settings) -> None:
    path = ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv"
    folder = str(settings.data_dir)

    result = run("import-official-list", str(path), "--as-of", "2021-11-20", AIGUILLAGE_DATA_DIR=folder)
    coverage = run("coverage", "--date", "2021-12-01", AIGUILLAGE_DATA_DIR=folder)

    assert result.exit_code == 1  # rows were refused
    assert "ligne 6 : no name" in result.stdout
    assert "Liste du 2021-11-20 (2 lieux ouverts)" in coverage.stdout
    assert "doctolib" in coverage.stdout


def test_an_import_tells_how_the_file_was_read_and_which_lines_were_kept_with_a_remark(
    settings: Settings, tmp_path: Path
) -> None:
    lines = (ROOT / "data" / "places-template.csv").read_text(encoding="utf-8").splitlines()[:1]
    lines += ["1;Salle d’Été;1 rue Neuve;05000;Gap;;;;+3346571001;;https://bit.ly/3abc;", ";" * 11]
    path = tmp_path / "liste.csv"
    path.write_bytes("\r\n".join(("sep=;", *lines)).encode("cp1252"))

    result = run("import-official-list", str(path), AIGUILLAGE_DATA_DIR=str(settings.data_dir))

    assert "fichier converti : read as Windows-1252" in result.stdout
    assert "fichier converti : first line sep= left out" in result.stdout
    assert "fichier converti : 1 empty rows left out" in result.stdout
    assert "ligne 3, gardée : the telephone cannot be dialled: +3346571001" in result.stdout
    assert "ligne 3, gardée : only bit.ly knows where its link leads: write the plain link" in result.stdout


def test_a_list_may_be_imported_before_the_sandbox_starts(settings: Settings) -> None:
    path = ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv"
    settings.sandbox_path.unlink()

    result = run("import-official-list", str(path), AIGUILLAGE_DATA_DIR=str(settings.data_dir))

    assert result.exit_code == 1, result.output
    assert "lien vers doctolib" in result.stdout


def test_a_full_run_prints_a_table_of_fetches_and_the_shares_follow(settings: Settings) -> None:
    folder = str(settings.data_dir)

    result = run("collect", AIGUILLAGE_DATA_DIR=folder)
    totals = json.loads(run("shares", "--json", AIGUILLAGE_DATA_DIR=folder).stdout)

    assert result.exit_code == 0, result.output
    assert "doctolib" in result.stdout
    assert totals["total"] == 0
    assert {row["slug"] for row in totals["providers"]} == {"doctolib", "keldoc", "maiia", "ordoclic"}
