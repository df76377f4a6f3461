"""Parquet and XLSX, read by the programs that people read them with."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pandas
import pytest

from tests.edition import ALL, text


def test_pandas_reads_types_and_accents(edition: Path) -> None:
    places = pandas.read_csv(io.StringIO(text(edition, "places.csv")), dtype={"postcode": str, "insee": str})
    coverage = pandas.read_csv(io.StringIO(text(edition, "couverture.csv")))
    slots = pandas.read_parquet(edition / "slots-par-jour.parquet")

    assert places["demo"].all()
    assert places["lat"].between(-25, 52).all()
    assert "Rhône" in set(coverage["department_name"])
    assert slots["slots"].sum() > 0
    assert str(slots["updated"].dtype).startswith("datetime64")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine")
@pytest.mark.parametrize("name", ["places", "couverture", "redirects"])
def test_libreoffice_reads_the_workbook_as_it_is(edition: Path, tmp_path: Path, name: str) -> None:
    """Converted by LibreOffice itself: accents, decimals and days come out as they went in."""
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
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
