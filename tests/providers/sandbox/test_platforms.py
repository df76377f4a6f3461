"""The simulated platforms speak the wire formats of the real ones, odd shapes included."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from providers.sandbox.server import Sandbox
from tests.answers import Answers, Recorded, both, our_answers
from tests.clock import NOON

# What the simulated platforms and our own answers add is said in the contracts, and is in no recording that we have.
DOCUMENTED = {
    "doctolib-card": {
        "profile",
        "places[].name",
        "places[].address",
        "places[].landline_number",
        "agendas[].practice_id",
    },
    "doctolib-availabilities": {"availabilities[].date", "next_slot", "reason", "message", "total"},
    "maiia-listing": {"items[].center.childCenters[]"},
    "keldoc-timetable": {"availabilities{}[].agenda_id"},
}


def shape(value: Any, path: str = "") -> dict[str, set[str]]:
    """Path -> JSON types seen there; keys that are dates or numbers are one path."""
    found: dict[str, set[str]] = {path: {type(value).__name__.replace("int", "number").replace("float", "number")}}
    if isinstance(value, dict):
        for key, one in value.items():
            name = "{}" if key[:1].isdigit() else f".{key}" if path else key
            _add(found, shape(one, path + name))
    elif isinstance(value, list):
        for one in value:
            _add(found, shape(one, path + "[]"))
    return found


def _add(found: dict[str, set[str]], more: dict[str, set[str]]) -> None:
    for path, kinds in more.items():
        found.setdefault(path, set()).update(kinds)


def get(url: str, body: bytes | None = None) -> Any:
    with urlopen(Request(url, data=body)) as answer:
        return json.load(answer)


def merged(values: list[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value in values:
        _add(found, shape(value))
    return found


def simulated(sandbox: Sandbox) -> dict[str, list[Any]]:
    """Answers of every kind, of a few centres of each platform."""
    at, world, day = sandbox.origins, sandbox.world, NOON.date().isoformat()
    answers: dict[str, list[Any]] = {
        "doctolib-listing": [get(f"{at['doctolib']}/vaccination-covid-19/rhone.json?page=1")["data"]["doctors"]],
        "maiia-listing": [get(f"{at['maiia']}/api/pat-public/hcd?speciality.shortName=pharmacie&page=0&size=50")],
        "keldoc-listing": [
            get(
                f"{at['keldoc']}/api/patients/v2/searches/geo_location?specialty_id=maladies-infectieuses&raw_location=rhone-69"
            )
        ],
        "ordoclic-search": [get(f"{at['ordoclic']}/v1/public/search")],
    }

    def add(name: str, answer: Any) -> None:
        answers.setdefault(name, []).append(answer)

    for centre in world.centres["doctolib"][:20]:
        card = get(f"{at['doctolib']}/booking/{centre.slug}.json")["data"]
        add("doctolib-card", card)
        agendas = "-".join(str(agenda["id"]) for agenda in card["agendas"])
        query = f"start_date={day}&visit_motive_ids={card['visit_motives'][0]['id']}&agenda_ids={agendas}&limit=14"
        add("doctolib-availabilities", get(f"{at['doctolib']}/availabilities.json?{query}"))
    for centre in world.centres["maiia"][:10]:
        base = f"{at['maiia']}/api/pat-public"
        reasons = get(f"{base}/consultation-reason-hcd?rootCenterId={centre.key}&page=0&size=100")
        add("maiia-reasons", reasons)
        name = quote(reasons["items"][0]["name"], safe="")
        window = f"from={day}T00:00:00&to=2026-12-20T00:00:00&page=0&size=100"
        query = f"centerId={centre.key}&consultationReasonName={name}&{window}"
        add("maiia-availabilities", get(f"{base}/availabilities?{query}"))
        add("maiia-closest", get(f"{base}/availability-closests?{query}"))
    for centre in world.centres["keldoc"][:10]:
        base = f"{at['keldoc']}/api/patients/v2"
        categories = get(f"{base}/clinics/{centre.number}/specialties/144/cabinets/{centre.number}/motive_categories")
        add("keldoc-motives", categories)
        motive = categories[0]["motives"][0]["id"]
        add("keldoc-timetable", get(f"{base}/timetables/{motive}?from={day}&to=2026-11-27&agenda_ids[]=1"))
    return answers


# The files that hold answers of each kind, in either source.
OURS = {
    "doctolib-listing": ["doctolib/listing.json"],
    "doctolib-card": ["doctolib/card-number-wins.json", "doctolib/card-public-category.json", "doctolib/listing.json"],
    "doctolib-availabilities": [
        f"doctolib/slots-{name}.json" for name in ("one-past", "empty", "hint", "texts", "two-doses", "none-online")
    ],
    "maiia-listing": ["maiia/listing.json"],
    "maiia-reasons": ["maiia/consultation-reasons.json"],
    "maiia-availabilities": ["maiia/availabilities-over-the-limit.json"],
    "maiia-closest": ["maiia/closest.json"],
    "keldoc-listing": ["keldoc/department.json"],
    "keldoc-motives": ["keldoc/motives.json"],
    "keldoc-timetable": [f"keldoc/timetable-{name}.json" for name in ("8301", "8302", "unsorted")],
    "ordoclic-search": ["ordoclic/search.json"],
}
RECORDED = {
    "doctolib-listing": ["doctolib/booking-with-doctors.json"],
    "doctolib-card": [
        "doctolib/basic-booking.json",
        "doctolib/next-slot-booking.json",
        "doctolib/booking-with-doctors.json",
        "_history/doctolib/booking.json",
    ],
    "doctolib-availabilities": [
        "doctolib/basic-availabilities.json",
        "doctolib/next-slot-availabilities.json",
        "_derived/doctolib-string-slots.json",
        "_derived/doctolib-two-dose-dict.json",
        "_derived/doctolib-none-online.json",
    ],
    "maiia-listing": ["maiia/scrap-center.json"],
    "maiia-reasons": ["maiia/consultation-reason-hcd.json"],
    "maiia-availabilities": ["maiia/availabilities.json"],
    "maiia-closest": ["maiia/availability-closests.json"],
    "keldoc-listing": ["keldoc/department-ain.json"],
    "keldoc-motives": ["keldoc/motives-ain.json"],
    "keldoc-timetable": [
        "keldoc/center1-timetable-81484.json",
        "keldoc/center1-timetable-81486.json",
        "_inline/keldoc-complex.json",
    ],
    "ordoclic-search": ["ordoclic/search.json"],
}
Kinds = dict[str, list[str]]


def known(answers: Answers, files: Kinds) -> dict[str, list[Any]]:
    """The answers of the same kinds as the simulated ones, all of them that a source has."""
    found = {kind: [answers.answer(name) for name in names] for kind, names in files.items()}
    found["doctolib-listing"] = [answer["data"]["doctors"] for answer in found["doctolib-listing"]]
    found["doctolib-card"] = [answer.get("data", answer) for answer in found["doctolib-card"]]
    found["doctolib-availabilities"].append({"availabilities": [{"slots": [["a", "b"]]}]})
    return found


def foreign(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> dict[str, Any]:
    """Fields and types of `ours` that `theirs` has not, kind by kind."""
    found = {}
    for kind, answers in ours.items():
        there = merged(theirs[kind])
        for path, types in merged(answers).items():
            documented = any(path.startswith(one) for one in DOCUMENTED.get(kind, ()))
            if not documented and not types <= there.get(path, set()) | {"NoneType"}:
                found[f"{kind}: {path}"] = (types, there.get(path))
    return found


@both("files", ours=OURS, recorded=RECORDED)
def test_simulated_answers_have_the_fields_and_types_of_known_ones(
    sandbox: Sandbox, answers: Answers, files: Kinds
) -> None:
    ours, theirs = simulated(sandbox), known(answers, files)

    assert set(ours) == set(theirs)
    assert foreign(ours, theirs) == {}


def test_answers_written_here_have_the_fields_and_types_of_recorded_ones(recorded: Recorded) -> None:
    assert foreign(known(our_answers(), OURS), known(recorded, RECORDED)) == {}


@both("files", ours=OURS, recorded=RECORDED)
def test_the_comparison_would_see_a_renamed_field(answers: Answers, files: Kinds) -> None:
    theirs = known(answers, files)
    renamed = [json.loads(json.dumps(one).replace("injectionType", "injectionKind")) for one in theirs["maiia-reasons"]]

    assert foreign({"maiia-reasons": theirs["maiia-reasons"]}, theirs) == {}
    assert set(foreign({"maiia-reasons": renamed}, theirs)) == {"maiia-reasons: items[].injectionKind"}


def doctolib_slots(sandbox: Sandbox, *, reverse: bool = False) -> list[Any]:
    """The slots of every centre, its agendas asked in the order of its card or the other way round."""
    found = []
    origin = sandbox.origins["doctolib"]
    for centre in sandbox.world.centres["doctolib"]:
        card = get(f"{origin}/booking/{centre.slug}.json")["data"]
        agendas = [str(agenda["id"]) for agenda in card["agendas"]]
        query = f"visit_motive_ids={card['visit_motives'][0]['id']}&start_date={NOON.date()}&limit=14"
        order = "-".join(reversed(agendas) if reverse else agendas)
        for day in get(f"{origin}/availabilities.json?{query}&agenda_ids={order}")["availabilities"]:
            found += day["slots"]
    return found


def test_all_four_shapes_of_a_slot_are_played(sandbox: Sandbox) -> None:
    slots = doctolib_slots(sandbox)

    shapes = {(type(slot).__name__, len(slot["steps"]) if isinstance(slot, dict) else None) for slot in slots}
    assert shapes == {("str", None), ("list", None), ("dict", 0), ("dict", 2)}


def test_agendas_in_another_order_than_the_card_s_find_nothing(sandbox: Sandbox) -> None:
    """As the real platform does: an adapter that sorts them would read that nothing is free."""
    assert doctolib_slots(sandbox)
    assert doctolib_slots(sandbox, reverse=True) == []


def test_both_forms_of_the_hint_are_played(sandbox: Sandbox) -> None:
    hints = set()
    for centre in sandbox.world.centres["doctolib"]:
        card = get(f"{sandbox.origins['doctolib']}/booking/{centre.slug}.json")["data"]
        agendas = "-".join(str(agenda["id"]) for agenda in card["agendas"])
        for motive in card["visit_motives"]:
            query = f"visit_motive_ids={motive['id']}&agenda_ids={agendas}&start_date={NOON.date()}&limit=1"
            hints.add(len(get(f"{sandbox.origins['doctolib']}/availabilities.json?{query}").get("next_slot", "")))

    assert {len("2026-11-24"), len("2026-11-24T09:00:00.000+01:00")} <= hints


@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("doctolib", "/booking/personne.json"),
        ("doctolib", "/autre"),
        ("maiia", "/api/pat-public/consultation-reason-hcd?rootCenterId=0"),
        ("maiia", "/api/pat-public/availabilities?centerId=0"),
        ("keldoc", "/api/patients/v2/searches/resource?type=a&location=b&slug=c"),
        ("keldoc", "/api/patients/v2/cabinets/0/details"),
        ("keldoc", "/api/patients/v2/timetables/1"),
        ("keldoc", "/api/patients/v2/autre"),
        ("ordoclic", "/v1/public/entities/profile/personne"),
        ("ordoclic", "/v1/solar/entities/0/reasons"),
        ("ordoclic", "/autre"),
    ],
)
def test_what_does_not_exist_is_answered_404_as_the_platforms_do(sandbox: Sandbox, slug: str, path: str) -> None:
    with pytest.raises(HTTPError) as raised:
        get(sandbox.origins[slug] + path)

    assert raised.value.code == 404


def test_a_question_without_agendas_is_answered_with_nothing(sandbox: Sandbox) -> None:
    centre = next(centre for centre in sandbox.world.centres["keldoc"] if not centre.phone_only)
    base = f"{sandbox.origins['keldoc']}/api/patients/v2/timetables/{centre.number * 10 + centre.motives[0]}"
    days = "from=2026-11-23&to=2026-11-27"

    assert get(f"{base}?{days}") == {}
    assert get(f"{base}?{days}&agenda_ids=1-2") == {}  # joined, which the real platform does not read either
