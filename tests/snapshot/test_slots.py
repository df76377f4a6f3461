"""The slots file in memory: arrays by offer, and wall clocks of each place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from aggregator import canonical
from aggregator.snapshot.format import SnapshotError
from aggregator.snapshot.slots import Slots, local_minutes
from tests import tiny
from tests.clock import NOON

PARIS_MORNING = datetime(2026, 11, 24, 8, 30, tzinfo=ZoneInfo("Europe/Paris"))
REUNION_MORNING = PARIS_MORNING.replace(tzinfo=ZoneInfo("Indian/Reunion"))
PFIZER = {"needs": ["pfizer"], "step": "1", "audience": None}


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


def test_each_offer_has_its_own_range_of_slots_and_its_earliest() -> None:
    later = PARIS_MORNING + timedelta(hours=2)
    snapshot = tiny.snapshot(
        [tiny.place(1, "a", "b"), tiny.place(2, "a")],
        {
            "o-1a": tiny.offer("seen", (0, [later]), (1, [PARIS_MORNING, later])),
            "o-1b": tiny.offer("none"),
            "o-2a": tiny.offer("seen", (0, [later])),
        },
        kinds=[tiny.ANY_KIND, PFIZER],
    )
    slots = snapshot.slots

    def of(offer_id: str) -> list[tuple[int, int]]:
        part = slice(slots.offers[offer_id].first, slots.offers[offer_id].last)
        return list(zip(slots.minute[part].tolist(), slots.kind[part].tolist(), strict=True))

    early, late = (int(at.timestamp()) // 60 for at in (PARIS_MORNING, later))
    assert of("o-1a") == [(late, 0), (early, 1), (late, 1)]
    assert of("o-1b") == []
    assert of("o-2a") == [(late, 0)]
    assert slots.earliest == {"o-1a": early, "o-2a": late}


def test_a_slot_has_the_wall_clock_of_its_place() -> None:
    """Half past eight in Lyon and half past eight in Saint-Denis: the same time of day, three hours apart."""
    snapshot = tiny.snapshot(
        [tiny.place(1, "a"), tiny.place(2, "a", tz="Indian/Reunion")],
        {"o-1a": tiny.offer("seen", (0, [PARIS_MORNING])), "o-2a": tiny.offer("seen", (0, [REUNION_MORNING]))},
    )

    assert [minute % 1440 for minute in snapshot.slots.local.tolist()] == [8 * 60 + 30] * 2
    assert snapshot.slots.minute[0] - snapshot.slots.minute[1] == 3 * 60


def test_what_is_known_of_an_offer_is_told_with_its_times_in_utc() -> None:
    snapshot = tiny.snapshot(
        [tiny.place(1, "a", "b")], {"o-1a": tiny.offer("unknown"), "o-1b": tiny.offer("none", answered=None)}
    )
    unknown, none = snapshot.slots.offers["o-1a"], snapshot.slots.offers["o-1b"]

    assert (unknown.state, unknown.since) == ("unknown", datetime(2026, 11, 23, 11, tzinfo=UTC))
    assert unknown.answered == datetime(2026, 11, 23, 11, 55, tzinfo=UTC)
    assert (none.state, none.since, none.answered) == ("none", None, None)
    assert snapshot.slots.at == NOON


def test_slots_of_other_places_are_refused() -> None:
    places = tiny.snapshot([tiny.place(1, "a")]).places
    body = canonical.to_json(tiny.slots_file("f" * 64, {}, (), NOON))

    with pytest.raises(SnapshotError, match="belongs to another places file"):
        Slots(body, "0" * 64, places)


def test_slots_of_an_offer_that_no_place_has_are_refused() -> None:
    with pytest.raises(SnapshotError, match="o-9z, which no place offers"):
        tiny.snapshot([tiny.place(1, "a")], {"o-9z": tiny.offer("none")})


def test_a_snapshot_without_a_slot_is_one_all_the_same() -> None:
    slots = tiny.snapshot([]).slots

    assert (slots.offers, slots.earliest, slots.minute.tolist(), slots.local.tolist()) == ({}, {}, [], [])
