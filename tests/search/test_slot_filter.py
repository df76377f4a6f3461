"""Which slots fit a question, and what they promise of a place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest

from aggregator.config.campaign import Campaign
from aggregator.search.order import Sort
from aggregator.search.question import Moment, Question
from aggregator.search.search import search
from aggregator.search.slot_filter import SlotFilter, slot_filter
from aggregator.snapshot.shelf import Snapshot
from providers.sandbox.server import Sandbox
from tests.clock import NOON
from tests.published import EPOCH, LYON, REUNION, SEED


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
