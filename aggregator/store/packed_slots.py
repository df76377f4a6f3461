"""Packs the slots of one offer into bytes: minutes since 1970 UTC, grouped by what they are for.

A national reading holds half a million slots; rows would cost four seconds and fifty megabytes a run,
packed blobs rewritten only when their hash has changed cost less than one.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Kind = tuple[tuple[str, ...], str | None, str | None]
"""(needs, step, audience), as slugs."""


@dataclass(frozen=True, slots=True)
class Packed:
    """`classes`: JSON list of [needs, step, audience, number of slots]; `raw`: their minutes, in that order."""

    classes: str
    raw: bytes
    count: int
    digest: str

    @property
    def blob(self) -> bytes:
        """`raw`, compressed for storing. Made when asked for: most readings have not changed and are not stored."""
        return zlib.compress(self.raw, 1)


def pack(slots: Iterable[tuple[datetime, Kind]]) -> Packed:
    grouped: dict[Kind, list[int]] = defaultdict(list)
    for starts_at, kind in slots:
        grouped[kind].append(int(starts_at.timestamp()) // 60)
    # By their text, since None and a slug do not compare. A fixed order: the same slots always have the same hash.
    order = sorted(grouped, key=repr)
    # Little-endian by name: several machines of any kind may share one store.
    minutes = [np.array(sorted(grouped[kind]), dtype="<u4") for kind in order]
    classes = json.dumps(
        [[list(kind[0]), kind[1], kind[2], len(part)] for kind, part in zip(order, minutes, strict=True)],
        separators=(",", ":"),
    )
    raw = b"".join(part.tobytes() for part in minutes)
    digest = hashlib.sha256(classes.encode() + raw).hexdigest()
    return Packed(classes, raw, sum(map(len, minutes)), digest)


def unpack(classes: str, blob: bytes) -> Mapping[Kind, NDArray[np.uint32]]:
    """Kind -> minutes since 1970 UTC, ascending: what `pack` was given."""
    raw = np.frombuffer(zlib.decompress(blob), dtype="<u4")
    found: dict[Kind, NDArray[np.uint32]] = {}
    position = 0
    for needs, step, audience, count in json.loads(classes):
        found[(tuple(needs), step, audience)] = raw[position : position + count]
        position += count
    return found
