"""The wall clock that ends sockets: at their time, in whatever order they came, and no others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from providers.deadline import Watchdog

SOON_S, LATER_S = 0.05, 3600.0
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Connected sockets: what we read from, and the peer that may write."""
    made = [socket.socketpair() for _ in range(3)]
    for ours, _ in made:
        ours.settimeout(10)
    yield made
    for pair in made:
        for one in pair:
            one.close()


def ended(pair: Pair) -> bool:
    """Waits until our end is shut down; what the peer wrote comes first."""
    return pair[0].recv(1) == b""


def test_a_reader_that_waits_is_woken_at_its_deadline(pairs: list[Pair]) -> None:
    Watchdog().guard(pairs[0][0], time.monotonic() + SOON_S)

    assert ended(pairs[0])


def test_a_deadline_that_is_past_ends_at_once(pairs: list[Pair]) -> None:
    Watchdog().guard(pairs[0][0], time.monotonic() - 1)

    assert ended(pairs[0])


def test_an_earlier_deadline_that_comes_later_is_kept(pairs: list[Pair]) -> None:
    watchdog = Watchdog()
    watchdog.guard(pairs[2][0], time.monotonic() - 1)
    assert ended(pairs[2])  # it watches already, and has to be told of what comes
    watchdog.guard(pairs[0][0], time.monotonic() + LATER_S)
    watchdog.guard(pairs[1][0], time.monotonic() + SOON_S)

    assert ended(pairs[1])
    pairs[0][1].send(b"x")
    assert pairs[0][0].recv(1) == b"x"  # and the other one is left alone


def test_what_was_released_is_left_alone_after_its_deadline(pairs: list[Pair]) -> None:
    watchdog = Watchdog()
    deadline = time.monotonic() + SOON_S
    watchdog.release(watchdog.guard(pairs[0][0], deadline))
    watchdog.guard(pairs[1][0], deadline)  # by the end of this one, the time of the first is over

    assert ended(pairs[1])
    pairs[0][1].send(b"x")
    assert pairs[0][0].recv(1) == b"x"


def test_a_socket_that_is_closed_already_does_not_end_the_watch_over_the_others(pairs: list[Pair]) -> None:
    watchdog = Watchdog()
    pairs[0][0].close()
    watchdog.guard(pairs[0][0], time.monotonic() - 1)
    watchdog.guard(pairs[1][0], time.monotonic() + SOON_S)

    assert ended(pairs[1])


def test_releasing_twice_or_what_has_ended_is_no_error(pairs: list[Pair]) -> None:
    watchdog = Watchdog()
    ticket = watchdog.guard(pairs[0][0], time.monotonic() - 1)
    assert ended(pairs[0])

    watchdog.release(ticket)
    watchdog.release(ticket)
