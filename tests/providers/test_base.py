"""What no adapter has to write again: failures become outcomes, slots are counted once and in their window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.ask import Ask
from providers.base import Provider, ProviderConfig
from providers.errors import GoneError, InvalidAnswerError
from providers.phone import dialled, phone_number
from providers.reading import Draft, Window, instant
from providers.records import Centre, Department, Outcome, Reason

DOSE = Reason("1re dose")
START = date(2021, 4, 3)


class Planted(Provider):
    """An adapter whose three parts and whose reading do what a test says."""

    slug = "planted"

    def __init__(self, second: Callable[[], Any] = lambda: None) -> None:
        config = ProviderConfig("planted", "Planted", {"api": "http://127.0.0.1:9"}, ("http://127.0.0.1:9",))
        super().__init__(config, lambda reason: True)
        self.second = second

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        for name in ("01", "02", "03"):
            yield name, lambda ask, name=name: self._part_of(name)

    def _part_of(self, name: str) -> Iterable[Centre]:
        yield Centre("planted", f"{name}-a", "Salle")
        if name == "02":
            self.second()
        yield Centre("planted", f"{name}-b", "Salle")

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        draft.add(instant("2021-04-04T09:00"), DOSE)
        self.second()

    @classmethod
    def link_key(cls, url: str) -> str | None:
        return url


def odd_link() -> None:
    """A link of an answer that is none: Python's parser raises ValueError, not one of our errors."""
    urlsplit("https://[rdv/")


def gone() -> None:
    raise GoneError("404", 404)


@pytest.mark.parametrize(("happens", "outcome"), [(odd_link, Outcome.INVALID), (gone, Outcome.GONE)])
def test_a_part_that_cannot_be_read_is_said_so_and_the_others_are_read(
    happens: Callable[[], None], outcome: Outcome
) -> None:
    """Otherwise what follows would look as if it were not listed any more, and vanish from the lists."""
    parts = list(Planted(happens).discover([]))

    assert [part.outcome for part in parts] == [Outcome.OK, outcome, Outcome.OK]
    assert [len(part.centres) for part in parts] == [2, 1, 2]
    assert parts[1].note


def test_all_parts_are_read_when_nothing_happens() -> None:
    """The control."""
    assert [part.outcome for part in Planted().discover([])] == [Outcome.OK] * 3


@pytest.mark.parametrize(("happens", "partial"), [(odd_link, True), (gone, True), (lambda: None, False)])
def test_what_was_read_before_a_failure_is_kept_and_called_partial(happens: Callable[[], None], partial: bool) -> None:
    reading = Planted(happens).slots("https://x/", START, 14)

    assert (reading.outcome, len(reading.slots), reading.partial) == (Outcome.OK, 1, partial)


class TestDraft:
    @pytest.fixture
    def draft(self) -> Draft:
        return Draft(Ask(Planted()), Window(START, 14))

    @pytest.mark.parametrize(
        "text",
        ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
    )
    def test_the_ends_of_the_calendar_are_dropped_and_counted(self, draft: Draft, text: str) -> None:
        """What some servers send for "never"."""
        draft.add(instant("2021-04-04T09:00"), DOSE)
        draft.add(instant(text), DOSE)
        reading = draft.finish()

        assert (len(reading.slots), reading.dropped) == (1, 1)

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("2021-04-02T23:59:59+02:00", False), ("2021-04-03T00:00:00+02:00", True),
            ("2021-04-02T22:00:00Z", True), ("2021-04-16T23:59:59+02:00", True), ("2021-04-17T00:00:00+02:00", False),
            ("2021-04-16T22:00:00Z", False),
        ],
    )  # fmt: skip
    def test_the_days_of_a_window_are_days_in_paris(self, draft: Draft, text: str, kept: bool) -> None:
        draft.add(instant(text), DOSE)

        assert len(draft.finish().slots) == int(kept)

    def test_the_same_slot_counts_once_unless_the_platform_tells_two_apart(self, draft: Draft) -> None:
        for key in (None, None, "agenda 1", "agenda 2", "agenda 2"):
            draft.add(instant("2021-04-04T09:00"), DOSE, key)

        assert len(draft.finish().slots) == 3

    def test_a_later_date_is_told_only_where_there_is_no_slot(self, draft: Draft) -> None:
        draft.later(instant("2021-06-01"))
        draft.later(instant("2021-05-01"))
        without = draft.finish()
        draft.add(instant("2021-04-04T09:00"), DOSE)

        assert (without.outcome, without.later_at) == (Outcome.EMPTY, instant("2021-05-01"))
        assert draft.finish().later_at is None


@given(st.text(max_size=30) | st.datetimes().map(lambda at: at.isoformat()))
def test_any_text_is_an_aware_instant_or_an_invalid_answer(text: str) -> None:
    try:
        assert instant(text).tzinfo is not None
    except InvalidAnswerError:
        pass


def test_an_instant_without_a_zone_is_one_in_paris() -> None:
    assert instant("2021-04-03T09:00") == datetime(2021, 4, 3, 7, tzinfo=UTC)
    assert instant("2021-12-03") == datetime(2021, 12, 2, 23, tzinfo=UTC)
    assert instant("2021-04-03T09:00-04:00").utcoffset() == timedelta(hours=-4)


@pytest.mark.parametrize(
    ("text", "number", "to_dial"),
    [
        ("04 99 00 00 01", "+33499000001", "0499000001"),
        ("0033 4 99 00 00 01", "+33499000001", "0499000001"),
        ("+262 262 00 00 01", "+262262000001", "0262000001"),
        ("499000001", "+33499000001", "0499000001"),
        ("+41 22 000 00 01", "+41220000001", "+41220000001"),
        ("3646", None, None),
        ("", None, None),
        ("sur place", None, None),
    ],
)
def test_numbers_are_written_one_way_and_dialled_the_french_way(
    text: str, number: str | None, to_dial: str | None
) -> None:
    found = phone_number(text)

    assert (found, found and dialled(found)) == (number, to_dial)
