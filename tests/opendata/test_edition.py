"""The open data: every data set in every format says the same, and an edition of a closed day never changes."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as parquet
import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.opendata.edition import EditionWriter, unpacked
from aggregator.opendata.sources import Sources
from aggregator.store import open_stores
from aggregator.worker.editions.writing import write_editions
from tests.edition import ALL, DAY, table, text
from tests.week import AFTER


@pytest.mark.parametrize("name", list(ALL))
def test_all_formats_of_a_data_set_say_the_same(edition: Path, name: str) -> None:
    one = ALL[name]
    content = json.loads(text(edition, f"{name}.json"))
    lines = [json.loads(line) for line in text(edition, f"{name}.ndjson").splitlines()]
    arrow = parquet.read_table(edition / f"{name}.parquet")
    sheet = openpyxl.load_workbook(edition / f"{name}.xlsx", read_only=True)[name[:31]]
    cells = list(sheet.iter_rows(values_only=True))

    assert content["rows"] == lines
    assert content["licence"] == "Licence Ouverte 2.0"
    assert len(table(edition, name)) == len(lines) == arrow.num_rows == len(cells) - 1
    assert arrow.column_names == list(one.names)
    # A sheet knows no time zones: its headings say that instants are in UTC.
    assert list(cells[0]) == [f"{c.name} (UTC)" if c.type == "datetime" else c.name for c in one.columns]
    plain = [{key: plain_value(value) for key, value in row.items()} for row in arrow.to_pylist()]
    assert plain == lines
    for row, cell in zip(lines, cells[1:], strict=True):
        for found, value in zip(cell, row.values(), strict=True):
            wanted = as_in_a_sheet(value)
            assert (plain_value(found) or None) == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return (
            value.strftime("%Y-%m-%dT%H:%M:%SZ")
            if value.tzinfo or value.hour or value.minute
            else value.strftime("%Y-%m-%d")
        )
    return value.isoformat() if hasattr(value, "isoformat") else value


def as_in_a_sheet(value: Any) -> Any:
    """A sheet tells neither an empty text from no text, nor midnight from a day."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", value):
        return value[:10]
    return value or None


def test_an_edition_is_written_once_and_its_sums_are_in_the_log(
    a_week: Settings, edition: Path, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in edition.iterdir() if path.is_file()}
    made = write_editions(a_week, gazetteer, AFTER + timedelta(minutes=5))
    after = {path.name: path.read_bytes() for path in edition.iterdir() if path.is_file()}

    assert [path.name for path in made if path.name == DAY] == []
    assert before == after
    sums = (edition / "SHA256SUMS").read_bytes()
    assert (a_week.published_dir / "log" / "releases" / f"{DAY}.sha256").read_bytes() == sums
    for line in sums.decode().splitlines():
        digest, name = line.split("  ")
        with unpacked(edition / name) as file:
            assert hashlib.sha256(file.read()).hexdigest() == digest
    assert verify.main(["log", str(a_week.published_dir / "log")]) == 0


def test_sums_that_were_changed_are_found_by_the_auditor(a_week: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "log"
    shutil.copytree(a_week.published_dir / "log", copy)
    target = copy / "releases" / f"{DAY}.sha256"
    target.write_bytes(target.read_bytes().replace(b"0", b"1", 1))

    assert verify.main(["log", str(copy)]) == 1


def test_an_edition_tells_what_changed_since_the_one_before(edition: Path) -> None:
    index = json.loads((edition / "index.json").read_text(encoding="utf-8"))

    assert index["changes"]["since"] == "2026-11-28"
    assert index["changes"]["places_gone"] == 0
    assert "Depuis l’édition du 2026-11-28" in (edition / "CHANGEMENTS.md").read_text(encoding="utf-8")


def test_old_editions_go_after_thirteen_months(a_week: Settings, gazetteer: Gazetteer, tmp_path: Path) -> None:
    data = tmp_path / "run"
    shutil.copytree(a_week.data_dir, data, symlinks=True)
    settings = Settings(data_dir=data)
    with closing(open_stores(data)) as stores, closing(Accounts(settings)) as accounts:
        later = datetime(2027, 12, 28, tzinfo=UTC)
        EditionWriter(Sources(settings, stores, accounts.rollups, gazetteer, later), 1).prune()

    left = sorted(path.name for path in settings.editions_dir.glob("20*"))
    assert left == ["2026-11-27", "2026-11-28", "2026-11-29", "2026-W48"]


# Cells


def test_gzip_files_hold_neither_name_nor_time(edition: Path) -> None:
    raw = (edition / "places.csv.gz").read_bytes()

    assert raw[4:8] == b"\0\0\0\0"
    assert gzip.decompress(raw).decode("utf-8") == text(edition, "places.csv")
