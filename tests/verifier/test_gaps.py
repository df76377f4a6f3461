"""What a log leaves out is named: each gap, and the control without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import verify
from tests.portal import Portal

Entry = dict[str, Any]


def log_of(entries: Sequence[Entry], source: Any = None) -> Any:
    return verify.Log(source, "", "", b"", [], list(entries))


def minute(text: str, events: int, upto: int) -> Entry:
    return {"t": "minute", "minute": text, "events": events, "upto": upto, "root": "", "file": ""}


def seed(day: str) -> Entry:
    return {"t": "seed", "date": day}


def day(text: str, n: int, upto: int) -> Entry:
    return {"t": "day", "day": text, "events": n, "upto": upto, "classes": {"counted": {"a": n}}}


ONE = [
    seed("2026-11-23"), minute("2026-11-23T12:00", 5, 5), minute("2026-11-23T12:01", 3, 8),
    seed("2026-11-24"), day("2026-11-23", 8, 8), minute("2026-11-24T09:00", 2, 10),
]  # fmt: skip


def test_dense_numbers_and_a_total_for_each_day_leave_no_gap() -> None:
    assert verify.gaps_in_numbers(log_of(ONE)) == []
    assert verify.gaps_in_days(log_of(ONE)) == ["1 days with sealed minutes, each with its total"]


def test_more_events_than_numbers_cannot_be() -> None:
    with pytest.raises(verify.Wrong, match="9 events between numbers 5 and 8"):
        verify.gaps_in_numbers(log_of([*ONE[:2], minute("2026-11-23T12:01", 9, 8)]))


def test_skipped_numbers_are_told_and_are_not_wrong_by_themselves() -> None:
    """Several machines draw from one sequence, and a failed transaction gives nothing back."""
    (said,) = verify.gaps_in_numbers(log_of([*ONE[:2], minute("2026-11-23T12:01", 3, 10)]))

    assert "2026-11-23T12:01 (2)" in said


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([*ONE[:4], ONE[5]], "without a total of 2026-11-23"),
        ([*ONE[:4], day("2026-11-23", 7, 8), ONE[5]], "not the sum of its minutes"),
        ([*ONE[:4], day("2026-11-23", 8, 5), ONE[5]], "not the sum of its minutes"),
        ([*ONE[:5], day("2026-11-23", 8, 8)], "a second total"),
        ([*ONE[:4], day("2026-11-22", 0, 0)], "not the sum of its minutes"),
    ],
    ids=["missing", "other", "other number", "twice", "of a day without minutes"],
)
def test_a_day_without_its_total_is_wrong(entries: list[Entry], why: str) -> None:
    with pytest.raises(verify.Wrong, match=why):
        verify.gaps_in_days(log_of(entries))


def test_a_head_between_the_seed_and_the_total_is_no_gap() -> None:
    assert verify.gaps_in_days(log_of(ONE[:4])) == ["0 days with sealed minutes, each with its total"]


def test_an_hour_of_clicks_without_a_replay_is_told() -> None:
    replays = [{"t": "replay", "hour": f"2026-11-23T{hour}"} for hour in ("12", "18")]
    clicks = [minute(f"2026-11-23T{hour}:30", 1, at) for at, hour in enumerate(("12", "15", "18", "19"), 1)]

    (said,) = verify.gaps_in_replays(log_of([*clicks, *replays]))

    assert said.endswith(": 2026-11-23T15")


def test_an_id_that_is_drawn_again_is_wrong_and_one_that_goes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = ["2026-11-23T10", "2026-11-23T11", "2026-11-23T12"]
    monkeypatch.setattr(verify, "snapshots_of_hour", lambda log, hour: ([{"places": hour}], []))

    def said(*drawn: dict[str, str]) -> list[str]:
        places = {
            hour: {"places": [{"id": k, "drawn": v} for k, v in one.items()]}
            for hour, one in zip(hours, drawn, strict=True)
        }
        monkeypatch.setattr(verify, "named", lambda source, digest: places[digest])
        found: list[str] = verify.changed_ids(log_of([]), hours)
        return found

    both, one = {"p-a": "2026-11-20", "p-b": "2026-11-21"}, {"p-a": "2026-11-20"}
    assert said(both, both, both) == []
    assert "p-b (2026-11-23T11)" in said(both, one, one)[0]
    assert said(both, one, both) == ["gap: 1 places that are listed no longer: p-b (2026-11-23T11)"]
    assert "came with a date of before: p-b" in said(one, one, both)[0]
    assert said(one, {**one, "p-c": "2026-11-23"}, {**one, "p-c": "2026-11-23"}) == []
    with pytest.raises(verify.Wrong, match="p-b was drawn on 2026-11-21, and on 2026-11-23"):
        said(both, one, {**one, "p-b": "2026-11-23"})


def test_withheld_files_are_named(day_over: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    minutes = next(day_over.log.rglob("12-00.bin"))
    hour = day_over.log.parent / "hours" / "2026-11-23T12.ndjson"
    assert verify.main(["log", str(day_over.log)]) == 0

    for path, named in ((minutes, "minutes/2026/11/23/12-00.bin"), (hour, "hours 2026-11-23T12")):
        moved = path.rename(path.with_suffix(".away"))
        capsys.readouterr()
        verify.main(["log", str(day_over.log)])
        assert named.split()[-1] in capsys.readouterr().out
        moved.rename(path)
    hidden(day_over, capsys)


def hidden(portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of snapshots that was never logged, between hours that were."""
    entries = [
        {"t": "snapshots", "hour": f"2026-11-23T{hour}", "count": 1, "root": ""} for hour in ("10", "14")
    ]  # the hour 12 is published, and not among them
    log = log_of(entries, verify.Source(str(portal.log)))

    with pytest.raises(verify.Wrong, match=r"2026-11-23T12\.ndjson lists snapshots"):
        verify.gaps_in_hours(log, ["2026-11-23T10", "2026-11-23T14"])
