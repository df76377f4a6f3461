"""A ZIP archive that is sent while it is made: memory holds one piece of one file, whatever the archive is."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

PIECE = 1 << 16
SUMS = "SHA256SUMS"
PACKED = (".gz", ".png", ".xlsx", ".parquet")
# The same files are the same archive: it holds no time of its making.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class _Outlet:
    """Takes what `zipfile` writes, and cannot go back in it: sizes and sums then stand behind each file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        pass

    def taken(self) -> Iterator[bytes]:
        parts, self._parts = self._parts, []
        yield from parts


def zipped(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[bytes]:
    """The archive of these (name, opened file), and `SHA256SUMS` of all of them. Closes each file."""
    outlet, sums = _Outlet(), []
    with zipfile.ZipFile(cast(BinaryIO, outlet), "w") as archive:
        for name, file in files:
            digest = hashlib.sha256()
            with file, archive.open(_entry(name), "w") as inside:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    inside.write(piece)
                    yield from outlet.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr(_entry(SUMS), "".join(sums))
    yield from outlet.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, NO_TIME)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
