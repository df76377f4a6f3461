"""The slots file in memory: arrays by offer, and wall clocks of each place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from aggregator.snapshot.slots import local_minutes


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/Paris", "2021-10-31", 25), ("Europe/Paris", "2021-03-28", 23), ("Indian/Reunion", "2021-10-31", 24)],
)
def test_wall_clocks_are_right_on_the_days_of_23_and_25_hours(zone: str, day: str, hours: int) -> None:
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone))
    first = int(start.timestamp()) // 60
    minutes = np.array([first + 60 * number for number in range(hours)], dtype=np.int64)

    local = local_minutes(minutes, np.zeros(hours, dtype=np.int16), [zone])

    midnight = (start.date() - date(1970, 1, 1)).days * 1440
    truth = []
    for minute in minutes.tolist():
        wall = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
        truth.append(midnight + wall.hour * 60 + wall.minute)
    assert local.tolist() == truth
    assert int(minutes[-1] - minutes[0]) == (hours - 1) * 60
