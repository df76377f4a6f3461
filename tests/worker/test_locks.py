"""File locks among the processes of one machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aggregator.worker.locks import AlreadyRunningError, lock


def test_a_second_worker_is_refused_and_told_who_runs_and_what_to_do(tmp_path: Path) -> None:
    with (
        lock(tmp_path / "worker.lock", wait=False),
        pytest.raises(AlreadyRunningError, match=rf"another worker \(process {os.getpid()}\) .*AIGUILLAGE_DATA_DIR"),
        lock(tmp_path / "worker.lock", wait=False),
    ):
        pass


def test_a_lock_that_was_given_back_can_be_taken(tmp_path: Path) -> None:
    for _ in range(2):
        with lock(tmp_path / "worker.lock", wait=False) as held:
            assert Path(held.name).read_text() == str(os.getpid())
