"""The invented weeks are made by the portal's own parts: whatever holds of a portal holds of them."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.store import open_stores
from tests.demonstration.conftest import MONDAY, Made

pytestmark = pytest.mark.xdist_group("past")


def closed_days(made: Made) -> list[str]:
    return sorted(path.stem for path in (made.settings.published_dir / "log" / "metrics").glob("????-??-??.json"))


def test_every_day_is_closed_the_one_that_had_to_wait_included(three_days: Made) -> None:
    assert closed_days(three_days) == ["2026-11-16", "2026-11-17", "2026-11-18"]


def test_people_were_sent_on_and_robots_are_told_apart(three_days: Made) -> None:
    with closing(Accounts(three_days.settings)) as accounts:
        totals = accounts.reader.class_totals(0, 1 << 60)

    assert sum(totals["counted"].values()) > 80
    assert {"counted", "robot"} <= totals.keys()


def test_what_happened_is_on_record(three_days: Made) -> None:
    with closing(open_stores(three_days.settings.data_dir)) as stores:
        held = stores.catalog.all_quarantines()
        told = [row["kind"] for row in stores.registry.decisions()]
        day = MONDAY.replace(day=17)
        failed = stores.catalog.fetches_of_day(day)["doctolib"][1]

    assert [(row["source"], row["decision"]) for row in held] == [("keldoc", "reject")]
    assert told == ["quarantine", "dispute"]
    assert failed > 0


def test_the_dispute_names_the_week_before(three_days: Made) -> None:
    with closing(open_stores(three_days.settings.data_dir)) as stores:
        (dispute,) = stores.registry.decisions(["dispute"])

    assert dispute["target"] == "2026-W46"


def test_all_of_it_says_that_it_is_invented(three_days: Made) -> None:
    table = json.loads((three_days.settings.published_dir / "log" / "metrics" / "2026-11-16.json").read_bytes())

    assert {row["demo"] for row in table["rows"]} == {1}
    assert "demonstration" in (three_days.settings.published_dir / "log" / "checkpoint").read_text().splitlines()[0]


def test_the_verifier_finds_nothing_wrong_with_it(three_days: Made, capsys: pytest.CaptureFixture[str]) -> None:
    code = verify.main(["all", str(three_days.settings.published_dir)])

    assert code == 0, capsys.readouterr().out
