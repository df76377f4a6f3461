"""Parquet and XLSX, read by the programs that people read them with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas
import pytest
from openpyxl.utils import column_index_from_string, get_column_letter

from tests.edition import ALL, OFFICE, text


def test_pandas_reads_types_and_accents(edition: Path) -> None:
    places = pandas.read_csv(io.StringIO(text(edition, "places.csv")), dtype={"postcode": str, "insee": str})
    coverage = pandas.read_csv(io.StringIO(text(edition, "couverture.csv")))
    slots = pandas.read_parquet(edition / "slots-par-jour.parquet")

    assert places["demo"].all()
    assert places["lat"].between(-25, 52).all()
    assert "Rhône" in set(coverage["department_name"])
    assert slots["slots"].sum() > 0
    assert str(slots["updated"].dtype).startswith("datetime64")


def test_a_workbook_can_be_read_and_filtered_at_once(edition: Path) -> None:
    book = openpyxl.load_workbook(edition / "places.xlsx")
    sheet, about, columns = book.worksheets
    names = list(ALL["places"].names)
    widths = {names[column_index_from_string(at) - 1]: one.width for at, one in sheet.column_dimensions.items()}
    cells = {name: sheet.cell(2, at) for at, name in enumerate(names, 1)}

    assert [one.title for one in (sheet, about, columns)] == ["places", "À propos", "Colonnes"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{get_column_letter(len(names))}{sheet.max_row}"
    assert widths["name"] > widths["department"] > 3
    assert max(widths.values()) <= 51  # a long text takes no more than half a screen
    assert [row[0] for row in columns.iter_rows(min_row=2, values_only=True)] == names
    assert isinstance(cells["updated"].value, datetime)
    assert (cells["updated"].number_format, cells["known_since"].number_format) == ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd")
    assert (cells["postcode"].data_type, cells["lat"].data_type, cells["demo"].data_type) == ("s", "n", "b")


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine")
@pytest.mark.parametrize("name", ["places", "couverture", "redirects"])
def test_libreoffice_reads_the_workbook_as_it_is(edition: Path, tmp_path: Path, name: str) -> None:
    """Converted by LibreOffice itself: accents, decimals and days come out as they went in."""
    command = [str(OFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
               'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1']  # fmt: skip
    subprocess.run([*command, "--outdir", str(tmp_path), str(edition / f"{name}.xlsx")], check=True, timeout=180,
                   capture_output=True)  # fmt: skip
    made = next(iter(tmp_path.glob(f"{name}*.csv")))
    found = list(csv.DictReader(io.StringIO(made.read_text(encoding="utf-8"), newline="")))
    wanted = json.loads(text(edition, f"{name}.json"))["rows"]

    assert len(found) == len(wanted)
    for cell, row in zip(found, wanted, strict=True):
        for column in ALL[name].columns:
            value = row[column.name]
            if column.type == "string":
                assert cell[column.name] == (value or ""), column
            elif column.type == "number" and value is not None:
                assert float(cell[column.name].replace(",", ".")) == pytest.approx(value, abs=1e-6), column
            elif column.type == "date" and value:
                assert cell[column.name] == value, column
