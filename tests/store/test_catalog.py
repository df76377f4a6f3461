"""What sources say and how they were read: kept whole, rewritten only when it changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store import Catalog, Read, pack
from aggregator.store.catalog import ASKED_AT_ONCE, dump, parse
from providers.records import Centre, Outcome, Reading, SuddenChange
from tests.clock import NOON

HOUR = timedelta(hours=1)


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
        wheelchair=st.sampled_from([None, True, False]),
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


class TestCentres:
    def test_what_a_source_lists_is_added_changed_or_left_as_it_is(self, catalog: Catalog) -> None:
        one, other = Centre("x", "1", "Un"), Centre("x", "2", "Deux")
        first = catalog.put_centres("x", [one, other], NOON, complete=True)
        second = catalog.put_centres("x", [one, replace(other, name="2")], NOON + HOUR, complete=True)

        assert first == {"added": 2, "changed": 0, "unchanged": 0, "gone": 0}
        assert second == {"added": 0, "changed": 1, "unchanged": 1, "gone": 0}
        rows = catalog.rows("SELECT source_id, revision FROM centres ORDER BY source_id")
        assert [(row["source_id"], row["revision"]) for row in rows] == [("1", 1), ("2", 2)]
        assert catalog.last_accepted("x") == NOON + HOUR

    def test_a_list_takes_nothing_from_another_source(self, catalog: Catalog) -> None:
        catalog.put_centres("x", [Centre("x", "1", "Un")], NOON, complete=True)
        catalog.put_centres("y", [Centre("y", "1", "Autre")], NOON + HOUR, complete=True)

        assert [centre.name for centre in catalog.centres("x")] == ["Un"]
        assert [centre.name for centre in catalog.centres()] == ["Un", "Autre"]
        assert (catalog.centre_count("x"), catalog.centre_count("z"), catalog.last_accepted("z")) == (1, 0, None)

    def test_one_that_comes_back_is_listed_again(self, catalog: Catalog) -> None:
        catalog.put_centres("x", [Centre("x", "1", "Un")], NOON, complete=True)
        catalog.put_centres("x", [], NOON + HOUR, complete=True)
        assert catalog.centres("x") == []

        catalog.put_centres("x", [Centre("x", "1", "Un")], NOON + 2 * HOUR, complete=True)

        assert [centre.name for centre in catalog.centres("x")] == ["Un"]

    def test_one_that_is_held_says_so_until_its_source_lists_it_anew(self, catalog: Catalog) -> None:
        centre = Centre("x", "1", "Un")
        catalog.put_centres("x", [centre], NOON, complete=True)
        catalog.hold(centre, "now named Deux")
        held = catalog.rows("SELECT held FROM centres")[0]["held"]
        catalog.put_centres("x", [centre], NOON + HOUR, complete=True)

        assert held == "now named Deux"
        assert catalog.rows("SELECT held FROM centres")[0]["held"] is None


class TestReadings:
    @staticmethod
    def read(offer_id: str, at: datetime, *slots: datetime, outcome: Outcome = Outcome.OK, **more: bool) -> Read:
        return Read(offer_id, "x", Reading(outcome, **more), pack([(slot, ((), None, None)) for slot in slots]), at)

    def test_slots_are_written_only_when_they_changed(self, catalog: Catalog) -> None:
        slot = NOON + timedelta(days=1)

        assert catalog.put_readings([self.read("o-1", NOON, slot)]) == {"o-1"}
        assert catalog.put_readings([self.read("o-1", NOON + HOUR, slot)]) == set()
        assert catalog.put_readings([self.read("o-1", NOON + 2 * HOUR)]) == {"o-1"}
        (row,) = catalog.readings()
        assert (row["read_at"], row["changed_at"]) == ((NOON + 2 * HOUR).isoformat(),) * 2

    def test_a_first_reading_that_fails_knows_nothing(self, catalog: Catalog) -> None:
        catalog.put_readings([self.read("o-1", NOON, outcome=Outcome.TIMEOUT)])
        (row,) = catalog.readings()

        assert (row["answered_at"], row["failing_since"], row["slot_count"]) == (None, NOON.isoformat(), 0)

    def test_a_failure_does_not_say_by_telephone_only_and_an_answer_does(self, catalog: Catalog) -> None:
        catalog.put_readings([self.read("o-1", NOON, phone_only=True, outcome=Outcome.EMPTY)])
        catalog.put_readings([self.read("o-1", NOON + HOUR, outcome=Outcome.TIMEOUT)])
        kept = catalog.readings()[0]["phone_only"]
        catalog.put_readings([self.read("o-1", NOON + 2 * HOUR, outcome=Outcome.EMPTY)])

        assert (kept, catalog.readings()[0]["phone_only"]) == (1, 0)

    def test_offers_that_could_not_even_be_asked_about_are_failing_since_then(self, catalog: Catalog) -> None:
        catalog.put_readings([self.read("o-1", NOON), self.read("o-2", NOON)])
        for hours in (1, 2):
            catalog.mark_unread(["o-1"], NOON + hours * HOUR)

        found = {row["offer_id"]: (row["outcome"], row["failing_since"]) for row in catalog.readings()}
        assert found == {"o-1": ("skipped", (NOON + HOUR).isoformat()), "o-2": ("ok", None)}
        assert catalog.reading_times() == {"o-1": NOON.isoformat(), "o-2": NOON.isoformat()}

    def test_more_offers_than_one_question_can_name(self, catalog: Catalog) -> None:
        many = [self.read(f"o-{number}", NOON, NOON + timedelta(days=1)) for number in range(ASKED_AT_ONCE + 1)]

        assert len(catalog.put_readings(many)) == ASKED_AT_ONCE + 1
        assert catalog.put_readings(many) == set()

    def test_the_offers_to_ask_about_are_those_of_the_last_placing(self, catalog: Catalog) -> None:
        catalog.put_listed_offers(["o-1", "o-2"])
        catalog.put_listed_offers(["o-2", "o-3"])

        assert catalog.listed_offers() == {"o-2", "o-3"}


class TestQuarantine:
    def test_the_same_change_waits_once_and_another_beside_it(self, catalog: Catalog) -> None:
        for reason in (SuddenChange.EMPTY, SuddenChange.EMPTY, "an id stands for another place"):
            catalog.quarantine("x", reason, 100, 0, NOON)

        assert [row["reason"] for row in catalog.quarantines("x")] == [
            SuddenChange.EMPTY,
            "an id stands for another place",
        ]
        assert catalog.quarantines("y") == []

    def test_an_operator_decides_once(self, catalog: Catalog) -> None:
        catalog.quarantine("x", SuddenChange.EMPTY, 100, 0, NOON)
        (row,) = catalog.quarantines()

        assert catalog.decide_quarantine(row["quarantine_id"], "reject", NOON)
        assert not catalog.decide_quarantine(row["quarantine_id"], "release", NOON)
        assert catalog.quarantines() == []
        assert [one["decision"] for one in catalog.all_quarantines()] == ["reject"]

    @pytest.mark.parametrize(
        ("decision", "since", "granted"),
        [("release", NOON - timedelta(hours=1), True), ("release", NOON + timedelta(hours=1), False),
         ("reject", NOON - timedelta(hours=1), False)],
    )  # fmt: skip
    def test_a_release_holds_for_the_lists_after_the_last_accepted_one(
        self, catalog: Catalog, decision: str, since: datetime, granted: bool
    ) -> None:
        catalog.quarantine("x", SuddenChange.EMPTY, 100, 0, NOON)
        catalog.decide_quarantine(catalog.quarantines()[0]["quarantine_id"], decision, NOON)

        assert catalog.release_granted("x", since) is granted
        assert not catalog.release_granted("y", since)
