"""Several machines, one store: every redirect arrives once, whatever stops in between, and files follow."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.database import StoreError
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.shared_events import SharedEvents
from aggregator.worker.file_exchange import PublishedFiles
from tests.clock import NOON
from tests.machine import HOUR, Machine, arrived

pytestmark = pytest.mark.postgres


def test_what_two_machines_have_counted_is_counted_together(
    machine: Machine, shared: SharedEvents, tmp_path: Path
) -> None:
    other = Machine(tmp_path / "two", shared)
    sent = machine.clicks(3) + other.clicks(2)

    assert (machine.shipper.ship(), other.shipper.ship()) == (3, 2)
    other.stop()

    assert sorted(arrived(shared)) == sorted(sent)
    assert shared.totals() == 5
    assert shared.class_totals(0, 5) == {"counted": {"a": 5}}


def test_shipping_again_brings_nothing_twice(machine: Machine, shared: SharedEvents) -> None:
    machine.clicks(2)
    machine.shows(5)

    assert [machine.shipper.ship() for _ in range(3)] == [3, 0, 0]
    assert shared.exposure(HOUR, HOUR) == [("dep=75", "a", 1, 5, 5)]


def test_an_answer_that_never_came_is_no_reason_to_count_twice(
    machine: Machine, shared: SharedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store has taken the goods and the node does not know: it ships the same ones again."""
    machine.clicks(4)
    machine.shows(5)
    receive = SharedEvents.receive

    def cut_off(*arguments: object) -> int:
        receive(*arguments)  # type: ignore[arg-type]
        raise StoreError("the connection is lost")

    monkeypatch.setattr(SharedEvents, "receive", cut_off)
    with pytest.raises(StoreError):
        machine.shipper.ship()
    monkeypatch.undo()
    machine.shipper.ship()

    assert shared.totals() == 5
    assert shared.exposure(HOUR, HOUR) == [("dep=75", "a", 1, 5, 5)]
    assert shared.shown(HOUR)[0][0][-1] == 1


def test_a_store_that_took_nothing_gets_everything_the_next_time(
    machine: Machine, shared: SharedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the one before: dropping what was sent without an answer would lose it."""
    machine.shows(5)

    def away(*_: object) -> int:
        raise StoreError("nobody there")

    monkeypatch.setattr(SharedEvents, "receive", away)
    with pytest.raises(StoreError):
        machine.shipper.ship()
    monkeypatch.undo()
    machine.shows(7)
    machine.shipper.ship()
    machine.shipper.ship()

    assert shared.totals() == 2
    assert shared.exposure(HOUR, HOUR) == [("dep=75", "a", 2, 12, 12)]


def test_a_file_put_back_from_a_copy_loses_nothing_and_counts_nothing_twice(
    machine: Machine, shared: SharedEvents, tmp_path: Path
) -> None:
    """Its new events have numbers that other events had: they come under a new name."""
    before = machine.clicks(3)
    machine.shipper.ship()
    machine.stop()
    (tmp_path / "copy").mkdir()
    shutil.copy(machine.path, tmp_path / "copy" / "events.db")
    machine.__init__(tmp_path / "one", shared)  # type: ignore[misc]
    lost_here = machine.clicks(2)
    machine.shipper.ship()

    restored = Machine(tmp_path / "copy", shared)
    after = restored.clicks(4)
    restored.shipper.ship()
    restored.stop()

    assert sorted(arrived(shared)) == sorted(before + lost_here + after)


def test_the_log_is_sealed_from_what_all_machines_have_sent(
    machine: Machine, shared: SharedEvents, filled: Settings, url: str
) -> None:
    machine.clicks(12)
    machine.shipper.ship()

    with closing(Accounts(filled.but(database_url=url))) as accounts:
        accounts.seal(NOON)
        table = accounts.shares.publish(NOON)

    assert table["total"] == 12
    sealed = sorted((filled.published_dir / "log" / "minutes").rglob("*.bin"))[0].read_bytes()
    assert len(sealed) == 12 * 32


@pytest.mark.parametrize("brought", [True, False])
def test_what_the_log_names_is_on_other_machines_before_the_log_names_it(
    machine: Machine, filled: Settings, url: str, tmp_path: Path, brought: bool
) -> None:
    """The leader dies as soon as it has signed. The control: with nothing brought before, the minute's file is lost."""
    machine.clicks(3)
    machine.shipper.ship()
    settings = filled.but(database_url=url)
    with closing(PublishedFiles(url)) as files:
        bring = (lambda: files.bring(settings.published_dir)) if brought else (lambda: 0)
        with closing(Accounts(settings, bring)) as accounts:
            accounts.seal(NOON)
            (_, minute), *_ = accounts.keeper.open(NOON).entries("minute")
        files.take(tmp_path / "heir", 0)

    assert (tmp_path / "heir" / "log" / minute["file"]).exists() == brought
