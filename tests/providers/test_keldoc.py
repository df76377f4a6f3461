"""Keldoc's answers through the real HTTP client, over loopback: what they mean, scenario by scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from aggregator.cli.reading import probe_report
from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country.finder.addresses import locate
from aggregator.country.finder.finder import load_finder
from aggregator.country.gazetteer import Gazetteer
from providers import keldoc
from providers.base import Provider
from providers.errors import GoneError, InvalidAnswerError
from providers.keldoc import Keldoc
from providers.reading import instant
from providers.records import Department, Outcome, Reason
from providers.shapes import Oddities
from providers.wire import keldoc as wire
from tests.answers import Answers
from tests.loopback import Loopback, Request, Status

Make = Callable[..., Provider]
API = "/api/patients/v2"
LINK = "https://vaccination-covid.keldoc.com/centre-hospitalier/bourg-en-bresse-01000/hopital-invente"
DAY = date(2021, 10, 25)


def link(answers: Answers) -> str:
    """The booking link of one cabinet of the clinic."""
    url: str = answers.of("keldoc", "first-availability-next-date")["request"]["centre_url"]
    return url


def cabinet(answers: Answers) -> int:
    number = keldoc.parse_link(link(answers)).cabinet
    assert number is not None
    return number


def first_motive(answers: Answers) -> dict[str, Any]:
    motive: dict[str, Any] = answers.of("keldoc", "motives-of-cabinet")["expected"]["motives"][0]
    return motive


def timetable_of(answers: Answers, motive: str | int) -> bytes:
    names = answers.of("keldoc", "first-availability-next-date")["fixtures"]
    return answers.body(next(name for name in names if name.endswith(f"timetable-{motive}.json")))


def routes(answers: Answers, timetable: Any = None) -> dict[str, Any]:
    """One clinic of several cabinets, of which one has motives."""
    if timetable is None:
        timetable = lambda request: timetable_of(answers, request.path.rsplit("/", 1)[-1])  # noqa: E731
    clinic = answers.of("keldoc", "old-redirect-to-canonical")
    cabinets = f"{API}/clinics/{clinic['expected']['clinic']}/specialties/{clinic['expected']['specialty']}/cabinets"
    return {
        f"{API}/searches/resource": answers.body(clinic["fixtures"][0]),
        cabinets: answers.body(clinic["fixtures"][1]),
        f"{cabinets}/{cabinet(answers)}/motive_categories": answers.first("keldoc", "motives-of-cabinet"),
        f"{cabinets}/*": {},
        f"{API}/timetables/*": timetable,
    }


def test_it_says_later_without_inventing_a_slot(answers: Answers, provider: Make) -> None:
    scenario, motive = answers.of("keldoc", "first-availability-next-date"), first_motive(answers)
    start = date.fromisoformat(scenario["request"]["start_date"])
    with Loopback(routes(answers)) as server:
        reading = provider(Keldoc, server.origin).slots(link(answers), start, 30)
        report = probe_report(Settings(demo=False), "keldoc", "", reading)
        asked = server.asked(f"{API}/timetables/{motive['id']}")[0].raw

    assert report["outcome"] == "empty"
    assert report["slot_count"] == scenario["expected"]["slot_count"] == 0
    assert instant(report["first_slot"]) == instant(scenario["expected"]["first_slot"])
    agendas = "".join(f"&agenda_ids%5B%5D={number}" for number in motive["agendas"])
    assert asked.endswith(f"?from={start}&to={start + timedelta(days=4)}{agendas}")


def test_it_jumps_to_the_date_that_it_names_and_finds_the_slots_there(answers: Answers, provider: Make) -> None:
    motive, truth = first_motive(answers)["id"], answers.of("keldoc", "parse-availabilities")
    named = instant(json.loads(timetable_of(answers, motive))["date"]).date()
    start = named - timedelta(days=15)

    def timetable(request: Request) -> Any:
        if request.first("from") == str(named):
            return answers.first("keldoc", "parse-availabilities")
        return timetable_of(answers, motive) if request.first("from") < str(named) else {}

    with Loopback(routes(answers, timetable)) as server:
        reading = provider(Keldoc, server.origin).slots(link(answers), start, 20)
        days = [request.first("from") for request in server.asked(f"{API}/timetables/{motive}")]

    assert days == [str(start), str(named)]
    assert reading.slots[0].starts_at == instant(truth["expected"]["first_slot"])
    assert len({slot.starts_at for slot in reading.slots}) == truth["truth"]["slot_count"]


def test_nothing_at_all_is_empty(answers: Answers, provider: Make) -> None:
    with Loopback(routes(answers, lambda request: {})) as server:
        reading = provider(Keldoc, server.origin).slots(link(answers), date(2099, 12, 12), 30)

    assert (reading.outcome, reading.slots, reading.later_at) == (Outcome.EMPTY, (), None)


def test_by_telephone_only_is_said_with_the_number(answers: Answers, provider: Make) -> None:
    body = timetable_of(answers, answers.of("keldoc", "motives-of-cabinet")["expected"]["motives"][1]["id"])
    with Loopback(routes(answers, body)) as server:
        reading = provider(Keldoc, server.origin).slots(link(answers), DAY, 10)
        asked = [request for request in server.requests if "/timetables/" in request.path]

    number = json.loads(body)["phone_number"]
    assert (reading.outcome, reading.phone_only, reading.phone) == (Outcome.EMPTY, True, number)
    assert len({request.path for request in asked}) == len(asked)  # the telephone is not asked again for later days


@pytest.mark.parametrize(
    "answer", [Status(403, b"{}"), Status(500), {"surprise": 1}, {"availabilities": None, "x": 1}, 7]
)
def test_failures_are_reported_and_not_read_as_no_slots(answers: Answers, provider: Make, answer: Any) -> None:
    with Loopback(routes(answers, answer)) as server:
        reading = provider(Keldoc, server.origin).slots(link(answers), DAY, 5)

    assert not reading.outcome.readable


def test_motives_of_a_cabinet_come_with_their_agendas_and_say_who_they_are_for(
    answers: Answers, covid: Campaign
) -> None:
    found = list(keldoc.motives(json.loads(answers.first("keldoc", "motives-of-cabinet"))))

    wanted = answers.of("keldoc", "motives-of-cabinet")["expected"]["motives"]
    assert [(motive.id, [agenda.id for agenda in motive.agendas]) for motive, _ in found] == [
        (one["id"], one["agendas"]) for one in wanted
    ]
    public = [covid.meaning("keldoc", reason) for _, reason in found]
    assert [one.step if one else None for one in public] == ["1", None, None, "1"]  # two are for professionals


def test_the_dose_is_read_from_the_name_of_a_motive(answers: Answers, covid: Campaign) -> None:
    relevant = answers.of("keldoc", "appointment-relevant")

    meanings = [covid.meaning("keldoc", Reason(text)) if text else None for text in relevant["request"]["inputs"]]

    assert [one.step if one else None for one in meanings] == relevant["expected"]["outputs"]


def test_a_specialty_is_about_vaccination_by_its_name_or_a_skill(answers: Answers) -> None:
    case = answers.of("keldoc", "specialty-relevant")

    found = [keldoc.is_relevant(msgspec.convert(one or {}, wire.Specialty)) for one in case["request"]["inputs"]]

    assert found == case["expected"]["outputs"]


def test_a_link_asks_for_its_three_or_four_segments(answers: Answers) -> None:
    links = answers.of("keldoc", "resource-url")
    base = f"https://booking.keldoc.com{API}/searches/resource?"

    asked = [base + keldoc.resource_query(keldoc.parse_link(url).segments) for url in links["request"]["inputs"]]

    assert asked == links["expected"]["outputs"]


def test_the_old_redirect_form_names_the_same_centre(answers: Answers, provider: Make) -> None:
    scenario = answers.of("keldoc", "old-redirect-to-canonical")
    old = scenario["request"]["responses"]["302 Location"]

    assert keldoc.parse_link(old).segments == keldoc.parse_link(scenario["request"]["url"]).segments
    with Loopback(routes(answers, {})) as server:
        provider(Keldoc, server.origin).slots(old, DAY, 5)
        cabinets = [r.path.split("/")[-2] for r in server.requests if r.path.endswith("/motive_categories")]
    assert [int(number) for number in cabinets] == scenario["expected"]["cabinets"]


def test_a_listing_of_a_department_is_read(answers: Answers, provider: Make, gazetteer: Gazetteer) -> None:
    scenario = answers.of("keldoc", "department-listing")
    answered = scenario["request"]["responses"]
    details = next(route for route in answered if route.endswith("/details"))
    site = {
        f"{API}/searches/geo_location": answers.body(scenario["fixtures"][0]),
        f"{API}/searches/resource": answers.body(scenario["fixtures"][1]),
        f"{API}/{details.removeprefix('GET ')}": answered[details],
    }
    with Loopback(site) as server:
        (part,) = provider(Keldoc, server.origin).discover([Department("01", "Ain")])
        asked = server.asked(f"{API}/searches/geo_location")[0]

    wanted = scenario["expected"]["centres"][0]
    (centre,) = part.centres
    assert asked.first("raw_location") == "ain-01"
    assert (centre.source_id, centre.name, centre.phone) == (wanted["gid"], wanted["nom"], wanted["phone_number"])
    assert (str(centre.lat), str(centre.lon)) == (wanted["lat_coor1"], wanted["long_coor1"])
    commune = locate(load_finder(gazetteer), centre.postcode, centre.city)
    assert commune is not None
    assert commune.insee == scenario["truth"]["insee"]


def clinic(**more: Any) -> dict[str, Any]:
    """A clinic with one cabinet under its own name and one specialty of vaccination."""
    named = {"id": 8101, "slug": "salle-inventee"}
    return {"id": 8100, "cabinets": [named], "specialties": [{"id": 144, "name": "Maladies infectieuses"}]} | more


MOTIVES = [{"name": "Covid", "motives": [{"id": 8301, "name": "1ère injection", "agendas": [{"id": 8401}]}]}]


def site(timetable: Any = None, **more: Any) -> dict[str, Any]:
    return {
        f"{API}/searches/resource": clinic(**more),
        f"{API}/clinics/8100/specialties/144/cabinets": [{"id": 8101}, {"id": 8102}],
        f"{API}/clinics/*": MOTIVES,
        f"{API}/timetables/*": timetable or {},
    }


@pytest.mark.parametrize(
    ("rest", "cabinets", "centre_id"),
    [
        ("/salle-inventee", ["8101"], "8100pid8101"),  # the fourth segment names a cabinet of the clinic
        ("/autre-salle", ["8101", "8102"], "8100"),  # of a name that is not known all are asked
        ("?cabinet=8102&specialty=144", ["8102"], "8100pid8102"),
        ("?cabinet=huit", ["8101", "8102"], "8100"),
    ],
)
def test_which_cabinets_a_link_is_about(provider: Make, rest: str, cabinets: list[str], centre_id: str) -> None:
    with Loopback(site()) as server:
        reading = provider(Keldoc, server.origin).slots(LINK + rest, DAY, 5)
        asked = [r.path.split("/")[-2] for r in server.requests if r.path.endswith("/motive_categories")]

    assert (asked, reading.centre_id) == (cabinets, centre_id)


def test_a_booking_link_names_the_cabinet_when_there_is_one_and_the_host_is_written_once(provider: Make) -> None:
    with Loopback(site()) as server:
        one = provider(Keldoc, server.origin).slots(LINK + "/salle-inventee", DAY, 5)
        several = provider(Keldoc, server.origin).slots(LINK, DAY, 5)

    assert one.booking_url == f"{LINK}/salle-inventee?cabinet=8101&specialty=144"
    assert several.booking_url == f"{LINK}?specialty=144"


def test_a_clinic_without_a_specialty_of_vaccination_is_asked_no_further(provider: Make) -> None:
    with Loopback(site(specialties=[{"id": 8190, "name": "Podologie"}])) as server:
        reading = provider(Keldoc, server.origin).slots(LINK, DAY, 5)

    assert (reading.outcome, reading.requests) == (Outcome.EMPTY, 1)


def test_a_link_that_names_one_of_several_specialties_is_asked_about_that_one(provider: Make) -> None:
    both = [{"id": 144, "name": "Maladies infectieuses"}, {"id": 496, "name": "COVID19 - Vaccination"}]
    with Loopback(site(specialties=both)) as server:
        provider(Keldoc, server.origin).slots(LINK + "?cabinet=8101&specialty=496", DAY, 5)
        one = [request.path for request in server.requests if "/clinics/" in request.path]
        provider(Keldoc, server.origin).slots(LINK + "?cabinet=8101&specialty=7", DAY, 5)
        all_of_them = [request.path for request in server.requests if "/clinics/" in request.path][len(one) :]

    assert [path.split("/")[7] for path in one] == ["496"]
    assert [path.split("/")[7] for path in all_of_them] == ["144", "496"]


def test_one_cabinet_that_fails_leaves_the_slots_of_the_others_and_says_partial(provider: Make) -> None:
    routes = site({"availabilities": {"2021-10-26": [{"start_time": "2021-10-26T09:05:00.000000+0200"}]}})
    broken = {f"{API}/clinics/8100/specialties/144/cabinets/8102/motive_categories": {"motives": 1}}
    with Loopback(broken | routes) as server:
        reading = provider(Keldoc, server.origin).slots(LINK, DAY, 5)

    assert (reading.outcome, reading.partial, len(reading.slots)) == (Outcome.OK, True, 1)


def test_the_days_are_asked_five_by_five_and_the_last_question_ends_with_the_days(provider: Make) -> None:
    with Loopback(site()) as server:
        provider(Keldoc, server.origin).slots(LINK + "/salle-inventee", DAY, 12)
        asked = [(r.first("from"), r.first("to")) for r in server.asked(f"{API}/timetables/8301")]

    assert asked == [("2021-10-25", "2021-10-29"), ("2021-10-30", "2021-11-03"), ("2021-11-04", "2021-11-05")]


def test_slots_win_over_a_date_that_comes_with_them(provider: Make) -> None:
    table = {
        "availabilities": {"2021-10-26": [{"start_time": "2021-10-26T09:05:00.000+02:00"}]},
        "date": "2021-12-24T09:05:00.000+01:00",
    }
    with Loopback(site(table)) as server:
        reading = provider(Keldoc, server.origin).slots(LINK + "/salle-inventee", DAY, 10)
        asked = [request.first("from") for request in server.asked(f"{API}/timetables/8301")]

    assert (len(reading.slots), reading.later_at) == (1, None)
    assert asked == ["2021-10-25", "2021-10-30"]


def test_telephone_beside_a_motive_with_dates_is_not_telephone_only(provider: Make) -> None:
    motives = [{"name": "Covid", "motives": [
        {"id": number, "name": "1ère injection", "agendas": [{"id": 8401}]} for number in (8301, 8302)]}]  # fmt: skip
    routes = {
        f"{API}/clinics/8100/specialties/144/cabinets/8101/motive_categories": motives,
        f"{API}/timetables/8302": {"num": "04 65 71 00 31"},
    }
    with Loopback(routes | site()) as server:
        reading = provider(Keldoc, server.origin).slots(LINK + "/salle-inventee", DAY, 5)

    assert (reading.phone_only, reading.phone) == (False, "+33465710031")


@pytest.mark.parametrize("dead", [None, {}])
def test_a_dead_cabinet_has_no_motive(dead: Any) -> None:
    assert list(keldoc.motives(dead)) == []


def test_a_category_in_another_shape_is_named_and_costs_the_others_nothing() -> None:
    odd = Oddities()
    whole = {"name": "Vaccins", "motives": [{"id": 7, "name": "1ère injection", "agendas": [{"id": 8}]}]}

    found = list(keldoc.motives([{"motives": 7}, whole], odd))

    assert [(motive.id, reason.text) for motive, reason in found] == [(7, "1ère injection")]
    assert [one.split(":")[0] for one in odd.named] == ["motive_categories[0]"]
    with pytest.raises(InvalidAnswerError, match="motive_categories"):
        list(keldoc.motives(7))


def test_a_category_without_a_name_keeps_its_motives() -> None:
    odd = Oddities()
    nameless = {"motives": [{"id": 7, "name": "1ère injection", "agendas": [{"id": 8}]}]}

    assert [motive.id for motive, _ in keldoc.motives([nameless], odd)] == [7]
    assert odd.named == []


@pytest.mark.parametrize(
    ("text", "where"),
    [("46.2,5.2", (46.2, 5.2)), ("", (None, None)), (None, (None, None))],
)
def test_a_position_is_latitude_first_on_the_wire(text: str | None, where: tuple[Any, Any]) -> None:
    assert keldoc.coordinates(text) == where


@pytest.mark.parametrize("text", ["46.2", "46.2,5.2,0", "ici"])
def test_a_position_that_is_not_two_numbers_is_an_error(text: str) -> None:
    with pytest.raises(InvalidAnswerError, match="coordinates"):
        keldoc.coordinates(text)


@pytest.mark.parametrize("path", ["", "/a", "/a/b", "/redirect/?dom=a&inst=b"])
def test_a_link_of_another_form_names_no_clinic(path: str) -> None:
    with pytest.raises(GoneError):
        keldoc.resource_query(keldoc.parse_link("https://keldoc.com" + path).segments)


def test_links_of_the_same_centre_have_the_same_key_whatever_their_query() -> None:
    key = Keldoc.link_key(LINK)

    assert key == Keldoc.link_key(LINK.upper().replace("HTTPS", "https") + "/?cabinet=8101")
    assert key == Keldoc.link_key(f" {LINK} ") == urlsplit(LINK).path.strip("/")
    assert Keldoc.link_key("https://keldoc.com/a/b") is None


@pytest.mark.parametrize(
    ("code", "name", "location"),
    [
        ("01", "Ain", "ain-01"),
        ("2A", "Corse-du-Sud", "corse-du-sud-2a"),
        ("70", "Haute-Saône", "saune-haute-70"),
        ("90", "Territoire de Belfort", "belfort-territoire-de-90"),
    ],
)
def test_departments_go_by_the_names_that_it_gives_them(code: str, name: str, location: str) -> None:
    assert keldoc.location_name(Department(code, name)) == location


ROW = {"id": 8111, "title": "Salle", "url": "/a/b/c", "cabinet": {"zipcode": "01 500"}, "specialty_ids": [9, 144]}


def test_all_sections_and_pages_of_a_listing_are_read_and_each_cabinet_once(provider: Make) -> None:
    def listing(request: Request) -> Any:
        number = int(request.first("page"))
        rows = {"section_1": {"data": [ROW]}, "section_9": {"data": [ROW | {"id": 8111 + number}]}, "others": {}}
        return {"options": {"next_page": number == 1}, "results": rows}

    routes = {f"{API}/searches/geo_location": listing, f"{API}/searches/resource": clinic()}
    with Loopback(routes | {f"{API}/cabinets/*": {}}) as server:
        (part,) = provider(Keldoc, server.origin).discover([Department("01", "Ain")])

    assert [centre.source_id for centre in part.centres] == ["8100pid8111", "8100pid8112", "8100pid8113"]
    assert part.centres[0].postcode == "01500"


def test_a_row_of_another_specialty_is_left_out(provider: Make) -> None:
    listing = {"results": {"section_1": {"data": [ROW | {"specialty_ids": [9]}]}}}
    with Loopback({f"{API}/searches/geo_location": listing}) as server:
        (part,) = provider(Keldoc, server.origin).discover([Department("01", "Ain")])

    assert (part.outcome, part.centres) == (Outcome.EMPTY, ())


def test_a_cabinet_whose_details_fail_is_listed_without_telephone(provider: Make) -> None:
    routes = {
        f"{API}/searches/geo_location": {"results": {"section_1": {"data": [ROW]}}},
        f"{API}/searches/resource": clinic(id=8111),
        f"{API}/cabinets/8111/details": Status(500),
    }
    with Loopback(routes) as server:
        (part,) = provider(Keldoc, server.origin).discover([Department("01", "Ain")])

    (centre,) = part.centres
    assert (centre.source_id, centre.phone) == ("8111", None)  # clinic and cabinet have one number: one is enough
    assert len(part.refused) == 1
