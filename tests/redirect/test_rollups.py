"""The counts that pages are made of: added once, in the order of the log, by day, class, place and provider."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.redirect.rollups import STEP, RollUps

MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


@pytest.fixture
def rollups(tmp_path: Path, database_url: str | None) -> Iterator[RollUps]:
    with closing(RollUps(database_url or tmp_path / "rollups.db")) as opened:
        yield opened


@pytest.fixture
def week(rollups: RollUps, tmp_path: Path) -> RollUps:
    """Monday: 12 counted for a in Paris, 1 robot for b; Tuesday: 2 counted for b in the Ain; Wednesday: 1 for a."""
    clicks = [(MONDAY, "dep=75", "a", EventClass.COUNTED)] * 12 + [
        (MONDAY, "dep=75", "b", EventClass.ROBOT),
        (TUESDAY, "dep=01", "b", EventClass.COUNTED),
        (TUESDAY, "dep=01", "b", EventClass.COUNTED),
        (WEDNESDAY, "dep=75", "a", EventClass.COUNTED),
    ]
    with closing(EventLog(tmp_path / "events.db", wait_s=5)) as log:
        for day, basket, prov, cls in clicks:
            log.record(Event(basket, f"{day}T12", "p-a", cls, "a" * 32, "order/1", 1, prov))
    minutes = [(4, MONDAY, 13), (9, TUESDAY, 15), (11, WEDNESDAY, 16)]
    reader = EventReader(tmp_path / "events.db")
    for _ in range(2):  # the second time there is nothing to add
        rollups.advance(reader, [(n, {"minute": f"{day}T12:00", "upto": upto}) for n, day, upto in minutes])
    return rollups


def test_days_are_added_up_by_class_and_provider(week: RollUps) -> None:
    assert week.totals(MONDAY, MONDAY) == {"counted": {"a": 12}, "robot": {"b": 1}}
    assert week.totals(MONDAY, WEDNESDAY) == {"counted": {"a": 13, "b": 2}, "robot": {"b": 1}}
    assert week.totals(TUESDAY, TUESDAY) == {"counted": {"b": 2}}
    assert week.class_total(MONDAY) == {"counted": 12, "robot": 1}


def test_days_are_added_up_by_place(week: RollUps) -> None:
    assert week.by_basket(MONDAY, WEDNESDAY) == {"dep=01": {"b": 2}, "dep=75": {"a": 13}}
    assert week.by_basket(MONDAY, WEDNESDAY, "robot") == {"dep=75": {"b": 1}}
    assert week.by_basket(TUESDAY, TUESDAY) == {"dep=01": {"b": 2}}


def test_a_running_day_shows_whole_elevens(week: RollUps) -> None:
    assert week.stepped(MONDAY) == {"counted": {"a": 11}}
    assert week.stepped(TUESDAY) == {}


def test_it_knows_how_far_it_has_come_and_which_days_it_has(week: RollUps) -> None:
    assert (week.mark("events"), week.mark("minute"), week.mark("nothing")) == (16, 11, 0)
    assert week.first_day() == MONDAY
    assert week.days_with_events(WEDNESDAY) == [MONDAY, TUESDAY]


def test_there_is_no_first_day_before_there_are_events(rollups: RollUps) -> None:
    assert rollups.first_day() is None
    assert rollups.totals(MONDAY, WEDNESDAY) == {}


def test_supply_is_summed_over_the_samples_of_its_days(rollups: RollUps) -> None:
    rollups.put_supply(MONDAY, (24, 24), [("dep=75", "a", 10, 5, 100), ("dep=75", "b", 4, 4, 7)])
    rollups.put_supply(TUESDAY, (20, 20), [("dep=75", "a", 30, 2, 1)])
    rollups.put_supply(WEDNESDAY, (1, 1), [("dep=01", "a", 1, 1, 1)])

    assert rollups.supply(MONDAY, TUESDAY) == [("dep=75", "a", 40, 7, 101), ("dep=75", "b", 4, 4, 7)]
    assert rollups.samples(MONDAY, TUESDAY) == 44
    assert rollups.samples("2026-11-01", "2026-11-02") == 0


def test_a_day_that_is_sampled_again_takes_the_place_of_the_first(rollups: RollUps) -> None:
    rollups.put_supply(MONDAY, (24, 24), [("dep=75", "a", 10, 5, 100), ("dep=75", "b", 4, 4, 7)])
    rollups.put_supply(MONDAY, (23, 23), [("dep=75", "a", 9, 5, 100)])

    assert rollups.supply(MONDAY, MONDAY) == [("dep=75", "a", 9, 5, 100)]
    assert rollups.samples(MONDAY, MONDAY) == 23


def test_replays_of_an_hour_that_came_in_twice_are_added(rollups: RollUps) -> None:
    rollups.put_replay(f"{MONDAY}T10", 5, 3, 1, {"a": (1.5, 2.0, 3), "b": (0.5, 0.0, 1)}, "first")
    rollups.put_replay(f"{MONDAY}T10", 2, 2, 1, {"a": (0.25, 1.0, 4)}, "late")
    rollups.put_replay(f"{MONDAY}T11", 10, 9, 0, {"b": (1.0, 1.0, 1)}, "next")
    hours = f"{MONDAY}T10", f"{MONDAY}T11"

    assert rollups.lists_by_hour(*hours) == [(hours[0], 7), (hours[1], 10)]
    assert rollups.replays(*hours) == (17, 2)
    assert rollups.replays(hours[1], hours[1]) == (10, 0)
    assert rollups.replays("2026-11-01T00", "2026-11-01T23") == (0, 0)
    assert rollups.expected(*hours) == {"a": (1.75, 3.0, 7), "b": (1.5, 1.0, 2)}
    assert rollups.expected(hours[1], hours[1]) == {"b": (1.0, 1.0, 1)}


def test_a_replay_counts_once_until_it_is_forgotten(rollups: RollUps) -> None:
    hour = f"{MONDAY}T10"
    for _ in range(2):
        rollups.put_replay(hour, 5, 3, 1, {"a": (1.5, 2.0, 3)}, "the same")
    once = rollups.replays(hour, hour)
    rollups.replay_forgotten()
    rollups.put_replay(hour, 5, 3, 1, {"a": (1.5, 2.0, 3)}, "the same")

    assert once == (5, 1)
    assert rollups.replays(hour, hour) == (10, 2)


def test_a_change_that_fails_half_way_leaves_nothing(rollups: RollUps) -> None:
    broken = [("dep=75", "a", 1, 1, 1), ("dep=75", "a", 1, 1, 1)]  # the same row twice

    with pytest.raises(Exception, match=r"(?i)unique"):
        rollups.put_supply(MONDAY, (24, 24), broken)

    assert rollups.samples(MONDAY, MONDAY) == 0
    assert rollups.supply(MONDAY, MONDAY) == []


def test_counts_of_before_there_was_a_table_of_the_nation_are_taken_over(tmp_path: Path) -> None:
    with closing(RollUps(tmp_path / "rollups.db")), closing(sqlite3.connect(tmp_path / "rollups.db")) as db, db:
        db.execute("DROP TABLE nation")
        rows = [(MONDAY, "dep=75", "a", "counted", 3), (MONDAY, "dep=01", "a", "counted", 4)]
        db.executemany("INSERT INTO days VALUES (?, ?, ?, ?, ?)", rows)

    for _ in range(2):
        with closing(RollUps(tmp_path / "rollups.db")) as rollups:
            assert rollups.totals(MONDAY, MONDAY) == {"counted": {"a": 7}}


class TestRecount:
    """What an operator, or an auditor with the files, does when a count is doubted."""

    DAYS = ({"day": MONDAY, "upto": 13}, {"day": TUESDAY, "upto": 15}, {"day": WEDNESDAY, "upto": 16})

    def test_every_day_comes_out_the_same(self, week: RollUps, tmp_path: Path) -> None:
        reader = EventReader(tmp_path / "events.db")

        assert week.recount(reader, self.DAYS) == {MONDAY: True, TUESDAY: True, WEDNESDAY: True}

    def test_one_click_moved_to_another_platform_is_found(self, week: RollUps, tmp_path: Path) -> None:
        """The control."""
        with closing(sqlite3.connect(tmp_path / "events.db")) as db, db:
            db.execute("UPDATE events SET prov = 'a' WHERE seq = 14")

        found = week.recount(EventReader(tmp_path / "events.db"), self.DAYS)

        assert found == {MONDAY: True, TUESDAY: False, WEDNESDAY: True}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(EventClass))), max_size=60))
def test_what_is_shown_of_a_day_is_always_a_whole_number_of_elevens(clicks: list[tuple[str, EventClass]]) -> None:
    rollups = RollUps(Path(":memory:"))
    rollups._add(MONDAY, [(cls.value, "dep=75", prov) for prov, cls in clicks], {"events": len(clicks)})

    exact = Counter(cls.value for _, cls in clicks)
    for cls, n in exact.items():
        assert sum(rollups.stepped(MONDAY).get(cls, {}).values()) == n // STEP * STEP
    assert rollups.class_total(MONDAY) == dict(exact)
