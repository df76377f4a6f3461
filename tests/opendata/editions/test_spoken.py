"""Figures speak each language as it writes its numbers, days and hours."""

from __future__ import annotations

from datetime import date

from aggregator.opendata.editions.spoken import Spoken, others

FRENCH, ENGLISH = Spoken(), Spoken("en")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def both(name: str, *values: object) -> tuple[str, str]:
    found = (plain(getattr(one, name)(*values)) for one in (FRENCH, ENGLISH))
    return next(found), next(found)


def test_numbers_are_written_as_each_language_writes_them() -> None:
    assert both("number", 4812) == ("4 812", "4,812")
    assert both("percent", 0.7412) == ("74,1 %", "74.1%")
    assert both("percent", None) == ("–", "–")
    assert both("tick", 0.5) == ("50 %", "50%")
    assert both("step", -2.5) == ("−2,5", "−2.5")
    assert both("step", 50.0) == ("+50", "+50")
    assert both("ratio", 2 / 3) == ("×0,67", "×0.67")
    assert both("points", 0.064) == ("+6,4", "+6.4")
    assert both("points", None) == ("n. d.", "n/a")


def test_a_span_repeats_neither_month_nor_year() -> None:
    sunday = date(2026, 11, 29)

    assert both("span", date(2026, 11, 23), sunday) == (
        "du lundi 23 au dimanche 29 novembre 2026", "from Monday 23 to Sunday 29 November 2026",
    )  # fmt: skip
    assert FRENCH.span(date(2026, 10, 1), sunday) == "du jeudi 1er octobre au dimanche 29 novembre 2026"
    assert FRENCH.span(date(2025, 12, 31), sunday) == "du mercredi 31 décembre 2025 au dimanche 29 novembre 2026"
    assert FRENCH.span(sunday, sunday) == "le dimanche 29 novembre 2026"


def test_an_instant_is_told_by_the_clock_of_paris() -> None:
    assert both("instant", "2026-11-29T23:59:59Z") == (
        "lundi 30 novembre 2026, 0 h 59, heure de Paris", "Monday 30 November 2026, 0:59, Paris time",
    )  # fmt: skip


def test_every_catalogue_is_spoken_and_what_it_lacks_is_said_in_french() -> None:
    assert ENGLISH in others()
    assert ENGLISH.gettext("Redirections par département") == "Redirects by département"
    assert ENGLISH.gettext("Sans traduction") == "Sans traduction"
