"""File locks among the processes of one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.worker.locks import WorkerRunningError, lock


def test_a_second_worker_is_refused(tmp_path: Path) -> None:
    with lock(tmp_path / "worker.lock", wait=False), pytest.raises(WorkerRunningError):  # noqa: SIM117
        with lock(tmp_path / "worker.lock", wait=False):
            pass
