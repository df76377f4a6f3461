"""Which slots fit a question, and what they promise of a place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from aggregator.config.campaign import Campaign
from aggregator.search.order import Section, Sort
from aggregator.search.question import Moment, Question
from aggregator.search.search import search
from aggregator.search.slot_filter import SlotFilter, days_of, slot_filter
from aggregator.snapshot.shelf import Snapshot
from providers.sandbox.server import Sandbox
from tests import tiny
from tests.clock import NOON
from tests.published import EPOCH, LYON, REUNION, SEED

PARIS = ZoneInfo("Europe/Paris")
FIRST = {"needs": ["pfizer"], "step": "1", "audience": None}
BOOSTER = {"needs": ["moderna"], "step": "3", "audience": None}
CHILDREN = {"needs": ["pfizer"], "step": "1", "audience": "5-11"}
KINDS = (tiny.ANY_KIND, FIRST, BOOSTER, CHILDREN)


def test_the_first_slot_is_the_first_that_fits(snapshot: Snapshot, sandbox: Sandbox, covid: Campaign) -> None:
    centres = [centre for listed in sandbox.world.centres.values() for centre in listed]
    fits = slot_filter(snapshot, Question(insee=LYON), covid)

    for place in snapshot.places.all:
        if len(place.offers) != 1:
            continue
        offer = place.offers[0]
        slug = urlsplit(offer.url).path.rsplit("/", 1)[-1]
        centre = next(c for c in centres if (c.slug, c.provider) == (slug, offer.provider))
        free = [at for m in centre.motives for at in sandbox.world.free(centre, m, NOON.date(), 30, NOON)]
        assert fits.first_slot(place) == (min(free) if free and not centre.phone_only else None)


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        ({"moment": Moment.MORNING}, lambda at: at.hour < 12),
        ({"moment": Moment.AFTERNOON}, lambda at: 12 <= at.hour < 18),
        ({"moment": Moment.WEEK_END}, lambda at: at.weekday() >= 5),
        ({"first_day": date(2026, 12, 1)}, lambda at: at.date() >= date(2026, 12, 1)),
        ({"last_day": date(2026, 11, 25)}, lambda at: at.date() <= date(2026, 11, 25)),
    ],
)
@pytest.mark.parametrize("town", [LYON, REUNION])
def test_days_and_moments_are_those_of_the_place(
    snapshot: Snapshot, covid: Campaign, question: dict[str, object], fits: Callable[..., bool], town: str
) -> None:
    found = search(snapshot, Question(insee=town, radius_km=50, seen=True, **question), EPOCH, SEED, covid).found  # type: ignore[arg-type]

    assert found or question.get("moment") is Moment.WEEK_END
    assert all(fits(one.first.astimezone(one.place.zone)) for one in found if one.first)


@pytest.mark.parametrize("sort", list(Sort))
def test_a_question_without_filters_finds_what_looking_at_every_slot_finds(
    snapshot: Snapshot, covid: Campaign, sort: Sort
) -> None:
    question = Question(insee="69123", radius_km=50, sort=sort)
    quick, careful = (SlotFilter(snapshot.slots, question, ("any",)) for _ in range(2))
    careful._fits_all = False

    firsts = [(quick.first_slot(p), careful.first_slot(p)) for p in snapshot.places.all]

    assert quick._fits_all
    assert any(one for one, _ in firsts)
    assert all(one == other for one, other in firsts)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Lyon; the 28th is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS)


class Campaigns:
    """A campaign in which one choice asks for two needs."""

    def required_needs(self, need: str) -> tuple[str, ...]:
        return ("grippe", "covid") if need == "both" else (need,)


def first_of(
    *slots: tuple[int, list[datetime]], kinds: tuple[dict[str, object], ...] = KINDS, **question: object
) -> object:
    """The first slot that fits, of one place with one offer, in its own time."""
    snapshot = tiny.snapshot([tiny.place(1, "a")], {"o-1a": tiny.offer("seen", *slots)}, kinds)
    fits = slot_filter(snapshot, Question(insee=LYON, **question), Campaigns())  # type: ignore[arg-type]
    found = fits.first_slot(snapshot.places.all[0])
    return found and found.astimezone(PARIS)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ({}, 0), ({"need": "pfizer"}, 0), ({"need": "moderna"}, 0), ({"step": "3"}, 0), ({"audience": "5-11"}, 3),
        ({"need": "pfizer", "audience": "5-11"}, 3),
    ],
)  # fmt: skip
def test_a_slot_whose_kind_is_not_said_fits_every_choice_but_an_audience(question: dict[str, str], number: int) -> None:
    slots = [(kind, [at(24 + kind, 9)]) for kind in range(4)]

    assert first_of(*slots, **question) == at(24 + number, 9)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ({"need": "pfizer"}, 1),
        ({"need": "moderna"}, 2),
        ({"step": "3"}, 2),
        ({"step": "2"}, None),
        ({"need": "arnm"}, None),
    ],
)
def test_a_slot_whose_kind_is_said_fits_that_choice_alone(question: dict[str, str], number: int | None) -> None:
    slots = [(kind, [at(24 + kind, 9)]) for kind in range(1, 4)]

    assert first_of(*slots, **question) == (None if number is None else at(24 + number, 9))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ({"moment": Moment.MORNING}, at(24, 11, 59)),
        ({"moment": Moment.AFTERNOON}, at(24, 12)),
        ({"moment": Moment.EVENING}, at(24, 18)),
        ({"moment": Moment.WEEK_END}, at(28, 9)),
        ({"first_day": date(2026, 11, 25)}, at(28, 9)),
        ({"first_day": date(2026, 11, 24)}, at(24, 11, 59)),
        ({"last_day": date(2026, 11, 23)}, None),
        ({"first_day": date(2026, 11, 28), "last_day": date(2026, 11, 28), "moment": Moment.AFTERNOON}, None),
    ],
)
def test_days_and_moments_have_exact_limits(question: dict[str, object], wanted: datetime | None) -> None:
    slots = (0, [at(24, 11, 59), at(24, 12), at(24, 17, 59), at(24, 18), at(28, 9)])

    assert first_of(slots, **question) == wanted


def test_noon_is_no_morning_and_one_minute_to_six_no_evening() -> None:
    assert first_of((0, [at(24, 12)]), moment=Moment.MORNING) is None
    assert first_of((0, [at(24, 11, 59), at(24, 18)]), moment=Moment.AFTERNOON) is None
    assert first_of((0, [at(24, 17, 59)]), moment=Moment.EVENING) is None
    assert first_of((0, [at(27, 23, 59), at(30, 0)]), moment=Moment.WEEK_END) is None


def test_where_two_needs_are_asked_for_both_have_a_slot_from_that_moment_on() -> None:
    kinds = ({**FIRST, "needs": ["grippe"]}, {**FIRST, "needs": ["covid"]})

    assert first_of((0, [at(24, 9)]), (1, [at(25, 9), at(26, 9)]), kinds=kinds, need="both") == at(25, 9)
    assert first_of((0, [at(24, 9)]), kinds=kinds, need="both") is None


def test_the_earliest_of_several_platforms_is_the_place_s() -> None:
    offers = {"o-1a": tiny.offer("seen", (0, [at(25, 9)])), "o-1b": tiny.offer("seen", (0, [at(24, 9)]))}
    snapshot = tiny.snapshot([tiny.place(1, "a", "b")], offers)

    for question in (Question(insee=LYON), Question(insee=LYON, moment=Moment.MORNING)):
        assert slot_filter(snapshot, question, Campaigns()).first_slot(snapshot.places.all[0]) == at(24, 9)


@pytest.mark.parametrize("days", [(24, 25), (25, 24)])
def test_with_a_filter_too_the_earliest_of_several_platforms_counts_whichever_comes_first(
    days: tuple[int, int],
) -> None:
    offers = {f"o-1{name}": tiny.offer("seen", (0, [at(day, 9)])) for name, day in zip("ab", days, strict=True)}
    snapshot = tiny.snapshot([tiny.place(1, "a", "b")], offers)
    morning = slot_filter(snapshot, Question(insee=LYON, moment=Moment.MORNING), Campaigns())

    assert morning.first_slot(snapshot.places.all[0]) == at(24, 9)


def test_two_needs_may_have_their_slots_on_two_platforms() -> None:
    kinds = ({**FIRST, "needs": ["grippe"]}, {**FIRST, "needs": ["covid"]})
    offers = {"o-1a": tiny.offer("seen", (0, [at(26, 9)])), "o-1b": tiny.offer("seen", (1, [at(24, 9)]))}
    snapshot = tiny.snapshot([tiny.place(1, "a", "b")], offers, kinds)
    both = slot_filter(snapshot, Question(insee=LYON, need="both"), Campaigns())

    assert both.first_slot(snapshot.places.all[0]) == at(26, 9)


def test_where_two_needs_are_asked_for_the_slots_of_either_are_told() -> None:
    kinds = ({**FIRST, "needs": ["grippe"]}, {**FIRST, "needs": ["covid"]}, {**FIRST, "needs": ["rougeole"]})
    slots = [(kind, [at(24 + kind, 9)]) for kind in range(3)]
    snapshot = tiny.snapshot([tiny.place(1, "a")], {"o-1a": tiny.offer("seen", *slots)}, kinds)
    both = slot_filter(snapshot, Question(insee=LYON, need="both"), Campaigns())
    state = snapshot.slots.offers["o-1a"]

    assert days_of(both.local_minutes(state)) == {date(2026, 11, 24): 1, date(2026, 11, 25): 1}
    assert both.kinds_of(state) == list(kinds[:2])


def test_slots_of_a_platform_that_is_not_read_any_more_promise_nothing() -> None:
    snapshot = tiny.snapshot([tiny.place(1, "a")], {"o-1a": tiny.offer("unknown", (0, [at(24, 9)]))})

    for question in (Question(insee=LYON), Question(insee=LYON, moment=Moment.MORNING)):
        outlook = slot_filter(snapshot, question, Campaigns()).outlook(snapshot.places.all[0])
        assert outlook == (None, Section.UNKNOWN, "")


@pytest.mark.parametrize(
    ("states", "section"),
    [
        (("none", "none"), Section.NONE), (("none", "unknown"), Section.UNKNOWN), (("none", "phone"), Section.UNKNOWN),
        (("none", None), Section.UNKNOWN), ((), Section.UNKNOWN), (("seen", "none"), Section.NONE),
    ],
)  # fmt: skip
def test_none_is_said_only_when_every_platform_has_said_so(states: tuple[str | None, ...], section: Section) -> None:
    names = "ab"[: len(states)]
    offers = {f"o-1{name}": tiny.offer(state) for name, state in zip(names, states, strict=True) if state}
    snapshot = tiny.snapshot([tiny.place(1, *names)], offers)

    assert slot_filter(snapshot, Question(insee=LYON), Campaigns()).outlook(snapshot.places.all[0]).section is section


def test_a_place_is_ordered_by_its_half_day_in_its_own_time() -> None:
    noon_in_reunion = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Indian/Reunion"))
    snapshot = tiny.snapshot(
        [tiny.place(1, "a"), tiny.place(2, "a", tz="Indian/Reunion")],
        {name: tiny.offer("seen", (0, [noon_in_reunion])) for name in ("o-1a", "o-2a")},
    )
    fits = slot_filter(snapshot, Question(insee=LYON), Campaigns())

    assert [fits.outlook(place).half_day for place in snapshot.places.all] == ["2026-11-24T0", "2026-11-24T1"]


def test_after_a_moment_only_later_slots_count() -> None:
    snapshot = tiny.snapshot([tiny.place(1, "a")], {"o-1a": tiny.offer("seen", (0, [at(24, 9), at(24, 10)]))})
    fits = slot_filter(snapshot, Question(insee=LYON), Campaigns())

    firsts = [fits.first_slot(snapshot.places.all[0], after) for after in (at(24, 8, 59), at(24, 9), at(24, 10))]

    assert firsts == [at(24, 9), at(24, 10), None]


def test_days_and_kinds_are_told_of_the_slots_that_fit() -> None:
    slots = ((1, [at(24, 9), at(24, 10), at(25, 9)]), (2, [at(26, 9)]))
    snapshot = tiny.snapshot([tiny.place(1, "a")], {"o-1a": tiny.offer("seen", *slots)}, KINDS)
    state = snapshot.slots.offers["o-1a"]
    all_of_them = slot_filter(snapshot, Question(insee=LYON), Campaigns())
    boosters = slot_filter(snapshot, Question(insee=LYON, step="3"), Campaigns())

    assert days_of(all_of_them.local_minutes(state)) == {
        date(2026, 11, 24): 2,
        date(2026, 11, 25): 1,
        date(2026, 11, 26): 1,
    }
    assert all_of_them.kinds_of(state) == [FIRST, BOOSTER]  # the most slots first
    assert days_of(boosters.local_minutes(state)) == {date(2026, 11, 26): 1}
    assert boosters.kinds_of(state) == [BOOSTER]


def test_questions_that_ask_the_same_of_slots_share_one_filter() -> None:
    snapshot = tiny.snapshot([tiny.place(1, "a")])
    one = slot_filter(snapshot, Question(insee=LYON, moment=Moment.MORNING), Campaigns())
    same = slot_filter(snapshot, Question(insee="01053", radius_km=50, moment=Moment.MORNING, seen=True), Campaigns())
    other = slot_filter(snapshot, Question(insee=LYON, moment=Moment.EVENING), Campaigns())

    assert same is one
    assert other is not one
