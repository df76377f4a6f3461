"""An independent witness: it cosigns a log's head only when the log did nothing but grow since the head it last signed.

To be run by third parties, for instance each hour (docs/log.md §9). A log that shows two histories to two people cannot
show one witness both: the second head would not contain the first (L9).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aggregator import files
from aggregator.ledger import merkle
from aggregator.ledger.log import TILE_WIDTH, tile_path
from aggregator.ledger.notes import (
    Checkpoint,
    Cosigner,
    NoteError,
    cosigned_at,
    load_or_create_key,
    open_note,
    parse_checkpoint,
)
from providers.errors import ProviderError
from providers.http import FetchClient

Fetch = Callable[[str], bytes]


class WitnessError(RuntimeError):
    """Nothing was signed: the head could not be read or does not extend the last one seen. The message says which."""


def fetch(url: str) -> bytes:
    """One file of a log, within the limits of time and size that every request has. Raises ProviderError."""
    origin = "/".join(url.split("/")[:3])
    return FetchClient([origin], "Aiguillage witness").get(url).body


class Witness:
    """`folder` keeps the key, the log's own key, the last head seen, and `checkpoint`: what the witness publishes."""

    def __init__(self, name: str, folder: Path, fetch: Fetch = fetch) -> None:
        self._folder = folder
        self._fetch = fetch
        self._cosigner = Cosigner(name, load_or_create_key(folder / "witness.key"))
        files.write_whole(folder / "witness.vkey", f"{self._cosigner.vkey}\n".encode())

    @property
    def vkey(self) -> str:
        return self._cosigner.vkey

    def visit(self, url: str, at: datetime, vkey: str | None = None) -> Checkpoint:
        """Check the log's head against the last one seen and cosign it. Raises WitnessError, and then signs nothing."""
        url = url.rstrip("/")
        note = self._text(f"{url}/checkpoint")
        try:
            head = parse_checkpoint(open_note(note, self._vkey(url, vkey)))
        except NoteError as error:
            raise WitnessError(
                f"{error}. If the log has changed its key in public, check it with "
                "`aiguillage verify log --vkey OLD_KEY`, then visit with --vkey NEW_KEY."
            ) from error
        seen = self._folder / "seen"
        if seen.exists():
            self._compare(
                url, parse_checkpoint(seen.read_text(encoding="utf-8").rpartition("\n\n")[0] + "\n"), head, note
            )
        elif self._root(url, head, head.size) != head.root:
            raise WitnessError("the log's tiles do not have the root that it signs")
        # Remembered before it is signed: after a stop in between, no other head can be signed in its place.
        files.write_whole(seen, note.encode())
        files.write_whole(self._folder / "checkpoint", self._cosigner.cosign(note, int(at.timestamp())).encode())
        return head

    def _vkey(self, url: str, given: str | None) -> str:
        # The first visit believes the key that the log publishes; later ones hold the log to it, unless told otherwise.
        path = self._folder / "log.vkey"
        if given or not path.exists():
            files.write_whole(path, (given or self._text(f"{url}/vkey")).strip().encode())
        return path.read_text(encoding="utf-8").strip()

    def _compare(self, url: str, before: Checkpoint, head: Checkpoint, note: str) -> None:
        problem = None
        if head.origin != before.origin:
            problem = f"this is the log {head.origin}, not {before.origin}"
        elif head.size < before.size:
            problem = f"the log had {before.size} entries and has {head.size} now"
        elif self._root(url, head, head.size) != head.root:
            problem = "the log's tiles do not have the root that it signs"
        elif self._root(url, head, before.size) != before.root:
            problem = f"the first {before.size} entries are not those seen before"
        if problem:
            # Both heads are signed by the log: side by side they prove to anybody that it shows two histories (L9).
            files.write_whole(self._folder / "refused", note.encode())
            raise WitnessError(f"{problem}; both heads are kept in {self._folder} (seen, refused)")

    def _root(self, url: str, head: Checkpoint, size: int) -> bytes:
        def tile(level: int, number: int) -> bytes:
            width = min(TILE_WIDTH, (head.size >> 8 * level) - number * TILE_WIDTH)
            return self._body(f"{url}/{tile_path(level, number, width)}")

        try:
            return merkle.root_from_tiles(size, tile)
        except ValueError as error:
            raise WitnessError(str(error)) from error

    def _text(self, url: str) -> str:
        return self._body(url).decode("utf-8", "replace")

    def _body(self, url: str) -> bytes:
        try:
            return self._fetch(url)
        except ProviderError as error:
            raise WitnessError(f"{url}: {error}") from error


def confirms(note: str, vkey: str, log_vkey: str, root_at: Callable[[int], bytes | None]) -> int | None:
    """When this witness confirmed a head of the log that `root_at` knows, Unix time; None when it did not."""
    try:
        head = parse_checkpoint(open_note(note, log_vkey))
        when = cosigned_at(note, vkey)
    except NoteError:
        return None
    return when if root_at(head.size) == head.root else None
