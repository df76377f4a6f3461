"""What is published of counts: a total that moves, figures by provider in closed steps only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aggregator.fairness.choices import Chosen
from aggregator.fairness.shares import Counted, choice, compare, needed, share, stands, table, verdict
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.redirect.rollups import STEP, RollUps
from aggregator.statistics import ties
from aggregator.statistics.measures import goodman

LABELS = {"a": "Un", "b": "Deux"}
SUPPLY = {"places": {"a": 30.0, "b": 10.0}, "slots": {"a": 5}}
DAY = "2026-11-23"


def click(prov: str, cls: EventClass = EventClass.COUNTED) -> Event:
    return Event("dep=75", f"{DAY}T12", "p-a", cls, "a" * 32, "order/1", 1, prov)


class Running:
    """A day of clicks, sealed and rolled up one by one, and what a visitor may read after each."""

    def __init__(self, folder: Path) -> None:
        self.log = EventLog(folder / "events.db", wait_s=5)
        self.reader = EventReader(folder / "events.db")
        self.rollups = RollUps(folder / "rollups.db")
        self.events = 0

    def click(self, prov: str, cls: EventClass = EventClass.COUNTED, day: str = DAY) -> None:
        self.log.record(click(prov, cls))
        self.events += 1
        self.rollups.advance(self.reader, [(self.events, {"upto": self.events, "minute": f"{day}T12:00"})])

    def read(self, day: str = DAY) -> dict[str, Any]:
        counted = Counted(self.rollups.stepped(day), self.rollups.class_total(day), supply=SUPPLY)
        return table(counted, LABELS)


@pytest.fixture
def running(tmp_path: Path) -> Any:
    made = Running(tmp_path)
    yield made
    made.log.close()
    made.rollups.close()


def test_no_poll_shows_the_provider_of_a_single_click(running: Running) -> None:
    seen: list[tuple[tuple[str, int], ...]] = []

    for number in range(40):
        running.click("a" if number % 3 else "b")
        totals = running.read()
        assert totals["total"] == number + 1
        seen.append(tuple(sorted((row["slug"], row["redirects"]) for row in totals["providers"])))
        assert sum(row["redirects"] for row in totals["providers"]) == (number + 1) // STEP * STEP

    assert len(set(seen)) == 40 // STEP + 1  # forty polls, four pictures


def test_the_end_of_a_day_gives_nobody_away_either(running: Running) -> None:
    """Closed days are published exactly: if the next step counted the evening's last ten clicks, the first click of
    the morning would be known by subtraction. So a new day begins with nothing waiting."""
    for _ in range(10):
        running.click("a")
    running.click("b", day="2026-11-24")

    assert running.rollups.totals(DAY, DAY) == {"counted": {"a": 10}}
    assert running.rollups.stepped("2026-11-24") == {}
    for _ in range(10):
        running.click("a", day="2026-11-24")
    assert running.rollups.stepped("2026-11-24") == {"counted": {"a": 10, "b": 1}}


def test_no_share_of_redirects_is_printed_under_thirty(running: Running) -> None:
    for _ in range(29):
        running.click("a")
    few = running.read()
    for _ in range(20):
        running.click("a")
    enough = running.read()

    assert [row["redirects_share"] for row in few["providers"]] == [None, None]
    assert [row["redirects_share"] for row in enough["providers"]] == [1.0, 0.0]
    assert [row["places_share"] for row in few["providers"]] == [0.75, 0.25]


@pytest.mark.parametrize(
    ("low", "high", "reference", "wanted"),
    [
        (0.745, 0.755, 0.75, "inside"),
        (0.60, 0.70, 0.75, "outside"),
        (0.72, 0.76, 0.75, "open"),
        (0.021, 0.024, 0.02, "inside"),
        (0.029, 0.031, 0.021, "outside"),  # within two points, but half as much again
    ],
)
def test_who_stands_inside_the_margins(low: float, high: float, reference: float, wanted: str) -> None:
    assert stands(low, high, reference) == wanted


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [((7, 3), "too-few"), ((75_000, 25_000), "yes"), ((90_000, 10_000), "partly"), ((31, 9), "open")],
)
def test_the_verdict_needs_numbers_and_can_be_against_us(counts: tuple[int, int], wanted: str) -> None:
    total = sum(counts)
    rows = [
        {"places_share": share_, "redirects": n, "redirects_share": share(n, total, 30)}
        for n, share_ in zip(counts, (0.75, 0.25), strict=True)
    ]
    compare(rows, total)

    assert verdict([row["stands"] for row in rows], total) == wanted


def test_a_redirect_without_a_place_is_a_fault_to_look_into() -> None:
    rows = [
        {"places_share": 1.0, "redirects": 40, "redirects_share": 0.8},
        {"places_share": 0.0, "redirects": 10, "redirects_share": 0.2},
    ]
    compare(rows, 50)

    assert rows[1]["stands"] == "impossible"
    assert verdict([row["stands"] for row in rows], 50) == "partly"


def test_a_difference_may_be_certain_and_small() -> None:
    """ "Different" and "different by more than the margins announced" are two words."""
    rows = [
        {"places_share": 0.75, "redirects": 760_000, "redirects_share": 0.76},
        {"places_share": 0.25, "redirects": 240_000, "redirects_share": 0.24},
    ]
    compare(rows, 1_000_000)

    assert [(row["differs"], row["stands"]) for row in rows] == [(True, "inside"), (True, "inside")]


def test_how_many_redirects_a_yes_needs_follows_from_the_margins() -> None:
    even = needed([0.5, 0.5])
    small = needed([0.99, 0.01])

    assert even is not None and small is not None
    assert 2_000 < even < small
    assert needed([1.0]) is None
    # What it says is so: with as many there is a yes, with half of them there is none.
    for n, said in ((even, "yes"), (even // 2, "open")):
        rows = [{"places_share": 0.5, "redirects": n // 2, "redirects_share": 0.5} for _ in range(2)]
        compare(rows, n)
        assert verdict([row["stands"] for row in rows], n) == said


class TestChoice:
    """What people chose among equals, told as a finding about people."""

    EVEN = ties.of_click({"a": 0.5, "b": 0.5}, "a"), ties.of_click({"a": 0.5, "b": 0.5}, "b")

    def chosen(self, a: int, b: int, clicks: int = 0) -> Chosen:
        sums = ties.total([self.EVEN[0]] * a + [self.EVEN[1]] * b)
        return Chosen(clicks or a + b, a + b, a + b, sums)

    def test_even_choices_find_nothing(self) -> None:
        found = choice(self.chosen(52, 48, clicks=140), ["a", "b"])

        assert (found["clicks"], found["telling"], found["found"]) == (140, 100, False)
        assert [(row["chosen"], row["expected"], row["excess"]) for row in found["providers"]] == [
            (52, 50.0, 2.0),
            (48, 50.0, -2.0),
        ]

    def test_a_lasting_preference_is_found_for_both_that_it_concerns(self) -> None:
        found = choice(self.chosen(160, 40), ["a", "b"])

        assert found["found"]
        assert [row["beyond"] for row in found["providers"]] == [True, True]

    def test_fewer_than_eleven_clicks_are_not_told_by_platform(self) -> None:
        found = choice(self.chosen(10, 0), ["a", "b"])

        assert [row["chosen"] for row in found["providers"]] == [None, None]
        assert not found["found"]

    def test_a_platform_of_which_nothing_is_known_has_a_row_without_figures(self) -> None:
        assert choice(self.chosen(20, 20), ["a", "b", "c"])["providers"][2]["log_e"] is None


def test_classes_are_published_apart_and_never_added_to_the_redirects(running: Running) -> None:
    for cls in EventClass:
        running.click("a", cls)

    totals = running.read()

    assert totals["total"] == 1
    assert {name: row["total"] for name, row in totals["classes"].items()} == {cls.value: 1 for cls in EventClass}


def test_without_a_single_event_everything_is_zero_and_nothing_divides() -> None:
    totals = table(Counted({}, {}), LABELS)

    assert (totals["total"], totals["providers"], totals["verdict"]) == (0, [], "too-few")


@pytest.mark.parametrize(("part", "whole", "least", "wanted"), [(1, 4, 1, 0.25), (0, 0, 1, None), (3, 29, 30, None)])
def test_a_share_needs_a_denominator(part: int, whole: int, least: int, wanted: float | None) -> None:
    assert share(part, whole, least) == wanted


def test_the_whole_table_of_an_example() -> None:
    """120 redirects counted in whole steps, 10 clicks of robots, 10 duplicates; a third platform has places alone."""
    counted = Counted(
        published={"counted": {"a": 80, "b": 40}, "robot": {"a": 10}, "duplicate": {"b": 10}, "prefetch": {"a": 99}},
        totals={"counted": 125, "robot": 12},
        exposure={"a": 300, "b": 100},
        supply={"places": {"b": 10.0, "a": 30.0, "c": 10.0}, "slots": {"a": 6, "b": 2}},
        missed=3,
        missed_by_provider={"a": 2},
    )
    low, high = ([getattr(bound, side) for bound in goodman([80, 40, 0])] for side in ("low", "high"))

    found = table(counted, LABELS)

    assert found == {
        "total": 125,
        "step": 120,
        "classes": {
            "counted": {"total": 125, "step": 120, "providers": {"a": 80, "b": 40}},
            "duplicate": {"total": 0, "step": 10, "providers": {"b": 10}},
            "robot": {"total": 12, "step": 10, "providers": {"a": 10}},
            "prefetch": {"total": 0, "step": 99, "providers": {"a": 99}},
            "expired": {"total": 0, "step": 0, "providers": {}},
            "forged": {"total": 0, "step": 0, "providers": {}},
            "excess": {"total": 0, "step": 0, "providers": {}},
        },
        "missed": 3,
        "missed_by_provider": {"a": 2},
        "places": 50.0,
        "slots": 8,
        "exposed": True,
        "concentration": {"places": pytest.approx(0.44), "redirects": pytest.approx(5 / 9)},
        "verdict": "partly",
        "needed": needed([0.6, 0.2, 0.2]),
        "choice": choice(Chosen(), ["a", "b", "c"]),
        "providers": [
            {
                "slug": "a", "label": "Un", "places": 30.0, "places_share": 0.6, "slots": 6, "slots_share": 0.75,
                "exposure_share": 0.75, "redirects": 80, "redirects_share": pytest.approx(2 / 3),
                "raw_share": pytest.approx(90 / 140), "low": low[0], "high": high[0],
                "ratio": pytest.approx(2 / 3 / 0.6), "differs": False, "stands": "open",
            },
            {
                "slug": "b", "label": "Deux", "places": 10.0, "places_share": 0.2, "slots": 2, "slots_share": 0.25,
                "exposure_share": 0.25, "redirects": 40, "redirects_share": pytest.approx(1 / 3),
                "raw_share": pytest.approx(50 / 140), "low": low[1], "high": high[1],
                "ratio": pytest.approx(1 / 3 / 0.2), "differs": True, "stands": "outside",
            },
            {
                "slug": "c", "label": "c", "places": 10.0, "places_share": 0.2, "slots": 0, "slots_share": 0.0,
                "exposure_share": 0.0, "redirects": 0, "redirects_share": 0.0, "raw_share": 0.0,
                "low": low[2], "high": high[2], "ratio": 0.0, "differs": True, "stands": "outside",
            },
        ],
    }  # fmt: skip


def test_a_table_of_nothing_says_nothing() -> None:
    found = table(Counted({}, {}), {})

    assert (found["total"], found["step"], found["places"], found["slots"], found["missed"]) == (0, 0, 0, 0, 0)
    assert (found["exposed"], found["verdict"], found["needed"]) == (False, "too-few", None)
    assert (found["choice"]["found"], found["choice"]["providers"]) == (False, [])
    assert (found["providers"], found["missed_by_provider"]) == ([], {})


@pytest.mark.parametrize(
    ("low", "high", "reference", "how"),
    [
        # Around a half the margin of two points is the narrower one; around five hundredths the ratio is.
        (0.48, 0.52, 0.5, "inside"),
        (0.4799, 0.52, 0.5, "open"),
        (0.48, 0.5201, 0.5, "open"),
        (0.40, 0.4799, 0.5, "outside"),
        (0.5201, 0.60, 0.5, "outside"),
        (0.40, 0.48, 0.5, "open"),
        (0.52, 0.60, 0.5, "open"),
        (0.0401, 0.0624, 0.05, "inside"),
        (0.0399, 0.0624, 0.05, "open"),
        (0.0401, 0.0626, 0.05, "open"),
        (0.01, 0.0399, 0.05, "outside"),
    ],
)
def test_how_bounds_stand_to_both_margins(low: float, high: float, reference: float, how: str) -> None:
    assert stands(low, high, reference) == how


@pytest.mark.parametrize(
    ("standings", "total", "said"),
    [
        (["inside", "inside"], 30, "yes"),
        (["inside", None], 30, "yes"),
        (["inside", "open"], 30, "open"),
        (["inside", "outside"], 30, "partly"),
        (["inside", "impossible"], 30, "partly"),
        ([None], 30, "open"),
        (["inside", "inside"], 29, "too-few"),
    ],
)
def test_the_verdict_of_a_table(standings: list[str | None], total: int, said: str) -> None:
    assert verdict(standings, total) == said


def test_a_share_needs_so_many() -> None:
    assert (share(1, 4), share(0, 1), share(0, 0)) == (0.25, 0.0, None)
    assert (share(3, 29, 30), share(3, 30, 30)) == (None, 0.1)
