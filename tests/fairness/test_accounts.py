"""A week of a portal: lists shown and replayed, clicks sealed, days closed, figures that an auditor computes again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

import verify
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.ledger.log import LogError
from aggregator.ledger.witness import Witness
from aggregator.redirect.event_reader import EventReader
from aggregator.store import open_stores
from tests.clock import NOON
from tests.portal import Portal

MONDAY, SUNDAY = "2026-11-23", "2026-11-29"


@pytest.fixture
def portal(filled: Settings, gazetteer: Gazetteer) -> Iterator[Portal]:
    made = Portal(filled, gazetteer)
    yield made
    made.app.extensions["aiguillage"].close()


@pytest.fixture
def day_over(portal: Portal) -> Portal:
    """Forty people on one day, thirty-three of them sent on; it is now the day after."""
    portal.visit(40, 33)
    portal.work()
    portal.clock.forward(days=1)
    portal.publish()
    assert portal.work() == [MONDAY]
    return portal


def test_every_list_shown_is_replayed_and_then_forgotten(portal: Portal) -> None:
    portal.visit(12, 0)
    portal.visit(3, 0, "insee=01053&tri=tot&rayon=25")
    portal.clock.forward(hours=1, minutes=3)
    portal.work()

    control = portal.published("controls.json")["order"]
    assert (control["ok"], control["lists"], control["different"]) == (True, 15, 0)
    assert EventReader(portal.settings.data_dir / "events.db").hours_of_lists("2027") == []
    asked = json.loads((portal.log / "replays" / "2026-11-23T12.json").read_text())["asked"]
    assert [row["n"] for row in asked] == [12]  # a question asked three times stays nobody's business


def test_a_list_shown_in_another_order_turns_the_page_red(portal: Portal) -> None:
    """The control of the control: one hash is not the one that the rule gives."""
    portal.visit(2, 0)
    store = sqlite3.connect(portal.settings.data_dir / "events.db")
    with store:
        store.execute("UPDATE lists SET hash = ?", ("f" * 64,))
    store.close()
    portal.clock.forward(hours=1, minutes=3)
    portal.work()

    assert portal.published("controls.json")["order"]["different"] == 2
    entries = [row for row in portal.published("history.json") if row["t"] == "incident"]
    assert entries[0]["kind"] == "order"
    assert "insee=69123" in entries[0]["detail"]
    assert "Suspendu : un contrôle a échoué" in portal.citizen(1).get("/transparence").text.replace("\u00a0", " ")


def test_lists_that_come_in_late_are_replayed_with_those_before_them(portal: Portal) -> None:
    """As when a machine was cut off at the end of the hour."""
    portal.visit(2, 0)
    portal.clock.forward(hours=1, minutes=3)
    portal.work()
    portal.clock.forward(hours=-1, minutes=-4)
    portal.visit(3, 0)
    portal.clock.forward(hours=1, minutes=5)
    portal.work()

    control = portal.published("controls.json")["order"]
    assert (control["ok"], control["lists"], control["different"]) == (True, 5, 0)
    assert verify.main(["log", str(portal.log)]) == 0


def test_a_stop_between_counting_and_forgetting_counts_once_and_is_no_deviation(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.visit(2, 0)
    portal.clock.forward(hours=1, minutes=3)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EventReader, "forget_lists", killed)
    with pytest.raises(KeyboardInterrupt):
        portal.work()
    monkeypatch.undo()
    portal.work()

    control = portal.published("controls.json")["order"]
    assert (control["lists"], control["different"]) == (2, 0)


def test_exposure_that_no_list_explains_is_a_deviation(portal: Portal) -> None:
    portal.visit(2, 0)
    store = sqlite3.connect(portal.settings.data_dir / "events.db")
    with store:
        store.execute("UPDATE impressions SET exposure = exposure + 1 WHERE prov = 'maiia'")
    store.close()
    portal.clock.forward(hours=1, minutes=3)
    portal.work()

    assert portal.published("controls.json")["order"]["ok"] is False


def test_a_closed_day_is_computed_again_by_the_auditor(day_over: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["metrics", "--day", MONDAY, str(day_over.log)]) == 0

    said = capsys.readouterr().out
    assert "redirects are those sealed in the log" in said
    assert "not checked here" in said
    rows = json.loads((day_over.log / "metrics" / f"{MONDAY}.json").read_text())["rows"]
    assert sum(row["redirects"] for row in rows) == 33
    assert all(row["effect_deviation"] == 0.0 for row in rows)
    assert sum(row["share_redirects"] for row in rows) == pytest.approx(1)


@pytest.mark.parametrize(("column", "by"), [("redirects", 1), ("places", 1), ("share_redirects", 0.01), ("slots", 5)])
def test_a_figure_that_was_improved_is_found_even_under_a_true_hash(
    day_over: Portal, column: str, by: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator signs what it likes: the hash agrees, and the figure does not follow from the counts."""
    path = day_over.log / "metrics" / f"{MONDAY}.json"
    content = json.loads(path.read_text())
    content["rows"][0][column] += by
    arguments = type("Arguments", (), {"day": MONDAY})
    source = verify.Source(str(day_over.log))
    entries = verify.read_log(source, source.text("vkey").strip())[3]

    with pytest.raises(verify.Wrong):
        nation = content["rows"]
        verify.check_day_counts(source, entries, MONDAY, content, nation)
        verify.check_derived(nation, ("nation", "FR"))
    path.write_text(json.dumps(content))
    with pytest.raises(verify.Wrong, match="does not have the hash"):
        verify.check_metrics(source, entries, arguments)


