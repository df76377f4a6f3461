"""Snapshot files go after thirteen months, and none that an hour which is kept still needs."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.settings import KEPT_DAYS
from aggregator.publish.retention import prune
from aggregator.snapshot.format import keep
from aggregator.snapshot.shelf import Shelf
from tests import tiny
from tests.clock import NOON

LONG_AGO = NOON - timedelta(days=KEPT_DAYS, hours=1)
YESTERDAY = NOON - timedelta(days=1)


def written(published: Path, name: str, at: datetime) -> Path:
    """The file of this name, as if it had been written then."""
    path = published / "snapshots" / f"{name}.json.gz"
    os.utime(path, (at.timestamp(),) * 2)
    return path


@pytest.fixture
def old_places(tmp_path: Path) -> Path:
    """Thirteen months of the same places, then other ones: the first slots file is as old as they are."""
    for at in (LONG_AGO, YESTERDAY):
        places, slots = tiny.publish(tmp_path, [tiny.place(1, "a")], at=at)
        written(tmp_path, slots, at)
    tiny.publish(tmp_path, [tiny.place(2, "a")])
    return written(tmp_path, places, LONG_AGO)


def test_what_no_kept_hour_names_goes(tmp_path: Path, old_places: Path) -> None:
    first = Shelf(tmp_path).published(LONG_AGO)[0]["slots"]

    assert prune(tmp_path, NOON) == 1
    assert not (tmp_path / "snapshots" / f"{first}.json.gz").exists()
    assert len(list((tmp_path / "snapshots").iterdir())) == 4


def test_old_places_stay_while_a_kept_hour_names_them(tmp_path: Path, old_places: Path) -> None:
    """Yesterday is replayed by auditors for a year to come."""
    yesterday = Shelf(tmp_path).published(YESTERDAY)[0]["snapshot"]

    prune(tmp_path, NOON)

    assert old_places.exists()
    assert Shelf(tmp_path).find(yesterday, f"{YESTERDAY:%Y-%m-%dT%H}") is not None


def test_they_go_once_that_hour_is_too_old_as_well(tmp_path: Path, old_places: Path) -> None:
    """The control."""
    prune(tmp_path, NOON + timedelta(days=KEPT_DAYS))

    assert not old_places.exists()


def test_what_is_in_force_stays_however_old(tmp_path: Path) -> None:
    """A portal whose worker has stopped long ago still shows what it knew."""
    for name in tiny.publish(tmp_path, [tiny.place(1, "a")], at=LONG_AGO):
        written(tmp_path, name, LONG_AGO)

    assert prune(tmp_path, NOON) == 0


def test_a_file_of_thirteen_months_less_an_hour_stays(tmp_path: Path) -> None:
    name = keep(tmp_path, {"of": "no hour"})
    written(tmp_path, name, LONG_AGO + timedelta(hours=2))
    before = prune(tmp_path, NOON)
    written(tmp_path, name, LONG_AGO)

    assert (before, prune(tmp_path, NOON)) == (0, 1)
