"""Doctolib's answers through the real HTTP client, over loopback: what they mean, scenario by scenario.

Where a recording's `truth` or `note` says that the peer was wrong, the truth is what is expected here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from aggregator.cli.reading import probe_report
from aggregator.config.campaign import Campaign
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from providers import doctolib
from providers.ask import Ask
from providers.base import Provider
from providers.doctolib import Doctolib
from providers.reading import instant
from providers.records import Department, Outcome, Reading, Reason
from providers.wire import doctolib as wire
from tests.answers import Answers, Scenario, both
from tests.conftest import fixture
from tests.loopback import Loopback, Request, Status

Make = Callable[..., Provider]
LINK = "https://www.doctolib.fr/centre-de-sante/bourg-en-bresse/salle-inventee"
CARD, SLOTS = "/booking/salle-inventee.json", "/availabilities.json"
DAY = date(2021, 10, 25)


def routes_of(answers: Answers, scenario: Scenario) -> dict[str, Any]:
    routes: dict[str, Any] = {}
    for route, answer in scenario["request"]["responses"].items():
        path = route.removeprefix("GET ")
        if isinstance(answer, str):
            routes[path] = answers.body(answer)
        else:
            routes[path] = Status(answer["status"], answer.get("text", "").encode())
    return routes


def read(answers: Answers, provider: Make, name: str) -> tuple[Reading, Scenario, list[Request]]:
    """A scenario's reading of thirty days, and the questions about slots that it took."""
    scenario = answers.of("doctolib", name)
    with Loopback(routes_of(answers, scenario)) as server:
        adapter = provider(Doctolib, server.origin)
        start = date.fromisoformat(scenario["request"]["start_date"])
        reading = adapter.slots(scenario["request"]["centre_url"], start, 30)
        return reading, scenario, server.asked(SLOTS)


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
def test_slots_mean_what_they_meant(answers: Answers, provider: Make, covid: Campaign, name: str) -> None:
    reading, scenario, asked = read(answers, provider, name)
    expected = {**scenario["expected"], **scenario.get("truth", {})}

    report = probe_report(Settings(demo=False), "doctolib", scenario["request"]["centre_url"], reading)

    assert report["outcome"] == ("ok" if expected["slot_count"] else "empty")
    assert report["slot_count"] == expected["slot_count"]
    assert report["first_slot"] == expected["first_slot"] or (
        instant(report["first_slot"]) == instant(expected["first_slot"])
    )
    for slot, wanted in zip(report["slots"], expected.get("slots", []), strict=True):
        assert instant(slot["start"]) == instant(wanted["start"])
        assert (slot["needs"], slot["step"]) == (wanted["vaccines"], wanted["dose"])
    for key in ("centre_id", "phone_only"):
        if key in expected:
            assert report[key] == expected[key]
    if "booking_url" in scenario.get("truth", {}):
        assert report["booking_url"] == expected["booking_url"]
    if "slot_requests" in expected:
        assert len(asked) == expected["slot_requests"]


@both(
    "numbers",
    ours=("2021-10-25", "51", "61", "710001"),
    recorded=("2021-04-03", "2", "3", "165752"),
)
def test_it_is_asked_as_the_contract_says(answers: Answers, provider: Make, numbers: tuple[str, ...]) -> None:
    _, _, asked = read(answers, provider, "basic")

    day, motive, agenda, practice = numbers
    assert asked[0].raw == (
        f"{SLOTS}?start_date={day}&visit_motive_ids={motive}&agenda_ids={agenda}&insurance_sector=public"
        f"&practice_ids={practice}&destroy_temporary=true&limit=14"
    )


def test_refusals_are_refusals(answers: Answers, provider: Make) -> None:
    blocked, _, _ = read(answers, provider, "blocked-on-booking")
    limited, _, _ = read(answers, provider, "http-429-on-availabilities")

    assert blocked.outcome is Outcome.BLOCKED
    assert limited.outcome is Outcome.RATE_LIMITED
    assert (blocked.slots, limited.slots) == ((), ())


def test_a_400_on_availabilities_is_its_way_of_blocking_and_on_a_card_it_is_not(
    answers: Answers, provider: Make
) -> None:
    card = answers.first("doctolib", "basic")
    with Loopback({CARD: card, SLOTS: Status(400)}) as server:
        on_slots = provider(Doctolib, server.origin).slots(LINK, DAY, 14)
    with Loopback({CARD: Status(400)}) as server:
        on_card = provider(Doctolib, server.origin).slots(LINK, DAY, 14)

    assert on_slots.outcome is Outcome.BLOCKED
    assert on_card.outcome is Outcome.HTTP_ERROR


