"""Rows as CSV, JSON, NDJSON and GeoJSON: no cell is a formula, and memory does not grow with rows."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata import text_formats
from aggregator.opendata.text_formats import DIALECTS, EXCEL_FR, STATE_2021, as_csv, harmless
from tests.edition import OFFICE, text


def test_a_french_spreadsheet_finds_commas_days_and_accents(edition: Path) -> None:
    body = text(edition, f"places.{EXCEL_FR}.csv")

    assert body.startswith("\ufeff")
    rows_ = list(csv.DictReader(io.StringIO(body[1:], newline=""), delimiter=";"))
    assert re.fullmatch(r"-?\d+,\d+", rows_[0]["lat"])
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", rows_[0]["known_since"])
    assert {row["demo"] for row in rows_} == {"oui"}


TEXTS = Dataset("t", "T", "", (Column("a", "string", ""), Column("b", "string", "")))
CELLS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
HOSTILE = st.builds("".join, st.tuples(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "'", ""]), CELLS))
CODES = st.from_regex(r"[0-9]{1,9}", fullmatch=True)
QUOTED_CODES = st.builds('="{}"'.format, st.one_of(CODES, CELLS))
TEXT = st.one_of(HOSTILE, CODES, QUOTED_CODES)
CODE_CELL = re.compile(r'="([0-9]+)"')
"""The one formula that is written, in the dialect of French spreadsheets only: digits and nothing else."""


def runs(cell: str, dialect: str) -> bool:
    """Would a spreadsheet run what a source has written in this cell?"""
    ours = dialect == EXCEL_FR and CODE_CELL.fullmatch(cell)
    return cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not ours


def original(cell: str, dialect: str) -> str:
    code = CODE_CELL.fullmatch(cell) if dialect == EXCEL_FR else None
    return code[1] if code else cell.removeprefix("'")


@given(st.lists(st.tuples(TEXT, TEXT), max_size=20), st.sampled_from(list(DIALECTS)))
def test_no_cell_is_a_formula_and_taking_the_apostrophe_off_gives_the_text(
    wanted: list[tuple[str, str]], dialect: str
) -> None:
    body = b"".join(as_csv(TEXTS.columns, wanted, dialect)).decode("utf-8").removeprefix("\ufeff")
    found = list(csv.reader(io.StringIO(body, newline=""), delimiter=DIALECTS[dialect].delimiter))[1:]

    assert not any(runs(cell, dialect) for row in found for cell in row)
    if dialect == STATE_2021:  # line ends inside a text are LF there
        wanted = [tuple(re.sub("\r\n?", "\n", cell) for cell in row) for row in wanted]
    assert [tuple(original(cell, dialect) for cell in row) for row in found] == wanted


def test_a_code_keeps_its_zero_in_a_french_spreadsheet_and_stays_plain_elsewhere() -> None:
    codes = [("01", "2A"), ("01000", "=1+1"), ('="01"', "0" * 256)]
    plain, french, state = (b"".join(as_csv(TEXTS.columns, codes, one)).decode().splitlines()[1:] for one in DIALECTS)

    assert plain == ["01,2A", "01000,'=1+1", f'"\'=""01""",{"0" * 256}']
    assert french == ['"=""01""";2A', '"=""01000""";\'=1+1', f'"\'=""01""";{"0" * 256}']
    assert state[:2] == ["01;2A", "01000;'=1+1"]


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine")
def test_libreoffice_opens_codes_as_texts(tmp_path: Path) -> None:
    codes = [("01", "2A"), ("01000", "971"), ("'=1+1", "=1+1")]
    (tmp_path / "codes.csv").write_bytes(b"".join(as_csv(TEXTS.columns, codes, EXCEL_FR)))
    (tmp_path / "naked.csv").write_text("a;b\n01;2A\n")  # the control

    made = {}
    for name in ("codes", "naked"):
        command = [str(OFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
                   "--infilter=CSV:59,34,76,1", "--convert-to", "xlsx", "--outdir", str(tmp_path),
                   str(tmp_path / f"{name}.csv")]  # fmt: skip
        subprocess.run(command, check=True, timeout=180, capture_output=True)
        sheet = openpyxl.load_workbook(tmp_path / f"{name}.xlsx", data_only=True).worksheets[0]
        made[name] = list(sheet.iter_rows(min_row=2, values_only=True))

    assert made["codes"] == [("01", "2A"), ("01000", "971"), ("''=1+1", "'=1+1")]
    assert made["naked"] == [(1, "2A")]


def test_a_cell_written_without_care_would_be_a_formula() -> None:
    """The control."""
    assert runs("=1+1", "")
    assert runs('="01"', "")
    assert runs('="01&A1"', EXCEL_FR)
    assert "=1+1".startswith(text_formats.FORMULA)
    assert harmless("=1+1") == "'=1+1"
    assert harmless("Salle = 3") == "Salle = 3"


def test_rows_leave_as_they_come() -> None:
    """Streaming: the first bytes are there before the second batch has been asked for."""
    asked = []

    def endless() -> Iterator[tuple[str, str]]:
        for number in range(10 * text_formats.BATCH):
            asked.append(number)
            yield (str(number), "b")

    stream = as_csv(TEXTS.columns, endless())
    header, first = next(stream), next(stream)

    assert header == b"a,b\r\n"
    assert first.startswith(b"0,b\r\n")
    assert len(asked) <= text_formats.BATCH + 1
