"""The open data: every data set in every format says the same, and an edition of a closed day never changes."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from aggregator.config import datasets
from aggregator.config.datasets import Column, Dataset
from aggregator.config.settings import ROOT, Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.opendata import text_formats
from aggregator.opendata.edition import Release, unpacked
from aggregator.opendata.rows import TABLES
from aggregator.opendata.sources import NothingPublishedError, Sources
from aggregator.opendata.text_formats import EXCEL_FR, as_csv, harmless
from aggregator.store import open_stores
from aggregator.worker.tasks import write_editions
from tests.week import AFTER

DAY = "2026-11-29"
ALL = datasets.load(ROOT / "data" / "datasets.toml")


@pytest.fixture(scope="module")
def edition(a_week: Settings) -> Path:
    return a_week.editions_dir / DAY


def text(folder: Path, name: str) -> str:
    with unpacked(folder / name) as file:
        return file.read().decode("utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(folder, f"{name}.csv"), newline="")))


def test_every_data_set_has_rows_and_every_table_a_data_set() -> None:
    assert list(TABLES) == list(ALL)


def test_the_dictionary_is_that_of_the_files(edition: Path) -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")

    assert written == "\n".join(datasets.dictionary(Settings().datasets())) + "\n"
    for name, one in ALL.items():
        header = text(edition, f"{name}.csv").split("\r\n", 1)[0]
        assert header.split(",") == list(one.names)
        assert all(f"| `{column}` |" in written for column in header.split(","))


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
    assert list(cells[0]) == arrow.column_names == list(one.names)
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


def test_frictionless_finds_nothing_to_say(edition: Path, tmp_path: Path) -> None:
    for name in (*(f"{one}.csv" for one in ALL), "datapackage.json"):
        (tmp_path / name).write_text(text(edition, name), encoding="utf-8", newline="")

    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("VALID") == len(ALL)


def test_pandas_reads_types_and_accents(edition: Path) -> None:
    places = pandas.read_csv(io.StringIO(text(edition, "places.csv")), dtype={"postcode": str, "insee": str})
    coverage = pandas.read_csv(io.StringIO(text(edition, "couverture.csv")))
    slots = pandas.read_parquet(edition / "slots-par-jour.parquet")

    assert places["demo"].all()
    assert places["lat"].between(-25, 52).all()
    assert "Rhône" in set(coverage["department_name"])
    assert slots["slots"].sum() > 0
    assert str(slots["updated"].dtype).startswith("datetime64")


def test_a_french_spreadsheet_finds_commas_days_and_accents(edition: Path) -> None:
    body = text(edition, f"places.{EXCEL_FR}.csv")

    assert body.startswith("\ufeff")
    rows_ = list(csv.DictReader(io.StringIO(body[1:], newline=""), delimiter=";"))
    assert re.fullmatch(r"-?\d+,\d+", rows_[0]["lat"])
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", rows_[0]["known_since"])
    assert {row["demo"] for row in rows_} == {"oui"}


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


def test_one_file_holds_every_table(edition: Path, tmp_path: Path) -> None:
    with unpacked(edition / "aiguillage.sqlite") as source:
        (tmp_path / "one.sqlite").write_bytes(source.read())
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as connection:
        for name in ALL:
            count = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            assert count == len(table(edition, name))


def test_what_redirects_say_is_what_the_log_says(edition: Path, a_week: Settings) -> None:
    totals = {row["window"]: 0 for row in table(edition, "redirects")}
    for row in table(edition, "redirects"):
        if row["class"] == "counted" and row["stratum_type"] == "nation" and row["redirects"]:
            totals[row["window"]] += int(row["redirects"])

    assert totals["2026-11-23"] == 100
    assert totals["2026-W48"] == 100


def test_no_small_number_is_told_and_what_is_kept_back_says_so(edition: Path) -> None:
    """What is left of the country when no territory can be told alone is the country itself, which is told exactly."""
    rows_ = [row for row in table(edition, "redirects") if row["stratum_type"] in ("department", "rest-of-region")]
    kept_back = [row for row in rows_ if row["suppressed"] == "true"]

    assert all(row["redirects"] == "" for row in kept_back)
    assert all(
        int(row["redirects"]) == 0 or int(row["redirects"]) >= 11 for row in rows_ if row["suppressed"] == "false"
    )
    told = {row["department"] for row in table(edition, "couverture") if row["redirects"]}
    assert not told & {row["stratum"] for row in kept_back}


def test_outages_decisions_and_links_are_there(edition: Path) -> None:
    assert table(edition, "outages")[0] | {} == table(edition, "outages")[0]
    assert [(row["provider"], row["minutes"]) for row in table(edition, "outages")] == [("maiia", "120")]
    assert any(row["kind"] == "dispute" for row in table(edition, "decisions"))


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


def test_figures_say_by_themselves_what_they_are(edition: Path) -> None:
    names = sorted(path.stem for path in (edition / "figures").glob("*.svg"))

    assert {"suivent-elles-les-lieux", "trois-parts", "semaines", "territoire", "part-par-departement", "pannes"} <= {
        *names
    }
    for name in names:
        svg = (edition / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert "Licence Ouverte 2.0" in svg
        assert f"/donnees/{DAY}/figures/{name}" in svg
        assert "Démonstration" in svg
        assert "2026" in svg
        assert (edition / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert not re.search(r"<style|style=|<script|href=|NaN|Undefined", svg)
        assert (edition / "figures" / f"{name}.json").exists()


def test_old_editions_go_after_thirteen_months(a_week: Settings, gazetteer: Gazetteer, tmp_path: Path) -> None:
    data = tmp_path / "run"
    shutil.copytree(a_week.data_dir, data, symlinks=True)
    settings = Settings(data_dir=data)
    with closing(open_stores(data)) as stores, closing(Accounts(settings)) as accounts:
        later = datetime(2027, 12, 28, tzinfo=UTC)
        Release(Sources(settings, stores, accounts.rollups, gazetteer, later), 1).prune()

    assert sorted(path.name for path in settings.editions_dir.glob("20*")) == ["2026-11-27", "2026-11-28", "2026-11-29"]


def test_without_a_snapshot_there_is_no_edition(settings: Settings, gazetteer: Gazetteer) -> None:
    with pytest.raises(NothingPublishedError):
        write_editions(settings, gazetteer, AFTER)


# Cells

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


def test_gzip_files_hold_neither_name_nor_time(edition: Path) -> None:
    raw = (edition / "places.csv.gz").read_bytes()

    assert raw[4:8] == b"\0\0\0\0"
    assert gzip.decompress(raw).decode("utf-8") == text(edition, "places.csv")
