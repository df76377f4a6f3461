"""A consistent copy of a SQLite file that others are writing meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def copy_whole(source: Path, target: Path) -> None:
    """SQLite's own online backup, in one step: the copy is the file as it was at one moment."""
    with closing(sqlite3.connect(source, timeout=30)) as one, closing(sqlite3.connect(target)) as copy:
        one.backup(copy)
