"""A witness that visits: it cosigns a log's head only when the log did nothing but grow since the last one.

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
from aggregator.ledger.notes import Checkpoint, NoteError, cosigned_at, open_note, parse_checkpoint
from aggregator.ledger.witnessing.memory import Memory, WitnessError
from providers.errors import GoneError, ProviderError
from providers.http import FetchClient

Fetch = Callable[[str], bytes]
MOST_AHEAD_S = 300  # how far a witness's clock may be ahead: a later date would make a cosignature fresh for ever


def fetch(url: str) -> bytes:
    """One file of a log, within the limits of time and size that every request has. Raises ProviderError."""
    origin = "/".join(url.split("/")[:3])
    return FetchClient([origin], "Aiguillage witness").get(url).body


class Witness:
    """`folder` keeps the key, the log's own key, the last head seen, and `checkpoint`: what the witness publishes."""

    def __init__(self, name: str, folder: Path, fetch: Fetch = fetch) -> None:
        self._folder = folder
        self._fetch = fetch
        self._memory = Memory(name, folder)

    @property
    def vkey(self) -> str:
        return self._memory.vkey

    def visit(self, url: str, at: datetime, vkey: str | None = None) -> Checkpoint:
        """Check the log's head against the last one seen and cosign it. Raises WitnessError, and then signs nothing."""
        url = url.rstrip("/")
        note = self._text(f"{url}/checkpoint")
        believed = self._vkey(url, vkey)
        try:
            head = parse_checkpoint(open_note(note, believed))
        except NoteError as error:
            raise WitnessError(
                f"{error}. If the log has changed its key in public, check it with "
                "`aiguillage verify log --vkey OLD_KEY`, then visit with --vkey NEW_KEY."
            ) from error
        with self._memory.held():
            self._compare(url, head, note)
            line = self._memory.sign(note, at)
            # Only now that its log was found in order: a wrong --vkey leaves the right one in place.
            files.write_changed(self._folder / "log.vkey", believed.encode())
            files.write_whole(self._folder / "checkpoint", (note + line).encode())
        return head

    def _vkey(self, url: str, given: str | None) -> str:
        # The first visit believes the key that the log publishes; later ones hold the log to it, unless told otherwise.
        path = self._folder / "log.vkey"
        return (given or (path.read_text(encoding="utf-8") if path.exists() else self._text(f"{url}/vkey"))).strip()

    def _compare(self, url: str, head: Checkpoint, note: str) -> None:
        problem, before = None, self._memory.last(head.origin)
        published = self._folder / "checkpoint"
        if before is None and published.exists():
            other = published.read_text(encoding="utf-8").partition("\n")[0]
            problem = f"this is the log {head.origin}, not {other}"
        elif before and head.size < before.size:
            problem = f"the log had {before.size} entries and has {head.size} now"
        elif self._root(url, head, head.size) != head.root:
            problem = "the log's tiles do not have the root that it signs"
        elif before and self._root(url, head, before.size) != before.root:
            problem = f"the first {before.size} entries are not those seen before"
        if problem:
            self._memory.keep_refused(note)
            raise WitnessError(f"{problem}; both heads are kept in {self._folder} (heads, refused)")

    def _root(self, url: str, head: Checkpoint, size: int) -> bytes:
        def tile(level: int, number: int) -> bytes:
            width = min(TILE_WIDTH, (head.size >> 8 * level) - number * TILE_WIDTH)
            try:
                return self._fetch(f"{url}/{tile_path(level, number, width)}")
            except GoneError:  # a partial tile goes when its tile is full
                return self._body(f"{url}/{tile_path(level, number)}")[: 32 * width]
            except ProviderError as error:
                raise WitnessError(f"{url}: {error}") from error

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


def is_fresh(when: int, at: datetime, within_s: int) -> bool:
    """Was this signed within so many seconds before `at`? Never, when it says that it was signed in the future."""
    return -MOST_AHEAD_S <= at.timestamp() - when < within_s
