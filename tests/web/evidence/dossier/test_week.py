"""What a report may be made of: a closed week, and what the log says of that week alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.opendata.editions import windows
from aggregator.web.evidence.dossier.week import NotClosedError, Proof, closed_week, lists, told

WEEK = windows.window("2026-W48")


def test_only_lists_of_its_own_hours_are_counted() -> None:
    entries = [
        {"t": "replay", "hour": "2026-11-22T23", "lists": 7, "different": 7},
        {"t": "replay", "hour": "2026-11-23T00", "lists": 3, "different": 0},
        {"t": "replay", "hour": "2026-11-29T23", "lists": 2, "different": 1},
        {"t": "replay", "hour": "2026-11-30T00", "lists": 9, "different": 9},
    ]

    assert lists(entries, WEEK) == {"lists": 5, "different": 1}


def test_incidents_and_disputes_about_the_week_stand_in_it_and_others_do_not() -> None:
    about = {"t": "decision", "kind": "dispute", "at": "2026-12-05T10:00:00Z", "target": "2026-11-24"}
    other = {"t": "decision", "kind": "dispute", "at": "2026-12-05T10:00:00Z", "target": "2026-12-01"}
    inside = {"t": "incident", "kind": "order", "at": "2026-11-25T10:00:00Z", "detail": "one list"}
    matching = {"t": "decision", "kind": "review", "at": "2026-11-25T10:00:00Z", "target": "p-1"}

    found = told({"rows": []}, WEEK, {}, Proof([about, other, inside, matching], "", "", ""))

    assert found["decisions"] == [about, inside]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("2026-W49", "2026-W49 is not closed: a week is closed after its Sunday (2026-12-06, UTC)"),
        ("2026-W60", "no such week; weeks are written like 2026-W48"),
        ("2026-11-23", "a report is of a week, like 2026-W48"),
        ("../keys", "no such week"),
    ],
)
def test_a_week_that_is_not_closed_is_refused_in_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(NotClosedError) as refused:
        closed_week(tmp_path, name)

    assert sentence in str(refused.value)
