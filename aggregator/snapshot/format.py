"""Names, writes, checks and decodes the two files of a snapshot. No other module opens them.

`snapshots/<sha256>.json.gz` holds a places file or a slots file, named by the hash of its uncompressed bytes. Rows are
decoded one at a time, so that other threads never wait for long: a national slots file holds half a million numbers,
and parsing it at once would keep the interpreter, and every visitor, for a fifth of a second.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from aggregator import canonical, files

FOLDER, SUFFIX = "snapshots", ".json.gz"
Content = TypeVar("Content")
Whole = TypeVar("Whole", "PlacesFile", "SlotsFile")


class SnapshotError(RuntimeError):
    """A published file is missing or is not what its name says; the message names it."""


# Names and bytes


def snapshot_hash(places_sha256: str, slots_sha256: str) -> str:
    """The name of a pair of published files (docs/ranking.md §7.1): 64 hexadecimal digits."""
    return hashlib.sha256(f"aiguillage-snapshot/v1\n{places_sha256}\n{slots_sha256}\n".encode()).hexdigest()


def keep(published: Path, content: Any) -> str:
    """Write a places or slots file under the hash of its canonical JSON, unless it is there. Returns the hash."""
    body = canonical.to_json(content)
    digest = canonical.sha256(body)
    path = published / FOLDER / f"{digest}{SUFFIX}"
    if not path.exists():
        files.write_gzip(path, body)
    return digest


def body_of(published: Path, sha256: str) -> bytes:
    """The uncompressed bytes of a file. Raises SnapshotError unless they have the hash that the file is named by."""
    path = published / FOLDER / f"{sha256}{SUFFIX}"
    try:
        body = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise SnapshotError(f"{path.name}: {error}") from error
    if canonical.sha256(body) != sha256:
        raise SnapshotError(f"{path.name}: its content does not have the hash of its name")
    return body


def plain(published: Path, sha256: str) -> dict[str, Any]:
    """A file as JSON, for the worker's tables. Raises SnapshotError."""
    content: dict[str, Any] = json.loads(body_of(published, sha256))
    return content


# Minutes of slots: the first since 1970 (UTC), then the steps from each to the next


def steps_of(minutes: NDArray[np.int64]) -> list[int]:
    """Growing minutes as the file holds them: the first, then differences, which keep a national file small."""
    steps: list[int] = np.diff(minutes, prepend=0).tolist()
    return steps


def minutes_of(steps: Iterable[int]) -> Iterator[int]:
    minute = 0
    for step in steps:
        minute += step
        yield minute


# Rows


# gc=False: rows are in no cycle, and the garbage collector need not visit thousands of them.
class SlotsRow(msgspec.Struct, gc=False):
    """One offer of the slots file. `slots`: (number of the kind, minutes as `steps_of` writes them)."""

    state: str
    answered: str | None
    since: str | None
    cause: str | None
    partial: bool
    slots: list[tuple[int, list[int]]]


PLACES_FORMAT, SLOTS_FORMAT = "places/1", "slots/1"


class PlacesFile(msgspec.Struct):
    format: str
    campaign: dict[str, Any]
    communes: list[tuple[str, float, float]]
    places: list[msgspec.Raw]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Decode the places one at a time. Raises SnapshotError at a row of an unknown shape."""
        for raw in self.places:
            yield _decoded(_any, raw)


class SlotsFile(msgspec.Struct):
    format: str
    places: str
    at: str
    until: str
    interval_s: int
    kinds: list[dict[str, Any]]
    offers: dict[str, msgspec.Raw]

    def rows(self) -> Iterator[tuple[str, SlotsRow]]:
        """Decode (offer id, row) one at a time. Raises SnapshotError at a row of an unknown shape."""
        for offer_id, raw in self.offers.items():
            yield offer_id, _decoded(_slots_row, raw)


_any: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
_slots_row = msgspec.json.Decoder(SlotsRow)
_places_file = msgspec.json.Decoder(PlacesFile)
_slots_file = msgspec.json.Decoder(SlotsFile)


def read_places(body: bytes) -> PlacesFile:
    """Decode a places file but for its rows. Raises SnapshotError when `body` is none of this version."""
    return _of_format(_decoded(_places_file, body), PLACES_FORMAT)


def read_slots(body: bytes) -> SlotsFile:
    """Decode a slots file but for its rows. Raises SnapshotError when `body` is none of this version."""
    return _of_format(_decoded(_slots_file, body), SLOTS_FORMAT)


def _of_format(content: Whole, wanted: str) -> Whole:
    if content.format != wanted:
        raise SnapshotError(
            f"a file of format {content.format[:40]!r}, and this version reads {wanted}: the worker of this version "
            "publishes it anew"
        )
    return content


def _decoded(decoder: msgspec.json.Decoder[Content], body: bytes | msgspec.Raw) -> Content:
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise SnapshotError(f"not a file of a snapshot: {error}") from error


class Series:
    """Collects runs of growing numbers, given by their steps, each with the kind and zone of the whole run."""

    def __init__(self) -> None:
        self._steps = array("q")
        self._sizes, self._kinds, self._zones = array("q"), array("h"), array("h")

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, steps: list[int], kind: int, zone: int) -> None:
        self._steps.extend(steps)
        self._sizes.append(len(steps))
        self._kinds.append(kind)
        self._zones.append(zone)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int16]]:
        """(number, kind, zone) of every member of every run, in the order in which they were added."""
        steps, sizes = np.array(self._steps), np.array(self._sizes)
        # One sum over all runs instead of one for each: what earlier runs add up to is taken off again.
        sums = np.cumsum(steps)
        firsts = np.cumsum(sizes) - sizes
        before = np.where(sizes > 0, np.concatenate(([0], sums))[firsts], 0)
        return sums - np.repeat(before, sizes), np.repeat(self._kinds, sizes), np.repeat(self._zones, sizes)
