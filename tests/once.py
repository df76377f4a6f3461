"""What is made once in a run of the tests, whatever the number of its processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.worker.locks import lock


def folder_of_the_run(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run share, and no other run does."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def built_once(path: Path, build: Callable[[Path], object]) -> Path:
    """Built by the first process that needs it, while the others wait for it."""
    with lock(path.with_name(f"{path.name}.lock")):
        if not path.exists():
            build(path)
    return path


def alone_in_making(what: str, factory: pytest.TempPathFactory) -> None:
    """Fails when another process of this run makes the same: tests that share it are of one `xdist_group`."""
    try:
        (folder_of_the_run(factory) / f"{what}.made").open("x").close()
    except FileExistsError:
        pytest.fail(f"two processes make {what}: the groups of the tests are not kept")
