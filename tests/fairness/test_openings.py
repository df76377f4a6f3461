"""What is opened of a day: as many as are promised, drawn by a seed that came later, and nothing that tells where."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aggregator.fairness import openings
from aggregator.redirect import events
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass

DAY = "2026-11-23"


def click(number: int) -> Event:
    return Event("dep=69", f"{DAY}T12", "p-a", EventClass.COUNTED, f"{number:032x}", "order/1", 1, "ab"[number % 2])


def test_an_opened_event_is_read_from_the_store_as_it_was_sealed(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path / "events.db", wait_s=5)) as log:
        for number in range(5):
            log.record(click(number))
    reader = EventReader(tmp_path / "events.db")

    opened = list(openings.opening(reader.events([2, 4])))

    assert len(opened) == 2
    assert {one["fields"]["prov"][1] for one in opened} == {"b"}
    assert [one["commitment"] for one in opened] == sorted(one["commitment"] for one in opened)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=400, unique=True), st.binary(min_size=32, max_size=32))
def test_the_draw_depends_on_the_events_alone_and_not_on_the_order_they_came_in(many: list[bytes], seed: bytes) -> None:
    listed = list(enumerate(many))

    drawn = openings.draw(DAY, seed, listed)

    assert len(drawn) == min(len(many), openings.OPENED)
    assert drawn == openings.draw(DAY, seed, listed[::-1])


def test_an_event_that_was_sealed_as_a_whole_is_not_opened() -> None:
    nonce, fields = b"n" * 16, click(1).sealed_fields()

    [one] = openings.opening([(events.commitment_v1(nonce, fields), nonce, fields)])

    assert one == {"commitment": events.commitment_v1(nonce, fields).hex(), "event": "event/v1"}


def test_a_salt_that_is_told_gives_no_other() -> None:
    """Sixteen bytes each, all different: what is opened shows four of the eight."""
    salts = events.salts(b"n" * 16)

    assert len({*salts}) == len(events.FIELDS) == 8
    assert {len(salt) for salt in salts} == {16}
