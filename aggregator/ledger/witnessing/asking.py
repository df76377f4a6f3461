"""A log asks its witnesses: C2SP tlog-witness, `add-checkpoint`, from the published files (docs/log.md §9.2)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aggregator.ledger import merkle
from aggregator.ledger.log import published_tile
from aggregator.ledger.notes import NoteError, cosignature_line, cosigned_at, parse_checkpoint, text_of
from aggregator.ledger.witnessing.policy import Declared
from aggregator.ledger.witnessing.server import PATH
from aggregator.ledger.witnessing.visit import fetch, is_fresh
from providers.errors import ProviderError
from providers.exchange import Exchange
from providers.http import Answer, Limits

AGAIN_S = 3600  # a head that does not change is signed again, so that a log at rest is not taken for one that is hidden
LIMITS = Limits(connect_s=3, total_s=10, max_bytes=64 * 1024)
SIZE_KIND = "text/x.tlog.size"
MEANINGS = {
    400: "finds our request malformed",
    403: "does not trust our key",
    404: "does not know this log",
    409: "has signed another head of this size",
    422: "finds that our proof does not hold",
}
Send = Callable[[str, bytes], Answer]


class AskingError(RuntimeError):
    """This witness has not signed; the message says why, in words that follow its name."""


@dataclass
class Asked:
    """`notes`: name -> our head with the line of that witness; `refusals`: name -> why it did not sign."""

    notes: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)


def send(url: str, body: bytes) -> Answer:
    """Raises ProviderError."""
    return Exchange(["/".join(url.split("/")[:3])], "Aiguillage", limits=LIMITS).send(url, body, "text/plain")


def ask_all(witnesses: Iterable[Declared], folder: Path, at: datetime, send: Send = send) -> Asked:
    """Ask every witness that has not signed the published head within the hour, all at once.

    `folder`: the static files of the log, which holds what each has signed before.
    """
    asked = Asked()
    note = (folder / "checkpoint").read_text(encoding="utf-8")
    due = [one for one in witnesses if one.url and not one.visits and not _has_signed(one, folder, note, at)]
    if not due:
        return asked

    def ask(one: Declared) -> bytes | str:
        try:
            return ask_one(one, folder, note, send).encode()
        except (AskingError, ProviderError) as error:
            return str(error)

    with ThreadPoolExecutor(max_workers=min(32, len(due))) as pool:
        for one, said in zip(due, pool.map(ask, due), strict=True):
            if isinstance(said, bytes):
                asked.notes[one.name] = said
            else:
                asked.refusals[one.name] = said
    return asked


def ask_one(one: Declared, folder: Path, note: str, send: Send = send) -> str:
    """`note` with the line of this witness below our own. Raises AskingError, ProviderError."""
    head, known = parse_checkpoint(text_of(note)), last_size(one, folder)
    for _ in range(2):  # once more when it says which head it has
        answer = send(one.url + PATH, _request(min(known, head.size), head.size, folder, note))
        if answer.status == 200:
            return _signed(one, note, answer.body.decode("utf-8", "replace"))
        size = _size_of(answer)
        if size is None:
            break
        if size > head.size:
            raise AskingError(f"has signed a head of {size} entries, and the log has {head.size}")
        known = size
    raise AskingError(MEANINGS.get(answer.status, f"answers {answer.status}"))


def last_size(one: Declared, folder: Path) -> int:
    """Of the head that it signed last, as far as we know; 0 when we know of none."""
    try:
        note = (folder / "witnesses" / f"{one.name}.checkpoint").read_text(encoding="utf-8")
        cosigned_at(note, one.vkey)
        return parse_checkpoint(text_of(note)).size
    except (OSError, NoteError):
        return 0


def visited(witnesses: Iterable[Declared], fetch: Callable[[str], bytes] = fetch) -> Asked:
    """What those publish who visit the log instead of being asked."""
    asked = Asked()
    for one in witnesses:
        if one.visits:
            try:
                asked.notes[one.name] = fetch(one.url)
            except ProviderError as error:
                asked.refusals[one.name] = str(error)
    return asked


def lines(witnesses: Mapping[str, Declared], folder: Path, text: str) -> list[str]:
    """What stands below the signature of the head `text`: a line for each witness that has signed it."""
    found = []
    for one in witnesses.values():
        path = folder / "witnesses" / f"{one.name}.checkpoint"
        note = path.read_text(encoding="utf-8") if path.exists() else ""
        if text_of(note) == text:
            found.append(cosignature_line(note, one.vkey))
    return found


def _has_signed(one: Declared, folder: Path, note: str, at: datetime) -> bool:
    try:
        return is_fresh(cosigned_at(note, one.vkey), at, AGAIN_S)
    except NoteError:
        return False


def _request(old_size: int, size: int, folder: Path, note: str) -> bytes:
    try:
        proof = merkle.consistency_proof(old_size, size, published_tile(folder, size)) if old_size else []
    except ValueError as error:
        raise AskingError(f"is not asked: {error}") from error
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old_size}\n{hashes}\n{note}".encode()


def _signed(one: Declared, note: str, answer: str) -> str:
    # Of an answer, only a line that this very witness has signed of this very head is taken over.
    own = text_of(note) + "\n" + note.rpartition("\n\n")[2].split("\n")[0] + "\n"
    try:
        return own + cosignature_line(own + answer, one.vkey)
    except NoteError as error:
        raise AskingError(f"answers with something else than its signature: {error}") from error


def _size_of(answer: Answer) -> int | None:
    """The size in a 409 that says which head the witness has."""
    text = answer.body.decode("ascii", "replace").removesuffix("\n")
    kind = {name.lower(): value for name, value in answer.headers.items()}.get("content-type", "")
    told = answer.status == 409 and kind.startswith(SIZE_KIND) and len(text) <= 18 and text.isdigit()
    return int(text) if told else None
