"""The simulated platforms speak the recorded wire formats."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from providers.sandbox.server import Sandbox
from tests.clock import NOON
from tests.conftest import Recorded

# Fields that the simulated platforms send, that docs/providers.md describes and no recording holds.
DOCUMENTED = {
    "doctolib-card": {
        "profile",
        "places[].name",
        "places[].address",
        "places[].landline_number",
        "agendas[].practice_id",
    },
    "doctolib-availabilities": {"availabilities[].date", "next_slot", "reason", "message", "total"},
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


def recordings(recorded: Recorded) -> dict[str, list[Any]]:
    """The recorded answers of the same kinds, all of them that we have."""
    doctolib = ["doctolib/basic-booking.json", "doctolib/booking-with-doctors.json", "_history/doctolib/booking.json"]
    slots = ["doctolib/basic-availabilities.json", "doctolib/next-slot-availabilities.json",
             "_derived/doctolib-string-slots.json", "_derived/doctolib-two-dose-dict.json",
             "_derived/doctolib-none-online.json"]  # fmt: skip
    cards = [recorded.answer(name) for name in doctolib]
    return {
        "doctolib-listing": [recorded.answer("doctolib/booking-with-doctors.json")["data"]["doctors"]],
        "doctolib-card": [card.get("data", card) for card in cards],
        "doctolib-availabilities": [recorded.answer(name) for name in slots]
        + [{"availabilities": [{"slots": [["a", "b"]]}]}],
        "maiia-listing": [recorded.answer("maiia/scrap-center.json")],
        "maiia-reasons": [recorded.answer("maiia/consultation-reason-hcd.json")],
        "maiia-availabilities": [recorded.answer("maiia/availabilities.json")],
        "maiia-closest": [recorded.answer("maiia/availability-closests.json")],
        "keldoc-listing": [recorded.answer("keldoc/department-ain.json")],
        "keldoc-motives": [recorded.answer("keldoc/motives-ain.json")],
        "keldoc-timetable": [recorded.answer(f"keldoc/center1-timetable-{n}.json") for n in (81484, 81486)]
        + [recorded.answer("_inline/keldoc-complex.json")],
        "ordoclic-search": [recorded.answer("ordoclic/search.json")],
    }


def test_no_simulated_answer_has_a_field_or_a_type_that_no_recorded_one_has(
    sandbox: Sandbox, recorded: Recorded
) -> None:
    ours, theirs = simulated(sandbox), recordings(recorded)

    assert set(ours) == set(theirs)
    foreign = {}
    for name, answers in ours.items():
        known = merged(theirs[name])
        for path, kinds in merged(answers).items():
            documented = any(path.startswith(one) for one in DOCUMENTED.get(name, ()))
            if not documented and not kinds <= known.get(path, set()) | {"NoneType"}:
                foreign[f"{name}: {path}"] = (kinds, known.get(path))
    assert foreign == {}


def test_the_comparison_would_see_a_renamed_field(recorded: Recorded) -> None:
    known = merged(recordings(recorded)["maiia-reasons"])

    assert "items[].injectionKind" not in known
    assert "items[].injectionType" in known


def test_a_booking_page_says_where_one_has_landed_and_that_nothing_is_real(sandbox: Sandbox) -> None:
    centre = sandbox.world.centres["keldoc"][0]
    request = Request(sandbox.origins["keldoc"] + centre.path, headers={"Accept": "text/html"})
    with urlopen(request) as answer:
        page = answer.read().decode()

    assert '<strong id="plateforme">Keldoc</strong>' in page
    assert "Aucun rendez-vous réel" in page
