"""Every list shown is made again from the published files: what comes out different is told."""

from __future__ import annotations

import json
import sqlite3

import pytest

import verify
from aggregator.redirect.event_reader import EventReader
from tests.portal import Portal


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


def test_every_list_is_committed_to_and_the_rare_ones_stay_closed(portal: Portal) -> None:
    portal.visit(12, 0)
    portal.visit(3, 0, "insee=01053&tri=tot&rayon=25")
    portal.clock.forward(hours=1, minutes=3)
    portal.work()

    content = json.loads((portal.log / "replays" / "2026-11-23T12.json").read_text())
    source = verify.Source(str(portal.log))
    log = verify.read_log(source, source.text("vkey").strip())
    [entry] = log.of_type("replay")
    assert (len(content["asked"]), len(content["closed"]), content["distinct"]) == (1, 1, 2)
    assert "01053" not in json.dumps(content)
    assert verify.shown_root(content) == content["root"] == entry["root"]


@pytest.mark.parametrize("change", ["told otherwise", "one more", "one less"])
def test_a_list_told_otherwise_than_it_was_committed_to_is_found(portal: Portal, change: str) -> None:
    """The control: an operator who would make exposure fit."""
    portal.visit(12, 0)
    portal.visit(3, 0, "insee=01053&tri=tot&rayon=25")
    portal.clock.forward(hours=1, minutes=3)
    portal.work()
    content = json.loads((portal.log / "replays" / "2026-11-23T12.json").read_text())

    if change == "told otherwise":
        content["asked"][0]["n"] += 1
        assert verify.shown_root(content) != content["root"]
        return
    content["closed"] = [*content["closed"], "00" * 32] if change == "one more" else []
    with pytest.raises(verify.Wrong, match="commits to"):
        verify.shown_root(content)


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
