"""Days and weeks are closed once their totals are in the log, with figures that an auditor computes again."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

import pytest

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.store import open_stores
from tests.clock import NOON
from tests.portal import MONDAY, SUNDAY, Portal


def test_a_closed_day_is_computed_again_by_the_auditor(day_over: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["metrics", "--day", MONDAY, str(day_over.log)]) == 0

    said = capsys.readouterr().out
    assert "redirects are those sealed in the log" in said
    assert "shares, ratios, all intervals, concentration, terms and log E follow from the counts" in said
    rows = json.loads((day_over.log / "metrics" / f"{MONDAY}.json").read_text())["rows"]
    assert sum(row["redirects"] for row in rows) == 33
    assert all(row["effect_deviation"] == 0.0 for row in rows)
    assert sum(row["share_redirects"] for row in rows) == pytest.approx(1)


def test_a_week_is_closed_with_its_territories(day_over: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    for _ in range(6):
        day_over.clock.forward(days=1)
        day_over.publish()
        done += day_over.work()

    assert done[-2:] == [SUNDAY, "2026-W48"]
    assert verify.main(["metrics", "--day", "2026-W48", str(day_over.log)]) == 0
    rows = json.loads((day_over.log / "metrics" / "2026-W48.json").read_text())["rows"]
    kinds = {row["stratum_type"] for row in rows}
    assert "nation" in kinds
    assert all(row["redirects"] == 0 or row["redirects"] >= 11 for row in rows if row["stratum_type"] == "department"
               and not row["suppressed"])  # fmt: skip
    closed = day_over.published("closed.json")
    assert [week["name"] for week in closed["weeks"]] == ["2026-W48"]
    assert closed["territory"]


def test_a_week_whose_closing_was_cut_off_is_closed_by_the_next_pass(day_over: Portal) -> None:
    """The process may be killed between a Sunday and its week."""
    for _ in range(6):
        day_over.clock.forward(days=1)
        day_over.publish()
        day_over.work()
    path = day_over.log / "metrics" / "2026-W48.json"
    before = json.loads(path.read_text())["rows"]
    path.unlink()

    assert "2026-W48" in day_over.work()
    again = json.loads(path.read_text())["rows"]
    assert [{**row, "checkpoint_size": 0} for row in again] == [{**row, "checkpoint_size": 0} for row in before]


def test_a_week_whose_sunday_had_no_list_is_closed_all_the_same(day_over: Portal) -> None:
    for _ in range(5):
        day_over.clock.forward(days=1)
        day_over.publish()
        day_over.work()
    day_over.clock.forward(days=2)

    assert "2026-W48" in day_over.work()


def test_a_day_is_not_closed_before_its_totals_are_in_the_log(portal: Portal) -> None:
    portal.visit(3, 2)
    portal.work()
    portal.clock.forward(days=1)

    with closing(Accounts(portal.settings)) as accounts, closing(open_stores(portal.settings.data_dir)) as stores:
        accounts.replays.run(portal.clock())
        early = Closing(portal.settings, accounts, stores.catalog, portal.gazetteer.regions).close(portal.clock())

    assert early == []


def test_minutes_not_read_and_ages_are_told_of_each_provider(portal: Portal) -> None:
    with closing(open_stores(portal.settings.data_dir)) as stores:
        stores.catalog.note_outage("maiia", "2026-11-23T12:00:00Z", NOON)
        stores.catalog.note_outage("maiia", "2026-11-23T12:00:00Z", NOON + timedelta(minutes=5))
        stores.catalog.note_outage("maiia", None, NOON + timedelta(minutes=42))
    portal.visit(5, 0)
    portal.work()
    portal.clock.forward(days=1)
    portal.work()

    rows = {row["provider"]: row for row in portal.published("closed.json")["service"]}
    assert rows["maiia"]["minutes_unread"] == 42
    assert rows["keldoc"]["minutes_unread"] == 0
    assert rows["doctolib"]["median_age_min"] == 0
    assert len({row["interval_s"] for row in rows.values()}) == 1  # equal care
