"""A portal goes on from its backup with its keys and its evidence, or is told what it loses; nothing is overwritten."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.tokens import load_secret
from aggregator.store import open_stores
from aggregator.worker.backups.backup import BackupError, backup, read_manifest
from aggregator.worker.backups.restore import refuse_lost_keys, restore
from tests.clock import NOON
from tests.conftest import seal
from tests.portal import Portal
from tests.worker.backups.test_backup import EVENT


@pytest.fixture
def sealed(filled: Settings) -> Settings:
    """A portal with one redirect in its log."""
    log = EventLog(filled.data_dir / "events.db", wait_s=5)
    log.record(EVENT)
    load_secret(filled.keys_dir / "token.key")
    seal(filled, NOON)
    log.close()
    return filled


@pytest.fixture
def copy(sealed: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "copies" / "noon"
    backup(sealed, folder, NOON)
    return folder


@pytest.fixture
def again(sealed: Settings, tmp_path: Path) -> Settings:
    """Another machine, to which the keys of the ceremony were brought."""
    settings = Settings(data_dir=tmp_path / "again")
    shutil.copytree(sealed.keys_dir, settings.keys_dir)
    return settings


def test_a_portal_goes_on_from_its_backup(copy: Path, again: Settings) -> None:
    restore(again, copy)

    seal(again, NOON.replace(minute=5))
    assert EventReader(again.data_dir / "events.db").totals() == 1
    assert verify.main(["log", str(again.published_dir / "log")]) == 0


def test_lists_of_before_are_replayed_after_a_restore(day_over: Portal, tmp_path: Path) -> None:
    settings, again = day_over.settings, Settings(data_dir=tmp_path / "again")
    backup(settings, tmp_path / "copies" / "one", day_over.clock())
    shutil.copytree(settings.keys_dir, again.keys_dir)

    restore(again, tmp_path / "copies" / "one")

    assert remade(again) == len(asked(again)) > 0
    shutil.rmtree(again.published_dir / "snapshots")
    assert remade(again) == 0  # the control


def asked(settings: Settings) -> list[dict[str, str]]:
    """The lists that the replays of a portal publish in full."""
    folder = settings.published_dir / "log" / "replays"
    return [row for path in folder.glob("*.json") for row in json.loads(path.read_text())["asked"]]


def remade(settings: Settings) -> int:
    """How many of them an auditor makes again from the published files."""
    folder = str(settings.published_dir / "log")
    return sum(
        verify.main(["order", "--epoch", row["epoch"], "--query", row["key"], "--snapshot", row["snapshot"][:8],
                     "--hash", row["hash"], folder]) == 0
        for row in asked(settings)
    )  # fmt: skip


def test_without_its_keys_a_backup_is_refused_with_what_that_means(copy: Path, tmp_path: Path) -> None:
    again = Settings(data_dir=tmp_path / "again")

    with pytest.raises(BackupError, match=r"has no .*log\.key.*whoever kept the old key.*--new-keys"):
        restore(again, copy)

    assert not again.data_dir.exists()


def test_when_keys_are_lost_for_good_ids_live_on_and_log_and_counts_begin_anew(copy: Path, tmp_path: Path) -> None:
    again = Settings(data_dir=tmp_path / "again", log_origin="zweit.example/log")

    assert restore(again, copy, new_keys=True) == ["registry.db"]

    assert not (again.published_dir / "log").exists()
    with closing(open_stores(again.data_dir)) as stores, closing(Accounts(again)) as accounts:
        assert len(stores.registry.offers()) > 50
        accounts.seal(NOON.replace(minute=5))
    assert verify.main(["log", str(again.published_dir / "log")]) == 0


def test_a_lost_token_key_alone_lets_the_log_go_on_when_told(copy: Path, again: Settings) -> None:
    (again.keys_dir / "token.key").unlink()
    with pytest.raises(BackupError, match=r"has no token\.key.*search page"):
        restore(again, copy)

    restore(again, copy, new_keys=True)

    assert seal(again, NOON.replace(minute=5)) >= 0
    assert verify.main(["log", str(again.published_dir / "log")]) == 0


def test_a_second_log_is_never_begun_under_the_key_of_the_first(copy: Path, again: Settings) -> None:
    (again.keys_dir / "seed-chain.json").unlink()

    with pytest.raises(BackupError, match="keys of the old log: move the folder away"):
        restore(again, copy, new_keys=True)


def test_without_the_evidence_a_backup_is_refused_until_told(copy: Path, again: Settings) -> None:
    shutil.rmtree(copy.parent / "published")
    with pytest.raises(BackupError, match=r"published is missing.*--without-evidence.*never be replayed"):
        restore(again, copy)

    restore(again, copy, without_evidence=True)

    assert EventReader(again.data_dir / "events.db").totals() == 1


def test_nothing_is_overwritten_by_a_restore(sealed: Settings, copy: Path) -> None:
    with pytest.raises(BackupError, match="move it away"):
        restore(sealed, copy)


@pytest.mark.parametrize("name", ["registry.db", "log/checkpoint"])
def test_a_damaged_copy_is_refused(copy: Path, again: Settings, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(BackupError, match="not what was written"):
        restore(again, copy)


def test_a_copy_that_lacks_a_file_is_refused_by_its_name(copy: Path, again: Settings) -> None:
    (copy / "registry.db").unlink()

    with pytest.raises(BackupError, match=r"no whole backup: registry\.db is missing"):
        restore(again, copy)

    assert not (again.data_dir / "events.db").exists()


def test_a_copy_whose_erasure_was_cut_off_is_refused_with_the_command_that_ends_it(copy: Path, again: Settings) -> None:
    read_manifest(copy).begun().write(copy)

    with pytest.raises(BackupError, match="aiguillage erase"):
        restore(again, copy)


@pytest.mark.parametrize("name", ["log.key", "seed-chain.json"])
def test_a_portal_that_has_a_log_never_draws_another_key_in_silence(sealed: Settings, name: str) -> None:
    refuse_lost_keys(sealed)
    (sealed.keys_dir / name).unlink()

    with pytest.raises(BackupError, match=f"has no {name}"):
        refuse_lost_keys(sealed)


def test_a_portal_that_has_no_log_yet_may_draw_its_keys(tmp_path: Path) -> None:
    """The control."""
    refuse_lost_keys(Settings(data_dir=tmp_path))
