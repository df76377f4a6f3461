"""Commands that count lists: hosts of a file, coverage of an imported list, each in every form."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT, Settings
from tests.commands import run

HEAD = "gid;nom;com_cp;com_nom;lat_coor1;long_coor1;rdv_site_web;rdv_tel;centre_fermeture\n"
ROWS = (
    "1;Salle A;69003;Lyon;45.7;4.8;https://partners.doctolib.fr/centre/lyon/a?pid=practice-1;;\n"
    "2;Salle B;69003;Lyon;45.7;4.8;https://www.doctolib.fr/centre/lyon/b?pid=practice-2;;t\n"
    "3;Salle C;69003;Lyon;45.7;4.8;doctolib.fr;;\n"
    "4;Salle D;69003;Lyon;45.7;4.8;http://127.0.0.1:8800/d;;\n"
    "5;Salle E;69003;Lyon;45.7;4.8;;0400000000;\n"
)
PLACES = ROOT / "tests" / "fixtures" / "official" / "centres-43-colonnes.csv"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "liste.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def test_hosts_of_a_list_are_counted_with_the_fingerprint_of_its_file(listed: Path) -> None:
    result = run("count-hosts", str(listed), "--date", "2021-03-23")
    digest = hashlib.sha256(listed.read_bytes()).hexdigest()

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "date,host,centres,open,list_sha256",
        f"2021-03-23,,2,2,{digest}",
        f"2021-03-23,doctolib.fr,1,1,{digest}",
        f"2021-03-23,partners.doctolib.fr,1,1,{digest}",
        f"2021-03-23,www.doctolib.fr,1,0,{digest}",
    ]


def test_a_table_keeps_its_other_dates_and_counting_again_changes_nothing(listed: Path, tmp_path: Path) -> None:
    into = tmp_path / "table.csv"
    for day in ("2021-03-23", "2021-01-15", "2021-03-23"):
        assert run("count-hosts", str(listed), "--date", day, "--into", str(into)).exit_code == 0

    rows = list(csv.DictReader(io.StringIO(into.read_text(encoding="utf-8"))))

    assert [row["date"] for row in rows] == ["2021-01-15"] * 4 + ["2021-03-23"] * 4


def test_what_is_no_list_and_what_is_no_table_is_refused(listed: Path, tmp_path: Path) -> None:
    nothing = run("count-hosts", str(ROOT / "README.md"), "--date", "2021-03-23")
    other = run("count-hosts", str(listed), "--date", "2021-03-23", "--into", str(listed))

    assert (nothing.exit_code, other.exit_code) == (2, 2)
    assert "neither the State's columns" in nothing.stderr
    assert "the columns are date, host" in other.stderr
    assert listed.read_text(encoding="utf-8") == HEAD + ROWS


def test_a_row_that_is_refused_is_said_and_the_rest_is_counted(listed: Path) -> None:
    listed.write_text(HEAD + ROWS + "6;;69003;Lyon;45.7;4.8;;;\n", encoding="utf-8")

    result = run("count-hosts", str(listed), "--date", "2021-03-23")

    assert result.exit_code == 1
    assert "ligne 7 : no name" in result.stderr
    assert ",partners.doctolib.fr,1,1," in result.stdout


def test_coverage_is_told_in_three_forms_with_the_same_numbers(settings: Settings) -> None:
    folder = str(settings.data_dir)
    run("import-official-list", str(PLACES), "--as-of", "2021-11-20", AIGUILLAGE_DATA_DIR=folder)

    def told(*more: str) -> str:
        result = run("coverage", "--date", "2021-12-01", *more, AIGUILLAGE_DATA_DIR=folder)
        assert result.exit_code == 0, result.output
        return result.stdout

    rows = list(csv.DictReader(io.StringIO(told("--format", "csv"))))
    whole = json.loads(told("--format", "json"))

    assert "Liste du 2021-11-20 (2 lieux ouverts)" in told()
    assert told() == told("--format", "text")
    assert [(row["site"], row["open_places"], row["share"]) for row in rows] == [
        ("", "1", "0.5"),
        ("doctolib", "1", "0.5"),
    ]
    assert {row["as_of"] for row in rows} == {whole["as_of"]} == {"2021-11-20"}
    assert whole["sites"] == [{"site": row["site"], "open_places": 1, "share": 0.5} for row in rows]
    assert whole["sha256"] == hashlib.sha256(PLACES.read_bytes()).hexdigest()


def test_a_demonstration_never_counts_its_own_addresses(settings: Settings, listed: Path) -> None:
    """A declared site but no centre of it: the demonstration's address of that site stood in the count."""
    folder = str(settings.data_dir)
    lines = "1;Salle A;69003;Lyon;45.7;4.8;https://www.maiia.com/accueil;;\n" + ROWS.partition("\n")[2]
    listed.write_text(HEAD + lines, encoding="utf-8")
    imported = run("import-official-list", str(listed), "--as-of", "2021-03-23", AIGUILLAGE_DATA_DIR=folder)
    counted = run("coverage", "--date", "2021-03-23", "--format", "csv", AIGUILLAGE_DATA_DIR=folder)

    assert "127.0.0.1" not in counted.stdout
    assert "2021-03-23,maiia,1," in counted.stdout
    assert "2021-03-23,doctolib,1," in counted.stdout
    # Whoever imports a list is told what is wrong with it, and that alone.
    assert re.findall(r"(.*) 127\.0\.0\.1", imported.stdout) == ["│ site non déclaré"]
