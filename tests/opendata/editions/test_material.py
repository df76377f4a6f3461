"""What figures are drawn from says its own period and its own names."""

from __future__ import annotations

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.opendata.editions.material import Material, days_of, of_days
from aggregator.opendata.editions.spoken import Spoken


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def material(shares: dict[str, object], closed: dict[str, object]) -> Material:
    return Material(shares, closed, Settings(), Gazetteer([], []))


def test_a_period_is_said_in_words() -> None:
    assert of_days(Spoken(), "2026-11-23", "2026-11-23") == "le lundi 23 novembre 2026"
    assert of_days(Spoken("en"), "2026-11-23", "2026-11-29") == "from Monday 23 to Sunday 29 November 2026"
    assert days_of("2026-W48") == ("2026-11-23", "2026-11-29")


def test_the_running_period_ends_on_the_day_of_the_table() -> None:
    found = material({"first": "2026-11-23", "at": "2026-11-25T08:00:00Z", "providers": [{"slug": "a"}]}, {})

    assert plain(found.running) == "du lundi 23 au mercredi 25 novembre 2026, 9 h 00 ; aujourd’hui par paliers de 11"
    assert found.providers == [{"slug": "a"}]


def test_before_the_first_redirect_there_is_no_period() -> None:
    found = material({}, {})

    assert (found.days_running, found.running) == (None, "avant la première redirection")
    assert (found.days_closed, found.week) == ("avant le premier jour clos", None)


def test_the_week_is_the_last_that_was_closed_with_all_its_redirects() -> None:
    weeks = [{"name": "2026-W47", "rows": []}, {"name": "2026-W48", "rows": [{"redirects": 30}, {"redirects": 12}]}]
    found = material({}, {"first": "2026-11-17", "last": "2026-11-29", "weeks": weeks})

    assert (found.week, found.of_week) == ("2026-W48", 42)
    assert found.week_said == "semaine 2026-W48, du lundi 23 au dimanche 29 novembre 2026"
    assert found.weeks_said == "semaines 2026-W47 à 2026-W48, du lundi 16 au dimanche 29 novembre 2026"


def test_sites_that_are_only_linked_have_one_name_together() -> None:
    assert material({}, {}).label("") == "Autres sites"
    assert material({}, {}).label("doctolib") == "Doctolib"


def test_the_days_of_a_closed_edition_have_no_hour_for_nothing_of_them_moves() -> None:
    found = material({"first": "2026-11-23", "at": "2026-11-29", "providers": []}, {})

    assert found.running == "du lundi 23 au dimanche 29 novembre 2026"


def test_rows_go_by_number_of_places_in_every_figure() -> None:
    found = material({"providers": [{"slug": "b"}, {"slug": "a"}]}, {})

    assert found.in_order({"a", "b", "c"}) == ["b", "a", "c"]
