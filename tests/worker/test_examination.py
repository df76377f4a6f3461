"""Every damage of a data folder is told in one line that says what to do, and a whole folder has none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.redirect.event_log import EventLog
from aggregator.snapshot.shelf import in_force
from aggregator.worker.examination import examine
from tests.clock import NOON
from tests.conftest import seal

FOREIGN = b"this is something else entirely" * 400


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def foreign(path: Path) -> None:
    path.write_bytes(FOREIGN)


def snapshot_file(settings: Settings, part: str) -> Path:
    named = in_force(settings.published_dir)
    assert named is not None
    return settings.published_dir / "snapshots" / f"{named[part]}.json.gz"


@pytest.fixture
def whole(filled: Settings) -> Settings:
    """A portal that has collected, counted and sealed; its tables of the country are files of its own."""
    EventLog(filled.data_dir / "events.db").close()
    seal(filled, NOON)
    for path in (filled.gazetteer_path, filled.outlines_path):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    return filled


def test_nothing_is_said_of_a_whole_folder_nor_of_an_empty_one(whole: Settings, tmp_path: Path) -> None:
    assert list(examine(whole)) == []
    assert list(examine(Settings(data_dir=tmp_path / "not" / "there"))) == []


@pytest.mark.parametrize("spoil", [cut, foreign])
@pytest.mark.parametrize(
    ("find", "advice"),
    [
        (lambda s: s.data_dir / "catalog.db", "delete it with its -wal and -shm: it is read again"),
        (lambda s: s.data_dir / "registry.db", "put it back from a backup"),
        (lambda s: s.data_dir / "log.db", "put it back from a backup"),
        (lambda s: s.data_dir / "rollups.db", "put it back from a backup"),
        (lambda s: s.data_dir / "events.db", "sets the file aside and begins another"),
        (lambda s: s.gazetteer_path, "aiguillage build-gazetteer"),
        (lambda s: s.outlines_path, "aiguillage build-gazetteer"),
        (lambda s: snapshot_file(s, "places"), "delete it, the worker writes it anew"),
        (lambda s: snapshot_file(s, "slots"), "delete it, the worker writes it anew"),
        (lambda s: s.published_dir / "current.json", "delete it, the worker writes it anew"),
    ],
    ids=["catalog", "registry", "log", "rollups", "events", "gazetteer", "outlines", "places", "slots", "current"],
)
def test_a_file_that_is_cut_or_foreign_is_named_with_what_to_do(
    whole: Settings, find: Callable[[Settings], Path], advice: str, spoil: Callable[[Path], None]
) -> None:
    path = find(whole)
    spoil(path)

    (said,) = examine(whole)

    assert str(path) in said
    assert advice in said
    assert "\n" not in said


def test_a_wrong_address_of_the_shared_store_is_told_without_its_secret(tmp_path: Path) -> None:
    url = "postgresql://portal:secret@127.0.0.1:1/portal"

    (said,) = examine(Settings(data_dir=tmp_path, database_url=url))

    assert said.startswith("DATABASE_URL: PostgreSQL: ")
    assert "Check DATABASE_URL and that the server runs" in said
    assert "secret" not in said


def test_a_folder_that_may_not_be_written_is_told_with_the_user_who_may_not(
    whole: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write everywhere: the answer of the system is played."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != whole.published_dir and real(path, mode))

    (said,) = examine(whole)

    assert str(whole.published_dir) in said
    assert f"user {os.geteuid()} may not write there" in said


def test_lost_keys_are_told(whole: Settings) -> None:
    (whole.keys_dir / "log.key").unlink()

    (said,) = examine(whole)

    assert "has no log.key" in said
