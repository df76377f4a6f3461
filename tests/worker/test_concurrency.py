"""Several jobs of one worker, and a command beside it, write the same stores."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.store import Catalog, Read, pack
from aggregator.worker.leadership import alone, beside_others
from aggregator.worker.locks import WorkerRunningError, lock
from providers.records import Outcome, Reading
from tests.clock import NOON
from tests.waiting import wait_for


def test_jobs_that_read_and_write_at_once_wait_for_each_other(tmp_path: Path, database_url: str | None) -> None:
    location = database_url or tmp_path / "catalog.db"
    Catalog(location).close()
    failures: list[BaseException] = []

    def job(name: str) -> None:
        catalog = Catalog(location)
        try:
            for number in range(60):
                with catalog.transaction():
                    packed = pack([(NOON + timedelta(minutes=number), ((), None, None))])
                    catalog.put_readings([Read(f"o-{number}", name, Reading(Outcome.OK), packed, NOON)])
        except BaseException as error:
            failures.append(error)
        finally:
            catalog.close()

    jobs = [threading.Thread(target=job, args=(f"x{number}",)) for number in range(4)]
    for one in jobs:
        one.start()
    for one in jobs:
        one.join()

    assert failures == []
    assert len(Catalog(location).readings()) == 60


def test_a_new_store_may_be_opened_by_many_at_once(tmp_path: Path, database_url: str | None) -> None:
    with ThreadPoolExecutor(12) as pool:
        opened = list(pool.map(lambda _: Catalog(database_url or tmp_path / "catalog.db"), range(12)))

    assert all(catalog.readings() == [] for catalog in opened)


def test_a_second_worker_is_refused(tmp_path: Path) -> None:
    with lock(tmp_path / "worker.lock", wait=False), pytest.raises(WorkerRunningError):  # noqa: SIM117
        with lock(tmp_path / "worker.lock", wait=False):
            pass


def test_a_full_run_waits_for_running_jobs_and_new_jobs_wait_for_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    order: list[str] = []
    job_started, job_may_end = threading.Event(), threading.Event()

    def job() -> None:
        with beside_others(settings):
            job_started.set()
            job_may_end.wait(5)
            order.append("job")

    def full_run() -> None:
        with alone(settings):
            order.append("run")

    first = threading.Thread(target=job)
    first.start()
    job_started.wait(5)
    second = threading.Thread(target=full_run)
    second.start()
    wait_for(lambda: held(tmp_path / "turnstile.lock"))
    assert order == []
    job_may_end.set()
    first.join()
    second.join()
    assert order == ["job", "run"]


def held(path: Path) -> bool:
    try:
        with lock(path, wait=False):
            return False
    except WorkerRunningError:
        return True


def test_jobs_run_beside_each_other(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    with beside_others(settings), beside_others(settings):
        pass
