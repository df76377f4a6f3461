"""What each simulated platform answers: (path, query, body) -> JSON in its true wire format, odd shapes included.

Times, orders and shapes follow contracts.md §1-4: Doctolib's four slot shapes, Maiia's UTC and (lon, lat), Keldoc's
three timetables, Ordoclic's UTC. None = 404.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from providers.sandbox.world import MOTIVES, SimCentre, World
from providers.text import slugify

Query = Mapping[str, list[str]]
Clock = Callable[[], datetime]


class Platform:
    """Answers of one platform about one world."""

    provider = ""

    def __init__(self, world: World, now: Clock) -> None:
        self._world = world
        self._now = now
        self._centres = world.centres[self.provider]
        self._by_slug: dict[str, list[SimCentre]] = defaultdict(list)
        for centre in self._centres:
            self._by_slug[centre.slug].append(centre)
        self._by_key = {centre.key: centre for centre in self._centres}
        self._by_number = {centre.number: centre for centre in self._centres}

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        raise NotImplementedError

    def at_path(self, path: str) -> SimCentre | None:
        """The centre whose booking page `path` is."""
        slug = path.rstrip("/").rsplit("/", 1)[-1].lower()
        return next(iter(self._by_slug.get(slug, [])), None)

    def _free(self, centre: SimCentre, motive: int, first: date, days: int) -> list[datetime]:
        return self._world.free(centre, motive, first, days, self._now())

    def _next_free(self, centre: SimCentre, motive: int, first: date, days: int) -> datetime | None:
        return next(self._world.starts(centre, motive, first, days, self._now()), None)


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
                "profile": {"id": str(centres[0].number) if centres[0].number % 2 else centres[0].number},
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
                    "ranges": [[_clock(start), _clock(end)] for start, end in centre.hours],
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


class Maiia(Platform):
    provider = "maiia"
    week = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        page, size = int(query.get("page", ["0"])[0]), int(query.get("size", ["100"])[0])
        if path == "/api/pat-public/hcd":
            wanted = query["speciality.shortName"][0]
            return _paged([self._item(c) for c in self._centres if _maiia_speciality(c) == wanted], page, size)
        if path == "/api/pat-public/consultation-reason-hcd":
            centre = self._by_key.get(query["rootCenterId"][0])
            return centre and _paged([self._reason(centre, motive) for motive in centre.motives], page, size)
        centre = self._by_key.get(query.get("centerId", [""])[0])
        if centre is None:
            return None
        motive = next((m for m in centre.motives if MOTIVES[m][0] == query["consultationReasonName"][0]), None)
        if path == "/api/pat-public/availabilities":
            return _paged(self._availabilities(centre, motive, query), page, size)
        if path == "/api/pat-public/availability-closests":
            return self._closest(centre, motive, query)
        return None

    def _item(self, centre: SimCentre) -> Any:
        return {
            "id": centre.key[::-1],
            "type": "CENTER",
            "url": centre.path,
            "settings": {"isVisibleOnline": True, "timeZone": centre.town.tz},
            "consultationReasons": [self._reason(centre, motive) for motive in centre.motives],
            "center": {
                "id": centre.key,
                "name": centre.name,
                "url": centre.path,
                "childCenters": [],
                "isDemo": False,
                "publicInformation": {
                    "address": {
                        "number": centre.address.split(" ")[0],
                        "street": centre.address.split(" ", 1)[1] if " " in centre.address else "",
                        "zipCode": centre.town.postcode,
                        "city": centre.town.name,
                        "inseeCode": centre.town.insee if centre.number % 2 else "",
                        "fullAddress": f"{centre.address} {centre.town.postcode} {centre.town.name}",
                        "location": {"x": centre.lon, "y": centre.lat, "coordinates": [centre.lon, centre.lat]},
                    },
                    "officeInformation": {
                        "phoneNumber": centre.phone,
                        "openingSchedules": {
                            day: {
                                "schedules": [{"startTime": _clock(a), "endTime": _clock(b)} for a, b in centre.hours],
                                "isActive": number < 5,
                            }
                            for number, day in enumerate(self.week)
                        },
                    },
                },
            },
        }

    def _reason(self, centre: SimCentre, motive: int) -> Any:
        return {
            "id": hashlib.sha256(f"{centre.key}{motive}".encode()).hexdigest()[:24],
            "name": MOTIVES[motive][0],
            "position": motive,
            "consultationType": "PHYSICAL",
            "patientLimitation": "PUBLIC",
            "injectionType": MOTIVES[motive][2],
        }

    def _availabilities(self, centre: SimCentre, motive: int | None, query: Query) -> list[Any]:
        if motive is None or centre.phone_only:
            return []
        start = datetime.fromisoformat(query["from"][0]).replace(tzinfo=centre.zone)
        end = datetime.fromisoformat(query["to"][0]).replace(tzinfo=centre.zone)
        moments = self._free(centre, motive, start.date(), (end.date() - start.date()).days)
        return [self._availability(centre, motive, moment) for moment in moments if start <= moment < end]

    def _availability(self, centre: SimCentre, motive: int, moment: datetime) -> Any:
        return {
            "id": hashlib.sha256(f"{centre.key}{moment.timestamp()}".encode()).hexdigest()[:24],
            "centerId": centre.key,
            "consultationReasonId": self._reason(centre, motive)["id"],
            "startDateTime": _zulu(moment),
            "endDateTime": _zulu(moment + timedelta(minutes=5)),
            "percentageNewPatient": 50.8,
            "usedResource": [],
            "substitute": {},
        }

    def _closest(self, centre: SimCentre, motive: int | None, query: Query) -> Any:
        start = datetime.fromisoformat(query["from"][0]).date()
        if motive is None or centre.phone_only or (found := self._next_free(centre, motive, start, 60)) is None:
            return {"availabilityCount": 0}
        return {
            "availabilityCount": 1,
            "closestPhysicalAvailability": self._availability(centre, motive, found),
            "firstPhysicalStartDateTime": _zulu(found),
        }


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
                "phone_number": "+33" + centre.phone.replace(" ", "")[1:],
            }
        if not query.get("agenda_ids[]"):
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
            days[moment.date().isoformat()].append(
                {"start_time": moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z"), "agenda_id": centre.number * 10 + 1}
            )
        days[first.isoformat()].append({"agenda_id": None})
        return {"availabilities": dict(days)}


class Ordoclic(Platform):
    provider = "ordoclic"

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        parts = path.strip("/").split("/")
        if path == "/v1/public/search":
            items = [self._item(centre) for centre in self._centres]
            return {"page": 1, "per_page": 10000, "page_count": 1, "total_count": len(items), "items": items}
        if parts[:2] == ["v1", "public"] and parts[3] == "profile":
            return self._profile(parts[4])
        if parts[-1] == "reasons":
            centre = self._of(parts[3])
            return centre and {"reasons": [self._reason(centre, motive) for motive in centre.motives]}
        if parts[-1] == "availableSlots":
            return self._slots(json.loads(body))
        return None

    def _of(self, entity: str) -> SimCentre | None:
        return self._by_key.get(entity.replace("-", "")[:24])

    def _entity(self, centre: SimCentre) -> str:
        return str(uuid.UUID(centre.key + "00000000"))

    def _item(self, centre: SimCentre) -> Any:
        return {
            "id": self._entity(centre),
            "name": centre.name,
            "type": "Pharmacie",
            "location": {
                "zip": centre.town.postcode,
                "address": centre.address,
                "city": centre.town.name,
                "coordinates": {"lon": centre.lon, "lat": centre.lat},
            },
            "phone": centre.phone,
            "publicProfile": {"slug": centre.slug},
            "bookingSettings": {"option": "internal"},
        }

    def _profile(self, slug: str) -> Any:
        centre = next(iter(self._by_slug.get(slug, [])), None)
        if centre is None:
            return None
        option = "any" if centre.phone_only else "internal"
        return {
            "profileSlug": slug,
            "entityId": self._entity(centre),
            "name": centre.name,
            "phone": centre.phone,
            "publicProfessionals": [{"id": self._entity(centre)[::-1]}],
            "attributeValues": [{"label": "booking_settings", "value": {"option": option}}],
        }

    def _reason(self, centre: SimCentre, motive: int) -> Any:
        return {
            "id": f"{self._entity(centre)}-{motive}",
            "name": MOTIVES[motive][0],
            "canBookOnline": True,
            "vaccineInjectionDose": MOTIVES[motive][3],
        }

    def _slots(self, asked: Mapping[str, str]) -> Any:
        centre, motive = self._of(asked["entityId"]), int(asked["reasonId"][-1])
        if centre is None:
            return None
        # dateStart is read as a day already over when it says 23:59:59.
        first = datetime.fromisoformat(asked["dateStart"]).date() + timedelta(days=1)
        last = datetime.fromisoformat(asked["dateEnd"]).date()
        moments = self._free(centre, motive, first, (last - first).days)
        later = None if moments else self._next_free(centre, motive, last, 28)
        return {
            "slots": [
                {
                    "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{centre.key}{motive}{moment.timestamp()}")),
                    "timeStart": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "timeStartUtcOffset": 120,
                    "tzId": centre.town.tz,
                }
                for moment in moments
            ],
            "nextAvailableSlotDate": later.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if later else None,
        }


PLATFORMS: dict[str, type[Platform]] = {one.provider: one for one in (Doctolib, Keldoc, Maiia, Ordoclic)}


def _paged(items: list[Any], page: int, size: int) -> Any:
    return {"items": items[page * size : (page + 1) * size], "total": len(items)}


def _maiia_speciality(centre: SimCentre) -> str:
    first = unquote(centre.path).strip("/").split("/")[0]
    return first if first in ("pharmacie", "centre-hospitalier-(ch)") else "centre-de-vaccination"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
