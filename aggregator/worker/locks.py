"""File locks among the processes of one machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class AlreadyRunningError(RuntimeError):
    """Another process has the lock."""


@contextmanager
def lock(path: Path, shared: bool = False, wait: bool = True) -> Iterator[TextIO]:
    """Hold a file's lock; the system frees it when the process dies.

    Raises AlreadyRunningError without `wait`: the file is named after what may run once, and holds who does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a+") as file:
        try:
            fcntl.flock(file, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunningError(
                f"another {path.stem} (process {file.read() or '?'}) uses {path.parent}: stop it first, "
                "or choose another folder with AIGUILLAGE_DATA_DIR"
            ) from error
        if not wait:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield file
