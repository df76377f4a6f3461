"""What one closed table says: rows by number of places, of the whole country, and nothing without a number."""

from __future__ import annotations

from typing import Any

from aggregator.opendata.editions import windows
from aggregator.opendata.editions.one_table import effects, national, shares_of

WEEK = windows.window("2026-W48")


def row(provider: str, places: float, **more: Any) -> dict[str, Any]:
    shares = {"share_places": 0.5, "share_slots": 0.5, "share_redirects": 0.5, "share_exposure": 0.5}
    bounds = {"goodman_low": 0.4, "goodman_high": 0.6, "dr_places": 1.0, "redirects": 20, "slots": 9.6}
    nation = {"stratum_type": "nation", "suppressed": 0}
    return {"provider": provider, "places": places, **shares, **bounds, **nation, **more}


def test_rows_stand_by_number_of_places_and_a_platform_that_is_not_known_is_an_other_site() -> None:
    found = shares_of([row("b", 1), row("a", 3)], WEEK, {"a": "A"})

    assert [(one["slug"], one["label"]) for one in found["providers"]] == [("a", "A"), ("b", "Autres sites")]
    assert (found["first"], found["at"], found["step"], found["places"]) == ("2026-11-23", "2026-11-29", 40, 4)


def test_territories_and_hidden_rows_are_not_of_the_nation() -> None:
    rows = [row("a", 3), row("a", 3, stratum_type="department"), row("b", 1, suppressed=1)]

    assert national(rows) == rows[:1]


def test_fewer_than_eleven_clicks_that_tell_are_not_told() -> None:
    sums = {"clicks_telling": 30, "tie_chosen": 8, "tie_expected": 6.04, "tie_variance": 4.0, "tie_log_e": 0.1}

    found = shares_of([row("a", 3, tie_clicks=11, **sums), row("b", 1, tie_clicks=10, **sums)], WEEK, {})["choice"]

    assert [(one["slug"], one["excess"]) for one in found["providers"]] == [("a", 2.0)]


def test_terms_are_none_where_there_were_too_few_redirects() -> None:
    known = row("a", 3, effect_deviation=0.0, effect_availability=None)

    assert effects([known, row("b", 1, effect_deviation=None)]) == {"a": {"deviation": 0.0, "availability": None}}
