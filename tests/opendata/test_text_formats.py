"""Rows as CSV, JSON, NDJSON and GeoJSON: no cell is a formula, and memory does not grow with rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.datasets import Column, Dataset
from aggregator.opendata import text_formats
from aggregator.opendata.text_formats import EXCEL_FR, as_csv, harmless
from tests.edition import text


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


@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=20), st.sampled_from(text_formats.DIALECTS))
def test_no_cell_is_a_formula_and_taking_the_apostrophe_off_gives_the_text(
    wanted: list[tuple[str, str]], dialect: str
) -> None:
    body = b"".join(as_csv(TEXTS.columns, wanted, dialect)).decode("utf-8").removeprefix("\ufeff")
    found = list(csv.reader(io.StringIO(body, newline=""), delimiter=";" if dialect else ","))[1:]

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in found for cell in row)
    assert [tuple(cell.removeprefix("'") for cell in row) for row in found] == wanted


def test_a_cell_written_without_care_would_be_a_formula() -> None:
    """The control."""
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
