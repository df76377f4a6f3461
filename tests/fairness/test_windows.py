"""Counts and causes of a window of closed days: what is told, and what has no denominator."""

from __future__ import annotations

from contextlib import closing
from datetime import date

import pytest

from aggregator.fairness.accounts import Accounts
from aggregator.fairness.windows import LEAST_SAMPLES, Windows
from aggregator.statistics.decomposition import EFFECTS
from tests.portal import MONDAY, Portal

DAY = date.fromisoformat(MONDAY)


def test_the_counts_of_a_day_are_those_of_its_clicks(day_over: Portal) -> None:
    with closing(Accounts(day_over.settings)) as accounts:
        counts = Windows(accounts).nation_of(DAY, DAY)

    assert sum(row.redirects for row in counts.values()) == 33
    assert all(row.redirects <= row.redirects_raw for row in counts.values())
    assert all(row.places > 0 for row in counts.values())


def test_availability_needs_half_a_day_of_samples_with_slots(day_over: Portal) -> None:
    """The day was sampled in one hour only; a day with twelve says it."""
    with closing(Accounts(day_over.settings)) as accounts:
        windows = Windows(accounts)
        counts = windows.nation_of(DAY, DAY)
        few = windows.effects(DAY, DAY, counts)
        accounts.rollups._db.run("UPDATE samples_with_slots SET n = ?", (LEAST_SAMPLES,))
        enough = windows.effects(DAY, DAY, counts)

    for provider, terms in few.items():
        assert (terms["availability"], terms["demand_geography"]) == (None, None)
        assert terms["deviation"] == 0.0
        told = [enough[provider][name] for name in EFFECTS]
        gap = enough[provider]["share_redirects"] - enough[provider]["share_places"]  # type: ignore[operator]
        assert sum(one for one in told if one is not None) == pytest.approx(gap)
        assert None not in told


def test_a_day_without_redirects_has_no_causes(day_over: Portal) -> None:
    nobody = date(2026, 11, 20)
    with closing(Accounts(day_over.settings)) as accounts:
        windows = Windows(accounts)

        assert windows.effects(nobody, nobody, windows.nation_of(nobody, nobody)) == {}
