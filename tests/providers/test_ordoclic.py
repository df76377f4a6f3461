"""Ordoclic's answers through the real HTTP client, over loopback: what they mean, scenario by scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from providers.base import Provider
from providers.ordoclic import Ordoclic
from providers.reading import instant
from providers.records import Outcome
from tests.answers import Answers
from tests.conftest import fixture
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
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 6, 1), 30)
        asked = [json.loads(request.body) for request in server.asked("/v1/solar/slots/availableSlots")]

    assert [slot.starts_at for slot in reading.slots] == [instant("2021-06-09T07:20Z"), instant("2021-06-09T07:35Z")]
    assert {slot.reason.code for slot in reading.slots} == {"1"}
    assert [one["reasonId"] for one in asked] == ["r-1"]


def test_the_first_day_is_asked_for_from_the_eve(provider: Make) -> None:
    with Loopback(ours()) as server:
        provider(Ordoclic, server.origin).slots(LINK, date(2021, 6, 1), 2)
        (asked,) = (json.loads(request.body) for request in server.asked("/v1/solar/slots/availableSlots"))

    assert (asked["dateStart"], asked["dateEnd"]) == ("2021-05-31T23:59:59.000Z", "2021-06-03T00:00:00.000Z")


def test_slots_start_when_the_patient_is_expected(answers: Answers, provider: Make) -> None:
    scenario = answers.of("ordoclic", "slots")
    start = date.fromisoformat(scenario["request"]["start_date"])
    with Loopback(routes(*map(answers.body, scenario["fixtures"]))) as server:
        reading = provider(Ordoclic, server.origin).slots(scenario["request"]["centre_url"], start, 30)

    assert reading.outcome is Outcome.OK, reading
    assert reading.slots[0].starts_at == instant(scenario["truth"]["first_slot"])


@pytest.mark.parametrize("name", ["slots-full", "next-available", "empty"])
def test_slots_are_counted_and_a_date_beyond_them_is_only_said(answers: Answers, provider: Make, name: str) -> None:
    scenario = answers.of("ordoclic", name)
    expected = {**scenario["expected"], **scenario.get("truth", {})}
    known = [fixture("ordoclic/profile.json"), fixture("ordoclic/reasons.json")]
    with Loopback(routes(*known, answers.first("ordoclic", name))) as server:
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 4, 18), 30)

    assert len(reading.slots) == expected.get("slot_count", 0)
    first = reading.slots[0].starts_at if reading.slots else reading.later_at
    assert first == (instant(expected["first_slot"]) if expected["first_slot"] else None)


def test_the_search_gives_pharmacies_and_no_professional(answers: Answers, provider: Make) -> None:
    expected = answers.of("ordoclic", "search")["expected"]
    wanted = {row["rdv_site_web"].replace("'", "%27"): row for row in answers.answer(expected["result_file"])}
    with Loopback({"/v1/public/search": answers.first("ordoclic", "search")}) as server:
        (part,) = provider(Ordoclic, server.origin).discover([])

    assert (part.outcome, len(part.centres)) == (Outcome.OK, expected["centre_count"])
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
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 6, 1), 30)

    assert (reading.outcome, reading.phone_only, reading.phone) == (Outcome.EMPTY, True, "+33499000001")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("pharmacie", "entities"), ("cabinet", "entities"), ("pharmacien", "professionals"), ("medecin", "professionals")],
)
def test_a_link_to_a_person_is_asked_as_a_person(provider: Make, kind: str, asked: str) -> None:
    with Loopback({f"/v1/public/{asked}/profile/*": fixture("ordoclic/profile.json"), **ours()}) as server:
        provider(Ordoclic, server.origin).slots(f"https://app.ordoclic.fr/app/{kind}/chez-nous", date(2021, 6, 1), 30)

    assert server.requests[0].path == f"/v1/public/{asked}/profile/chez-nous"


def test_one_professional_whose_slots_fail_leaves_those_of_the_other_and_says_partial(provider: Make) -> None:
    profile = fixture("ordoclic/profile.json")
    profile["publicProfessionals"].append({"id": "another"})

    def slots(request: Request) -> Any:
        asked = json.loads(request.body)
        return {"slots": 7} if asked["medicalStaffId"] == "another" else fixture("ordoclic/slots.json")

    with Loopback(routes(profile, fixture("ordoclic/reasons.json"), slots)) as server:
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 6, 1), 30)

    assert (reading.outcome, reading.partial, len(reading.slots)) == (Outcome.OK, True, 2)


def test_slots_beside_a_later_date_are_not_said_to_be_later(provider: Make) -> None:
    slots = fixture("ordoclic/slots.json") | {"nextAvailableSlotDate": "2021-07-03T06:50:00Z"}
    with Loopback(routes(fixture("ordoclic/profile.json"), fixture("ordoclic/reasons.json"), slots)) as server:
        reading = provider(Ordoclic, server.origin).slots(LINK, date(2021, 6, 1), 30)

    assert (len(reading.slots), reading.later_at) == (2, None)


@pytest.mark.parametrize("path", ["/app/pharmacie", "/pharmacie/lyon/chez-nous", "/"])
def test_a_link_of_another_form_names_no_pharmacy(path: str) -> None:
    assert Ordoclic.link_key("https://app.ordoclic.fr" + path) is None
    assert Ordoclic.link_key(LINK.upper().replace("/APP/", "/app/")) == "pharmacie-inventee-lyon"
