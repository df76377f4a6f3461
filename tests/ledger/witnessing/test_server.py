"""`add-checkpoint`, answer by answer as C2SP tlog-witness says it, and over HTTP."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator.ledger.notes import Signer, cosigned_at
from aggregator.ledger.witnessing.memory import Memory
from aggregator.ledger.witnessing.server import AddCheckpoint, server
from tests.clock import NOON
from tests.ledger.witnessing.conftest import KEY, ORIGIN, Grown


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory("temoin.example/w1", tmp_path / "eye")


@pytest.fixture
def adding(memory: Memory) -> AddCheckpoint:
    return AddCheckpoint(memory, [Signer(ORIGIN, KEY).vkey])


def status(adding: AddCheckpoint, body: bytes) -> int:
    return adding.answer(body, NOON).status


def test_a_log_that_grows_is_signed_each_time(grown: Grown, adding: AddCheckpoint, memory: Memory) -> None:
    for old_size, more in ((0, 1), (1, 299), (300, 300), (600, 0)):
        note = grown.grow(more) if more else grown.note

        reply = adding.answer(grown.request(old_size), NOON)

        assert reply.status == 200
        assert reply.body.startswith("— temoin.example/w1 ")
        assert cosigned_at(note + reply.body, memory.vkey) == int(NOON.timestamp())


def test_who_is_wrong_about_the_last_head_is_told_its_size(grown: Grown, adding: AddCheckpoint) -> None:
    grown.grow(5)
    adding.answer(grown.request(0), NOON)
    grown.grow(5)

    reply = adding.answer(grown.request(0), NOON)

    assert (reply.status, reply.body, reply.kind) == (409, "5\n", "text/x.tlog.size")
    assert status(adding, grown.request(5)) == 200


def test_a_fork_is_refused_at_its_size_and_beyond_it_and_kept(
    grown: Grown, fork: Grown, adding: AddCheckpoint, memory: Memory
) -> None:
    grown.grow(5)
    adding.answer(grown.request(0), NOON)
    fork.grow(5)

    same_size = adding.answer(fork.request(5), NOON)
    fork.grow(4)

    assert (same_size.status, same_size.kind) == (409, "text/plain; charset=utf-8")
    assert status(adding, fork.request(5)) == 422
    assert (memory.folder / "refused").read_text() == fork.note
    grown.grow(4)
    assert status(adding, grown.request(5)) == 200


def test_a_smaller_head_is_refused(grown: Grown, adding: AddCheckpoint) -> None:
    small = grown.grow(5)
    body = grown.request(0)
    grown.grow(5)
    adding.answer(grown.request(0), NOON)

    assert status(adding, body) == 409
    assert status(adding, f"old 10\n\n{small}".encode()) == 400  # the old size is larger than the checkpoint's


def test_logs_and_keys_that_are_not_known_are_told_apart(grown: Grown, adding: AddCheckpoint) -> None:
    grown.grow(2)
    text = grown.note.rpartition("\n\n")[0] + "\n"
    thief = Signer(ORIGIN, Ed25519PrivateKey.generate())
    other = Signer("autre.example/log", KEY)

    assert status(adding, f"old 0\n\n{thief.sign(text)}".encode()) == 403
    assert status(adding, f"old 0\n\n{other.sign(text.replace(ORIGIN, 'autre.example/log'))}".encode()) == 404
    assert status(adding, f"old 0\n\n{text}".encode()) == 403
    assert status(adding, grown.request(0)) == 200


def test_a_key_that_changes_is_trusted_beside_the_old_one(grown: Grown, memory: Memory) -> None:
    new = Signer(ORIGIN, Ed25519PrivateKey.generate())
    adding = AddCheckpoint(memory, [Signer(ORIGIN, KEY).vkey, new.vkey])
    grown.grow(2)
    adding.answer(grown.request(0), NOON)
    grown.log.sign_with(new)

    assert status(adding, grown.request(2)) == 200


@pytest.mark.parametrize(
    "broken",
    [
        lambda body: b"",
        lambda body: b"\xff" + body,
        lambda body: body.replace(b"old 5", b"old 05"),
        lambda body: body.replace(b"old 5", b"old -5"),
        lambda body: body.replace(b"old 5", b"old " + b"9" * 5000),
        lambda body: body.replace(b"old 5", "old ٥".encode()),
        lambda body: body.replace(b"old 5", b"size 5"),
        lambda body: body.replace(b"old 5\n", b"old 5\n!!\n"),
        lambda body: body.replace(b"old 5\n", b"old 5\nAAAA\n"),
        lambda body: body.replace(b"old 5\n", b"old 5\n" + b"A" * 43 + b"=\n" + 63 * (b"A" * 43 + b"=\n")),
    ],
)
def test_what_is_no_request_is_answered_with_400_and_signs_nothing(
    broken: object, grown: Grown, adding: AddCheckpoint
) -> None:
    assert callable(broken)
    grown.grow(5)
    adding.answer(grown.request(0), NOON)
    grown.grow(5)

    assert status(adding, broken(grown.request(5))) == 400
    assert status(adding, grown.request(5)) == 200


def test_a_proof_that_does_not_hold_is_422(grown: Grown, adding: AddCheckpoint) -> None:
    grown.grow(5)
    adding.answer(grown.request(0), NOON)
    grown.grow(5)
    proof = b"A" * 43 + b"=\n"

    assert status(adding, f"old 5\n\n{grown.note}".encode()) == 422
    assert status(adding, grown.request(5).replace(b"old 5\n", b"old 5\n" + proof)) == 422


def test_an_old_size_of_nothing_needs_no_proof_and_takes_none(grown: Grown, adding: AddCheckpoint) -> None:
    grown.grow(5)

    assert status(adding, grown.request(0).replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n")) == 422
    assert status(adding, grown.request(0)) == 200


def test_many_who_ask_at_once_never_make_it_sign_a_head_twice_over(
    grown: Grown, fork: Grown, adding: AddCheckpoint, memory: Memory
) -> None:
    """The race that the standard names: two requests from one old size; one is signed, the other is told so."""
    grown.grow(7)
    fork.grow(7)
    bodies = [grown.request(0), fork.request(0)] * 10

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda body: adding.answer(body, NOON), bodies))

    assert sorted(reply.status for reply in replies) == [200] + [409] * 19
    head = memory.last(ORIGIN)
    assert head is not None
    assert head.root in (grown.log.root, fork.log.root)


@pytest.fixture
def port(adding: AddCheckpoint) -> Iterator[int]:
    with server(0, adding, lambda: NOON) as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made.server_address[1]
        made.shutdown()


def test_one_connection_carries_several_requests(grown: Grown, port: int, memory: Memory) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    for old_size in (0, 5):
        note = grown.grow(5)
        connection.request("POST", "/add-checkpoint", grown.request(old_size))
        answer = connection.getresponse()

        assert (answer.status, answer.version) == (200, 11)
        assert cosigned_at(note + answer.read().decode(), memory.vkey)


def test_other_questions_and_endless_ones_are_refused(grown: Grown, port: int) -> None:
    def asked(method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request(method, path, body, headers)
        return connection.getresponse().status

    grown.grow(2)

    assert asked("GET", "/add-checkpoint") == 404
    assert asked("POST", "/sign-subtree", grown.request(0)) == 404
    assert asked("POST", "/add-checkpoint", b"x" * 131_073) == 413
    assert asked("POST", "/add-checkpoint", **{"Content-Length": "1e3"}) == 411
    assert asked("POST", "/add-checkpoint", grown.request(0)) == 200