def test_a_week_is_closed_with_its_territories(day_over: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    for _ in range(6):
        day_over.clock.forward(days=1)
        day_over.publish()
        done += day_over.work()

    assert done[-2:] == [SUNDAY, "2026-W48"]
    assert verify.main(["metrics", "--day", "2026-W48", str(day_over.log)]) == 0
    rows = json.loads((day_over.log / "metrics" / "2026-W48.json").read_text())["rows"]
    kinds = {row["stratum_type"] for row in rows}
    assert "nation" in kinds
    assert all(row["redirects"] == 0 or row["redirects"] >= 11 for row in rows if row["stratum_type"] == "department"
               and not row["suppressed"])  # fmt: skip
    closed = day_over.published("closed.json")
    assert [week["name"] for week in closed["weeks"]] == ["2026-W48"]
    assert closed["territory"]


def test_a_day_is_not_closed_before_its_totals_are_in_the_log(portal: Portal) -> None:
    portal.visit(3, 2)
    portal.work()
    portal.clock.forward(days=1)

    with closing(Accounts(portal.settings)) as accounts, closing(open_stores(portal.settings.data_dir)) as stores:
        accounts.replays.run(portal.clock())
        early = Closing(portal.settings, accounts, stores.catalog, portal.gazetteer.regions).close(portal.clock())

    assert early == []


def test_minutes_not_read_and_ages_are_told_of_each_provider(portal: Portal) -> None:
    with closing(open_stores(portal.settings.data_dir)) as stores:
        stores.catalog.note_outage("maiia", "2026-11-23T12:00:00Z", NOON)
        stores.catalog.note_outage("maiia", "2026-11-23T12:00:00Z", NOON + timedelta(minutes=5))
        stores.catalog.note_outage("maiia", None, NOON + timedelta(minutes=42))
    portal.visit(5, 0)
    portal.work()
    portal.clock.forward(days=1)
    portal.work()

    rows = {row["provider"]: row for row in portal.published("closed.json")["service"]}
    assert rows["maiia"]["minutes_unread"] == 42
    assert rows["keldoc"]["minutes_unread"] == 0
    assert rows["doctolib"]["median_age_min"] == 0
    assert len({row["interval_s"] for row in rows.values()}) == 1  # equal care


def test_a_key_is_changed_in_public_and_old_copies_still_lead_on(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.visit(2, 1)
    portal.work()
    old = (portal.log / "vkey").read_text().strip()
    with closing(Accounts(portal.settings)) as accounts:
        new = accounts.keeper.rotate_key(portal.clock())
    portal.clock.forward(minutes=1)
    portal.work()

    assert new != old
    assert (portal.log / "vkey").read_text().strip() == new
    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 0
    assert verify.main(["log", "--vkey", new, str(portal.log)]) == 0
    head = next((portal.log / "keys").iterdir())
    head.write_bytes((portal.log / "checkpoint").read_bytes())
    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 1


def test_a_key_that_nobody_announced_leads_nowhere(portal: Portal) -> None:
    """A thief with a key of his own signs the same entries: whoever kept the old key is not deceived."""
    portal.work()
    old = (portal.log / "vkey").read_text().strip()
    for path in (portal.settings.keys_dir / "log.key", portal.log / "checkpoint"):
        path.unlink()
    with closing(Accounts(portal.settings)) as accounts:
        accounts.seal(portal.clock())

    assert verify.main(["log", "--vkey", old, str(portal.log)]) == 1


def test_a_clock_that_jumps_reveals_no_draw_and_seals_nothing(portal: Portal) -> None:
    """A wrong clock must not publish the draws to come; the page says that the control fails."""
    portal.visit(3, 3)
    portal.work()
    seeds_before = sorted(path.name for path in (portal.log / "seeds").iterdir())
    for jump in (timedelta(days=400), timedelta(hours=-2)):
        portal.clock.at = NOON + jump
        live = portal.settings.but(demo=False)
        with closing(Accounts(live)) as accounts, pytest.raises(LogError, match=r"clock|sealed for"):
            accounts.seal(portal.clock())

    assert sorted(path.name for path in (portal.log / "seeds").iterdir()) == seeds_before
    assert portal.published("controls.json")["log"]["ok"] is False
    portal.clock.at = NOON + timedelta(minutes=5)
    portal.work()
    assert portal.published("controls.json")["log"]["ok"] is True


def test_a_portal_that_slept_is_woken_by_its_operator(portal: Portal) -> None:
    portal.work()
    portal.clock.forward(days=30)
    with closing(Accounts(portal.settings.but(demo=False))) as accounts:
        with pytest.raises(LogError, match="--resume"):
            accounts.seal(portal.clock())
        assert accounts.seal(portal.clock(), resume=True) > 30

    assert verify.main(["log", str(portal.log)]) == 0


def test_another_library_reads_the_same_root_from_the_published_tiles(day_over: Portal) -> None:
    source = verify.Source(str(day_over.log))
    _, size, root = verify.checkpoint(source.text("checkpoint"), source.text("vkey"))
    bundle, entries = source.get(verify.tile_path("entries", 0, size)), []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]

    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)

    assert (len(entries), tree.get_root()) == (size, root)


