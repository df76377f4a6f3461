"""Files of a portal, from its address or a copy of it, bounded; and the two ways in which a check can end badly."""

from __future__ import annotations

import gzip
import io
import re
import urllib.request
from pathlib import Path

MAX_FILE = 256 * 1024 * 1024
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class Wrong(Exception):
    """It does not agree: exit code 1."""


class CannotCheck(Exception):
    """Something needed is missing or unreadable: exit code 2."""


class Source:
    """The files of a log, from a URL or a folder; sizes are bounded. `keep`: a folder that gets a copy of each."""

    def __init__(self, where, keep=None):
        self.where = where.rstrip("/")
        self.remote = self.where.startswith(("http://", "https://"))
        self.keep = Path(keep) if keep else None

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
            try:
                with urllib.request.urlopen(f"{self.where}/{name}", timeout=30) as answer:
                    body = answer.read(MAX_FILE + 1)
            except (OSError, ValueError) as error:
                raise CannotCheck(f"{name}: {error}") from error
        else:
            # A portal's own folder keeps snapshots and hours beside the log.
            paths = [Path(self.where) / name, Path(self.where).parent / name]
            path = next((one for one in paths if one.is_file()), None)
            if path is None:
                raise CannotCheck(f"{name}: not in {self.where}")
            if path.stat().st_size > MAX_FILE:
                raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
            body = path.read_bytes()
        if len(body) > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        return body

    def text(self, name):
        try:
            return self.get(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"{name}: not UTF-8") from error

    def unzipped(self, name):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(self.get(name))) as file:
                body = file.read(MAX_FILE + 1)
        except (OSError, EOFError) as error:
            raise Wrong(f"{name}: not a gzip file") from error
        if len(body) > MAX_FILE:
            raise CannotCheck(f"{name}: larger than {MAX_FILE} bytes")
        return body
