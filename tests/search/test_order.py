"""The ranking contract: bands, the public draw, and what may never change an order."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from aggregator.search.order import (
    Candidate,
    Section,
    Sort,
    band,
    band_limits,
    epoch_of,
    half_day,
    list_hash,
    query_key,
    rank,
    tie_key,
)
from tests.conftest import FIXTURES

ORACLES = json.loads((FIXTURES / "oracles.json").read_text(encoding="utf-8"))
SEED = bytes.fromhex(ORACLES["order_tiebreak"]["input"]["seed_hex"])

candidates = st.lists(
    st.builds(
        Candidate,
        id=st.text("abcdefghij234567", min_size=10, max_size=10),
        distance_m=st.integers(0, 60_000),
        section=st.sampled_from(Section),
        half_day=st.sampled_from(["2026-11-24T0", "2026-11-24T1", "2026-11-25T0"]),
        drawn_today=st.booleans(),
    ),
    unique_by=lambda candidate: candidate.id,
    max_size=30,
)


def ids(found: list[Candidate]) -> list[str]:
    return [candidate.id for candidate in found]


def test_the_draw_is_the_one_of_the_specification() -> None:
    case = ORACLES["order_tiebreak"]
    epoch, key = case["input"]["epoch"], case["input"]["query_key"]

    keys = {one: tie_key(SEED, epoch, key, one) for one in case["input"]["ids"]}

    assert keys == case["expected"]["keys"]
    assert sorted(keys, key=lambda one: keys[one]) == case["expected"]["order"]
    tied = [Candidate(one, 100) for one in case["input"]["ids"]]
    assert ids(rank(tied, Sort.NEAR, SEED, epoch, key)) == case["expected"]["order"]


@pytest.mark.parametrize(
    ("metres", "number", "limits"),
    [
        (0, 0, (0, 250)), (249, 0, (0, 250)), (250, 1, (250, 500)), (1999, 7, (1750, 2000)), (2000, 8, (2000, 2500)),
        (9999, 23, (9500, 10_000)), (10_000, 24, (10_000, 12_000)), (49_999, 43, (48_000, 50_000)),
        (50_000, 44, (50_000, 60_000)), (123_456, 51, (120_000, 130_000)),
    ],
)  # fmt: skip
def test_bands_are_those_of_the_contract(metres: int, number: int, limits: tuple[int, int]) -> None:
    assert band(metres) == number
    assert band_limits(metres) == limits


@given(st.integers(0, 400_000))
def test_a_printed_band_holds_its_distance_and_only_its_band(metres: int) -> None:
    low, high = band_limits(metres)

    assert low <= metres < high
    assert band(low) == band(metres) == band(high - 1)


@given(candidates, st.sampled_from(Sort), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(found: list[Candidate], sort: Sort, chance: random.Random) -> None:
    shuffled = found[:]
    chance.shuffle(shuffled)

    assert rank(found, sort, SEED, "2026-11-23T13", "k") == rank(shuffled, sort, SEED, "2026-11-23T13", "k")


@given(candidates, st.sampled_from(Sort), st.data())
def test_taking_places_away_never_reorders_the_rest(found: list[Candidate], sort: Sort, data: st.DataObject) -> None:
    """N4, independence of irrelevant alternatives."""
    kept = data.draw(st.lists(st.sampled_from(found), unique_by=lambda c: c.id)) if found else []

    whole = rank(found, sort, SEED, "2026-11-23T13", "k")

    assert rank(kept, sort, SEED, "2026-11-23T13", "k") == [one for one in whole if one in kept]


@given(candidates)
def test_near_looks_at_distance_only(found: list[Candidate]) -> None:
    """N7 in small: what is known of slots never moves a place on the default list."""
    dark = [Candidate(c.id, c.distance_m, Section.UNKNOWN, "", c.drawn_today) for c in found]

    assert ids(rank(found, Sort.NEAR, SEED, "e", "k")) == ids(rank(dark, Sort.NEAR, SEED, "e", "k"))


@given(candidates)
def test_soon_shows_seen_then_unknown_then_none(found: list[Candidate]) -> None:
    ranked = rank(found, Sort.SOON, SEED, "e", "k")

    sections = [list(Section).index(one.section) for one in ranked]
    assert sections == sorted(sections)
    seen = [one.half_day for one in ranked if one.section is Section.SEEN]
    assert seen == sorted(seen)


def test_ids_drawn_today_come_after_older_ones_in_a_tie_only() -> None:
    new, old, far = Candidate("n", 10, drawn_today=True), Candidate("o", 20), Candidate("f", 900)

    for key in map(str, range(50)):
        assert ids(rank([new, old, far], Sort.NEAR, SEED, "e", key)) == ["o", "n", "f"]


def test_ranks_in_a_tie_are_uniform() -> None:
    """N6: 10,000 hours, five places, every place at every rank alike."""
    case = ORACLES["order_uniformity"]
    counts = tally(lambda epoch: sorted(case["input"]["ids"], key=lambda one: tie_key(SEED, epoch, "insee=75056", one)))

    assert [row[0] for row in counts] == case["expected"]["first_position_counts"]
    assert stats.chi2_contingency(counts).pvalue > 1e-4


def test_the_uniformity_test_catches_the_ballot_screen_of_2010() -> None:
    """The control: a sort with a random comparator is not uniform, and is seen not to be."""
    import functools

    chance = random.Random(7)
    comparator = functools.cmp_to_key(lambda a, b: -1 if chance.random() < 0.5 else 1)
    counts = tally(lambda epoch: sorted(["a", "b", "c", "d", "e"], key=comparator))

    assert stats.chi2_contingency(counts).pvalue < 1e-4


def tally(order_of) -> list[list[int]]:  # type: ignore[no-untyped-def]
    """Item by position, over 10,000 epochs."""
    names = sorted(order_of("e0"))
    counts = [[0] * len(names) for _ in names]
    for number in range(10_000):
        for position, one in enumerate(order_of(f"e{number}")):
            counts[names.index(one)][position] += 1
    return counts


@given(st.dictionaries(st.text("abcz", min_size=1), st.text("019", min_size=1), max_size=6))
def test_a_question_has_one_canonical_form(parameters: dict[str, str]) -> None:
    for order in itertools.islice(itertools.permutations(parameters.items()), 10):
        assert query_key(dict(order)) == query_key(parameters)


def test_a_list_hash_depends_on_everything_that_it_names() -> None:
    base = ("snap", "2026-11-23T13", "insee=75056", ["p-a", "p-b"])
    changed = [
        ("other", *base[1:]),
        (base[0], "2026-11-23T14", *base[2:]),
        (*base[:2], "insee=69123", base[3]),
        (*base[:3], ["p-b", "p-a"]),
        (*base[:3], ["p-a"]),
    ]

    hashes = {list_hash(*base), *(list_hash(*one) for one in changed)}

    assert len(hashes) == 6


def test_noon_begins_the_second_half_of_a_day() -> None:
    assert half_day(datetime(2026, 11, 24, 11, 59, tzinfo=UTC)) == "2026-11-24T0"
    assert half_day(datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) == "2026-11-24T1"


def test_hours_questions_and_lists_have_one_spelling() -> None:
    ids_, key = ["p-a", "p-b"], query_key({"sort": "near", "insee": "75056"})
    text = "aiguillage-list/v1\norder/1\nsnap\n2026-11-23T13\ninsee=75056&sort=near\np-a\np-b\n"

    assert epoch_of(datetime(2026, 11, 23, 13, 59, tzinfo=UTC)) == "2026-11-23T13"
    assert key == "insee=75056&sort=near"
    assert list_hash("snap", "2026-11-23T13", key, ids_) == hashlib.sha256(text.encode()).hexdigest()
