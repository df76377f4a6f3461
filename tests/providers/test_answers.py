"""Answers and their meaning: every scenario is tested, and what was recorded is written anew as well."""

from __future__ import annotations

from pathlib import Path

from providers import PROVIDERS
from tests.answers import Answers, Recorded, our_answers

# Scenarios whose subject is tested under another name, in the file of their platform.
ELSEWHERE = {
    ("doctolib", "101-departments"): "def test_a_department_is_asked_by_its_slug",
    ("keldoc", "http-errors-and-resets"): "def test_failures_are_reported_and_not_read_as_no_slots",
    ("keldoc", "no-date-at-all"): "def test_nothing_at_all_is_empty",
}


def test_every_scenario_is_played_in_the_tests_of_its_platform(answers: Answers) -> None:
    """A scenario that is added to the answers and to no test is noticed."""
    tests = {slug: (Path(__file__).parent / f"test_{slug}.py").read_text(encoding="utf-8") for slug in PROVIDERS}

    for slug, text in tests.items():
        assert answers.names(slug)
        assert [name for name in answers.names(slug) if ELSEWHERE.get((slug, name), f'"{name}"') not in text] == []


def test_whatever_was_recorded_is_written_anew_as_well(recorded: Recorded) -> None:
    ours = our_answers()

    assert {slug: ours.names(slug) for slug in PROVIDERS} == {slug: recorded.names(slug) for slug in PROVIDERS}


def test_every_file_that_a_scenario_names_is_there() -> None:
    ours = our_answers()
    named = {
        name
        for scenario in ours.scenarios.values()
        for name in [*scenario.get("fixtures", []), *scenario.get("request", {}).get("responses", {}).values()]
        if isinstance(name, str) and name.endswith(".json")
    }

    assert len(named) > 30
    assert all(ours.answer(name) is not None for name in named)
