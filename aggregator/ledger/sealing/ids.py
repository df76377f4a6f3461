"""The ids of places and the days on which they appeared, each hour's list chained to the last (docs/log.md §4.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from aggregator.snapshot.format import SnapshotError, body_of

FIRST = "-"  # what the first list is chained to


class IdsError(RuntimeError):
    """A places file is missing or cannot be read; the message names it."""


class _Place(msgspec.Struct):
    id: str
    drawn: str


class _Places(msgspec.Struct):
    places: list[_Place]


_decoder = msgspec.json.Decoder(_Places)


def ids_of(published: Path, places_files: Iterable[str]) -> set[tuple[str, str]]:
    """(id, day) of every place in these places files, named by their hashes. Raises IdsError."""
    found = set()
    for name in sorted(set(places_files)):
        try:
            body = body_of(published, name)
            found |= {(place.id, place.drawn) for place in _decoder.decode(body).places}
        except (SnapshotError, msgspec.DecodeError) as error:
            raise IdsError(f"the places file {name}: {error}") from error
    return found


def chained(before: str, ids: Iterable[tuple[str, str]]) -> str:
    """The hash of a list that follows the one of hash `before`."""
    lines = "".join(f"{place} {day}\n" for place, day in sorted(ids))
    return hashlib.sha256(f"aiguillage-ids/v1\n{before}\n{lines}".encode()).hexdigest()
