"""The rows of every data set: what they say is what the log says, and no small number is told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aggregator.config.settings import Settings
from aggregator.opendata.editions import windows
from aggregator.opendata.rows import TABLES, outages
from tests.edition import ALL, table, text


def test_every_data_set_has_rows_and_every_table_a_data_set() -> None:
    assert list(TABLES) == list(ALL)


def test_what_redirects_say_is_what_the_log_says(edition: Path, a_week: Settings) -> None:
    totals = {row["window"]: 0 for row in table(edition, "redirects")}
    for row in table(edition, "redirects"):
        if row["class"] == "counted" and row["stratum_type"] == "nation" and row["redirects"]:
            totals[row["window"]] += int(row["redirects"])

    assert totals["2026-11-23"] == 100
    assert totals["2026-W48"] == 100


def test_no_small_number_is_told_and_what_is_kept_back_says_so(edition: Path) -> None:
    """What is left of the country when no territory can be told alone is the country itself, which is told exactly."""
    rows_ = [row for row in table(edition, "redirects") if row["stratum_type"] in ("department", "rest-of-region")]
    kept_back = [row for row in rows_ if row["suppressed"] == "true"]

    assert all(row["redirects"] == "" for row in kept_back)
    assert all(
        int(row["redirects"]) == 0 or int(row["redirects"]) >= 11 for row in rows_ if row["suppressed"] == "false"
    )
    told = {row["department"] for row in table(edition, "couverture") if row["redirects"]}
    assert not told & {row["stratum"] for row in kept_back}


def test_outages_decisions_and_links_are_there(edition: Path) -> None:
    assert table(edition, "outages")[0] | {} == table(edition, "outages")[0]
    assert [(row["provider"], row["minutes"]) for row in table(edition, "outages")] == [("maiia", "120")]
    # Every link of this portal is one of the first day: known_since tells it, and nobody decided anything.
    assert {row["kind"] for row in table(edition, "decisions")} == {"dispute"}


def test_the_hosts_of_2021_are_true_in_a_demonstration_where_all_else_is_invented(edition: Path) -> None:
    hosts = table(edition, "centres-2021")

    assert {row["demo"] for row in hosts} == {"false"}
    assert {row["demo"] for row in table(edition, "places")} == {"true"}
    assert json.loads(text(edition, "centres-2021.json"))["demo"] is False
    assert json.loads(text(edition, "places.json"))["demo"] is True
    of_march = [row for row in hosts if row["date"] == "2021-03-23"]
    assert sum(int(row["open"]) for row in of_march if row["provider"] == "doctolib") == 957
    assert sum(int(row["centres"]) for row in of_march) == 1433


def test_an_outage_that_went_on_after_midnight_goes_on_in_the_edition() -> None:
    """What ended it came after the edition's end; the week after it, which the outage touches, knows the end."""
    row = {"provider": "maiia", "since": "2026-11-22T23:00:00Z", "until": "2026-11-23T01:30:00Z"}
    later = {"provider": "maiia", "since": "2026-11-23T05:00:00Z", "until": None}

    def told(name: str) -> list[tuple[str | None, int]]:
        stores = SimpleNamespace(catalog=SimpleNamespace(outages=lambda: [row, later]))
        window = windows.window(name)
        sources: Any = SimpleNamespace(stores=stores, window=window, until=window.end)
        return [(one["until"], one["minutes"]) for one in outages(sources)]

    assert told("2026-11-22") == told("2026-W47") == [(None, 60)]
    assert told("2026-11-23") == [("2026-11-23T01:30:00Z", 150), (None, 19 * 60)]
    assert told("2026-W49") == [(None, 24 * 60 * 14 - 5 * 60)]
    assert told("2026-11-21") == []
