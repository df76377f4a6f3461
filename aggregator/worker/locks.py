"""File locks among the processes of one machine."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WorkerRunningError(RuntimeError):
    """Another worker has the lock."""


@contextmanager
def lock(path: Path, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold a file's lock; the system frees it when the process dies. Raises WorkerRunningError without `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a+") as file:
        try:
            fcntl.flock(file, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise WorkerRunningError(f"another process holds {path}") from error
        yield
