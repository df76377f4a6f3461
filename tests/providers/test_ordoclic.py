"""Ordoclic, the fourth adapter: what is particular to it, on small answers and on recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from providers.base import Provider
from providers.ordoclic import Ordoclic
from providers.reading import instant
from providers.records import Outcome
from tests.conftest import Recorded, fixture
from tests.loopback import Loopback, Request

LINK = "https://app.ordoclic.fr/app/pharmacie/pharmacie-inventee-lyon"
Make = Callable[..., Provider]


def routes(profile: Any, reasons: Any, slots: Any) -> dict[str, Any]:
    return {
        "/v1/public/entities/profile/*": profile,
        "/v1/solar/entities/*": reasons,
        "/v1/solar/slots/availableSlots": slots,
    }


def ours() -> dict[str, Any]:
    return routes(*(fixture(f"ordoclic/{name}.json") for name in ("profile", "reasons", "slots")))


def test_times_are_utc_and_only_bookable_doses_are_asked_for(provider: Make) -> None:
    with Loopback(ours()) as server:
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 5, 8), 30)
        asked = [json.loads(request.body) for request in server.asked("/v1/solar/slots/availableSlots")]

    assert [slot.starts_at for slot in reading.slots] == [instant("2021-05-12T14:00Z"), instant("2021-05-12T14:30Z")]
    assert {slot.reason.code for slot in reading.slots} == {"1"}
    assert [one["reasonId"] for one in asked] == ["r-1"]


def test_the_first_day_is_asked_for_from_the_eve(provider: Make) -> None:
    with Loopback(ours()) as server:
        provider(Ordoclic, server.origin).slots(LINK, date(2021, 5, 8), 2)
        (asked,) = (json.loads(request.body) for request in server.asked("/v1/solar/slots/availableSlots"))

    assert (asked["dateStart"], asked["dateEnd"]) == ("2021-05-07T23:59:59.000Z", "2021-05-10T00:00:00.000Z")


def test_recorded_slots_start_when_the_patient_is_expected(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("ordoclic", "slots")]
    answers = [recorded.body(f"ordoclic/fetchslot-{name}.json") for name in ("profile", "reasons", "slots")]
    with Loopback(routes(*answers)) as server:
        adapter = provider(Ordoclic, server.origin)
        reading = adapter.slots(scenario["request"]["centre_url"], date(2021, 5, 8), 30)

    assert reading.outcome is Outcome.OK, reading
    assert reading.slots[0].starts_at == datetime.fromisoformat(scenario["truth"]["first_slot"])


def test_recorded_pages_of_slots(recorded: Recorded, provider: Make) -> None:
    for name, file in (
        ("slots-full", "full_slots"),
        ("next-available", "nextavailable_slots"),
        ("empty", "empty_slots"),
    ):
        scenario = recorded.scenarios[("ordoclic", name)]
        expected = {**scenario["expected"], **scenario.get("truth", {})}
        answers = [fixture("ordoclic/profile.json"), fixture("ordoclic/reasons.json")]
        with Loopback(routes(*answers, recorded.body(f"ordoclic/{file}.json"))) as server:
            reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 4, 18), 30)

        assert len(reading.slots) == expected.get("slot_count", 0)
        first = reading.slots[0].starts_at if reading.slots else reading.later_at
        assert first == (instant(expected["first_slot"]) if expected["first_slot"] else None)


def test_the_recorded_search_gives_pharmacies_and_no_professional(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("ordoclic", "search")]
    wanted = {
        row["rdv_site_web"].replace("'", "%27"): row for row in recorded.answer(scenario["expected"]["result_file"])
    }
    with Loopback({"/v1/public/search": recorded.body("ordoclic/search.json")}) as server:
        (part,) = provider(Ordoclic, server.origin).discover([])

    assert (part.outcome, len(part.centres)) == (Outcome.OK, scenario["expected"]["centre_count"])
    for centre in part.centres:
        row = wanted[centre.booking_url or ""]
        assert (centre.name, centre.postcode, centre.phone) == (row["nom"], row["com_cp"], row["phone_number"] or None)
        point = row["location"]["coordinates"]
        assert (centre.lat, centre.lon) == (point["lat"], point["lon"])


def test_booking_by_telephone_asks_for_no_slot(provider: Make) -> None:
    def slots(request: Request) -> Any:
        raise AssertionError("asked")

    profile = fixture("ordoclic/profile.json")
    profile["attributeValues"][1]["value"]["option"] = "any"
    with Loopback(routes(profile, fixture("ordoclic/reasons.json"), slots)) as server:
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 5, 8), 30)

    assert (reading.outcome, reading.phone_only, reading.phone) == (Outcome.EMPTY, True, "+33499000001")
