"""Maiia, simulated: its answers in true wire form (docs/providers.md)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from providers.sandbox.platform import Platform, Query, clock, paged, zulu
from providers.sandbox.world import MOTIVES, SimCentre


class Maiia(Platform):
    provider = "maiia"
    week = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        page, size = int(query.get("page", ["0"])[0]), int(query.get("size", ["100"])[0])
        if path == "/api/pat-public/hcd":
            wanted = query["speciality.shortName"][0]
            return paged([self._item(c) for c in self._centres if _maiia_speciality(c) == wanted], page, size)
        if path == "/api/pat-public/consultation-reason-hcd":
            centre = self._by_key.get(query["rootCenterId"][0])
            return centre and paged([self._reason(centre, motive) for motive in centre.motives], page, size)
        centre = self._by_key.get(query.get("centerId", [""])[0])
        if centre is None:
            return None
        motive = next((m for m in centre.motives if MOTIVES[m][0] == query["consultationReasonName"][0]), None)
        if path == "/api/pat-public/availabilities":
            return paged(self._availabilities(centre, motive, query), page, size)
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
                        "inseeCode": centre.town.insee if centre.number % 2 else "",  # may be empty (§3.1)
                        "fullAddress": f"{centre.address} {centre.town.postcode} {centre.town.name}",
                        "location": {"x": centre.lon, "y": centre.lat, "coordinates": [centre.lon, centre.lat]},
                    },
                    "officeInformation": {
                        "phoneNumber": centre.phone,
                        "openingSchedules": {
                            day: {
                                "schedules": [{"startTime": clock(a), "endTime": clock(b)} for a, b in centre.hours],
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
            # Without the motive: the same ids come back for several reasons (§3.3).
            "id": hashlib.sha256(f"{centre.key}{moment.timestamp()}".encode()).hexdigest()[:24],
            "centerId": centre.key,
            "consultationReasonId": self._reason(centre, motive)["id"],
            "startDateTime": zulu(moment),
            "endDateTime": zulu(moment + timedelta(minutes=5)),
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
            "firstPhysicalStartDateTime": zulu(found),
        }


def _maiia_speciality(centre: SimCentre) -> str:
    first = unquote(centre.path).strip("/").split("/")[0]
    return first if first in ("pharmacie", "centre-hospitalier-(ch)") else "centre-de-vaccination"
