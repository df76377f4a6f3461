"""Instants as the portal writes them: in UTC, cut to the second, the minute or the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator import instants

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def test_an_instant_is_spelt_in_three_lengths() -> None:
    at = datetime(2026, 11, 23, 12, 5, 9, 999_999, tzinfo=UTC)

    assert instants.second(at) == "2026-11-23T12:05:09Z"
    assert instants.minute(at) == "2026-11-23T12:05"
    assert instants.hour(at) == "2026-11-23T12"


@given(MOMENTS)
def test_a_second_reads_back_to_the_second(at: datetime) -> None:
    assert datetime.fromisoformat(instants.second(at)) == at.replace(microsecond=0)


@given(MOMENTS, MOMENTS)
def test_spelt_instants_sort_as_they_came(one: datetime, other: datetime) -> None:
    """Tables compare texts."""
    early, late = sorted((one, other))

    for spelt in (instants.second, instants.minute, instants.hour):
        assert spelt(early) <= spelt(late)
        assert spelt(at=late).startswith(instants.hour(late))


def test_now_is_aware_and_in_utc() -> None:
    assert instants.now().utcoffset() == timedelta(0)
