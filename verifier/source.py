"""Files of a portal, from its address or a copy of it, bounded; and the two ways in which a check can end badly."""

from __future__ import annotations

import gzip
import http.client
import io
import re
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path

MAX_FILE, MAX_SECONDS = 256 * 1024 * 1024, 600
EDITIONS = "donnees/"
# What several checks read and no log changes: fetched once in a run, while it fits into so many bytes.
READ_AGAIN, MAX_KEPT = ("minutes/", "metrics/", "replays/", "openings/"), 64 * 1024 * 1024
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class Wrong(Exception):
    """It does not agree: exit code 1."""


class CannotCheck(Exception):
    """Something needed is missing or unreadable: exit code 2."""


class Missing(CannotCheck):
    """A file is not there."""


class Source:
    """The files of a log, from a URL or a folder; sizes are bounded. `keep`: a folder that gets a copy of each.

    `where`: the log, or what it is part of: a portal's own address, the root of a copy.
    """

    def __init__(self, where, keep=None):
        where = where.rstrip("/")
        self.remote = where.startswith(("http://", "https://"))
        self.where = f"{where}/log" if self.is_around_a_log(where) else where
        self.keep = Path(keep) if keep else None
        self.fetched, self.room = {}, MAX_KEPT
        self.memo = {}  # what was counted from files that are read for several checks

    def is_around_a_log(self, where):
        if not self.remote:
            return not (Path(where) / "checkpoint").is_file() and (Path(where) / "log" / "checkpoint").is_file()
        if where.endswith("/log"):
            return False
        try:
            fetched(f"{where}/log/checkpoint")
        except CannotCheck:
            return False
        return True

    def get(self, name):
        if not NAME.fullmatch(name) or ".." in name.split("/"):
            raise Wrong(f"the log names a file outside itself: {name[:80]!r}")
        body = self.read(name)
        if self.keep:
            path = self.keep / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return body

    def read(self, name):
        if self.remote:
            return self.fetched[name] if name in self.fetched else self.fetch(name)
        path = next((one for one in self.paths(name) if one.is_file()), None)
        if path is None:
            raise Missing(f"{name}: not in {self.where}")
        if path.stat().st_size > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        body = path.read_bytes()
        return unpacked(body, name) if path.suffix == ".gz" and not name.endswith(".gz") else body

    def fetch(self, name):
        # Editions stand beside the log, as snapshots do not.
        body = fetched(f"{self.where.removesuffix('/log') if name.startswith(EDITIONS) else self.where}/{name}")
        if name.startswith(READ_AGAIN) and len(body) <= self.room:
            self.fetched[name] = body
            self.room -= len(body)
        return body

    def paths(self, name):
        """Where a file of a folder may be: a portal's own keeps snapshots, hours and editions beside the log."""
        inside = Path(self.where)
        yield inside / name
        yield inside.parent / name
        if name.startswith(EDITIONS):
            kept = inside.parent / "data" / name.removeprefix(EDITIONS)
            yield kept
            yield kept.with_name(f"{kept.name}.gz")

    def text(self, name):
        try:
            return self.get(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"{name}: not UTF-8") from error

    def unzipped(self, name):
        return unpacked(self.get(name), name)


def unpacked(body, name):
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            whole = file.read(MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Wrong(f"{name}: not a gzip file") from error
    if len(whole) > MAX_FILE:
        raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
    return whole


def fetched(url, most=None):
    """What an address answers: at most `most` bytes (`MAX_FILE`), in `MAX_SECONDS`."""
    parts, size, until, most = [], 0, time.monotonic() + MAX_SECONDS, most or MAX_FILE
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            while part := answer.read1(1 << 20):
                parts.append(part)
                size += len(part)
                if size > most or time.monotonic() > until:
                    raise CannotCheck(f"{url}: larger than {most} bytes, or too slow")
    except urllib.error.HTTPError as error:
        raise (Missing if error.code in (404, 410) else CannotCheck)(f"{url}: {error}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CannotCheck(f"{url}: {error}") from error
    return b"".join(parts)
