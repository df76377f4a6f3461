"""Slots of an offer as bytes: they come back as they were packed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store import pack, unpack

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
kinds = st.tuples(
    st.lists(st.sampled_from(["pfizer", "moderna"]), unique=True).map(lambda x: tuple(sorted(x))),
    st.sampled_from([None, "1", "3"]),
    st.sampled_from([None, "5-11"]),
)


@given(st.lists(st.tuples(moments, kinds), max_size=60))
def test_slots_come_back_as_they_were_packed(slots: list) -> None:  # type: ignore[type-arg]
    packed = pack(slots)

    found = [
        (minute, kind) for kind, minutes in unpack(packed.classes, packed.blob).items() for minute in minutes.tolist()
    ]

    wanted = [(int(moment.timestamp()) // 60, kind) for moment, kind in slots]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    assert packed.count == len(slots)
    assert pack(list(reversed(slots))).digest == packed.digest


def test_the_hash_tells_times_and_kinds_apart() -> None:
    """Slots are rewritten when their hash differs: two readings must not share one."""
    at, kind = datetime(2026, 11, 24, 9, tzinfo=UTC), (("pfizer",), "1", None)
    readings = (
        [], [(at, kind)], [(at, kind)] * 2, [(at + timedelta(minutes=1), kind)], [(at, (("moderna",), "1", None))],
        [(at, (("pfizer",), None, None))], [(at, (("pfizer",), "1", "5-11"))],
    )  # fmt: skip

    assert len({pack(slots).digest for slots in readings}) == len(readings)


def test_nothing_is_packed_as_nothing() -> None:
    packed = pack([])

    assert (packed.count, packed.classes, packed.raw) == (0, "[]", b"")
    assert unpack(packed.classes, packed.blob) == {}


def test_slots_of_a_kind_come_back_in_the_order_of_time() -> None:
    at, kind = datetime(2026, 11, 24, 9, tzinfo=UTC), ((), None, None)
    packed = pack([(at + timedelta(minutes=minutes), kind) for minutes in (9, 3, 6)])

    (minutes,) = unpack(packed.classes, packed.blob).values()

    assert np.diff(minutes).tolist() == [3, 3]
