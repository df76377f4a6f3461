"""Who may lead: one worker, with the keys that all machines share."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator import files
from aggregator.cli import main
from aggregator.config.settings import Settings
from aggregator.worker.file_exchange import PublishedFiles
from aggregator.worker.leadership import KEYS, OtherKeysError, agree_on_keys, alone, beside_others, leading
from aggregator.worker.locks import AlreadyRunningError, lock
from tests.waiting import wait_for


@pytest.mark.postgres
class TestKeys:
    """Machines with different keys would show different orders, or sign one log under two names."""

    @pytest.fixture
    def first(self, tmp_path: Path, url: str) -> Settings:
        drawn = Settings(data_dir=tmp_path / "first", database_url=url)
        for name in KEYS:
            files.write_whole(drawn.keys_dir / name, f"{name} of the first machine".encode())
        return drawn

    @pytest.fixture
    def second(self, tmp_path: Path, first: Settings) -> Settings:
        copied = first.but(data_dir=tmp_path / "second")
        shutil.copytree(first.keys_dir, copied.keys_dir)
        return copied

    def test_machines_with_the_same_keys_work_together(self, first: Settings, second: Settings, url: str) -> None:
        with closing(PublishedFiles(url)) as files:
            for machine in (first, second, first):
                agree_on_keys(machine, files)

    @pytest.mark.parametrize("name", KEYS)
    def test_a_machine_with_another_key_is_refused_by_name(
        self, first: Settings, second: Settings, url: str, name: str
    ) -> None:
        (second.keys_dir / name).write_bytes(b"another")
        with closing(PublishedFiles(url)) as files:
            agree_on_keys(first, files)

            with pytest.raises(OtherKeysError, match=f"^{name} in .*not what the other machines have"):
                agree_on_keys(second, files)

    @pytest.mark.parametrize("name", KEYS)
    def test_a_machine_without_a_key_does_not_draw_its_own(
        self, first: Settings, second: Settings, url: str, name: str
    ) -> None:
        (second.keys_dir / name).unlink()
        with closing(PublishedFiles(url)) as files, pytest.raises(OtherKeysError, match=f"has no {name}"):
            agree_on_keys(second, files)

        assert not (second.keys_dir / name).exists()

    def test_a_command_that_changes_a_key_changes_it_for_all(self, first: Settings, second: Settings, url: str) -> None:
        with leading(first):
            (first.keys_dir / "log.key").write_bytes(b"the next one")

        with closing(PublishedFiles(url)) as files:
            agree_on_keys(first, files)
            with pytest.raises(OtherKeysError, match=r"log\.key"):
                agree_on_keys(second, files)

    def test_a_command_that_fails_after_it_changed_a_key_has_changed_it(self, first: Settings, url: str) -> None:
        with pytest.raises(ZeroDivisionError), leading(first):
            (first.keys_dir / "log.key").write_bytes(b"the next one")
            raise ZeroDivisionError

        with closing(PublishedFiles(url)) as files:
            agree_on_keys(first, files)

    def test_what_stands_beside_a_web_process_says_why_it_does_not_start(
        self, first: Settings, second: Settings, url: str
    ) -> None:
        (second.keys_dir / "token.key").write_bytes(b"another")
        with closing(PublishedFiles(url)) as files:
            agree_on_keys(first, files)

        environment = {"DATABASE_URL": url, "AIGUILLAGE_DATA_DIR": str(second.data_dir)}
        refused = CliRunner().invoke(main, ["node"], env=environment)

        assert refused.exit_code == 2
        assert "token.key" in refused.output
        assert "copy the folder from one" in refused.output

    def test_the_store_holds_no_key(self, first: Settings, url: str) -> None:
        with closing(PublishedFiles(url)) as files:
            agree_on_keys(first, files)
            marks = files.database.rows("SELECT name, mark FROM keys")

        assert {name for name, _ in marks} == set(KEYS)
        assert all(len(mark) == 64 and "machine" not in mark for _, mark in marks)


def held(path: Path) -> bool:
    try:
        with lock(path, wait=False):
            return False
    except AlreadyRunningError:
        return True


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


def test_jobs_run_beside_each_other(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    with beside_others(settings), beside_others(settings):
        pass


@pytest.mark.postgres
class TestLead:
    @pytest.fixture
    def files(self, url: str) -> Iterator[PublishedFiles]:
        with closing(PublishedFiles(url)) as opened:
            yield opened

    def test_one_worker_leads_and_another_takes_over_when_it_is_gone(self, url: str) -> None:
        first, second = PublishedFiles(url), PublishedFiles(url)

        assert first.database.lead("worker")
        assert not second.database.lead("worker")
        first.close()
        assert any(second.database.lead("worker") for _ in range(200))
        second.close()

    def test_a_command_that_only_a_leader_may_give_is_refused_while_one_leads(
        self, files: PublishedFiles, settings: Settings, url: str
    ) -> None:
        assert files.database.lead("worker")

        with pytest.raises(AlreadyRunningError, match="stop the workers"), leading(settings.but(database_url=url)):
            pass
