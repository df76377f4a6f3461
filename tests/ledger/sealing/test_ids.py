"""Ids of places cannot be kept back for a good draw, nor replaced: lists are chained, and days are followed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.ledger.sealing import ids
from aggregator.snapshot.format import keep
from aggregator.snapshot.shelf import put_in_force
from aggregator.store import open_stores
from tests import tiny
from tests.portal import Portal

TODAY, YESTERDAY = "2026-11-23", "2026-11-22"


def show(portal: Portal, *places: tuple[str, str]) -> None:
    """An hour in which these ids were published, with these days; then the next one begins, and it is sealed."""
    rows = [{"id": place, "drawn": day} for place, day in places]
    content = {"format": "places/1", "campaign": {}, "communes": [], "places": rows}
    put_in_force(portal.settings.published_dir, keep(portal.settings.published_dir, content), "0" * 64, portal.clock())
    portal.clock.forward(hours=1)
    with closing(Accounts(portal.settings)) as accounts:
        accounts.seal(portal.clock())


def verified(portal: Portal) -> int:
    return verify.main(["ids", str(portal.log)])


@pytest.fixture
def opened(portal: Portal) -> Portal:
    """A portal whose first hours were published, so that all that is new from now on is known to be new."""
    show(portal, ("p-a", YESTERDAY), ("p-b", TODAY))
    return portal


def test_ids_that_stay_and_one_that_appears_on_its_day_are_in_order(
    opened: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    show(opened, ("p-a", YESTERDAY), ("p-c", TODAY))
    show(opened, ("p-a", YESTERDAY), ("p-b", TODAY))  # one that was away and comes back keeps its day

    assert verified(opened) == 0
    assert "each under one day" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (("p-c", YESTERDAY), f"place p-c is first published on {TODAY}, and says {YESTERDAY}"),
        (("p-c", "2026-11-24"), f"place p-c is first published on {TODAY}, and says 2026-11-24"),
        (("p-b", YESTERDAY), f"place p-b was first published on {TODAY}, and now says {YESTERDAY}"),
    ],
)
def test_an_id_that_was_kept_back_or_changes_its_day_is_found(
    place: tuple[str, str], why: str, opened: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    show(opened, ("p-a", YESTERDAY), place)

    assert verified(opened) == 1
    assert why in capsys.readouterr().out


def test_a_list_that_was_replaced_afterwards_is_found(opened: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    """With the log's store in hand, an entry could be written anew: its chain then breaks."""
    show(opened, ("p-a", YESTERDAY), ("p-c", TODAY))
    log = verify.read_log(verify.Source(str(opened.log)), (opened.log / "vkey").read_text())
    entry = log.of_type("snapshots")[-1]
    assert verify.main(["ids", str(opened.log)]) == 0

    entry["ids"] = "0" * 64
    with pytest.raises(verify.Wrong, match="not those that the log has chained"):
        list(verify.check_ids(log, None))


def test_an_hour_whose_files_are_gone_is_the_log_s_own_word(opened: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    show(opened, ("p-a", YESTERDAY), ("p-c", TODAY))
    hours = sorted((opened.settings.published_dir / "hours").iterdir())
    hours[-2].unlink()

    assert verified(opened) == 0
    assert "1 hours whose files are no longer published" in capsys.readouterr().out


def test_an_hour_that_cannot_be_read_is_sealed_and_says_so(opened: Portal) -> None:
    published = opened.settings.published_dir
    put_in_force(published, "f" * 64, "0" * 64, opened.clock())
    opened.clock.forward(hours=1)
    with closing(Accounts(opened.settings)) as accounts:
        accounts.seal(opened.clock())
        last: Any = accounts.keeper.open(opened.clock()).last("snapshots")

    assert "ids" not in last
    assert last["without_ids"].startswith("the places file ffff")
    show(opened, ("p-a", YESTERDAY))
    assert verified(opened) == 0


def test_a_place_is_dated_when_it_is_first_published_and_not_when_it_was_drawn(portal: Portal) -> None:
    with closing(open_stores(portal.settings.data_dir)) as stores:
        kept_back = next(iter(stores.registry.places()))
        stores.registry.run("UPDATE places SET listed_on = NULL, drawn_on = '2026-11-01'")
    portal.clock.forward(days=2)

    portal.publish()
    portal.clock.forward(days=1)
    portal.publish()

    assert portal.site.snapshot is not None
    assert {place.drawn for place in portal.site.snapshot.places.all} == {"2026-11-25"}
    with closing(open_stores(portal.settings.data_dir)) as stores:
        assert stores.registry.places()[kept_back]["drawn_on"] == "2026-11-01"


def test_the_chain_is_the_formula_of_the_specification(tmp_path: Path) -> None:
    first = keep(tmp_path, tiny.places_file({"id": "p-b", "drawn": TODAY}))
    second = keep(tmp_path, tiny.places_file({"id": "p-a", "drawn": TODAY}))
    found = ids.ids_of(tmp_path, [first, second, first])

    assert found == {("p-a", TODAY), ("p-b", TODAY)}
    text = f"aiguillage-ids/v1\n-\np-a {TODAY}\np-b {TODAY}\n"
    assert ids.chained("-", found) == verify.hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(ids.IdsError, match="the places file abc"):
        ids.ids_of(tmp_path, ["abc"])
