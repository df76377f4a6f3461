"""What sources say and how they were read: kept whole, rewritten only when it changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store import Catalog, Read, pack
from aggregator.store.catalog import dump, parse
from providers.records import Centre, Outcome, Reading
from tests.clock import NOON


@pytest.fixture
def catalog(tmp_path: Path, database_url: str | None) -> Iterator[Catalog]:
    with closing(Catalog(database_url or tmp_path / "catalog.db")) as opened:
        yield opened


def test_jobs_that_read_and_write_at_once_wait_for_each_other(tmp_path: Path, database_url: str | None) -> None:
    location = database_url or tmp_path / "catalog.db"
    Catalog(location).close()
    failures: list[BaseException] = []

    def job(name: str) -> None:
        catalog = Catalog(location)
        try:
            for number in range(60):
                with catalog.transaction():
                    packed = pack([(NOON + timedelta(minutes=number), ((), None, None))])
                    catalog.put_readings([Read(f"o-{number}", name, Reading(Outcome.OK), packed, NOON)])
        except BaseException as error:
            failures.append(error)
        finally:
            catalog.close()

    jobs = [threading.Thread(target=job, args=(f"x{number}",)) for number in range(4)]
    for one in jobs:
        one.start()
    for one in jobs:
        one.join()

    assert failures == []
    assert len(Catalog(location).readings()) == 60


@given(
    st.builds(
        Centre,
        source=st.just("official"),
        source_id=st.text(min_size=1),
        name=st.text(),
        hours=st.just(()) | st.tuples(*[st.none() | st.text()] * 7),
        closes_on=st.none() | st.dates(),
        wheelchair=st.sampled_from([None, True]),
        flags=st.just(()) | st.just(("position",)),
        walk_in=st.booleans(),
    )
)
def test_a_centre_comes_back_as_it_was_stored(centre: Centre) -> None:
    assert parse(dump(centre)) == centre


def test_only_a_complete_list_makes_centres_disappear(catalog: Catalog) -> None:
    one, other = Centre("x", "1", "Un"), Centre("x", "2", "Deux")
    catalog.put_centres("x", [one, other], NOON, complete=True)

    catalog.put_centres("x", [one], NOON + timedelta(hours=1), complete=False)
    assert catalog.centre_count("x") == 2
    counts = catalog.put_centres("x", [one], NOON + timedelta(hours=2), complete=True)

    assert counts == {"added": 0, "changed": 0, "unchanged": 1, "gone": 1}
    assert [centre.source_id for centre in catalog.centres()] == ["1"]


def test_a_failed_reading_keeps_the_slots_and_says_since_when_it_fails(catalog: Catalog) -> None:
    packed = pack([(NOON + timedelta(days=1), (("pfizer",), "1", None))])
    catalog.put_readings([Read("o-1", "x", Reading(Outcome.OK), packed, NOON)])

    for minutes in (5, 10):
        at = NOON + timedelta(minutes=minutes)
        catalog.put_readings([Read("o-1", "x", Reading(Outcome.TIMEOUT), pack([]), at)])

    (row,) = catalog.readings()
    assert (row["outcome"], row["slot_count"]) == ("timeout", 1)
    assert row["failing_since"] == (NOON + timedelta(minutes=5)).isoformat()
    assert row["answered_at"] == NOON.isoformat()
    catalog.put_readings([Read("o-1", "x", Reading(Outcome.EMPTY), pack([]), NOON + timedelta(minutes=15))])
    (row,) = catalog.readings()
    assert (row["failing_since"], row["slot_count"]) == (None, 0)
