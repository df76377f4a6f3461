"""The report of a week, as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from tests.commands import run


@pytest.mark.xdist_group("week")
def test_a_report_is_written_and_each_check_is_told_with_its_code(a_week: Settings, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"

    result = run("report", "--week", "2026-W48", "--out", str(out), AIGUILLAGE_DATA_DIR=str(a_week.data_dir))

    assert result.exit_code == 0, result.output
    assert out.read_bytes().startswith(b"%PDF-")
    assert "0  verify.py metrics --day 2026-W48" in result.output
    assert "0  verify.py totals --day 2026-11-23" in result.output


def test_a_week_that_is_not_closed_is_refused_and_no_file_is_written(filled: Settings, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"

    result = run("report", "--week", "2026-W48", "--out", str(out), AIGUILLAGE_DATA_DIR=str(filled.data_dir))

    assert result.exit_code == 2
    assert "2026-W48 is not closed: a week is closed after its Sunday (2026-11-29, UTC)" in result.output
    assert not out.exists()
