"""Answers that are well formed and wrong all the same: old, doubled, swapped, from an unproved server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from providers.base import Provider
from providers.doctolib import Doctolib
from providers.maiia import Maiia
from providers.records import Outcome
from tests.conftest import fixture
from tests.loopback import Loopback

Make = Callable[..., Provider]
LINK = "https://www.doctolib.fr/centre-de-sante/bourg-en-bresse/salle-inventee?pid=practice-710001"


def doctolib(slots: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "/booking/salle-inventee.json": fixture("doctolib/card.json"),
        "/availabilities.json": {"availabilities": [{"date": "2021-04-05", "slots": slots}], **more},
    }


def test_slots_in_the_past_and_in_ten_years_are_dropped_and_counted(provider: Make) -> None:
    slots = ["2021-04-10T21:45:00.000+02:00", "2021-03-25T21:45:00.000+02:00", "2031-04-10T21:45:00.000+02:00"]
    with Loopback(doctolib(slots)) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert (len(reading.slots), reading.dropped) == (1, 2)


def test_an_answer_that_holds_only_old_slots_is_an_old_answer_not_an_empty_one(provider: Make) -> None:
    with Loopback(doctolib(["2020-01-02T08:00:00.000+01:00"])) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert reading.outcome is Outcome.INVALID
    assert "past" in reading.note


@pytest.mark.parametrize("when", ["9999-12-31T08:00:00.000+01:00", "2031-04-10T21:45:00.000+02:00"])
def test_an_answer_that_holds_only_slots_of_another_age_is_a_broken_one_not_an_empty_one(
    provider: Make, when: str
) -> None:
    with Loopback(doctolib([when])) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert (reading.outcome, reading.note) == (Outcome.INVALID, "only slots 730 days ahead")


def test_the_four_shapes_of_a_slot_are_one_slot_each(provider: Make) -> None:
    slots = [
        "2021-04-10T08:00:00.000+02:00",
        {"start_date": "2021-04-10T09:00:00.000+02:00", "end_date": "x", "agenda_id": 3, "steps": []},
        {"start_date": "2021-04-10T10:00:00.000+02:00", "steps": [{}, {"start_date": "2021-05-22T10:00:00.000+02:00"}]},
        ["2021-04-10T11:00:00.000+02:00", "2021-05-22T11:00:00.000+02:00"],
    ]
    with Loopback(doctolib(slots)) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert [slot.starts_at.hour for slot in reading.slots] == [8, 9, 10, 11]


@pytest.mark.parametrize("hint", ["2021-04-20", "2021-04-20T12:00:00.000+02:00"])
def test_a_hint_in_either_form_is_a_jump(provider: Make, hint: str) -> None:
    with Loopback(doctolib([], next_slot=hint)) as server:
        provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 20)
        days = [request.first("start_date") for request in server.asked("/availabilities.json")]

    assert days == ["2021-04-03", "2021-04-20"]


def test_part_of_an_answer_is_said_to_be_partial(provider: Make) -> None:
    routes = {
        "/api/pat-public/consultation-reason-hcd": fixture("maiia/reasons.json"),
        "/api/pat-public/availabilities": lambda request: (
            fixture("maiia/availabilities.json")
            if "Moderna" in request.first("consultationReasonName")
            else {"items": 1}
        ),
    }
    with Loopback(routes) as server:
        reading = provider(Maiia, server.origin).slots("https://www.maiia.com/a/b/c?centerid=abc", date(2021, 5, 1), 30)

    assert (reading.outcome, reading.partial, len(reading.slots)) == (Outcome.OK, True, 2)
