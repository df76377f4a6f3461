"""The table of shares that is published, of the running week and of closed days."""

from __future__ import annotations

import json
from contextlib import closing

from aggregator.fairness.accounts import Accounts
from tests.clock import NOON
from tests.portal import MONDAY, Portal


def test_the_table_of_closed_days_can_be_asked_for_again(day_over: Portal) -> None:
    with closing(Accounts(day_over.settings)) as accounts:
        table = accounts.shares.of_days(NOON.date(), NOON.date())

    rows = json.loads((day_over.log / "metrics" / f"{MONDAY}.json").read_text())["rows"]
    assert table["total"] == 33
    assert {row["slug"]: (row["redirects"], round(row["places"], 6)) for row in table["providers"]} == {
        row["provider"]: (row["redirects"], row["places"]) for row in rows
    }
