"""Ordoclic, simulated: its answers in true wire form (docs/providers.md)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.sandbox.platform import Platform, Query
from providers.sandbox.world import MOTIVES, SimCentre


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
                    "timeStartUtcOffset": 120,  # a trap: `timeStart` is UTC already (§5)
                    "tzId": centre.town.tz,
                }
                for moment in moments
            ],
            "nextAvailableSlotDate": later.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if later else None,
        }
