"""Recorded answers of 2021-22 through the real HTTP client, over loopback: what they mean, scenario by scenario.

The recordings come with what the volunteers' collector of 2021 made of them; where its reading was wrong (`truth`,
`note`), the right one is expected here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aggregator.cli.reading import probe_report
from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from providers import doctolib, keldoc, maiia
from providers.base import Provider
from providers.doctolib import Doctolib
from providers.keldoc import Keldoc
from providers.maiia import Maiia
from providers.reading import Draft, Window, instant
from providers.records import Department, Outcome, Reading, Reason
from providers.strict_json import StrictJsonError, loads
from tests.conftest import Recorded
from tests.loopback import Loopback, Status

Make = Callable[..., Provider]
SCENARIOS = ("doctolib", "maiia", "keldoc")


def doctolib_routes(recorded: Recorded, scenario: dict[str, Any]) -> dict[str, Any]:
    routes: dict[str, Any] = {}
    for route, answer in scenario["request"]["responses"].items():
        path = route.removeprefix("GET ")
        if isinstance(answer, str):
            routes[path] = recorded.body(answer)
        else:
            routes[path] = Status(answer["status"], answer.get("text", "").encode())
    return routes


def read_doctolib(recorded: Recorded, provider: Make, name: str) -> tuple[Reading, dict[str, Any], Loopback]:
    scenario = recorded.scenarios[("doctolib", name)]
    with Loopback(doctolib_routes(recorded, scenario)) as server:
        adapter = provider(Doctolib, server.origin)
        start = date.fromisoformat(scenario["request"]["start_date"])
        reading = adapter.slots(scenario["request"]["centre_url"], start, 30)
        return reading, scenario, server


@pytest.mark.parametrize(
    "name",
    [
        "basic",
        "no-slots",
        "next-slot-is-only-a-hint",
        "string-slots",
        "two-dose-dict-with-steps",
        "none-online-reason",
        "booking-disabled-is-phone-only",
        "second-dose-motive-only",
    ],
)
def test_doctolib_slots_mean_what_they_meant(recorded: Recorded, provider: Make, covid: Campaign, name: str) -> None:
    reading, scenario, server = read_doctolib(recorded, provider, name)
    expected = {**scenario["expected"], **scenario.get("truth", {})}

    report = probe_report(Settings(demo=False), "doctolib", scenario["request"]["centre_url"], reading)

    assert report["outcome"] == ("ok" if expected["slot_count"] else "empty")
    assert report["slot_count"] == expected["slot_count"]
    assert _same_instant(report["first_slot"], expected["first_slot"])
    for slot, wanted in zip(report["slots"], expected.get("slots", []), strict=True):
        assert _same_instant(slot["start"], wanted["start"])
        assert (slot["needs"], slot["step"]) == (wanted["vaccines"], wanted["dose"])
    for key in ("centre_id", "phone_only"):
        if key in expected:
            assert report[key] == expected[key]
    if "booking_url" in scenario.get("truth", {}):
        assert report["booking_url"] == expected["booking_url"]
    if "slot_requests" in expected:
        assert len(server.asked("/availabilities.json")) == expected["slot_requests"]


def test_doctolib_is_asked_as_the_contract_says(recorded: Recorded, provider: Make) -> None:
    _, _, server = read_doctolib(recorded, provider, "basic")

    assert server.asked("/availabilities.json")[0].raw == (
        "/availabilities.json?start_date=2021-04-03&visit_motive_ids=2&agenda_ids=3&insurance_sector=public"
        "&practice_ids=165752&destroy_temporary=true&limit=14"
    )


def test_doctolib_refusals_are_refusals(recorded: Recorded, provider: Make) -> None:
    blocked, _, _ = read_doctolib(recorded, provider, "blocked-on-booking")
    limited, _, _ = read_doctolib(recorded, provider, "http-429-on-availabilities")

    assert blocked.outcome is Outcome.BLOCKED
    assert limited.outcome is Outcome.RATE_LIMITED
    assert (blocked.slots, limited.slots) == ((), ())


def test_doctolib_s_400_on_availabilities_is_its_way_of_blocking(recorded: Recorded, provider: Make) -> None:
    routes = {
        "/booking/centre1.json": recorded.body("doctolib/basic-booking.json"),
        "/availabilities.json": Status(400),
    }
    with Loopback(routes) as server:
        reading = provider(Doctolib, server.origin).slots("https://x/a/ville1/centre1", date(2021, 4, 3), 14)

    assert reading.outcome is Outcome.BLOCKED


def test_doctolib_links_categories_agendas_and_ids(recorded: Recorded, covid: Campaign) -> None:
    cases = {name: recorded.scenarios[("doctolib", name)] for (slug, name) in recorded.scenarios if slug == "doctolib"}

    links = cases["centre-slug-from-url"]
    assert [doctolib.centre_slug(url) for url in links["request"]["inputs"]] == links["expected"]["outputs"]

    card = msgspec.convert(recorded.answer("_inline/doctolib-categories.json"), doctolib.Card)
    public = {
        category.id
        for category in card.visit_motive_categories or []
        if covid.meaning("doctolib", Reason("1re injection", "6970", category.name)) is not None
    }
    assert public == set(cases["public-category"]["expected"]["category_ids"])

    for name in ("agendas-and-practices", "agendas-and-practices-21"):
        case = cases[name]
        agendas = msgspec.convert(recorded.answer(case["fixtures"][0]), doctolib.Card).agendas or []
        found = doctolib.agendas_and_practices(agendas, case["request"]["motive"], case["request"]["practice_filter"])
        assert found == (case["expected"]["agenda_ids"], case["expected"]["practice_ids"])

    ids = cases["internal-id"]
    for (content, practices, same), wanted in zip(ids["request"]["cases"], ids["expected"]["outputs"], strict=True):
        card = msgspec.convert(content, doctolib.Card)
        assert doctolib.centre_id(card, practices, same) == wanted

    kinds = cases["centre-type"]
    assert [doctolib.centre_kind(*pair) for pair in kinds["request"]["inputs"]] == kinds["expected"]["outputs"]


@pytest.mark.parametrize("name", ["motives-by-dose", "motives-of-another-category"])
def test_doctolib_motives_are_known_by_their_national_number(recorded: Recorded, covid: Campaign, name: str) -> None:
    scenario = recorded.scenarios[("doctolib", name)]
    content = recorded.answer(scenario["fixtures"][0])
    content["visit_motive_categories"] = recorded.answer("_inline/doctolib-categories.json")["visit_motive_categories"]
    card = msgspec.convert(content, doctolib.Card)

    kept: dict[str, list[list[Any]]] = {}
    for motive, reason in doctolib.reasons_of(card):
        meaning = covid.meaning("doctolib", reason)
        if meaning is not None:
            kept.setdefault(meaning.step or "", []).append([motive.id, *covid.need_labels(meaning.needs)])

    assert kept == scenario["expected"]["motives"]


def test_doctolib_hours_say_closed_when_they_are(recorded: Recorded) -> None:
    scenario = recorded.scenarios[("doctolib", "opening-hours")]
    days = msgspec.convert(recorded.answer("_inline/doctolib-hours.json")["opening_hours"], list[doctolib.DayHours])

    hours = doctolib.opening_hours(days)

    assert hours[0] == scenario["expected"]["hours"]["lundi"]
    assert hours[1] == ""
    assert doctolib.opening_hours([]) == ()


def test_doctolib_listing_ends_although_the_same_page_comes_back_for_ever(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("doctolib", "department-listing")]
    body = recorded.body("doctolib/booking-with-doctors.json")
    with Loopback({"/vaccination-covid-19/*": body, "/booking/*": body}) as server:
        adapter = provider(Doctolib, server.origin)
        adapter.wants = lambda reason: True
        (part,) = adapter.discover([Department("00", "Test")])

    assert part.outcome is Outcome.OK
    found = {centre.booking_url: centre for centre in part.centres}
    assert len(part.centres) == scenario["expected"]["centre_count"]
    for wanted in scenario["expected"]["centres"]:
        centre = found[wanted["rdv_site_web"]]
        assert centre.name == wanted["nom"]
        assert (centre.address, centre.postcode, centre.city) == (wanted["address"], wanted["cp"], wanted["ville"])
        assert (centre.lat, centre.lon) == (wanted["lat_coor1"], wanted["long_coor1"])
        assert (centre.phone, centre.kind) == (wanted["phone_number"], wanted["type"])
        assert centre.hours == ("",) * 7  # `enabled: false` is closed, ranges or not


def test_a_department_is_asked_by_its_slug(gazetteer: Gazetteer) -> None:
    slugs = {doctolib.department_slug(department.name) for department in gazetteer.departments.values()}

    assert len([code for code in gazetteer.departments if code not in ("975", "977", "978")]) == 101
    assert {"ain", "cote-d-or", "val-d-oise", "departement-indre", "departement-vienne", "haute-vienne"} <= slugs


def maiia_routes(recorded: Recorded) -> dict[str, Any]:
    def paged(name: str) -> Callable[[Any], Any]:
        return lambda request: recorded.body(name) if request.first("page") == "0" else {"items": [], "total": 0}

    return {
        "/api/pat-public/consultation-reason-hcd": paged("maiia/consultation-reason-hcd.json"),
        "/api/pat-public/availabilities": paged("maiia/availabilities.json"),
        "/api/pat-public/availability-closests": recorded.body("maiia/availability-closests.json"),
        "/api/pat-public/hcd": paged("maiia/scrap-center.json"),
    }


def test_maiia_counts_each_slot_once_in_local_time(recorded: Recorded, provider: Make, covid: Campaign) -> None:
    scenario = recorded.scenarios[("maiia", "whole-centre")]
    with Loopback(maiia_routes(recorded)) as server:
        reading = provider(Maiia, server.origin).slots(scenario["request"]["centre_url"], date(2021, 4, 29), 30)

    assert len(reading.slots) == scenario["truth"]["slot_count"]
    assert _same_instant(reading.slots[0].starts_at.isoformat(), scenario["truth"]["first_slot"])
    assert reading.centre_id == scenario["expected"]["centre_id"]
    meanings = {covid.meaning("maiia", slot.reason) for slot in reading.slots}
    assert {(one.step, one.needs) for one in meanings if one} == {("1", ())}


def test_maiia_pages_go_on_after_a_page_that_is_larger_than_its_limit(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("maiia", "slots-one-reason-many-pages")]
    with Loopback(maiia_routes(recorded)) as server:
        adapter = provider(Maiia, server.origin)
        draft = Draft(maiia.Ask(adapter), Window(date(2021, 4, 16), 75))
        asked = maiia.ConsultationReason("r", "Première injection", "FIRST")
        seen = adapter._availabilities(draft, scenario["request"]["centre_id"], asked, {}, "2021-04-16T00:00:00")  # type: ignore[attr-defined]
        pages = [request.first("page") for request in server.asked("/api/pat-public/availabilities")]

    slots = draft.finish().slots
    assert (seen, pages) == (scenario["expected"]["slot_count"], ["0", "1"])
    assert slots[0].starts_at == instant(scenario["expected"]["first_slot"])
    recorded_starts = [item["startDateTime"] for item in recorded.answer("maiia/availabilities.json")["items"]]
    assert instant(recorded_starts[42]) == instant(scenario["expected"]["slots[42].start"])


def test_maiia_reasons_and_closest(recorded: Recorded, provider: Make) -> None:
    with Loopback(maiia_routes(recorded)) as server:
        adapter = provider(Maiia, server.origin)
        ask = maiia.Ask(adapter)
        reasons = list(adapter._reasons(ask, "5ffc744c68dedf073a5b87a2"))  # type: ignore[attr-defined]
        closest = adapter._closest(ask, "c", "Première/injection", "2021-04-14T00:00:00")  # type: ignore[attr-defined]

    expected = recorded.scenarios[("maiia", "reasons")]["expected"]
    assert len(reasons) == expected["reason_count"]
    assert reasons[5].injectionType == expected["reason[5].injectionType"]
    assert closest is not None and instant(closest) == instant(
        recorded.scenarios[("maiia", "closest")]["expected"]["next"]
    )
    assert "Premi%C3%A8re%2Finjection" in server.asked("/api/pat-public/availability-closests")[0].raw


def test_a_reason_is_not_lost_because_attestation_contains_test(recorded: Recorded, covid: Campaign) -> None:
    name = "Première injection - etudiant en santé - avec attestation de formation"

    assert covid.meaning("maiia", Reason(name, "FIRST")) is not None
    assert covid.meaning("maiia", Reason("Test antigénique", None)) is None


def test_maiia_listing_gives_each_centre_once_with_closed_days_closed(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("maiia", "centre-listing")]
    with Loopback(maiia_routes(recorded)) as server:
        adapter = provider(Maiia, server.origin)
        parts = list(adapter.discover([]))

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
    inactive = [
        (item["center"]["id"], day)
        for item in recorded.answer("maiia/scrap-center.json")["items"]
        if item["type"] == "CENTER"
        for day, hours in item["center"]["publicInformation"]["officeInformation"]["openingSchedules"].items()
        if not hours["isActive"] and hours["schedules"] and item["center"]["id"][:8] in found
    ]
    assert inactive
    for identity, day in inactive:
        assert found[identity[:8]].hours[maiia.WEEK.index(day)] == ""


def test_a_recording_that_its_scrubbing_broke_is_refused_as_it_is(recorded: Recorded) -> None:
    with pytest.raises(StrictJsonError):
        loads(recorded.raw("maiia/scrap-center.json"))


def test_no_name_number_or_address_of_a_practitioner_leaves_the_adapter(recorded: Recorded, provider: Make) -> None:
    with Loopback(maiia_routes(recorded)) as server:
        parts = list(provider(Maiia, server.origin).discover([]))

    text = repr(parts)
    assert "PRENOM" not in text
    assert "cpsId" not in text
    assert "@" not in text


LORIENT = (
    "https://vaccination-covid.keldoc.com/centre-hospitalier-regional/lorient-56100/"
    "groupe-hospitalier-bretagne-sud-lorient-hopital-du-scorff"
)


def keldoc_routes(recorded: Recorded, timetable: Any = None) -> dict[str, Any]:
    def recorded_timetable(request: Any) -> Any:
        return recorded.body(f"keldoc/center1-timetable-{request.path.rsplit('/', 1)[-1]}.json")

    clinic = "/api/patients/v2/clinics/2563/specialties/144/cabinets"
    return {
        "/api/patients/v2/searches/resource": recorded.body("keldoc/center1-info.json"),
        clinic: recorded.body("keldoc/center1-cabinet.json"),
        f"{clinic}/16913/motive_categories": recorded.body("keldoc/center1-cabinet-16913.json"),
        f"{clinic}/*": {},
        "/api/patients/v2/timetables/*": recorded_timetable if timetable is None else timetable,
    }


def test_keldoc_says_later_without_inventing_a_slot(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("keldoc", "first-availability-next-date")]
    start = date.fromisoformat(scenario["request"]["start_date"])
    with Loopback(keldoc_routes(recorded)) as server:
        reading = provider(Keldoc, server.origin).slots(scenario["request"]["centre_url"], start, 30)
        report = probe_report(Settings(demo=False), "keldoc", "", reading)
        asked = server.asked("/api/patients/v2/timetables/81484")[0].raw

    assert report["outcome"] == "empty"
    assert report["slot_count"] == scenario["expected"]["slot_count"] == 0
    assert _same_instant(report["first_slot"], scenario["expected"]["first_slot"])
    assert asked.endswith("?from=2020-04-04&to=2020-04-08&agenda_ids%5B%5D=49335&agenda_ids%5B%5D=51414")


def test_keldoc_jumps_to_the_date_that_it_names_and_finds_the_slots_there(recorded: Recorded, provider: Make) -> None:
    def timetable(request: Any) -> Any:
        if request.first("from") < "2021-04-19":
            return recorded.body("keldoc/center1-timetable-81484.json")
        return recorded.answer("_inline/keldoc-complex.json") if request.first("from") == "2021-04-20" else {}

    with Loopback(keldoc_routes(recorded, timetable)) as server:
        reading = provider(Keldoc, server.origin).slots(f"{LORIENT}?cabinet=16913&specialty=144", date(2021, 4, 5), 20)
        days = [request.first("from") for request in server.asked("/api/patients/v2/timetables/81484")]

    truth = recorded.scenarios[("keldoc", "parse-availabilities")]
    assert days == ["2021-04-05", "2021-04-20"]
    assert _same_instant(reading.slots[0].starts_at.isoformat(), truth["expected"]["first_slot"])
    assert len({slot.starts_at for slot in reading.slots}) == truth["truth"]["slot_count"]


def test_keldoc_with_nothing_at_all_is_empty(recorded: Recorded, provider: Make) -> None:
    with Loopback(keldoc_routes(recorded, {})) as server:
        reading = provider(Keldoc, server.origin).slots(f"{LORIENT}?cabinet=16913", date(2099, 12, 12), 30)

    assert (reading.outcome, reading.slots, reading.later_at) == (Outcome.EMPTY, (), None)


def test_keldoc_by_telephone_only(recorded: Recorded, provider: Make) -> None:
    body = recorded.body("keldoc/center1-timetable-81486.json")
    with Loopback(keldoc_routes(recorded, body)) as server:
        reading = provider(Keldoc, server.origin).slots(f"{LORIENT}?cabinet=16913", date(2021, 4, 5), 10)

    assert (reading.outcome, reading.phone_only, reading.phone) == (Outcome.EMPTY, True, "+33297069794")


@pytest.mark.parametrize(
    "answer", [Status(403, b"{}"), Status(500), {"surprise": 1}, {"availabilities": None, "x": 1}, 7]
)
def test_keldoc_failures_are_reported_and_not_read_as_no_slots(recorded: Recorded, provider: Make, answer: Any) -> None:
    with Loopback(keldoc_routes(recorded, answer)) as server:
        reading = provider(Keldoc, server.origin).slots(f"{LORIENT}?cabinet=16913", date(2021, 4, 5), 5)

    assert not reading.outcome.readable


def test_keldoc_motives_of_a_cabinet(recorded: Recorded, covid: Campaign) -> None:
    scenario = recorded.scenarios[("keldoc", "motives-of-cabinet")]

    found = [
        {"id": motive.id, "agendas": [agenda.id for agenda in motive.agendas]}
        for motive, _ in keldoc.motives(recorded.answer("keldoc/center1-cabinet-16913.json"))
    ]

    wanted = scenario["expected"]["motives"]
    assert found == [{"id": one["id"], "agendas": one["agendas"]} for one in wanted]
    public = [
        covid.meaning("keldoc", reason)
        for _, reason in keldoc.motives(recorded.answer("keldoc/center1-cabinet-16913.json"))
    ]
    assert [one.step if one else None for one in public] == [
        "1",
        None,
        None,
        "1",
    ]  # the second and third: professionals


def test_keldoc_doses_specialties_and_links(recorded: Recorded, covid: Campaign) -> None:
    relevant = recorded.scenarios[("keldoc", "appointment-relevant")]
    meanings = [covid.meaning("keldoc", Reason(text)) if text else None for text in relevant["request"]["inputs"]]
    assert [one.step if one else None for one in meanings] == relevant["expected"]["outputs"]

    specialties = recorded.scenarios[("keldoc", "specialty-relevant")]
    for content, wanted in zip(specialties["request"]["inputs"], specialties["expected"]["outputs"], strict=True):
        assert keldoc.is_relevant(msgspec.convert(content or {}, keldoc.Specialty)) is wanted

    links = recorded.scenarios[("keldoc", "resource-url")]
    base = "https://booking.keldoc.com/api/patients/v2/searches/resource?"
    for url, wanted in zip(links["request"]["inputs"], links["expected"]["outputs"], strict=True):
        assert base + keldoc.resource_query(keldoc.parse_link(url).segments) == wanted


def test_keldoc_s_old_redirect_form_names_the_same_centre(recorded: Recorded, provider: Make) -> None:
    scenario = recorded.scenarios[("keldoc", "old-redirect-to-canonical")]
    old = scenario["request"]["responses"]["302 Location"]

    assert keldoc.parse_link(old).segments == keldoc.parse_link(scenario["request"]["url"]).segments
    with Loopback(keldoc_routes(recorded, {})) as server:
        provider(Keldoc, server.origin).slots(old, date(2021, 4, 5), 5)
        cabinets = [r.path.split("/")[-2] for r in server.requests if r.path.endswith("/motive_categories")]
    assert [int(number) for number in cabinets] == scenario["expected"]["cabinets"]


def test_keldoc_listing_of_a_department(recorded: Recorded, provider: Make, gazetteer: Gazetteer) -> None:
    scenario = recorded.scenarios[("keldoc", "department-listing")]
    routes = {
        "/api/patients/v2/searches/geo_location": recorded.body("keldoc/department-ain.json"),
        "/api/patients/v2/searches/resource": recorded.body("keldoc/resource-ain.json"),
        "/api/patients/v2/cabinets/17136/details": {"phone_number": "+33672639944"},
    }
    with Loopback(routes) as server:
        (part,) = provider(Keldoc, server.origin).discover([Department("01", "Ain")])
        asked = server.asked("/api/patients/v2/searches/geo_location")[0]

    wanted = scenario["expected"]["centres"][0]
    (centre,) = part.centres
    assert asked.first("raw_location") == "ain-01"
    assert (centre.source_id, centre.name, centre.phone) == (wanted["gid"], wanted["nom"], wanted["phone_number"])
    assert (str(centre.lat), str(centre.lon)) == (wanted["lat_coor1"], wanted["long_coor1"])
    commune = gazetteer.locate(centre.postcode, centre.city)
    assert commune is not None
    assert commune.insee == scenario["truth"]["insee"]


def _same_instant(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one == other
    return instant(one) == instant(other)


# Scenarios whose subject is tested under another name.
ELSEWHERE = {
    "101-departments": test_a_department_is_asked_by_its_slug,
    "http-errors-and-resets": test_keldoc_failures_are_reported_and_not_read_as_no_slots,
    "no-date-at-all": test_keldoc_with_nothing_at_all_is_empty,
}


def test_every_scenario_of_the_three_has_a_test(recorded: Recorded) -> None:
    """A scenario that is added to the recordings and to no test is noticed."""
    source = Path(__file__).read_text(encoding="utf-8")
    named = {name for slug, name in recorded.scenarios if slug in SCENARIOS}

    assert {name for name in named if f'"{name}"' not in source} == set()
