"""What the base class does for every adapter: bookkeeping of a reading, windows, instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from providers.ask import Ask
from providers.base import Provider
from providers.errors import (
    BlockedError,
    CircuitOpenError,
    GoneError,
    InvalidAnswerError,
    ProviderError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
)
from providers.maiia import Maiia
from providers.reading import Draft, Window, instant, midnight
from providers.records import Centre, Department, Discovered, Outcome, Reading, Reason
from tests.loopback import Loopback, Status

Make = Callable[..., Provider]
Part = tuple[str, Callable[[Ask], Iterable[Centre]]]
FIRST, BOOSTER = Reason("Première dose"), Reason("Rappel")
DAY = date(2021, 10, 25)


class Toy(Maiia):
    """A platform of one question, which a test writes: what is asked and read is handed in."""

    listing: Callable[[Ask], Iterable[Centre]]
    reader: Callable[[Draft], None]

    def parts(self, departments: Sequence[Department]) -> Iterable[Part]:
        yield "first", self.listing
        yield "second", lambda ask: [Centre("maiia", "2", "Salle")]

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        self.reader(draft)

    def blocked_instead(self, error: ProviderError, path: str) -> bool:
        return path == "/refusal"


@pytest.fixture
def toy(provider: Make) -> Callable[..., Any]:
    def make(origin: str = "http://127.0.0.1:9", **parts: Any) -> Any:
        made = provider(Toy, origin)
        for name, part in parts.items():
            setattr(made, name, part)
        return made

    return make


class Answer(Struct):
    name: str


def reading_of(toy: Callable[..., Any], reader: Callable[[Draft], None], days: int = 7) -> Reading:
    reading: Reading = toy(reader=reader).slots("https://www.maiia.com/a/b/c", DAY, days)
    return reading


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def discovered(toy: Callable[..., Any], listing: Callable[[Ask], Iterable[Centre]]) -> list[Discovered]:
    return list(toy(listing=listing).discover([]))


def test_what_was_listed_before_a_failure_is_kept_and_the_part_has_failed(toy: Callable[..., Any]) -> None:
    def listing(ask: Ask) -> Iterable[Centre]:
        yield Centre("maiia", "1", "Salle")
        raise RateLimitedError("429", 429, retry_after_s=90)

    first, second = discovered(toy, listing)

    assert (first.outcome, [centre.source_id for centre in first.centres]) == (Outcome.RATE_LIMITED, ["1"])
    assert (first.http_status, first.retry_after_s, first.note) == (429, 90, "429")
    assert (second.outcome, len(second.centres)) == (Outcome.OK, 1)


def test_a_centre_listed_twice_is_kept_as_it_came_first_and_that_is_noted(toy: Callable[..., Any]) -> None:
    first, _ = discovered(toy, lambda ask: [Centre("maiia", "1", "Un"), Centre("maiia", "1", "Deux")])

    assert [centre.name for centre in first.centres] == ["Un"]
    assert first.refused == ("1: listed twice, first kept",)


def test_parts_come_in_their_order_and_an_empty_one_is_empty_not_failed(toy: Callable[..., Any]) -> None:
    parts = discovered(toy, lambda ask: [])

    assert [(part.part, part.outcome) for part in parts] == [("first", Outcome.EMPTY), ("second", Outcome.OK)]


def test_the_same_start_for_the_same_reason_counts_once_unless_a_key_tells_it_apart(toy: Callable[..., Any]) -> None:
    moment = at("2021-10-26T09:00+02:00")

    def reader(draft: Draft) -> None:
        for _ in range(2):
            draft.add(moment, FIRST)
            draft.add(moment, BOOSTER)
            draft.add(moment, FIRST, "agenda 1")
            draft.add(moment, FIRST, "agenda 2")

    assert len(reading_of(toy, reader).slots) == 4


def test_slots_come_sorted_by_start_then_by_reason(toy: Callable[..., Any]) -> None:
    def reader(draft: Draft) -> None:
        draft.add(at("2021-10-27T09:00+02:00"), FIRST)
        draft.add(at("2021-10-26T09:00+02:00"), BOOSTER)
        draft.add(at("2021-10-26T07:00+00:00"), FIRST)  # the same instant, from another zone

    assert [slot.reason.text for slot in reading_of(toy, reader).slots] == [FIRST.text, BOOSTER.text, FIRST.text]


def test_days_are_those_of_paris_and_the_last_one_is_left_out(toy: Callable[..., Any]) -> None:
    inside = ("2021-10-24T22:00+00:00", "2021-10-31T22:59+00:00")  # 00:00 on the 25th, 23:59 on the 31st
    outside = ("2021-10-24T21:59+00:00", "2021-10-31T23:00+00:00")

    def reader(draft: Draft) -> None:
        for text in (*inside, *outside, *outside):
            draft.add(at(text), FIRST)

    reading = reading_of(toy, reader, days=7)

    assert [slot.starts_at for slot in reading.slots] == [at(text) for text in inside]
    assert reading.dropped == 2  # each once, however often it is repeated


def test_the_earliest_of_later_dates_is_said_when_nothing_is_free_and_not_otherwise(toy: Callable[..., Any]) -> None:
    dates = [at("2021-12-24T09:00+01:00"), at("2021-12-20T09:00+01:00"), at("2021-12-22T09:00+01:00")]

    def later(draft: Draft) -> None:
        for moment in dates:
            draft.later(moment)

    def later_and_free(draft: Draft) -> None:
        later(draft)
        draft.add(at("2021-10-26T09:00+02:00"), FIRST)

    assert reading_of(toy, later).later_at == min(dates)
    assert reading_of(toy, later_and_free).later_at is None


@pytest.mark.parametrize("error", [InvalidAnswerError, TimedOutError, UnavailableError, GoneError])
def test_a_part_that_fails_is_noted_and_the_next_one_read(toy: Callable[..., Any], error: type[ProviderError]) -> None:
    def reader(draft: Draft) -> None:
        with draft.part():
            raise error("of the first")
        with draft.part():
            draft.add(at("2021-10-26T09:00+02:00"), FIRST)

    reading = reading_of(toy, reader)

    assert (reading.outcome, reading.partial, reading.note) == (Outcome.OK, True, "of the first")


@pytest.mark.parametrize("error", [BlockedError, RateLimitedError, CircuitOpenError])
def test_a_platform_that_asks_to_be_left_alone_is_asked_no_further_part(
    toy: Callable[..., Any], error: type[ProviderError]
) -> None:
    def reader(draft: Draft) -> None:
        draft.add(at("2021-10-26T09:00+02:00"), FIRST)
        with draft.part():
            raise error("leave me alone")
        raise AssertionError("asked all the same")

    reading = reading_of(toy, reader)

    assert (reading.outcome, reading.partial, len(reading.slots)) == (Outcome.OK, True, 1)


def test_without_a_slot_the_first_failure_is_the_outcome_and_all_are_told_once(toy: Callable[..., Any]) -> None:
    def reader(draft: Draft) -> None:
        for error in (TimedOutError("too late"), InvalidAnswerError("odd", 200), InvalidAnswerError("odd", 200)):
            with draft.part():
                raise error

    reading = reading_of(toy, reader)

    assert (reading.outcome, reading.note, reading.http_status) == (Outcome.TIMEOUT, "too late; odd", None)


def test_a_long_note_is_cut(toy: Callable[..., Any]) -> None:
    def reader(draft: Draft) -> None:
        draft.fail(InvalidAnswerError("x" * 10_000))

    assert len(reading_of(toy, reader).note) == 500


def test_a_reading_that_asked_nothing_has_no_status(toy: Callable[..., Any]) -> None:
    assert reading_of(toy, lambda draft: None).http_status is None


def test_requests_are_counted_and_an_odd_answer_names_where_it_came_from(toy: Callable[..., Any]) -> None:
    with Loopback({"/good": {"name": "x", "more": 1}, "/odd": {"name": 7}, "/junk": b"<html>"}) as server:
        ask = Ask(toy(server.origin))

        assert ask.get(Answer, "api", "/good").name == "x"
        with pytest.raises(InvalidAnswerError, match=r"^/odd: name: "):
            ask.get(Answer, "api", "/odd")
        with pytest.raises(InvalidAnswerError, match=r"^/junk: not JSON"):
            ask.get_any("api", "/junk")
        assert ask.requests == 3


def test_answers_that_cannot_be_read_open_the_breaker_as_failures_do(toy: Callable[..., Any]) -> None:
    with Loopback({"/odd": {"name": 7}}) as server:
        ask = Ask(toy(server.origin))
        for _ in range(5):
            with pytest.raises(InvalidAnswerError):
                ask.get(Answer, "api", "/odd")

        with pytest.raises(CircuitOpenError):
            ask.get(Answer, "api", "/odd")
        assert len(server.requests) == ask.requests == 5


def test_a_platform_s_own_way_of_refusing_is_a_refusal(toy: Callable[..., Any]) -> None:
    with Loopback({"/refusal": Status(418), "/else": Status(418)}) as server:
        made = toy(server.origin)
        with pytest.raises(UnavailableError):
            Ask(made).get_any("api", "/else")
        with pytest.raises(BlockedError) as raised:
            Ask(made).get_any("api", "/refusal")

    assert raised.value.status == 418
    assert made.breaker.state.cause == "blocked"


def test_a_window_of_no_days_holds_nothing() -> None:
    assert at("2021-10-25T00:00+02:00") not in Window(DAY, 0)
    assert Window(DAY, 7).end == date(2021, 11, 1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-10-30T09:00:00", "2021-10-30T09:00+02:00"),  # naive is local: in summer
        ("2021-10-31T09:00:00", "2021-10-31T09:00+01:00"),  # and in winter
        ("2021-10-31", "2021-10-31T00:00+02:00"),
        (" 2021-10-30T07:00:00.000Z ", "2021-10-30T09:00+02:00"),
        ("2021-10-30T09:00:00.000000+0200", "2021-10-30T09:00+02:00"),
    ],
)
def test_an_instant_is_aware_in_every_spelling(text: str, moment: str) -> None:
    found = instant(text)

    assert found == at(moment)
    assert found.utcoffset() is not None


@pytest.mark.parametrize("text", ["", "demain", "2021-02-30", "2021-10-30T25:00", "1635577200"])
def test_what_is_no_date_is_an_error_that_quotes_its_beginning(text: str) -> None:
    with pytest.raises(InvalidAnswerError, match="not a date") as raised:
        instant(text + "x" * 100)

    assert len(str(raised.value)) < 60


def test_midnight_is_written_without_a_zone() -> None:
    assert midnight(DAY) == "2021-10-25T00:00:00"


@given(st.integers(-1000, 1000), st.integers(0, 60))
def test_a_window_holds_an_instant_exactly_when_it_holds_its_day(offset: int, days: int) -> None:
    moment = datetime(2021, 10, 25, 12, tzinfo=UTC) + timedelta(days=offset)

    assert (moment in Window(DAY, days)) == (0 <= offset < days)
