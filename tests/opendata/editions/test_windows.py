"""Days and weeks by their names, and what belongs to them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from aggregator.opendata.editions import windows


@pytest.mark.parametrize(
    ("name", "first", "last", "end"),
    [
        ("2026-11-22", date(2026, 11, 22), date(2026, 11, 22), datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-W47", date(2026, 11, 16), date(2026, 11, 22), datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), datetime(2027, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_window_ends_at_midnight_utc(name: str, first: date, last: date, end: datetime) -> None:
    found = windows.window(name)

    assert (found.first, found.last, found.end) == (first, last, end)
    assert windows.week_of(last).last >= last


def test_a_day_knows_what_came_before_and_a_week_only_itself() -> None:
    day, week = windows.window("2026-11-22"), windows.window("2026-W47")
    moments = ("2026-11-15T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z")

    assert [day.holds(one) for one in moments] == [True, True, True, False]
    assert [week.holds(one) for one in moments] == [False, True, True, False]
    assert day.contains(week)
    assert week.contains(day)
    assert not week.contains(windows.window("2026-W46"))
    assert not windows.window("2026-11-21").contains(week)


def test_what_is_closed_and_released_comes_oldest_first_a_week_after_its_sunday(tmp_path: Path) -> None:
    folder = tmp_path / "log" / "metrics"
    folder.mkdir(parents=True)
    for name in ("2026-11-23", "2026-W47", "2026-11-22", "2026-11-22-service"):
        (folder / f"{name}.json").write_text("{}")
        (tmp_path / "data" / name).mkdir(parents=True)

    assert [one.name for one in windows.closed(tmp_path)] == ["2026-11-22", "2026-W47", "2026-11-23"]
    assert [one.name for one in windows.released(tmp_path / "data")] == ["2026-11-22", "2026-W47", "2026-11-23"]
