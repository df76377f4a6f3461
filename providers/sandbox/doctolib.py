"""Doctolib, simulated: its answers in true wire form (docs/providers.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from providers.sandbox.platform import Platform, Query, clock
from providers.sandbox.world import MOTIVES, SimCentre
from providers.text import slugify


class Doctolib(Platform):
    provider = "doctolib"
    rows_a_page = 20

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        if path.startswith("/vaccination-covid-19/") and path.endswith(".json"):
            return self._listing(path.split("/")[2].removesuffix(".json"), int(query.get("page", ["1"])[0]))
        if path.startswith("/booking/"):
            return self._card(path.removeprefix("/booking/").removesuffix(".json"))
        if path == "/availabilities.json":
            return self._availabilities(query)
        return None

    def _listing(self, department: str, page: int) -> Any:
        name = department.removeprefix("departement-")
        rows: dict[str, SimCentre] = {}
        for centre in self._centres:
            if slugify(centre.town.department_name) == name:
                rows.setdefault(centre.slug, centre)
        chosen = list(rows.values())[(page - 1) * self.rows_a_page : page * self.rows_a_page]
        return {"data": {"doctors": [self._doctor(centre) for centre in chosen]}}

    def _doctor(self, centre: SimCentre) -> Any:
        return {
            "address": centre.address,
            "city": centre.town.name,
            "zipcode": centre.town.postcode,
            "link": centre.path,
            "name_with_title": centre.name,
            "position": {"lat": centre.lat, "lng": centre.lon},
            "place_id": None,
            "exact_match": True,
        }

    def _card(self, slug: str) -> Any:
        centres = self._by_slug.get(slug)
        if not centres:
            return None
        numbers = sorted({motive for centre in centres for motive in centre.motives})
        return {
            "data": {
                "profile": {"id": str(centres[0].number) if centres[0].number % 2 else centres[0].number},  # §2.2
                "visit_motive_categories": [],
                "visit_motives": [
                    {
                        "id": centres[0].number * 10 + motive,
                        "name": MOTIVES[motive][0],
                        "vaccination_motive": True,
                        "first_shot_motive": MOTIVES[motive][3] == 1,
                        "ref_visit_motive_id": MOTIVES[motive][1],
                    }
                    for motive in numbers
                ],
                "agendas": [
                    {
                        "id": centre.number * 10 + part,
                        "practice_id": centre.practice,
                        "booking_disabled": centre.phone_only,
                        "visit_motive_ids_by_practice_id": {
                            str(centre.practice): [centres[0].number * 10 + motive for motive in centre.motives]
                        },
                    }
                    for centre in centres
                    for part in (2, 1)  # not ascending: the order of the card is the one that counts
                ],
                "places": [self._place(centre) for centre in centres],
            }
        }

    def _place(self, centre: SimCentre) -> Any:
        return {
            "id": f"practice-{centre.practice}",
            "practice_ids": [centre.practice],
            "name": centre.name,
            "full_address": centre.full_address,
            "address": centre.address,
            "city": centre.town.name,
            "zipcode": centre.town.postcode,
            "latitude": centre.lat,
            "longitude": centre.lon,
            "landline_number": centre.phone,
            "opening_hours": [
                {
                    "day": day,
                    "enabled": day not in (0, 6),
                    "ranges": [[clock(start), clock(end)] for start, end in centre.hours],
                }
                for day in range(7)
            ],
        }

    def _availabilities(self, query: Query) -> Any:
        agendas = [int(number) for number in query["agenda_ids"][0].split("-")]
        motive = int(query["visit_motive_ids"][0]) % 10
        first = date.fromisoformat(query["start_date"][0])
        limit = int(query["limit"][0])
        centres = [self._by_number[number] for number in dict.fromkeys(agenda // 10 for agenda in agendas)]
        in_card_order = [centre.number * 10 + part for centre in centres for part in (2, 1)]
        days: dict[date, list[Any]] = {first + timedelta(days=offset): [] for offset in range(limit)}
        # Another order of agendas gives other results (§2.3): here none, so that a careless adapter is noticed.
        asked_well = [centre for centre in centres if motive in centre.motives and agendas == in_card_order]
        for centre in asked_well:
            for moment in self._free(centre, motive, first, limit):
                days[moment.date()].append(self._slot(centre, moment, motive))
        total = sum(map(len, days.values()))
        after = first + timedelta(days=limit)
        following = [] if total else [self._next_free(centre, motive, after, 21) for centre in asked_well]
        answer: dict[str, Any] = {
            "availabilities": [{"date": day.isoformat(), "slots": slots} for day, slots in days.items()],
            "total": total,
        }
        if any(following):
            # A bare date or an instant: both occur (§2.3).
            hint = min(filter(None, following))
            answer["next_slot"] = (
                hint.date().isoformat() if hint.minute % 20 else hint.isoformat(timespec="milliseconds")
            )
        elif not total:
            answer |= {"reason": "no_availabilities", "message": "Aucune disponibilité en ligne."}
        return answer

    def _slot(self, centre: SimCentre, moment: datetime, motive: int) -> Any:
        start = moment.isoformat(timespec="milliseconds")
        end = (moment + timedelta(minutes=10)).isoformat(timespec="milliseconds")
        agenda = centre.number * 10 + 1
        # Each centre keeps one of the four shapes of §2.3, so that a world of a few centres plays them all.
        shape = centre.number % 4
        if shape == 0:
            return start
        if shape == 1:
            return [start, (moment + timedelta(days=42)).isoformat(timespec="milliseconds")]
        slot: dict[str, Any] = {
            "agenda_id": agenda,
            "end_date": end,
            "practitioner_agenda_id": None,
            "start_date": start,
            "steps": [],
        }
        if shape == 3:
            later = (moment + timedelta(days=42)).isoformat(timespec="milliseconds")
            slot["steps"] = [
                {"agenda_id": agenda, "start_date": start, "visit_motive_id": motive},
                {"agenda_id": agenda, "start_date": later, "visit_motive_id": motive},
            ]
        return slot
