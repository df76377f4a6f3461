"""Bytes that everyone computes alike: canonical JSON, its hash, and files that appear whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, no NaN."""
    return _ENCODER.encode(value).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def snapshot_hash(places_sha256: str, slots_sha256: str) -> str:
    """One name for a pair of published files."""
    return hashlib.sha256(f"aiguillage-snapshot/v1\n{places_sha256}\n{slots_sha256}\n".encode()).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_gzip(path: Path, data: bytes) -> None:
    """Compressed without name or time inside: the same content is the same file."""
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
            path.hardlink_to(part)
        except FileExistsError:
            pass  # another process was first: its secret is ours too
        finally:
            part.unlink()
    return path.read_bytes()
