"""Files that appear whole or not at all, and secrets that several processes share."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from aggregator.files import drawn_once, write_changed, write_gzip, write_whole


@pytest.fixture
def seen_while_replacing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[bytes]:
    """What a reader of `tmp_path/file` finds at the moment before a new file takes its place."""
    seen: list[bytes] = []
    replace = Path.replace

    def look_then_replace(part: Path, target: Path) -> Path:
        seen.append((tmp_path / "file").read_bytes() if (tmp_path / "file").exists() else b"")
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", look_then_replace)
    return seen


def test_a_reader_finds_the_old_file_or_the_new_one(tmp_path: Path, seen_while_replacing: list[bytes]) -> None:
    write_whole(tmp_path / "file", b"old")
    write_whole(tmp_path / "file", b"new and longer")

    assert seen_while_replacing == [b"", b"old"]
    assert (tmp_path / "file").read_bytes() == b"new and longer"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_bytes_are_on_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut the name must not lead to an empty file."""
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: order.append("bytes") or fsync(descriptor))
    monkeypatch.setattr(Path, "replace", lambda part, target: order.append("name") or replace(part, target))

    write_whole(tmp_path / "file", b"content")

    assert order == ["bytes", "name"]


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "file", b"1")

    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"1"


def test_a_file_that_has_not_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_changed(path, b"same")
    before = path.stat().st_ino

    write_changed(path, b"same")
    unchanged = path.stat().st_ino
    write_changed(path, b"other")

    assert unchanged == before
    assert path.read_bytes() == b"other"


def test_the_same_content_is_the_same_compressed_file(tmp_path: Path) -> None:
    for name in ("one.gz", "other.gz"):
        write_gzip(tmp_path / name, b"content" * 100)
    one, other = ((tmp_path / name).read_bytes() for name in ("one.gz", "other.gz"))

    assert one == other
    assert gzip.decompress(one) == b"content" * 100
    assert b"one" not in one  # no name inside
    assert one[4:8] == b"\0\0\0\0"  # no time either


class TestSecrets:
    def test_one_is_drawn_once_and_only_we_may_read_it(self, tmp_path: Path) -> None:
        draws = iter([b"first", b"second"])

        found = [drawn_once(tmp_path / "keys" / "k", lambda: next(draws)) for _ in range(2)]

        assert found == [b"first", b"first"]
        assert (tmp_path / "keys" / "k").stat().st_mode & 0o777 == 0o600
        assert [path.name for path in (tmp_path / "keys").iterdir()] == ["k"]

    def test_whoever_is_second_takes_the_secret_of_the_first(self, tmp_path: Path) -> None:
        """Another process writes its secret after we have looked and before we have written ours."""
        path = tmp_path / "k"

        def draw() -> bytes:
            path.write_bytes(b"theirs")
            return b"ours"

        assert drawn_once(path, draw) == b"theirs"
        assert [one.name for one in tmp_path.iterdir()] == ["k"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk."""
    write_whole(tmp_path / "file", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "file", b"new")

    assert (tmp_path / "file").read_bytes() == b"old"
