"""The figures of a closed day say what its own table says, and nothing that came after its midnight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.settings import Settings
from aggregator.opendata.editions import windows
from tests.edition import ALL, table, text

DAYS = tuple(f"2026-11-{day}" for day in range(23, 30))
COMING = {"slots-par-jour": ("day",), "offers": ("first_slot",)}
"""Columns that are about the future by their sense: the days of free slots."""


def moments(folder: Path, name: str) -> list[str]:
    """Every day and instant in the rows of a data set."""
    timed = [one.name for one in ALL[name].columns if one.type in ("date", "datetime")]
    kept = [one for one in timed if one not in COMING.get(name, ())]
    return [row[one][:10] for row in table(folder, name) for one in kept if row[one]]


@pytest.mark.parametrize("edition", [*DAYS, "2026-W48"])
def test_no_row_of_an_edition_comes_from_after_its_midnight(a_week: Settings, edition: str) -> None:
    window = windows.window(edition)

    for name in ALL:
        assert [one for one in moments(a_week.editions_dir / edition, name) if one > window.last.isoformat()] == []
    hours = {row["hour"][:10] for row in table(a_week.editions_dir / edition, "fetches")}
    assert max(hours) == window.last.isoformat()


def test_the_running_edition_does_hold_later_rows(a_week: Settings) -> None:
    """The control: the sources know of more than the last closed day."""
    assert max(moments(a_week.editions_dir / "en-cours", "fetches")) == "2026-11-30"
    assert max(moments(a_week.editions_dir / "2026-11-29", "fetches")) == "2026-11-29"


def test_every_night_of_the_week_has_its_edition_though_two_were_missed(a_week: Settings) -> None:
    assert [one.name for one in windows.released(a_week.editions_dir)] == [*DAYS, "2026-W48"]
    assert json.loads((a_week.editions_dir / "lacunes.json").read_text())["gaps"] == []


@pytest.mark.parametrize("edition", ["2026-11-23", "2026-W48"])
def test_a_figure_says_the_numbers_of_the_closed_table_in_the_log(a_week: Settings, edition: str) -> None:
    window = windows.window(edition)
    logged = json.loads((a_week.published_dir / "log" / "metrics" / f"{edition}.json").read_text())["rows"]
    mine = {row["provider"]: row for row in logged if row["stratum_type"] == "nation"}
    figure = json.loads(text(a_week.editions_dir / edition, "figures/suivent-elles-les-lieux.json"))

    assert figure["count"] == sum(row["redirects"] for row in mine.values()) == 100
    assert figure["days"] == [window.first.isoformat(), window.last.isoformat()]
    for row in figure["rows"]:
        closed = mine[row["provider"]]
        assert row["redirects"] == closed["redirects"]
        assert row["places_share"] == closed["share_places"]
        assert row["redirects_share"] == closed["share_redirects"]
        assert (row["low"], row["high"]) == (closed["goodman_low"], closed["goodman_high"])
        assert row["ratio"] == closed["dr_places"]


def test_a_day_without_redirects_says_none_though_the_week_had_a_hundred(a_week: Settings) -> None:
    """The control of the figures' days: those of the running edition are of the last seven days."""
    figure = json.loads(text(a_week.editions_dir / "2026-11-25", "figures/trois-parts.json"))

    assert (figure["count"], figure["days"]) == (0, ["2026-11-25", "2026-11-25"])
    assert figure["period"] == "le mercredi 25 novembre 2026"


def test_a_week_holds_its_own_windows_and_the_cumulative_file_all_of_them(a_week: Settings) -> None:
    def held(edition: str) -> list[str]:
        return list(dict.fromkeys(row["window"] for row in table(a_week.editions_dir / edition, "redirects")))

    assert held("2026-11-25") == ["2026-11-23"]  # a day without clicks has no row
    assert held("2026-W48") == held("cumul") == ["2026-11-23", "2026-W48"]
    index: dict[str, Any] = json.loads((a_week.editions_dir / "cumul" / "index.json").read_text())
    assert index["windows"] == [*DAYS, "2026-W48"]
    assert {row["window_start"] for row in table(a_week.editions_dir / "cumul", "metrics")} == {*DAYS}
    assert sorted(index["datasets"]) == ["metrics", "redirects"]
    assert {"redirects.parquet", "redirects.xlsx", "redirects.json", "metrics.ndjson"} <= set(index["files"])
