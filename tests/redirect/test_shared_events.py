"""The events of all machines in one store: in their order of arrival, a partition a day."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.database import StoreError
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.shared_events import SharedEvents
from tests.machine import HOUR, Machine, arrived

pytestmark = pytest.mark.postgres


def test_numbers_of_arrival_never_appear_behind_a_reader(shared: SharedEvents, url: str, tmp_path: Path) -> None:
    """Eight machines ship at once; whoever reads on from the last number has seen every event in the end."""
    machines = [Machine(tmp_path / str(number), SharedEvents(url)) for number in range(8)]
    for one in machines:
        one.clicks(40)
    ships = [threading.Thread(target=one.shipper.ship) for one in machines]
    seen: list[tuple[int, bytes]] = []

    for one in ships:
        one.start()
    while any(one.is_alive() for one in ships):
        seen += shared.commitments(after=seen[-1][0] if seen else 0)
    seen += shared.commitments(after=seen[-1][0] if seen else 0)

    assert len(seen) == len({commitment for _, commitment in seen}) == 320
    for one in machines:
        one.stop()
        one.shared.close()


def test_without_its_turn_a_number_does_appear_behind_a_reader(url: str, shared: SharedEvents) -> None:
    """The control: two writers that do not wait for each other; the first to take a number commits last."""
    with closing(SharedEvents(url)) as slow, closing(SharedEvents(url)) as quick:
        event = (1, b"1", b"", "dep=75", HOUR, "p-a", "counted", "", "order/1", 1, "a")
        shared._make_room(HOUR[:10])
        with slow._db.transaction():
            slow._merge("n-slow", [event])
            with quick._db.transaction():
                quick._merge("n-quick", [(1, b"2", *event[2:])])
            reached = shared.commitments(after=0)[-1][0]

    assert [commitment for _, commitment in shared.commitments(after=reached)] == []
    assert len(arrived(shared)) == 2


def test_lists_that_arrive_while_others_are_replayed_wait_for_the_next_time(
    machine: Machine, shared: SharedEvents
) -> None:
    machine.shows(5)
    machine.shipper.ship()
    replayed, served = shared.shown(HOUR)
    machine.shows(7)
    machine.shows(7, key="insee=01053")
    machine.shipper.ship()

    shared.forget_lists(HOUR, replayed)

    assert served == {"a": 5}
    assert [(row[2], row[4]) for row in shared.shown(HOUR)[0]] == [("insee=01053", 1), ("insee=75056", 1)]


def test_each_day_is_a_partition_and_old_ones_are_dropped(machine: Machine, shared: SharedEvents) -> None:
    machine.clicks(2, "2026-11-22T23")
    machine.clicks(3, "2026-11-23T00")
    machine.shipper.ship()

    assert shared.erase("2026-11-23T00") == 2
    assert shared.totals() == 3
    assert shared.erase("2026-11-23T12") == 0  # a day goes when it is over as a whole
    assert EventReader(machine.path).totals() == 5  # and a node erases its own


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        SharedEvents(f"postgresql://aiguillage:secret@/x?host={tmp_path}")

    assert "DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
