"""Keldoc, simulated: its answers in true wire form (docs/providers.md)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from providers.phone import phone_number
from providers.sandbox.platform import Platform, Query
from providers.sandbox.world import MOTIVES, SimCentre


class Keldoc(Platform):
    provider = "keldoc"
    prefix = "/api/patients/v2"

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        parts = path.removeprefix(self.prefix).strip("/").split("/")
        if parts == ["searches", "geo_location"]:
            return self._listing(query)
        if parts == ["searches", "resource"]:
            return self._resource(query)
        if parts[0] == "cabinets" and parts[-1] == "details":
            centre = self._by_number.get(int(parts[1]))
            return centre and {"phone_number": centre.phone}
        if parts[0] == "clinics" and parts[-1] == "cabinets":
            centre = self._by_number.get(int(parts[1]))
            return centre and [self._cabinet(centre)]
        if parts[0] == "clinics" and parts[-1] == "motive_categories":
            centre = self._by_number.get(int(parts[1]))
            return centre and self._categories(centre)
        if parts[0] == "timetables":
            return self._timetable(int(parts[1]), query)
        return None

    def _listing(self, query: Query) -> Any:
        if query["specialty_id"][0] != "maladies-infectieuses":
            return {}
        code = query["raw_location"][0].rsplit("-", 1)[-1].upper()
        rows = [self._row(centre) for centre in self._world.of_department("keldoc", code)]
        return {
            "options": {"next_page": False, "empty": not rows, "search_type": "departement"},
            "results": {"section_1": {"data": rows, "section_title": "RDV"}, "section_2": {"data": []}},
        }

    def _row(self, centre: SimCentre) -> Any:
        return {
            "id": centre.number,
            "type": "Cabinet",
            "title": centre.name,
            "url": centre.path,
            "cabinet": {
                "street": centre.address,
                "zipcode": centre.town.postcode,
                "city": centre.town.name,
                "location": f"{centre.address}, {centre.town.postcode}, {centre.town.name}",
            },
            "agenda": {"ids": [centre.number], "specialty_id": 144, "next_availability": None},
            "specialty_ids": [144],
            "coordinates": f"{centre.lat},{centre.lon}",
        }

    def _resource(self, query: Query) -> Any:
        names = [query[name][0] for name in ("type", "location", "slug", "cabinet") if name in query]
        centre = next(
            (c for c in self._by_slug.get(names[-1].lower(), []) if c.path.strip("/") == "/".join(names)), None
        )
        if centre is None:
            return None
        return {
            "id": centre.number,
            "title": centre.name,
            "url": centre.path,
            "type": "Clinic",
            "cabinets": [self._cabinet(centre)],
            "specialties": [{"id": 144, "name": "Maladies infectieuses", "skills": [{"name": "Consultation"}]}],
        }

    def _cabinet(self, centre: SimCentre) -> Any:
        return {
            "id": centre.number,
            "name": centre.name,
            "location": centre.full_address,
            "slug": centre.slug,
            "latitude": centre.lat,
            "longitude": centre.lon,
        }

    def _categories(self, centre: SimCentre) -> Any:
        return [
            {
                "motive_category_id": centre.number,
                "name": "Vaccination Covid-19",
                "position": 0,
                "resource_type": "Clinic",
                "motives": [
                    {
                        "id": centre.number * 10 + motive,
                        "name": MOTIVES[motive][0],
                        "position": motive,
                        "teleconsultation": False,
                        "agendas": [
                            {"id": centre.number * 10 + part, "name": "Équipe", "hidden": True} for part in (1, 2)
                        ],
                    }
                    for motive in centre.motives
                ],
            }
        ]

    def _timetable(self, motive_id: int, query: Query) -> Any:
        centre, motive = self._by_number.get(motive_id // 10), motive_id % 10
        if centre is None:
            return None
        if centre.phone_only:
            return {
                "text": "La prise de RDV pour cette consultation est uniquement disponible au :",
                "num": centre.phone,
                "num_text": "Afficher le numéro",
                "phone_number": phone_number(centre.phone) or centre.phone,
            }
        if not query.get("agenda_ids[]"):  # a joined list finds nothing, without a word (§4.3)
            return {}
        first, last = (date.fromisoformat(query[name][0]) for name in ("from", "to"))
        moments = self._free(centre, motive, first, (last - first).days + 1)
        if not moments:
            later = self._next_free(centre, motive, last + timedelta(days=1), 28)
            if later is None:
                return {}
            return {"text": "Prochain RDV disponible", "date": later.isoformat(timespec="milliseconds")}
        days: dict[str, list[Any]] = defaultdict(list)
        for moment in moments:
            # Six decimals and "+0200" here, three and "+02:00" in `date`: both occur (§4.3).
            days[moment.date().isoformat()].append(
                {"start_time": moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z"), "agenda_id": centre.number * 10 + 1}
            )
        days[first.isoformat()].append({"agenda_id": None})  # without start_time: to be ignored (§4.3)
        return {"availabilities": dict(days)}
