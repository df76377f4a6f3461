"""The packed past: small, checked against its sum, laid once, and never in a portal that is in service."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.demonstration import packing
from tests.demonstration.conftest import AFTER, Made

pytestmark = pytest.mark.xdist_group("past")


@pytest.fixture(scope="module")
def packed(three_days: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("packed") / "past.tar.xz"
    packing.pack(three_days.settings, three_days.until, target)
    return target


def folder(tmp_path: Path, made: Made) -> Settings:
    data = tmp_path / "new"
    data.mkdir()
    return made.settings.but(data_dir=data)


def laid(tmp_path: Path, made: Made, packed: Path) -> Settings:
    settings = folder(tmp_path, made)
    packing.lay(packed, packing.sum_of(packed), settings, AFTER)
    return settings


def contents(published: Path) -> dict[str, bytes]:
    return {str(path.relative_to(published)): path.read_bytes() for path in published.rglob("*") if path.is_file()}


def test_what_is_laid_is_what_was_packed_to_the_last_byte_but_for_compression(
    tmp_path: Path, three_days: Made, packed: Path
) -> None:
    settings = laid(tmp_path, three_days, packed)

    before, after = contents(three_days.settings.published_dir), contents(settings.published_dir)
    assert after.keys() <= before.keys()
    # Of a tile that grew, the log keeps its earlier states for whoever asks for an old head; none are made again.
    assert all(name.startswith("log/tile/") and ".p/" in name for name in before.keys() - after.keys())
    changed = {name for name in after if before[name] != after[name]}
    assert all(name.startswith("snapshots/") for name in changed)
    assert {name: gzip.decompress(before[name]) for name in changed} == {
        name: gzip.decompress(after[name]) for name in changed
    }


def test_the_verifier_finds_nothing_wrong_with_what_is_laid(
    tmp_path: Path, three_days: Made, packed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = laid(tmp_path, three_days, packed)

    assert verify.main(["all", str(settings.published_dir)]) == 0, capsys.readouterr().out


def test_keys_can_be_read_by_their_owner_alone(tmp_path: Path, three_days: Made, packed: Path) -> None:
    settings = laid(tmp_path, three_days, packed)

    assert {path.stat().st_mode & 0o777 for path in settings.keys_dir.iterdir()} == {0o600}


def test_a_folder_is_new_until_the_weeks_are_laid_and_holds_invented_ones_since(
    tmp_path: Path, three_days: Made, packed: Path
) -> None:
    settings = folder(tmp_path, three_days)
    assert packing.is_new(settings)
    assert not packing.is_new(settings.but(database_url="postgresql://store.example/aiguillage"))
    assert not packing.is_invented(settings)

    packing.lay(packed, packing.sum_of(packed), settings, AFTER)

    assert not packing.is_new(settings)
    assert packing.is_invented(settings)
    assert not (settings.data_dir / ".past").exists()


def damaged(packed: Path, target: Path) -> Path:
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    return target


def with_head(head: bytes, target: Path) -> Path:
    with lzma.open(target, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo(packing.HEAD)
        info.size = len(head)
        tar.addfile(info, io.BytesIO(head))
    return target


def test_a_damaged_file_is_not_laid(tmp_path: Path, three_days: Made, packed: Path) -> None:
    settings = folder(tmp_path, three_days)

    with pytest.raises(packing.PastError, match="has not the sum"):
        packing.lay(damaged(packed, tmp_path / "past.tar.xz"), packing.sum_of(packed), settings, AFTER)

    assert list(settings.data_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b'{"format":"past/99"}', "another version: 'past/99'"),
        (b'{"format":"past/1","origin":"rdv.example.fr/log","until":"2026-11-19T00:00:00Z"}', "its log is rdv.example"),
        (b"{}", "another version: None"),
    ],
)
def test_a_past_of_another_version_or_of_another_log_is_not_laid(
    tmp_path: Path, three_days: Made, head: bytes, why: str
) -> None:
    settings, other = folder(tmp_path, three_days), with_head(head, tmp_path / "past.tar.xz")

    with pytest.raises(packing.PastError, match=why):
        packing.lay(other, packing.sum_of(other), settings, AFTER)


def test_days_to_come_are_not_laid(tmp_path: Path, three_days: Made, packed: Path) -> None:
    settings = folder(tmp_path, three_days)

    with pytest.raises(packing.PastError, match="the clock of this machine says"):
        packing.lay(packed, packing.sum_of(packed), settings, three_days.until - timedelta(days=1))

    assert list(settings.data_dir.iterdir()) == []


def test_what_was_half_unpacked_before_does_not_stay(tmp_path: Path, three_days: Made, packed: Path) -> None:
    settings = folder(tmp_path, three_days)
    (settings.data_dir / ".past").mkdir()
    (settings.data_dir / ".past" / "left").write_text("over")

    packing.lay(packed, packing.sum_of(packed), settings, AFTER)

    assert not list(settings.data_dir.rglob("left"))


def test_tiles_minutes_and_openings_are_made_again_and_not_packed(packed: Path) -> None:
    with lzma.open(packed) as file, tarfile.open(fileobj=file) as tar:
        names = tar.getnames()

    assert names[0] == packing.HEAD
    assert not [name for name in names if any(f"published/{one}" in name for one in packing.MADE_AGAIN)]
