"""Data folders that earlier versions wrote: their own code collected six places, sent eight people on and sealed."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from pathlib import Path

from tests.answers import FIXTURES

EARLIER = sorted(path.name.removesuffix(".tar.gz") for path in (FIXTURES / "earlier").glob("*.tar.gz"))
LATER = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
"""After all that they hold."""


def folder_of(version: str, target: Path) -> Path:
    with tarfile.open(FIXTURES / "earlier" / f"{version}.tar.gz") as packed:
        packed.extractall(target, filter="data")
    return target
