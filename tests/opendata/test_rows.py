"""The rows of every data set: what they say is what the log says, and no small number is told."""

from __future__ import annotations

import json
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.opendata.rows import TABLES
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
    assert any(row["kind"] == "dispute" for row in table(edition, "decisions"))


def test_the_hosts_of_2021_are_true_in_a_demonstration_where_all_else_is_invented(edition: Path) -> None:
    hosts = table(edition, "centres-2021")

    assert {row["demo"] for row in hosts} == {"false"}
    assert {row["demo"] for row in table(edition, "places")} == {"true"}
    assert json.loads(text(edition, "centres-2021.json"))["demo"] is False
    assert json.loads(text(edition, "places.json"))["demo"] is True
    of_march = [row for row in hosts if row["date"] == "2021-03-23"]
    assert sum(int(row["open"]) for row in of_march if row["provider"] == "doctolib") == 957
    assert sum(int(row["centres"]) for row in of_march) == 1433
