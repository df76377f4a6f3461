"""Several machines, one store: every redirect arrives once, whatever stops in between, and files follow."""

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
from aggregator.database import StoreError
from aggregator.fairness.accounts import Accounts
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.redirect.shared_events import SharedEvents
from aggregator.worker.file_exchange import PublishedFiles
from aggregator.worker.leadership import KEYS, OtherKeysError, agree_on_keys, leading
from aggregator.worker.locks import WorkerRunningError
from aggregator.worker.shipping import Shipper
from tests.clock import NOON
from tests.postgres import Server

pytestmark = pytest.mark.postgres
HOUR = "2026-11-23T12"


def click(hour: str = HOUR, prov: str = "a", cls: EventClass = EventClass.COUNTED) -> Event:
    return Event("dep=75", hour, "p-a", cls, "a" * 32, "order/1", 1, prov)


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.schema()


@pytest.fixture
def shared(url: str) -> Iterator[SharedEvents]:
    with closing(SharedEvents(url)) as opened:
        yield opened


class Machine:
    """A web node without its web: its own events, and what ships them."""

    def __init__(self, folder: Path, shared: SharedEvents) -> None:
        self.path = folder / "events.db"
        self.shared = shared
        self.log = EventLog(self.path, wait_s=5)
        self.shipper = Shipper(self.path, shared)

    def clicks(self, number: int, hour: str = HOUR) -> list[bytes]:
        return [self.log.record(click(hour))[0].commitment for _ in range(number)]

    def shows(self, exposure: int, key: str = "insee=75056") -> None:
        self.log.add_showings(
            [(HOUR, "dep=75", "a", 1, exposure, exposure)],
            [(HOUR, HOUR, "s" * 64, key, "h" * 64, 1)],
            [(HOUR, "a", 4, 1)],
        )
        self.clicks(1)  # the writer keeps the order: what was shown is on disk once this click is

    def stop(self) -> None:
        self.shipper.close()
        self.log.close()


@pytest.fixture
def machine(tmp_path: Path, shared: SharedEvents) -> Iterator[Machine]:
    made = Machine(tmp_path / "one", shared)
    yield made
    made.stop()


def arrived(shared: SharedEvents) -> list[bytes]:
    return [commitment for _, commitment in shared.commitments(after=0)]


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


def test_numbers_of_arrival_never_appear_behind_a_reader(shared: SharedEvents, url: str, tmp_path: Path) -> None:
    """Eight machines ship at once; whoever reads on from the last number has seen every event in the end."""
    machines = [Machine(tmp_path / str(number), SharedEvents(url)) for number in range(8)]
    for one in machines:
        one.clicks(40)
    ships = [threading.Thread(target=one.shipper.ship) for one in machines]
    seen: list[tuple[int, bytes]] = []

    for one in ships:
        one.start()
    while any(one.is_alive() for one in ships):
        seen += shared.commitments(after=seen[-1][0] if seen else 0)
    seen += shared.commitments(after=seen[-1][0] if seen else 0)

    assert len(seen) == len({commitment for _, commitment in seen}) == 320
    for one in machines:
        one.stop()
        one.shared.close()


def test_without_its_turn_a_number_does_appear_behind_a_reader(url: str, shared: SharedEvents) -> None:
    """The control: two writers that do not wait for each other; the first to take a number commits last."""
    with closing(SharedEvents(url)) as slow, closing(SharedEvents(url)) as quick:
        event = (1, b"1", b"", "dep=75", HOUR, "p-a", "counted", "", "order/1", 1, "a")
        shared._make_room(HOUR[:10])
        with slow._db.transaction():
            slow._merge("n-slow", [event])
            with quick._db.transaction():
                quick._merge("n-quick", [(1, b"2", *event[2:])])
            reached = shared.commitments(after=0)[-1][0]

    assert [commitment for _, commitment in shared.commitments(after=reached)] == []
    assert len(arrived(shared)) == 2


def test_lists_that_arrive_while_others_are_replayed_wait_for_the_next_time(
    machine: Machine, shared: SharedEvents
) -> None:
    machine.shows(5)
    machine.shipper.ship()
    replayed, served = shared.shown(HOUR)
    machine.shows(7)
    machine.shows(7, key="insee=01053")
    machine.shipper.ship()

    shared.forget_lists(HOUR, replayed)

    assert served == {"a": 5}
    assert [(row[2], row[4]) for row in shared.shown(HOUR)[0]] == [("insee=01053", 1), ("insee=75056", 1)]


def test_each_day_is_a_partition_and_old_ones_are_dropped(machine: Machine, shared: SharedEvents) -> None:
    machine.clicks(2, "2026-11-22T23")
    machine.clicks(3, "2026-11-23T00")
    machine.shipper.ship()

    assert shared.erase("2026-11-23T00") == 2
    assert shared.totals() == 3
    assert shared.erase("2026-11-23T12") == 0  # a day goes when it is over as a whole
    assert EventReader(machine.path).totals() == 5  # and a node erases its own


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

        with pytest.raises(WorkerRunningError, match="stop the workers"), leading(settings.but(database_url=url)):
            pass


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


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        SharedEvents(f"postgresql://aiguillage:secret@/x?host={tmp_path}")

    assert "DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
