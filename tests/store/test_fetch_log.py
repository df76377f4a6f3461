"""How each attempt to read a provider went: what tables, outages and pauses are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store import Catalog, FetchRecord
from aggregator.store.fetch_log import KEPT_FETCHES, KEPT_HOURS
from providers.breaker import BreakerState
from providers.records import Outcome
from tests.clock import NOON

ONE = FetchRecord("a", "slots", "o-1", Outcome.OK, NOON, 100, 2)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path, database_url: str | None) -> Iterator[Catalog]:
    with closing(Catalog(database_url or tmp_path / "catalog.db")) as opened:
        yield opened


class TestFetches:
    def test_a_run_is_told_by_platform_kind_and_outcome(self, log: Catalog) -> None:
        run, other = log.start_run("slots", NOON), log.start_run("slots", NOON)
        failed = replace(ONE, outcome=Outcome.TIMEOUT, duration_ms=900, partial=True)
        log.put_fetches(run, [ONE, replace(ONE, duration_ms=301, requests=1), failed])
        log.put_fetches(other, [replace(ONE, provider="b")])

        names = ("provider", "kind", "outcome", "fetches", "requests", "mean_ms", "partial")
        assert [tuple(row[name] for name in names) for row in log.fetch_table(run)] == [
            ("a", "slots", "ok", 2, 3, 200, 0),
            ("a", "slots", "timeout", 1, 2, 900, 1),
        ]

    def test_hours_add_up_over_runs(self, log: Catalog) -> None:
        for minutes in (0, 59, 60):
            log.put_fetches(log.start_run("slots", NOON), [replace(ONE, at=NOON + timedelta(minutes=minutes))])

        assert [(row["hour"], row["fetches"], row["requests"]) for row in log.fetch_hours(NOON)] == [
            ("2026-11-23T12", 2, 4), ("2026-11-23T13", 1, 2),
        ]  # fmt: skip
        assert [row["hour"] for row in log.fetch_hours(NOON + timedelta(hours=1))] == ["2026-11-23T13"]

    def test_a_day_is_told_by_attempts_and_failures(self, log: Catalog) -> None:
        outcomes = (Outcome.OK, Outcome.EMPTY, Outcome.BLOCKED, Outcome.SKIPPED)
        log.put_fetches(log.start_run("slots", NOON), [replace(ONE, outcome=outcome) for outcome in outcomes])
        log.put_fetches(log.start_run("slots", NOON), [replace(ONE, provider="b", at=NOON + timedelta(days=1))])

        assert log.fetches_of_day(NOON.date()) == {"a": (4, 2)}

    def test_single_fetches_are_kept_for_days_and_hours_for_a_year(self, log: Catalog) -> None:
        old, older = NOON - KEPT_FETCHES - timedelta(hours=1), NOON - KEPT_HOURS - timedelta(hours=1)
        run = log.start_run("slots", NOON)
        log.put_fetches(run, [ONE, replace(ONE, at=old), replace(ONE, at=older)])

        log.finish_run(run, NOON)

        assert log.fetch_table(run)[0]["fetches"] == 1
        assert [row["hour"] for row in log.fetch_hours(datetime.min.replace(tzinfo=UTC))] == [
            old.isoformat()[:13], "2026-11-23T12",
        ]  # fmt: skip


class TestOutages:
    def test_one_lasts_until_it_is_closed_and_is_noted_once(self, log: Catalog) -> None:
        for minutes in (5, 10):
            log.note_outage("a", "2026-11-23T12:00:00Z", NOON + timedelta(minutes=minutes))
        log.note_outage("a", None, NOON + timedelta(minutes=30))
        log.note_outage("a", None, NOON + timedelta(minutes=40))

        assert log.outages() == [{"provider": "a", "since": "2026-11-23T12:00:00Z", "until": "2026-11-23T12:30:00Z"}]

    def test_one_that_is_told_again_after_its_end_is_not_opened_anew(self, log: Catalog) -> None:
        """The same failing reading, published once more by a worker that had taken over."""
        log.note_outage("a", "2026-11-23T12:00:00Z", NOON)
        log.note_outage("a", None, NOON + timedelta(minutes=30))
        log.note_outage("a", "2026-11-23T12:00:00Z", NOON + timedelta(minutes=31))

        assert [row["until"] for row in log.outages()] == ["2026-11-23T12:30:00Z"]

    @pytest.mark.parametrize(
        ("since", "until", "minutes"),
        [
            ("2026-11-23T12:00:00Z", 12.5, 30),
            ("2026-11-22T23:00:00Z", 1, 60),  # begun the day before
            ("2026-11-23T23:00:00Z", 25, 60),  # ended the day after
            ("2026-11-22T12:00:00Z", 36, 1440),
            ("2026-11-22T12:00:00Z", -1, 0),  # over before the day began
            ("2026-11-23T22:00:00Z", None, 120),  # still going on
        ],
    )
    def test_a_day_counts_the_minutes_that_fell_into_it(
        self, log: Catalog, since: str, until: float | None, minutes: int
    ) -> None:
        """`until`: hours after midnight."""
        log.note_outage("a", since, NOON)
        if until is not None:
            log.note_outage("a", None, MIDNIGHT + timedelta(hours=until))

        assert log.unread_minutes(MIDNIGHT, MIDNIGHT + timedelta(days=1)).get("a", 0) == minutes

    def test_several_of_a_day_are_added(self, log: Catalog) -> None:
        for hour in (1, 5):
            since = MIDNIGHT + timedelta(hours=hour)
            log.note_outage("a", since.isoformat()[:19] + "Z", since)
            log.note_outage("a", None, since + timedelta(minutes=20))
        log.note_outage("b", "2026-11-23T03:00:00Z", NOON)
        log.note_outage("b", None, MIDNIGHT + timedelta(hours=3, minutes=1))

        assert log.unread_minutes(MIDNIGHT, NOON) == {"a": 40, "b": 1}


@pytest.mark.parametrize(
    "state", [BreakerState(), BreakerState(5, 2, NOON, "timeout"), BreakerState(1, 0, None, "blocked")]
)
def test_a_pause_is_known_to_the_next_process(log: Catalog, state: BreakerState) -> None:
    log.put_breaker("a", BreakerState(9, 9, NOON, "x"))
    log.put_breaker("a", state)

    assert log.breaker("a") == state
    assert log.breaker("b") == BreakerState()
