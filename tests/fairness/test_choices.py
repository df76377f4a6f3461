"""Clicks meet the lists that they came from: what is settled, what is not known, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.fairness.choices import EVENTS, MINUTE, Choices
from aggregator.redirect.rollups import RollUps
from tests.clock import NOON

HOUR, NEXT = "2026-11-23T12", "2026-11-23T13"
LIST = {"room": {"a": 0.75, "b": 0.25}, "chances": {"p1": {"a": 0.5, "b": 0.5}, "p2": {"a": 0.5, "b": 0.5}}}


class Clicks:
    """An event reader that knows clicks alone: (hour, list, place, provider, n), one sealed minute each."""

    def __init__(self, *clicks: tuple[str, str, str, str, int]) -> None:
        self._clicks = clicks

    def clicks(self, after: int, upto: int) -> list[tuple[str, str, str, str, int]]:
        return list(self._clicks[after:upto])

    def minutes(self, start: int = 0) -> list[tuple[int, dict[str, Any]]]:
        return [(n, {"upto": n + 1}) for n in range(start, len(self._clicks))]


@pytest.fixture
def choices(tmp_path: Path, database_url: str | None) -> Iterator[Choices]:
    with closing(Choices(database_url or tmp_path / "rollups.db")) as opened:
        yield opened


def take(choices: Choices, *clicks: tuple[str, str, str, str, int]) -> Clicks:
    reader = Clicks(*clicks)
    choices.advance(reader, reader.minutes(choices.mark(MINUTE)))  # type: ignore[arg-type]
    return reader


def test_a_click_on_one_of_several_equals_tells_something_of_each_of_their_providers(choices: Choices) -> None:
    choices.keep(HOUR, {"l1": LIST})
    take(choices, (HOUR, "l1", "p1", "a", 2), (HOUR, "l1", "p2", "b", 1))
    choices.settle(NEXT, NOON)

    found = choices.between(HOUR, HOUR)

    assert (found.clicks, found.listed, found.telling) == (3, 3, 3)
    assert {prov: (one.clicks, one.chosen, one.expected) for prov, one in found.sums.items()} == {
        "a": (3, 2, 1.5),
        "b": (3, 1, 1.5),
    }
    assert found.room == {"a": 2.25, "b": 0.75}


def test_a_click_on_a_place_without_equals_of_another_platform_tells_nothing_but_where_it_was(choices: Choices) -> None:
    choices.keep(HOUR, {"l1": LIST})
    take(choices, (HOUR, "l1", "p9", "a", 1))
    choices.settle(NEXT, NOON)

    found = choices.between(HOUR, HOUR)

    assert (found.clicks, found.listed, found.telling, found.sums) == (1, 1, 0, {})


def test_a_click_whose_list_is_not_known_is_told_apart(choices: Choices) -> None:
    take(choices, (HOUR, "elsewhere", "p1", "a", 4))
    choices.settle(NEXT, NOON)

    found = choices.between(HOUR, HOUR)

    assert (found.clicks, found.listed) == (4, 0)


def test_an_hour_whose_lists_wait_for_their_replay_is_not_settled_yet(choices: Choices) -> None:
    take(choices, (HOUR, "l1", "p1", "a", 1))
    choices.settle(HOUR, NOON)
    assert choices.between(HOUR, HOUR).clicks == 0

    choices.keep(HOUR, {"l1": LIST})
    choices.settle(NEXT, NOON)
    assert choices.between(HOUR, HOUR).listed == 1


def test_a_click_counts_once_however_often_its_minute_comes(choices: Choices) -> None:
    choices.keep(HOUR, {"l1": LIST})
    reader = take(choices, (HOUR, "l1", "p1", "a", 1), (HOUR, "l1", "p1", "b", 1))
    for _ in range(2):
        choices.advance(reader, reader.minutes(choices.mark(MINUTE)))  # type: ignore[arg-type]
        choices.settle(NEXT, NOON)

    assert choices.mark(EVENTS) == 2
    assert choices.between(HOUR, HOUR).clicks == 2


def test_a_click_that_arrives_late_is_added_to_its_hour(choices: Choices) -> None:
    choices.keep(HOUR, {"l1": LIST})
    reader = take(choices, (HOUR, "l1", "p1", "a", 1))
    choices.settle(NEXT, NOON)
    late = Clicks(*reader._clicks, (HOUR, "l1", "p1", "b", 1))
    choices.advance(late, late.minutes(choices.mark(MINUTE)))  # type: ignore[arg-type]
    choices.settle(NEXT, NOON)

    assert choices.between(HOUR, HOUR).sums["a"].clicks == 2
    assert choices.hours(HOUR, NEXT) == [(HOUR, 2)]


def test_what_a_list_offered_is_forgotten_with_its_buttons(choices: Choices) -> None:
    choices.keep("2026-11-22T23", {"old": LIST})
    choices.settle(NEXT, NOON)
    take(choices, (HOUR, "old", "p1", "a", 1))
    choices.settle(NEXT, NOON + timedelta(hours=1))

    assert choices.between(HOUR, HOUR).listed == 0


def test_a_store_of_before_begins_with_the_clicks_of_now(tmp_path: Path) -> None:
    with closing(RollUps(tmp_path / "rollups.db")) as rollups:
        rollups._db.run("INSERT INTO marks VALUES ('events', 700), ('minute', 40)", ())
    with closing(Choices(tmp_path / "rollups.db")) as choices:
        assert (choices.mark(EVENTS), choices.mark(MINUTE)) == (700, 40)
