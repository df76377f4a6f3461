"""Writes files that appear whole or not at all, and keeps secrets that are drawn once."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, since a rename is atomic on one file system only; by process, so that two never share a part.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # before the rename: after a power cut the name must not lead to an empty file
    part.replace(path)


def write_changed(path: Path, data: bytes) -> None:
    """Write a file unless it holds `data` already, so that nobody reads it again for nothing."""
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data)


def write_gzip(path: Path, data: bytes) -> None:
    """Write `data` as gzip without name or time inside, so that the same content is the same file."""
    write_whole(path, gzip.compress(data, compresslevel=6, mtime=0))


def drawn_once(path: Path, draw: Callable[[], bytes]) -> bytes:
    """The secret kept at `path` with mode 0600, drawn when there is none; processes that start together share it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(draw())
            file.flush()
            os.fsync(file.fileno())
        try:
            # Not a rename, which would replace the secret of a process that was first and uses it already.
            path.hardlink_to(part)
        except FileExistsError:
            pass  # another process was first: its secret is ours too
        finally:
            part.unlink()
    return path.read_bytes()
