"""Slots of an offer as bytes: they come back as they were packed."""

from __future__ import annotations

from datetime import UTC, datetime

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
