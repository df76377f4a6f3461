"""Published files reach every other machine, whole and in their order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.worker.file_exchange import PublishedFiles

pytestmark = pytest.mark.postgres


class TestPublishedFiles:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> tuple[Path, Path]:
        (tmp_path / "leader" / "snapshots").mkdir(parents=True)
        return tmp_path / "leader", tmp_path / "node"

    @pytest.fixture
    def files(self, url: str) -> Iterator[PublishedFiles]:
        with closing(PublishedFiles(url)) as opened:
            yield opened

    def test_a_node_has_what_the_leader_has_published(self, files: PublishedFiles, folders: tuple[Path, Path]) -> None:
        leader, node = folders
        (leader / "snapshots" / "aa.json.gz").write_bytes(b"1")
        (leader / "current.json").write_bytes(b"aa")
        files.bring(leader)
        reached = files.take(node, 0)

        (leader / "current.json").write_bytes(b"bb")
        (leader / "snapshots" / "bb.json.gz").write_bytes(b"2")
        assert files.bring(leader) == 2
        files.take(node, reached)

        assert (node / "current.json").read_bytes() == b"bb"
        assert {path.name for path in (node / "snapshots").iterdir()} == {"aa.json.gz", "bb.json.gz"}

    def test_what_has_not_changed_is_not_brought_again(
        self, files: PublishedFiles, folders: tuple[Path, Path], url: str
    ) -> None:
        (folders[0] / "health.json").write_bytes(b"{}")

        assert files.bring(folders[0]) == 1
        assert files.bring(folders[0]) == 0
        with closing(PublishedFiles(url)) as another:
            assert another.bring(folders[0]) == 0

    def test_a_file_that_grows_is_brought_each_time(self, files: PublishedFiles, folders: tuple[Path, Path]) -> None:
        leader, node = folders
        (leader / "hours").mkdir()
        for line in ("one\n", "two\n"):
            with (leader / "hours" / "2026-11-23T12.ndjson").open("a") as file:
                file.write(line)
            files.bring(leader)
        files.take(node, 0)

        assert (node / "hours" / "2026-11-23T12.ndjson").read_text() == "one\ntwo\n"

    def test_a_file_that_is_gone_goes_everywhere_but_snapshots_stay(
        self, files: PublishedFiles, folders: tuple[Path, Path]
    ) -> None:
        leader, node = folders
        (leader / "note").write_bytes(b"x")
        (leader / "snapshots" / "aa.json.gz").write_bytes(b"1")
        files.bring(leader)
        reached = files.take(node, 0)
        (leader / "note").unlink()
        (leader / "snapshots" / "aa.json.gz").unlink()
        files.bring(leader)
        files.take(node, reached)

        assert not (node / "note").exists()
        assert (node / "snapshots" / "aa.json.gz").exists()

    def test_a_node_is_told_at_once(self, files: PublishedFiles, folders: tuple[Path, Path], url: str) -> None:
        with closing(PublishedFiles(url)) as listener:
            listener.listen()
            assert not listener.wait(0.05)
            (folders[0] / "note").write_bytes(b"x")
            files.bring(folders[0])

            assert listener.wait(5)