def test_decisions_and_hosting_sheets_are_in_the_log_once(portal: Portal) -> None:
    assert portal.site.snapshot is not None
    place = portal.site.snapshot.places.all[0].id
    with closing(open_stores(portal.settings.data_dir)) as stores:
        stores.registry.withdraw(place, "closed", portal.clock(), "operator")
    portal.publish()
    portal.work()
    portal.work()

    history = portal.published("history.json")
    assert [(row["kind"], row["target"], row["detail"]) for row in history if row["t"] == "decision"] == [
        ("withdraw", place, "closed")
    ]
    assert len([row for row in history if row["t"] == "disclosure"]) == len(list((portal.log / "hosting").iterdir()))


def test_the_copy_of_a_log_is_enough(day_over: Portal, tmp_path: Path) -> None:
    """A downloaded folder: the log with its snapshots and hours beside it, and no site."""
    import shutil

    shutil.copytree(day_over.settings.published_dir, tmp_path / "copy")

    assert verify.main(["log", str(tmp_path / "copy" / "log")]) == 0
    assert verify.main(["metrics", "--day", MONDAY, str(tmp_path / "copy" / "log")]) == 0
    assert verify.main(["totals", "--day", MONDAY, str(tmp_path / "copy" / "log")]) == 0


def test_the_table_of_closed_days_can_be_asked_for_again(day_over: Portal) -> None:
    with closing(Accounts(day_over.settings)) as accounts:
        table = accounts.shares.of_days(NOON.date(), NOON.date())

    rows = json.loads((day_over.log / "metrics" / f"{MONDAY}.json").read_text())["rows"]
    assert table["total"] == 33
    assert {row["slug"]: (row["redirects"], round(row["places"], 6)) for row in table["providers"]} == {
        row["provider"]: (row["redirects"], row["places"]) for row in rows
    }


def test_declared_witnesses_are_counted_when_they_confirm_this_very_log(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.work()
    eye = Witness("journal.example", tmp_path / "eye", lambda url: (portal.log / url.removeprefix("log/")).read_bytes())
    eye.visit("log", portal.clock())
    signed = (tmp_path / "eye" / "checkpoint").read_bytes()
    declared = [{"name": "journal.example", "vkey": eye.vkey, "url": "https://journal.example/checkpoint"}]
    monkeypatch.setattr(Settings, "witnesses", lambda _: declared)

    with closing(Accounts(portal.settings)) as accounts:
        assert accounts.keeper.count_witnesses(portal.clock(), {"journal.example": signed}) == 1
        assert accounts.keeper.count_witnesses(portal.clock(), {"journal.example": b"garbage"}) == 0
        assert accounts.keeper.count_witnesses(portal.clock(), {}) == 0
        assert accounts.keeper.count_witnesses(portal.clock() + timedelta(days=8), {"journal.example": signed}) == 0
    assert portal.published("controls.json")["witnesses"]["ok"] is True
