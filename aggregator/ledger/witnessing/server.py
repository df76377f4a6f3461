"""A witness that is asked: C2SP tlog-witness, `add-checkpoint`, over HTTP (docs/log.md §9.2)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aggregator.ledger import merkle
from aggregator.ledger.notes import Checkpoint, NoteError, open_note, parse_checkpoint, parse_vkey
from aggregator.ledger.witnessing.memory import Memory

MAX_BODY = 128 * 1024  # a proof of 63 lines and a note
MAX_PROOF = 63
PATIENCE_S = 10
PATH = "/add-checkpoint"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; a witness says nothing that is not in it."""

    status: int
    body: str
    kind: str = "text/plain; charset=utf-8"


class RefusedRequestError(Exception):
    """The request is answered otherwise than with a signature."""

    def __init__(self, status: int, body: str, kind: str = "text/plain; charset=utf-8") -> None:
        self.reply = Reply(status, f"{body}\n", kind)


class AddCheckpoint:
    """`vkeys`: the keys of the logs that are known; several of one origin while a log changes its key."""

    def __init__(self, memory: Memory, vkeys: Iterable[str]) -> None:
        """Raises NoteError when one is not the key of a log."""
        self._memory = memory
        self._trusted: dict[str, list[str]] = {}
        for vkey in vkeys:
            self._trusted.setdefault(parse_vkey(vkey)[0], []).append(vkey)

    def answer(self, body: bytes, at: datetime) -> Reply:
        """The answer to a request with this body."""
        try:
            old_size, proof, note = _parsed(body)
            head = self._opened(note)
            if old_size > head.size:
                raise RefusedRequestError(400, f"the old size {old_size} is larger than the checkpoint's {head.size}")
            # From here to the signature nobody else signs: a head of an earlier size could pass another one meanwhile.
            with self._memory.held():
                self._compare(old_size, proof, head, note)
                return Reply(200, self._memory.sign(note, at))
        except RefusedRequestError as error:
            return error.reply

    def _opened(self, note: str) -> Checkpoint:
        origin = note.partition("\n")[0]
        if origin not in self._trusted:
            raise RefusedRequestError(404, f"the log {origin[:100]} is not known here")
        for vkey in self._trusted[origin]:
            try:
                text = open_note(note, vkey)
            except NoteError:
                continue
            try:
                return parse_checkpoint(text)
            except NoteError as error:
                raise RefusedRequestError(400, str(error)) from error
        raise RefusedRequestError(403, f"not signed by a key of {origin} that is trusted here")

    def _compare(self, old_size: int, proof: list[bytes], head: Checkpoint, note: str) -> None:
        last = self._memory.last(head.origin) or Checkpoint(head.origin, 0, merkle.EMPTY_ROOT)
        if old_size != last.size:
            raise RefusedRequestError(409, str(last.size), "text/x.tlog.size")
        if old_size == head.size and head.root != last.root:
            self._memory.keep_refused(note)
            raise RefusedRequestError(409, f"another head of {last.size} entries has been signed")
        right = merkle.grew((last.size, last.root), (head.size, head.root), proof) if old_size else not proof
        if not right:
            self._memory.keep_refused(note)
            raise RefusedRequestError(422, "the proof does not lead from the last head to this one")


def _parsed(body: bytes) -> tuple[int, list[bytes], str]:
    """(old size, proof, checkpoint) of a request."""
    try:
        head, mark, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _, number = first.partition(" ")
        if not mark or word != "old" or not number.isdigit() or str(int(number[:19])) != number:
            raise ValueError("it does not begin with the old size")
        proof = [base64.b64decode(line, validate=True) for line in lines]
        if len(proof) > MAX_PROOF or any(len(one) != 32 for one in proof):
            raise ValueError("the proof is not one of at most 63 hashes")
    except ValueError as error:
        raise RefusedRequestError(400, f"not a request of add-checkpoint: {error}") from error
    return int(number), proof, note


def server(
    port: int, adding: AddCheckpoint, now: Callable[[], datetime], host: str = "127.0.0.1"
) -> ThreadingHTTPServer:
    """An HTTP server, not yet serving; to stand behind one that speaks TLS. It writes nothing about who asks."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept: a log asks each minute
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY:
                self.close_connection = True  # what follows has not been read
                self._send(Reply(413 if length.isdigit() else 411, "a length of 131,072 bytes at most\n"))
                return
            body = self.rfile.read(int(length))
            self._send(adding.answer(body, now()) if self.path == PATH else Reply(404, f"there is {PATH} here\n"))

        def do_GET(self) -> None:
            self._send(Reply(404, f"POST {PATH}\n"))

        def _send(self, reply: Reply) -> None:
            content = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer((host, port), Handler)
    made.daemon_threads = True
    return made
