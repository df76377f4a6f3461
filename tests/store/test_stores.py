"""Stores: ids for life, packed slots, decisions kept, migrations that run once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.database import StoreError
from aggregator.store import Catalog, Read, Registry, pack, unpack
from aggregator.store.catalog import dump, parse
from providers.records import Centre, Outcome, Reading
from tests.clock import NOON

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
kinds = st.tuples(
    st.lists(st.sampled_from(["pfizer", "moderna"]), unique=True).map(lambda x: tuple(sorted(x))),
    st.sampled_from([None, "1", "3"]),
    st.sampled_from([None, "5-11"]),
)


@pytest.fixture
def registry(tmp_path: Path, database_url: str | None) -> Iterator[Registry]:
    with closing(Registry(database_url or tmp_path / "registry.db")) as opened:
        yield opened


@pytest.fixture
def catalog(tmp_path: Path, database_url: str | None) -> Iterator[Catalog]:
    with closing(Catalog(database_url or tmp_path / "catalog.db")) as opened:
        yield opened


@given(st.lists(st.tuples(moments, kinds), max_size=60))
def test_slots_come_back_as_they_were_packed(slots: list) -> None:  # type: ignore[type-arg]
    packed = pack(slots)

    found = [
        (minute, kind) for kind, minutes in unpack(packed.classes, packed.blob).items() for minute in minutes.tolist()
    ]

    wanted = [(int(moment.timestamp()) // 60, kind) for moment, kind in slots]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    assert packed.count == len(slots)
    assert pack(list(reversed(slots))).digest == packed.digest


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


def test_ids_are_random_and_for_life(registry: Registry) -> None:
    first = registry.new_place(NOON)
    offer = registry.put_offer(first, "doctolib", "a#1", "https://x/1", NOON)

    assert first.startswith("p-")
    assert len(first) == 12
    assert registry.put_offer(first, "doctolib", "a#1", "https://x/2", NOON) == offer
    assert registry.put_offer(first, "doctolib", "a#2", "https://x/3", NOON) == offer
    history = registry.rows("SELECT booking_url FROM offer_links ORDER BY since")
    assert [row["booking_url"] for row in history] == ["https://x/1", "https://x/2", "https://x/3"]


def test_a_match_is_dated_and_undone_not_erased(registry: Registry) -> None:
    one, other = registry.new_place(NOON), registry.new_place(NOON)
    registry.match("official", "12", one, "new", None, NOON)
    registry.match("official", "12", other, "operator", None, NOON + timedelta(days=1))

    assert registry.matches() == {("official", "12"): other}
    rows = registry.rows("SELECT place_id, undone_at FROM matches ORDER BY match_id")
    assert [(row["place_id"], row["undone_at"] is None) for row in rows] == [(one, False), (other, True)]


def test_an_operator_confirms_or_refuses_a_likely_match(registry: Registry) -> None:
    one, other = registry.new_place(NOON), registry.new_place(NOON)
    registry.match("doctolib", "a", one, "new", None, NOON)
    registry.match("official", "b", other, "new", None, NOON)
    registry.open_review("doctolib", "a", one, other, 80, 300, NOON)
    (review,) = registry.open_reviews()

    assert registry.decide_review(review["review_id"], same=True, at=NOON, role="operator")

    assert registry.matches()[("doctolib", "a")] == other
    assert registry.places()[one]["merged_into"] == other
    assert registry.open_reviews() == []
    assert not registry.decide_review(review["review_id"], same=True, at=NOON, role="operator")
    new = registry.split("doctolib", "a", NOON, "operator")
    assert registry.matches()[("doctolib", "a")] == new
    assert [row["kind"] for row in registry.decisions()] == ["review", "split"]


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


def test_a_store_that_cannot_be_opened_says_which_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(StoreError, match="registry"):
        Registry(tmp_path / "file" / "registry.db")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match="catalog"):
        Catalog(tmp_path / "catalog.db")


def test_migrations_run_once_and_opening_again_changes_nothing(tmp_path: Path) -> None:
    Registry(tmp_path / "r.db").close()
    again = Registry(tmp_path / "r.db")

    assert len(again.rows("SELECT * FROM _sqlite_migrations")) == 1


def test_the_file_of_the_registry_is_durable_and_that_of_the_catalog_quick(tmp_path: Path) -> None:
    registry, catalog = Registry(tmp_path / "registry.db"), Catalog(tmp_path / "catalog.db")

    assert registry.rows("PRAGMA synchronous")[0]["synchronous"] == 2
    assert catalog.rows("PRAGMA synchronous")[0]["synchronous"] == 1
