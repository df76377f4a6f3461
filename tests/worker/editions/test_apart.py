"""Editions are written by a process of their own, which ends; whatever becomes of it, the worker goes on."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from aggregator.config.settings import ROOT, Settings
from aggregator.worker.editions.apart import Apart
from aggregator.worker.schedule import Worker
from tests.waiting import wait_for

HEAVY = """
import sys, aggregator.cli.running
print(*sorted({"pandas", "pyarrow", "sqlite_utils", "xlsxwriter", "resvg_py", "fpdf"} & set(sys.modules)))
"""


def test_the_worker_holds_nothing_of_what_draws_and_packs_editions() -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.split() == []


def test_the_process_writes_the_edition_of_the_workers_own_folder(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGUILLAGE_DATA_DIR", str(filled.data_dir))

    Worker(filled, lambda *_: None).editions()

    assert (filled.editions_dir / "en-cours" / "index.json").exists()


@pytest.mark.parametrize(("end", "code"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), 9)", -9)])
def test_a_process_that_fails_or_is_killed_is_told_and_the_next_hour_tries_again(
    end: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    apart = Apart((sys.executable, "-c", f"import os, sys; {end}"))

    apart.write()
    apart.write()

    assert [(row.msg, row.exit_code) for row in caplog.records] == [("no edition is written", code)] * 2  # type: ignore[attr-defined]


def test_nothing_is_begun_while_nothing_has_been_published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(settings, lambda *_: None)
    monkeypatch.setattr(worker._apart, "write", lambda: pytest.fail("begun"))

    worker.editions()


def test_told_to_stop_the_process_ends_at_once_and_none_is_begun_after_it(caplog: pytest.LogCaptureFixture) -> None:
    apart = Apart((sys.executable, "-c", "import time; time.sleep(600)"))
    job = threading.Thread(target=apart.write)
    job.start()
    wait_for(lambda: apart._child is not None)
    began = time.monotonic()

    apart.stop()
    job.join(20)
    apart.write()

    assert not job.is_alive()
    assert time.monotonic() - began < 20
    assert caplog.records == []
