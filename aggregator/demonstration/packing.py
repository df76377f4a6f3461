"""Packs the invented weeks into one small file, and lays them into a new data folder.

What follows from the rest is left out, and made again when the weeks are laid: tiles of the log, the commitments of
each minute, opened events, compression. `verify.py` holds all of it against the signed head, as it would elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO

from aggregator import canonical, instants
from aggregator.config.settings import ROOT, Settings
from aggregator.database.sqlite import vacuumed
from aggregator.fairness import openings
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.redirect.event_reader import EventReader
from aggregator.snapshot.format import FOLDER, SUFFIX

SHIPPED = ROOT / "data" / "demonstration" / "past.tar.xz"
FORMAT = "past/1"
HEAD = "past.json"
STORES = ("catalog.db", "registry.db", "events.db", "rollups.db", "log.db")
KEYS = "keys"
PLAIN = ".json"  # how a file of a snapshot is called while it is packed, without compression
MADE_AGAIN = ("log/tile/", "log/minutes/", "log/openings/")
XZ_PRESET = 9  # its window of 64 MiB holds the readings of several days, which mostly repeat


class PastError(RuntimeError):
    """The packed weeks cannot be laid; the message says why."""


# Packing


def pack(settings: Settings, until: datetime, target: Path) -> str:
    """Write the past of a data folder that nothing writes any more. Returns the SHA-256 of the file."""
    head = {"format": FORMAT, "until": instants.second(until), "origin": settings.log_origin}
    target.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(target, "wb", preset=XZ_PRESET) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        _add(tar, HEAD, canonical.to_json(head))
        for name, content in _members(settings):
            _add(tar, name, content)
    return sum_of(target)


def _members(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Name -> content of what is packed; what resembles stands together, which is what the compression lives by."""
    for path in sorted(settings.keys_dir.iterdir()):
        yield f"{KEYS}/{path.name}", path.read_bytes()
    for name in STORES:
        yield name, _vacuumed(settings.data_dir / name)
    published = settings.published_dir
    for path in sorted(path for path in published.rglob("*") if path.is_file()):
        name = path.relative_to(published).as_posix()
        if not name.startswith((*MADE_AGAIN, f"{FOLDER}/")) and path.suffix != ".part":
            yield f"published/{name}", path.read_bytes()
    yield from _snapshots(published)


def _snapshots(published: Path) -> Iterator[tuple[str, bytes]]:
    named: dict[str, None] = {}
    for path in sorted(published.glob("hours/*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            named |= {entry["places"]: None, entry["slots"]: None}
    for sha256 in named:
        content = gzip.decompress((published / FOLDER / f"{sha256}{SUFFIX}").read_bytes())
        yield f"published/{FOLDER}/{sha256}{PLAIN}", content


def _vacuumed(path: Path) -> bytes:
    copy = path.with_suffix(".packed")
    copy.unlink(missing_ok=True)
    vacuumed(path, copy)
    content = copy.read_bytes()
    copy.unlink()
    return content


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def sum_path(packed: Path) -> Path:
    return packed.with_name(f"{packed.name}.sha256")


def published_sum(packed: Path) -> str:
    """What the file beside it says of a packed past; "" when there is none."""
    path = sum_path(packed)
    return path.read_text(encoding="ascii").split(" ")[0] if path.exists() else ""


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Laying


def lay(packed: Path, sha256: str, settings: Settings, at: datetime) -> datetime:
    """Lay the packed weeks into a data folder that holds none. Returns until when they reach.

    Raises PastError when the file is damaged, of another version, for a log of another name, or of days to come.
    """
    if not packed.exists() or sum_of(packed) != sha256:
        raise PastError(f"{packed.name} is missing, or has not the sum that {sum_path(packed).name} says")
    part = settings.data_dir / ".past"
    shutil.rmtree(part, ignore_errors=True)
    with lzma.open(packed) as content, tarfile.open(fileobj=content, mode="r|") as tar:
        head = _head(tar, settings, at)
        while member := tar.next():
            file = tar.extractfile(member)
            if file is not None:
                _unpack(part, member.name, file)
    _make_again(settings.but(data_dir=part))
    (part / HEAD).write_bytes(canonical.to_json(head))
    # The store of events last: where it stands, the rest stands too.
    for path in sorted(part.iterdir(), key=lambda path: path.name == "events.db"):
        path.replace(settings.data_dir / path.name)
    part.rmdir()
    return datetime.fromisoformat(head["until"])


def _head(tar: tarfile.TarFile, settings: Settings, at: datetime) -> dict[str, str]:
    first = tar.next()
    file = tar.extractfile(first) if first is not None and first.name == HEAD else None
    head: dict[str, str] = json.loads(file.read()) if file is not None else {}
    if head.get("format") != FORMAT:
        raise PastError(f"it is of another version: {head.get('format')!r}, and this program lays {FORMAT}")
    if head["origin"] != settings.log_origin:
        raise PastError(f"its log is {head['origin']}, and AIGUILLAGE_LOG_ORIGIN says {settings.log_origin}")
    if datetime.fromisoformat(head["until"]) > at:
        raise PastError(f"it reaches until {head['until']}, and the clock of this machine says {instants.second(at)}")
    return head


def _unpack(folder: Path, name: str, file: IO[bytes]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if f"/{FOLDER}/" in name:
        # Level 1: three times as fast, and a demonstration's folder may be larger.
        path = path.with_name(path.name.removesuffix(PLAIN) + SUFFIX)
        path.write_bytes(gzip.compress(file.read(), compresslevel=1, mtime=0))
        return
    path.write_bytes(file.read())
    if name.startswith(f"{KEYS}/"):
        path.chmod(0o600)


def _make_again(settings: Settings) -> None:
    """Tiles, the commitments of each minute, opened events: from the store and the log."""
    folder = settings.published_dir / "log"
    signer = load_or_create_signer(settings.keys_dir / "log.key", settings.log_origin)
    with (
        closing(TransparencyLog(settings.data_dir / "log.db", folder, signer)) as log,
        closing(EventReader(settings.data_dir / "events.db")) as reader,
    ):
        commitments = reader.commitments(after=0)
        done = 0
        for _, entry in log.entries("minute"):
            path = folder / entry["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(sorted(one for _, one in commitments[done : done + entry["events"]])))
            done += entry["events"]
        openings.publish(log, reader, folder)


def is_invented(settings: Settings) -> bool:
    """The folder holds what everybody has: invented weeks, and the keys that signed them."""
    return (settings.data_dir / HEAD).exists()


def is_new(settings: Settings) -> bool:
    """Nothing has run in this data folder yet, and its stores are files: the packed ones are."""
    return settings.database_url is None and not any(
        (settings.data_dir / name).exists() for name in (*STORES, KEYS, settings.published_dir.name)
    )