def test_the_centre_of_a_link_is_its_last_segment_in_lower_case(answers: Answers) -> None:
    links = answers.of("doctolib", "centre-slug-from-url")

    assert [doctolib.centre_slug(url) for url in links["request"]["inputs"]] == links["expected"]["outputs"]


def test_the_category_says_who_a_motive_is_for(answers: Answers, covid: Campaign) -> None:
    card = msgspec.convert(_json(answers, "public-category"), wire.Card)

    public = {
        category.id
        for category in card.visit_motive_categories or []
        if covid.meaning("doctolib", Reason("1re injection", "6970", category.name)) is not None
    }

    assert public == set(answers.of("doctolib", "public-category")["expected"]["category_ids"])


@pytest.mark.parametrize("name", ["agendas-and-practices", "agendas-and-practices-21"])
def test_agendas_of_the_practice_are_asked_with_every_practice_that_they_serve(answers: Answers, name: str) -> None:
    case = answers.of("doctolib", name)
    agendas = msgspec.convert(_json(answers, name), wire.Card).agendas or []

    found = doctolib.agendas_and_practices(agendas, case["request"]["motive"], case["request"]["practice_filter"])

    assert found == (case["expected"]["agenda_ids"], case["expected"]["practice_ids"])


def test_a_centre_is_known_by_its_profile_and_one_practice(answers: Answers) -> None:
    ids = answers.of("doctolib", "internal-id")

    found = [
        doctolib.centre_id(msgspec.convert(content, wire.Card), practices, same)
        for content, practices, same in ids["request"]["cases"]
    ]

    assert found == ids["expected"]["outputs"]


def test_the_kind_of_a_centre_is_read_from_its_path_and_name(answers: Answers) -> None:
    kinds = answers.of("doctolib", "centre-type")

    assert [doctolib.centre_kind(*pair) for pair in kinds["request"]["inputs"]] == kinds["expected"]["outputs"]


@pytest.mark.parametrize("name", ["motives-by-dose", "motives-of-another-category"])
def test_motives_are_known_by_their_national_number(answers: Answers, covid: Campaign, name: str) -> None:
    content = _json(answers, name) | _json(answers, "public-category")
    card = msgspec.convert(content, wire.Card)

    kept: dict[str, list[list[Any]]] = {}
    for motive, reason in doctolib.reasons_of(card):
        meaning = covid.meaning("doctolib", reason)
        if meaning is not None:
            kept.setdefault(meaning.step or "", []).append([motive.id, *covid.need_labels(meaning.needs)])

    assert kept == answers.of("doctolib", name)["expected"]["motives"]


def test_hours_say_closed_when_they_are(answers: Answers) -> None:
    days = msgspec.convert(_json(answers, "opening-hours")["opening_hours"], list[wire.DayHours])

    hours = doctolib.opening_hours(days)

    assert hours[0] == answers.of("doctolib", "opening-hours")["expected"]["hours"]["lundi"]
    assert hours[1] == ""
    assert hours[2] is None  # nothing said
    assert doctolib.opening_hours([]) == ()


def test_a_listing_ends_although_the_same_page_comes_back_for_ever(answers: Answers, provider: Make) -> None:
    expected = answers.of("doctolib", "department-listing")["expected"]
    body = answers.first("doctolib", "department-listing")
    with Loopback({"/vaccination-covid-19/*": body, "/booking/*": body}) as server:
        adapter = provider(Doctolib, server.origin)
        adapter.wants = lambda reason: True
        (part,) = adapter.discover([Department("00", "Test")])

    assert part.outcome is Outcome.OK
    found = {centre.booking_url: centre for centre in part.centres}
    assert len(part.centres) == expected["centre_count"]
    for wanted in expected["centres"]:
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


def _json(answers: Answers, scenario: str) -> Any:
    return answers.answer(answers.of("doctolib", scenario)["fixtures"][0])


def card(**changes: Any) -> dict[str, Any]:
    """The card of two doors away: one motive, one agenda, one place, and what a test changes."""
    answer = fixture("doctolib/card.json")
    answer["data"] |= changes
    return answer


