"""The season's tables: weeks, days and hours that make sense, and events that the past knows how to play."""

from __future__ import annotations

import inspect

import pytest

from aggregator.demonstration import season
from aggregator.demonstration.past import Past
from aggregator.demonstration.season import EVENTS, Event, When


def test_a_day_has_its_hours_a_week_its_days_and_a_season_its_weeks() -> None:
    assert (len(season.HOURS), len(season.DAYS), len(season.TREND)) == (24, 7, season.WEEKS)


def test_the_shares_of_all_days_together_are_one() -> None:
    days = [When(week, day, 0) for week in range(1, season.WEEKS + 1) for day in range(1, 8)]

    assert sum(map(season.share, days)) == pytest.approx(1)


def test_the_days_after_the_season_go_on_at_its_last_pace() -> None:
    assert season.share(When(season.WEEKS + 1, 1, 0)) == season.share(When(season.WEEKS, 1, 0))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.what}-{event.when.week}")
def test_every_event_is_one_that_the_past_can_play(event: Event) -> None:
    played = inspect.signature(getattr(Past, f"_{event.what}"))

    played.bind(None, *event.told)  # raises TypeError where they do not fit
    assert 1 <= event.when.week <= season.WEEKS
    assert event.when.day in range(1, 8)
    assert event.when.hour in range(24)


def test_what_is_told_says_that_it_is_invented() -> None:
    texts = [event.told[2] for event in EVENTS if event.what == "tells"]

    assert len(texts) >= 4
    assert all(text.startswith("Démonstration : ") for text in texts)
