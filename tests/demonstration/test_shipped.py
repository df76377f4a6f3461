"""The weeks that come with the program: whole, small, and right from end to end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import DEMO_LOG, Settings
from aggregator.demonstration import packing, season

MOST_BYTES = 8_000_000


def test_the_file_is_the_one_that_its_sum_says_and_is_small() -> None:
    assert packing.sum_of(packing.SHIPPED) == packing.published_sum(packing.SHIPPED) != ""
    assert packing.SHIPPED.stat().st_size <= MOST_BYTES


@pytest.mark.long
def test_it_is_laid_with_thirteen_weeks_and_the_verifier_finds_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, log_origin=DEMO_LOG)

    packing.lay(packing.SHIPPED, packing.published_sum(packing.SHIPPED), settings, datetime.now(UTC))

    closed = json.loads((settings.published_dir / "closed.json").read_bytes())
    assert len(closed["weeks"]) == season.WEEKS
    assert {row["stratum_type"] for row in closed["territory"]} >= {"department"}
    assert verify.main(["all", str(settings.published_dir)]) == 0, capsys.readouterr().out
