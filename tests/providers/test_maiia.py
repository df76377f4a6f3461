"""Maiia's answers through the real HTTP client, over loopback: what they mean, scenario by scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from aggregator.config.campaign import Campaign
from providers import maiia
from providers.ask import Ask
from providers.base import Provider
from providers.maiia import Maiia
from providers.reading import Draft, Window, instant
from providers.records import Outcome, Reason
from providers.wire import maiia as wire
from tests.answers import Answers
from tests.loopback import Loopback, Request, Status

Make = Callable[..., Provider]
API = "/api/pat-public"
LINK = "https://www.maiia.com/centre-de-vaccination/71000-macon/halle-inventee?centerid=0c1"
DAY = date(2021, 10, 25)
FIRST = {"id": "r-1", "name": "Première injection Moderna", "injectionType": "FIRST"}


def paged(body: Any) -> Callable[[Request], Any]:
    """An answer that is the first page of one."""
    return lambda request: body if request.first("page") == "0" else {"items": [], "total": 0}


def routes(answers: Answers) -> dict[str, Any]:
    return {
        f"{API}/consultation-reason-hcd": paged(answers.first("maiia", "reasons")),
        f"{API}/availabilities": paged(answers.first("maiia", "slots-one-reason-many-pages")),
        f"{API}/availability-closests": answers.first("maiia", "closest"),
        f"{API}/hcd": paged(answers.first("maiia", "centre-listing")),
    }


def test_each_slot_counts_once_in_local_time_however_many_reasons_it_answers(
    answers: Answers, provider: Make, covid: Campaign
) -> None:
    scenario = answers.of("maiia", "whole-centre")
    start = date.fromisoformat(scenario["request"]["start_date"])
    with Loopback(routes(answers)) as server:
        reading = provider(Maiia, server.origin).slots(scenario["request"]["centre_url"], start, 30)
        reasons = {request.first("consultationReasonName") for request in server.asked(f"{API}/availabilities")}

    assert len(reasons) > 1
    assert len(reading.slots) == scenario["truth"]["slot_count"]
    assert reading.slots[0].starts_at == instant(scenario["truth"]["first_slot"])
    assert reading.centre_id == scenario["expected"]["centre_id"]
    meanings = {covid.meaning("maiia", slot.reason) for slot in reading.slots}
    assert {(one.step, one.needs) for one in meanings if one} == {("1", ())}


def test_pages_go_on_after_a_page_that_is_larger_than_its_limit(answers: Answers, provider: Make) -> None:
    scenario = answers.of("maiia", "slots-one-reason-many-pages")
    start = instant(scenario["request"]["from"]).date()
    with Loopback(routes(answers)) as server:
        adapter = provider(Maiia, server.origin)
        draft = Draft(Ask(adapter), Window(start, 75))
        asked = wire.ConsultationReason("r", "Première injection", "FIRST")
        seen = adapter._availabilities(draft, scenario["request"]["centre_id"], asked, {}, f"{start}T00:00:00")
        pages = [request.first("page") for request in server.asked(f"{API}/availabilities")]

    assert (seen, pages) == (scenario["expected"]["slot_count"], ["0", "1"])
    assert seen > maiia.PAGE_SIZE
    assert draft.finish().slots[0].starts_at == instant(scenario["expected"]["first_slot"])
    starts = [item["startDateTime"] for item in answers.answer(scenario["fixtures"][0])["items"]]
    assert instant(starts[42]) == instant(scenario["expected"]["slots[42].start"])


def test_reasons_and_the_closest_slot_are_read(answers: Answers, provider: Make) -> None:
    with Loopback(routes(answers)) as server:
        adapter = provider(Maiia, server.origin)
        ask = Ask(adapter)
        reasons = list(adapter._reasons(ask, "0c1"))
        closest = adapter._closest(ask, "c", "Première/injection", "2021-04-14T00:00:00")

    expected = answers.of("maiia", "reasons")["expected"]
    assert len(reasons) == expected["reason_count"]
    assert reasons[5].injectionType == expected["reason[5].injectionType"]
    assert instant(closest or "") == instant(answers.of("maiia", "closest")["expected"]["next"])
    assert "Premi%C3%A8re%2Finjection" in server.asked(f"{API}/availability-closests")[0].raw


def test_a_reason_is_not_lost_because_attestation_contains_test(answers: Answers, covid: Campaign) -> None:
    items = json.loads(answers.first("maiia", "reasons"))["items"]
    with_attestation = [item for item in items if "attestation" in item["name"]]

    meanings = [covid.meaning("maiia", Reason(item["name"], item["injectionType"])) for item in with_attestation]

    assert meanings
    assert None not in meanings
    assert covid.meaning("maiia", Reason("Test antigénique", None)) is None


def test_a_listing_gives_each_centre_once_with_closed_days_closed(answers: Answers, provider: Make) -> None:
    scenario = answers.of("maiia", "centre-listing")
    with Loopback(routes(answers)) as server:
        parts = list(provider(Maiia, server.origin).discover([]))

    found = {centre.source_id[:8]: centre for part in parts for centre in part.centres}
    for wanted in scenario["expected"]["centres"]:
        centre = found[wanted["gid"]]
        assert centre.booking_url == wanted["rdv_site_web"]
        assert (centre.name, centre.address, centre.postcode) == (wanted["nom"], wanted["address"], wanted["com_cp"])
        assert (centre.insee, centre.lat, centre.lon) == (
            wanted["com_insee"],
            wanted["lat_coor1"],
            wanted["long_coor1"],
        )
        assert (centre.phone, centre.kind) == (wanted["phone_number"], wanted["type"])
    assert len(found) == scenario["truth"]["centre_count"] == sum(len(part.centres) for part in parts)
    inactive = _days_with_hours_that_are_not_active(answers, set(found))
    assert inactive
    for identity, day in inactive:
        assert found[identity[:8]].hours[maiia.WEEK.index(day)] == ""


def _days_with_hours_that_are_not_active(answers: Answers, found: set[str]) -> list[tuple[str, str]]:
    return [
        (item["center"]["id"], day)
        for item in answers.answer(answers.of("maiia", "centre-listing")["fixtures"][0])["items"]
        if item["type"] == "CENTER" and item["center"]["id"][:8] in found
        for day, hours in _schedules(item).items()
        if not hours["isActive"] and hours["schedules"]
    ]


def _schedules(item: Any) -> dict[str, Any]:
    schedules: dict[str, Any] = item["center"]["publicInformation"]["officeInformation"].get("openingSchedules", {})
    return schedules


def test_no_name_number_or_address_of_a_practitioner_leaves_the_adapter(answers: Answers, provider: Make) -> None:
    body = answers.first("maiia", "centre-listing")
    with Loopback(routes(answers)) as server:
        text = repr(list(provider(Maiia, server.origin).discover([])))

    for private in ("PRENOM", "cpsId", "@"):
        assert private.encode() in body
        assert private not in text


def test_without_a_slot_the_closest_one_says_from_where_to_ask_again(provider: Make) -> None:
    slot = {"id": "s-1", "startDateTime": "2021-11-05T09:10:00.000Z"}
    free = {
        f"{API}/consultation-reason-hcd": {"items": [FIRST], "total": 1},
        f"{API}/availabilities": lambda request: (
            {"items": [slot] if request.first("from") > "2021-11-01" else [], "total": 0}
        ),
        f"{API}/availability-closests": {"firstPhysicalStartDateTime": slot["startDateTime"]},
    }
    with Loopback(free) as server:
        reading = provider(Maiia, server.origin).slots(LINK, DAY, 30)
        asked = [request.first("from") for request in server.asked(f"{API}/availabilities")]

    assert asked == ["2021-10-25T00:00:00", "2021-11-05T10:10:00"]  # in local time, as the first question was
    assert [one.starts_at for one in reading.slots] == [instant("2021-11-05T09:10:00Z")]


@pytest.mark.parametrize(
    ("closest", "later"),
    [
        ({"firstPhysicalStartDateTime": "2021-12-24T09:10:00Z"}, "2021-12-24T09:10:00Z"),
        ({"availabilityCount": 0}, None),
    ],
)
def test_a_closest_slot_beyond_the_days_asked_is_later_and_no_slot(
    provider: Make, closest: Any, later: str | None
) -> None:
    free = {
        f"{API}/consultation-reason-hcd": {"items": [FIRST], "total": 1},
        f"{API}/availabilities": {"items": [], "total": 0},
        f"{API}/availability-closests": closest,
    }
    with Loopback(free) as server:
        reading = provider(Maiia, server.origin).slots(LINK, DAY, 30)

    assert (reading.outcome, reading.slots) == (Outcome.EMPTY, ())
    assert reading.later_at == (instant(later) if later else None)


def test_a_reason_without_a_kind_of_injection_is_no_vaccination_and_none_is_read_by_its_name(provider: Make) -> None:
    reasons = [
        {"id": "r-1", "name": "Première injection Covid, sans type"},
        {"id": "r-2", "name": "Covid, première injection", "injectionType": "NONE"},
        {"id": "r-3", "name": "Entretien", "injectionType": "NONE"},
    ]
    free = {
        f"{API}/consultation-reason-hcd": {"items": reasons, "total": 3},
        f"{API}/availabilities": {"items": [], "total": 0},
        f"{API}/availability-closests": {},
    }
    with Loopback(free) as server:
        provider(Maiia, server.origin).slots(LINK, DAY, 30)
        asked = [request.first("consultationReasonName") for request in server.asked(f"{API}/availabilities")]

    assert asked == ["Covid, première injection"]
    assert wire.ConsultationReason("r", "x", "NONE").reason.code is None
    assert wire.ConsultationReason("r", "x", "BOOSTER").reason.code == "BOOSTER"


@pytest.mark.parametrize(("kind", "step"), [("FIRST", "1"), ("SECOND", "2"), ("BOOSTER", "3"), ("NONE", None)])
def test_the_kind_of_injection_says_the_dose_where_the_name_does_not(
    provider: Make, covid: Campaign, kind: str, step: str | None
) -> None:
    reason = {"id": "r-1", "name": "Vaccination Covid", "injectionType": kind}
    slot = {"id": "s-1", "startDateTime": "2021-11-05T09:10:00.000Z"}

    assert steps_of(provider, covid, [reason], [slot]) == [step]


def test_a_slot_is_of_the_reason_that_it_names_whichever_was_asked_about(provider: Make, covid: Campaign) -> None:
    booster = {"id": "r-3", "name": "Rappel Moderna", "injectionType": "BOOSTER"}
    slots = [
        {"id": "s-1", "startDateTime": "2021-11-05T09:10:00.000Z"},
        {"id": "s-2", "startDateTime": "2021-11-05T09:20:00.000Z", "consultationReasonId": "r-3"},
        {"id": "s-3", "startDateTime": "2021-11-05T09:30:00.000Z", "consultationReasonId": "of no reason asked about"},
    ]

    assert steps_of(provider, covid, [FIRST, booster], slots) == ["1", "3", "1"]


def steps_of(provider: Make, covid: Campaign, reasons: list[Any], slots: list[Any]) -> list[str | None]:
    """The doses of the slots of a centre, where every question about one of its reasons is answered with them all."""
    free = {
        f"{API}/consultation-reason-hcd": {"items": reasons, "total": len(reasons)},
        f"{API}/availabilities": {"items": slots, "total": len(slots)},
    }
    with Loopback(free) as server:
        reading = provider(Maiia, server.origin).slots(LINK, DAY, 30)
    meanings = [covid.meaning("maiia", slot.reason) for slot in reading.slots]
    return [meaning.step for meaning in meanings if meaning]


def test_a_link_without_centerid_is_refused_before_anything_is_asked(provider: Make) -> None:
    with Loopback({}) as server:
        reading = provider(Maiia, server.origin).slots(LINK.partition("?")[0], DAY, 30)

    assert (reading.outcome, reading.requests, server.requests) == (Outcome.INVALID, 0, [])


@pytest.mark.parametrize("name", ["centerid", "centerId", "CENTERID"])
def test_the_identity_in_a_link_is_found_however_it_is_spelt(name: str) -> None:
    assert maiia.centre_in(f"https://www.maiia.com/a/b/c?x=1&{name}=0c1") == "0c1"


def test_a_link_with_and_one_without_its_identity_are_the_same_centre() -> None:
    assert Maiia.link_key(LINK) == Maiia.link_key(LINK.partition("?")[0].upper().replace("HTTPS", "https") + "/")
    assert Maiia.link_key("https://www.maiia.com/pharmacie/71000-macon") is None


def test_a_centre_known_by_its_siret_alone_is_one_and_without_either_is_none(provider: Make) -> None:
    def item(**identity: str) -> dict[str, Any]:
        centre = {"name": "Halle", "url": "/centre-de-vaccination/71000-macon/halle", **identity}
        return {"type": "CENTER", "center": centre, "consultationReasons": [FIRST]}

    listing = {"items": [item(siret="00000000000001"), item(), item(id=maiia.DEMONSTRATION_CENTRE)], "total": 3}
    with Loopback({f"{API}/hcd": listing}) as server:
        parts = list(provider(Maiia, server.origin).discover([]))

    assert [centre.source_id for part in parts for centre in part.centres] == ["00000000000001"]


def test_a_listing_is_read_to_the_page_that_is_not_full(provider: Make) -> None:
    def listing(request: Request) -> Any:
        page = int(request.first("page"))
        numbers = range(page * 50, min(page * 50 + 50, 101))
        centres = [{"name": "Halle", "id": f"0c{number}", "url": "/a/b/c"} for number in numbers]
        items = [{"type": "CENTER", "consultationReasons": [FIRST], "center": centre} for centre in centres]
        return {"items": items, "total": 101}

    with Loopback({f"{API}/hcd": listing}) as server:
        parts = list(provider(Maiia, server.origin).discover([]))

    assert sum(len(part.centres) for part in parts) == 101
    assert len(server.requests) == 3 * len(parts)  # page 0, 1 and 2 of each speciality


def test_the_specialities_share_what_they_have_found_and_fail_each_alone(provider: Make) -> None:
    item = {"type": "CENTER", "consultationReasons": [FIRST], "center": {"name": "Halle", "id": "0c1", "url": "/a/b/c"}}

    def listing(request: Request) -> Any:
        return Status(500) if request.first("speciality.shortName") == "pharmacie" else {"items": [item], "total": 1}

    with Loopback({f"{API}/hcd": listing}) as server:
        parts = {part.part: part for part in provider(Maiia, server.origin).discover([])}

    assert parts["pharmacie"].outcome is Outcome.HTTP_ERROR
    assert sum(len(part.centres) for part in parts.values()) == 1


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ({"schedules": [{"startTime": "08:15", "endTime": "12:45"}], "isActive": True}, "08:15-12:45"),
        ({"schedules": [{"startTime": "08:15", "endTime": "12:45"}], "isActive": False}, ""),
        (None, None),
    ],
)
def test_a_day_is_open_closed_or_not_stated(schedule: Any, text: str | None) -> None:
    days = {"MONDAY": wire.DaySchedule([], True)}
    if schedule:
        parts = [wire.Interval(**part) for part in schedule["schedules"]]
        days["SUNDAY"] = wire.DaySchedule(parts, schedule["isActive"])

    assert maiia.opening_hours(days)[6] == text
    assert maiia.opening_hours({}) == ()


@pytest.mark.parametrize(
    ("point", "where"),
    [
        ({"x": 4.8, "y": 46.3, "coordinates": [5.2, 46.2]}, (46.2, 5.2)),
        ({"x": 4.8, "y": 46.3, "coordinates": []}, (46.3, 4.8)),
        ({"x": 4.8}, None),
        ({}, None),
    ],
)
def test_a_position_is_longitude_first_on_the_wire(point: Any, where: tuple[float, float] | None) -> None:
    assert wire.Point(**point).lat_lon == where