def test_a_listing_that_is_cut_is_not_the_whole_list(provider: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the centres beyond would count as taken off the platform."""
    monkeypatch.setattr(doctolib, "MAX_PAGES", 3)

    def page(request: Request) -> Any:
        number = request.first("page")
        return {"data": {"doctors": [{"link": f"/centre/bourg/salle-{number}", "name_with_title": "Salle"}]}}

    with Loopback({"/vaccination-covid-19/ain.json": page, "/booking/": card()}) as server:
        (part,) = provider(Doctolib, server.origin).discover([Department("01", "Ain")])

    assert not part.complete
    assert part.refused[-1] == "/vaccination-covid-19/ain.json: longer than may be read"


def test_rows_of_other_departments_end_a_listing_and_are_left_out(provider: Make) -> None:
    near = {"link": "/centre/bourg/salle-inventee", "name_with_title": "Salle inventée", "exact_match": True}
    far = {"link": "/centre/lyon/ailleurs", "name_with_title": "Ailleurs", "exact_match": False}
    with Loopback({"/vaccination-covid-19/*": {"data": {"doctors": [near, far]}}, "/booking/*": card()}) as server:
        (part,) = provider(Doctolib, server.origin).discover([Department("01", "Ain")])
        pages, cards = len(server.asked("/vaccination-covid-19/ain.json")), len(server.requests) - 1

    assert [centre.name for centre in part.centres] == ["Salle inventée"]
    assert (pages, cards) == (1, 1)


def test_what_runs_into_a_listing_from_another_department_is_still_read_in_its_own(provider: Make) -> None:
    near, far = ({"link": f"/centre/bourg/{slug}", "name_with_title": slug} for slug in ("proche", "lointaine"))
    routes = {
        "/vaccination-covid-19/ain.json": {"data": {"doctors": [near, far | {"exact_match": False}]}},
        "/vaccination-covid-19/rhone.json": {"data": {"doctors": [far]}},
        "/booking/*": card(),
    }
    with Loopback(routes) as server:
        assert names_by_part(provider(Doctolib, server.origin)) == {"01": ["proche"], "69": ["lointaine"]}


def test_a_centre_that_two_departments_list_is_read_once(provider: Make) -> None:
    row = {"link": "/centre/bourg/salle-inventee", "name_with_title": "Salle inventée"}
    with Loopback({"/vaccination-covid-19/*": {"data": {"doctors": [row]}}, "/booking/*": card()}) as server:
        found = names_by_part(provider(Doctolib, server.origin))
        cards = server.asked(CARD)

    assert (found, len(cards)) == ({"01": ["Salle inventée"], "69": []}, 1)


def names_by_part(adapter: Provider) -> dict[str, list[str]]:
    """What the Ain lists, then what the Rhône lists: one after the other, so that the order is the test's."""
    parts = adapter.parts([Department("01", "Ain"), Department("69", "Rhône")])
    return {name: [centre.name for centre in read(Ask(adapter))] for name, read in parts}


def test_a_listed_centre_whose_card_cannot_be_read_costs_the_others_nothing(provider: Make) -> None:
    rows = [{"link": f"/centre/bourg/{slug}", "name_with_title": slug} for slug in ("partie", "cassee", "salle")]
    rows.append({"link": "/bourg", "name_with_title": "Sans page"})
    routes = {
        "/vaccination-covid-19/ain.json": lambda request: {
            "data": {"doctors": rows if request.first("page") == "1" else []}
        },
        "/booking/cassee.json": {"data": 7},
        "/booking/salle.json": card(),
    }
    with Loopback(routes) as server:
        (part,) = provider(Doctolib, server.origin).discover([Department("01", "Ain")])

    assert (part.outcome, [centre.name for centre in part.centres]) == (Outcome.OK, ["salle"])
    assert [refused.split(":")[0] for refused in part.refused] == ["partie", "cassee", "/bourg"]


def test_a_platform_that_blocks_in_the_middle_of_a_listing_has_not_listed_all(provider: Make) -> None:
    rows = [{"link": "/centre/bourg/salle", "name_with_title": "Salle"}]
    routes = {"/vaccination-covid-19/ain.json": {"data": {"doctors": rows}}, "/booking/salle.json": Status(403)}
    with Loopback(routes) as server:
        (part,) = provider(Doctolib, server.origin).discover([Department("01", "Ain")])

    assert (part.outcome, part.centres) == (Outcome.BLOCKED, ())


@pytest.mark.parametrize(
    ("motives", "listed"),
    [([], 1), ([{"name": "Détartrage"}], 0), ([{"name": "Vaccin Covid", "ref_visit_motive_id": 7005}], 1)],
)
def test_a_centre_is_listed_unless_all_its_motives_are_about_something_else(
    provider: Make, motives: list[Any], listed: int
) -> None:
    rows = [{"link": "/centre/bourg/salle", "name_with_title": "Salle"}]
    routes = {
        "/vaccination-covid-19/ain.json": {"data": {"doctors": rows}},
        "/booking/salle.json": card(visit_motives=motives),
    }
    with Loopback(routes) as server:
        (part,) = provider(Doctolib, server.origin).discover([Department("01", "Ain")])

    assert len(part.centres) == listed


def test_a_place_without_a_position_stands_where_its_row_does() -> None:
    row = wire.Doctor("/centre/bourg/salle", "Salle", position=wire.Position(46.2, 5.2), zipcode="01 000")
    sheet = wire.Card(places=[wire.Place("establishment-7", latitude=46.3)])

    (centre,) = doctolib.centres_of_card(sheet, row, "https://www.doctolib.fr")

    assert (centre.lat, centre.lon, centre.postcode) == (46.2, 5.2, "01000")
    assert centre.booking_url == "https://www.doctolib.fr/vaccination-covid-19/bourg/salle"
    assert centre.source_id == "salle#establishment-7"  # the number of an establishment is no practice


def test_a_practice_that_is_no_longer_listed_is_gone_not_empty(provider: Make) -> None:
    with Loopback({CARD: card()}) as server:
        moved = provider(Doctolib, server.origin).slots(f"{LINK}?pid=practice-5", DAY, 14)
    with Loopback({CARD: card(places=[])}) as server:
        nowhere = provider(Doctolib, server.origin).slots(LINK, DAY, 14)

    assert (moved.outcome, nowhere.outcome) == (Outcome.GONE, Outcome.GONE)


def test_practices_at_the_same_address_without_agenda_are_the_same_centre() -> None:
    def place(number: int, address: str) -> wire.Place:
        return wire.Place(f"practice-{number}", [number], address=address)

    sheet = wire.Card(
        profile=wire.Profile(7),
        places=[place(1, "3 rue A"), place(2, "3 rue A"), place(3, "3 rue A"), place(4, "9 rue B")],
        agendas=[wire.Agenda(61, practice_id=3)],
    )

    chosen = doctolib.choose_practice(sheet, 1)

    assert (chosen.practices, chosen.same_address) == ((1, 2), True)
    assert doctolib.choose_practice(sheet, 4).practices == (4,)
    assert doctolib.centre_id(sheet, chosen.practices, chosen.same_address) == "doctolib7pid1"


def test_agendas_keep_the_order_of_the_card_and_closed_ones_are_not_asked(provider: Make) -> None:
    def agenda(number: int, **more: Any) -> dict[str, Any]:
        return {"id": number, "booking_disabled": False, "visit_motive_ids_by_practice_id": {"710001": [2]}} | more

    agendas = [
        agenda(9), agenda(3), agenda(5, booking_disabled=True), agenda(6, booking_temporary_disabled=True),
        agenda(7, practice_id=8), agenda(8, visit_motive_ids_by_practice_id={"710001": [4]}),
    ]  # fmt: skip
    with Loopback({CARD: card(agendas=agendas), SLOTS: {"availabilities": []}}) as server:
        provider(Doctolib, server.origin).slots(LINK, DAY, 14)
        (asked,) = server.asked(SLOTS)

    assert asked.first("agenda_ids") == "9-3"


@pytest.mark.parametrize(
    "change",
    [{"allow_new_patients": False}, {"id": 4}, {"ref_visit_motive_id": 6971}, {"visit_motive_category_id": 12}],
)
def test_a_motive_that_nobody_new_can_book_is_not_asked_for(provider: Make, change: dict[str, Any]) -> None:
    motive = {"id": 2, "name": "Premier vaccin Covid-19", "ref_visit_motive_id": 7005} | change
    sheet = card(visit_motives=[motive], visit_motive_categories=[{"id": 1, "name": "Tout public"}])
    with Loopback({CARD: sheet, SLOTS: {"availabilities": []}}) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, DAY, 14)

    assert (reading.outcome, reading.requests) == (Outcome.EMPTY, 1)


@pytest.mark.parametrize(
    ("link", "practice"),
    [
        ("?pid=practice-710001", 710001),
        ("?pid=710001", 710001),
        ("?speciality_id=1&pid=practice-710001?speciality_id=1", 710001),
        ("?pid=practice-710001&?speciality_id=1", 710001),
        ("?pid=practice-", None),
        ("?pid=", None),
        ("?rapid=7", None),
        ("", None),
    ],
)
def test_the_practice_is_read_from_clean_and_dirty_links(link: str, practice: int | None) -> None:
    assert doctolib.practice_in(LINK + link) == practice
    assert Doctolib.link_key(LINK.upper() + link) == ("salle-inventee" + (f"#{practice}" if practice else ""))


def test_two_agendas_free_at_the_same_minute_are_two_slots_and_one_agenda_twice_is_one(provider: Make) -> None:
    at = "2021-11-02T10:20:00.000+01:00"
    slots = [{"start_date": at, "agenda_id": 3}, {"start_date": at, "agenda_id": 4}, {"start_date": at, "agenda_id": 4}]
    with Loopback({CARD: card(), SLOTS: {"availabilities": [{"slots": slots}]}}) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, DAY, 14)

    assert len(reading.slots) == 2
