"""The log's side of `add-checkpoint`: what is sent, and what is made of each answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.ledger.notes import Signer, cosigned_at
from aggregator.ledger.witnessing.asking import AskingError, Send, ask_all, ask_one, last_size, lines, visited
from aggregator.ledger.witnessing.memory import Memory
from aggregator.ledger.witnessing.policy import Declared
from aggregator.ledger.witnessing.server import AddCheckpoint
from providers.errors import UnavailableError
from providers.http import Answer
from tests.clock import NOON
from tests.ledger.witnessing.conftest import KEY, ORIGIN, Grown
from tests.loopback import Loopback, Status


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory("temoin.example", tmp_path / "eye")


@pytest.fixture
def one(memory: Memory) -> Declared:
    return Declared("temoin", memory.vkey, "https://temoin.example")


def asking(memory: Memory, sent: list[bytes] | None = None) -> Send:
    """Its server, without a network."""
    adding = AddCheckpoint(memory, [Signer(ORIGIN, KEY).vkey])

    def send(url: str, body: bytes) -> Answer:
        (sent if sent is not None else []).append(body)
        reply = adding.answer(body, NOON)
        return Answer(url, reply.status, reply.body.encode(), {"content-type": reply.kind})

    return send


def answering(status: int, body: str = "", kind: str = "text/plain") -> Send:
    return lambda url, _: Answer(url, status, body.encode(), {"Content-Type": kind})


def keep(grown: Grown, note: bytes | str) -> None:
    path = grown.folder / "witnesses" / "temoin.checkpoint"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(note if isinstance(note, bytes) else note.encode())


def test_a_head_is_signed_from_the_last_one_that_was(grown: Grown, memory: Memory, one: Declared) -> None:
    sent: list[bytes] = []
    for old_size, more in ((0, 3), (3, 300), (303, 2)):
        note = grown.grow(more)

        asked = ask_all([one], grown.folder, NOON, asking(memory, sent))

        assert sent.pop().startswith(f"old {old_size}\n".encode())
        assert sent == []
        assert asked.notes["temoin"].startswith(note.encode())
        assert cosigned_at(asked.notes["temoin"].decode(), one.vkey) == int(NOON.timestamp())
        keep(grown, asked.notes["temoin"])
        assert last_size(one, grown.folder) == grown.log.size


def test_a_portal_that_has_forgotten_what_was_signed_learns_it_from_the_witness(
    grown: Grown, memory: Memory, one: Declared
) -> None:
    grown.grow(3)
    ask_one(one, grown.folder, grown.note, asking(memory))
    grown.grow(3)
    sent: list[bytes] = []

    assert ask_one(one, grown.folder, grown.note, asking(memory, sent))
    assert [body.split(b"\n")[0] for body in sent] == [b"old 0", b"old 3"]


def test_a_head_is_asked_about_again_when_it_changes_or_after_an_hour(
    grown: Grown, memory: Memory, one: Declared
) -> None:
    grown.grow(3)
    keep(grown, ask_all([one], grown.folder, NOON, asking(memory)).notes["temoin"])
    grown.log.cosigned(lines({"temoin": one}, grown.folder, grown.note.rpartition("\n\n")[0] + "\n"))
    sent: list[bytes] = []

    ask_all([one], grown.folder, NOON + timedelta(minutes=59), asking(memory, sent))
    assert sent == []
    ask_all([one], grown.folder, NOON + timedelta(minutes=61), asking(memory, sent))
    assert len(sent) == 1


def test_a_witness_that_was_shown_a_fork_refuses_and_the_log_says_so(
    grown: Grown, fork: Grown, memory: Memory, one: Declared
) -> None:
    fork.grow(5)
    ask_one(one, fork.folder, fork.note, asking(memory))
    refusals = {
        3: "has signed a head of 5 entries, and the log has 3",
        5: "has signed another head of this size",
        7: "finds that our proof does not hold",
    }

    for size, why in refusals.items():
        grown.grow(size - grown.log.size)

        assert ask_all([one], grown.folder, NOON, asking(memory)).refusals == {"temoin": why}


@pytest.mark.parametrize(
    ("send", "why"),
    [
        (answering(404), "does not know this log"),
        (answering(403), "does not trust our key"),
        (answering(400), "malformed"),
        (answering(503), "answers 503"),
        (answering(409, "3\n", "text/plain"), "has signed another head of this size"),
        (answering(409, "2\n", "text/x.tlog.size"), "has signed another head of this size"),
        (answering(409, "9" * 5000, "text/x.tlog.size"), "has signed another head of this size"),
        (answering(409, "999\n", "text/x.tlog.size"), "has signed a head of 999 entries"),
        (answering(200, "merci"), "something else than its signature"),
        (answering(200, "— temoin.example AAAA\n"), "something else than its signature"),
    ],
)
def test_each_other_answer_is_told_in_words(send: Send, why: str, grown: Grown, one: Declared) -> None:
    grown.grow(3)

    with pytest.raises(AskingError, match=why):
        ask_one(one, grown.folder, grown.note, send)


def test_lines_of_others_in_an_answer_are_left_where_they_are(grown: Grown, memory: Memory, one: Declared) -> None:
    grown.grow(3)
    reply = AddCheckpoint(memory, [Signer(ORIGIN, KEY).vkey]).answer(grown.request(0), NOON)

    note = ask_one(one, grown.folder, grown.note, answering(200, f"— inconnu.example AAAA\n{reply.body}"))

    assert note == grown.note + reply.body


def test_a_witness_that_does_not_answer_keeps_no_other_waiting(grown: Grown, memory: Memory, one: Declared) -> None:
    grown.grow(3)
    deaf = Declared("sourd", one.vkey, "https://sourd.example")
    right = asking(memory)

    def send(url: str, body: bytes) -> Answer:
        if "sourd" in url:
            raise UnavailableError("ConnectionError")
        return right(url, body)

    asked = ask_all([deaf, one], grown.folder, NOON, send)

    assert list(asked.notes) == ["temoin"]
    assert asked.refusals == {"sourd": "ConnectionError"}


def test_over_http_a_status_is_an_answer_and_a_post_is_what_was_said(grown: Grown, memory: Memory) -> None:
    adding, seen = AddCheckpoint(memory, [Signer(ORIGIN, KEY).vkey]), []

    def answer(request: object) -> object:
        seen.append(request)
        reply = adding.answer(request.body, NOON)  # type: ignore[attr-defined]
        return Status(reply.status, reply.body.encode(), **{"Content-Type": reply.kind})

    grown.grow(3)
    with Loopback({"/w/add-checkpoint": answer}) as web:
        one = Declared("temoin", memory.vkey, f"{web.origin}/w")
        first = ask_all([one], grown.folder, NOON)
        grown.grow(3)
        second = ask_all([one], grown.folder, NOON)

    assert list(first.notes) == list(second.notes) == ["temoin"]
    assert len(seen) == 3  # the second begins with a size of nothing, and is told the right one


def test_those_who_visit_are_read_where_they_publish(one: Declared) -> None:
    visiting = Declared("visiteur", one.vkey, "https://visiteur.example/checkpoint")

    def gone(url: str) -> bytes:
        raise UnavailableError("503")

    read: Callable[[str], bytes] = lambda url: url.encode()  # noqa: E731
    assert visited([one, visiting], read).notes == {"visiteur": b"https://visiteur.example/checkpoint"}
    assert visited([one, visiting], gone).refusals == {"visiteur": "503"}
