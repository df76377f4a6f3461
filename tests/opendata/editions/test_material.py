"""What figures are drawn from says its own period and its own names."""

from __future__ import annotations

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.editions.material import Material, days_of, span


def material(shares: dict[str, object], closed: dict[str, object]) -> Material:
    return Material(shares, closed, Settings(), Gazetteer([], []))


def test_a_period_is_said_in_words() -> None:
    assert span("2026-11-23", "2026-11-23") == "le 23 novembre 2026"
    assert span("2026-11-23", "2026-11-29") == "du 23 novembre 2026 au 29 novembre 2026"
    assert days_of("2026-W48") == ("2026-11-23", "2026-11-29")


def test_the_running_period_ends_on_the_day_of_the_table() -> None:
    found = material({"first": "2026-11-23", "at": "2026-11-25T08:00:00Z", "providers": [{"slug": "a"}]}, {})

    assert found.running == "du 23 novembre 2026 au 25 novembre 2026"
    assert found.providers == [{"slug": "a"}]


def test_before_the_first_redirect_there_is_no_period() -> None:
    found = material({}, {})

    assert (found.days_running, found.running) == (None, "avant la première redirection")
    assert (found.days_closed, found.week) == ("avant le premier jour clos", None)


def test_the_week_is_the_last_that_was_closed_with_all_its_redirects() -> None:
    weeks = [{"name": "2026-W47", "rows": []}, {"name": "2026-W48", "rows": [{"redirects": 30}, {"redirects": 12}]}]
    found = material({}, {"first": "2026-11-17", "last": "2026-11-29", "weeks": weeks})

    assert (found.week, found.of_week) == ("2026-W48", 42)
    assert found.week_said == "semaine 2026-W48, du 23 novembre 2026 au 29 novembre 2026"


def test_sites_that_are_only_linked_have_one_name_together() -> None:
    assert material({}, {}).label("") == "Autres sites"
    assert material({}, {}).label("doctolib") == "Doctolib"
