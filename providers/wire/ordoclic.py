"""What Ordoclic answers (docs/providers.md §5)."""

from __future__ import annotations

from msgspec import Struct, field

from providers.records import Reason

BY_TELEPHONE = "any"


class Coordinates(Struct):
    lon: float
    lat: float


class Location(Struct):
    zip: str | None = None
    address: str | None = None
    city: str | None = None
    coordinates: Coordinates | None = None


class PublicProfile(Struct):
    slug: str | None = None


class Item(Struct):
    id: str
    name: str
    type: str
    location: Location
    phone: str | None = None
    publicProfile: PublicProfile | None = None


class Search(Struct):
    items: list[Item]


class Professional(Struct):
    id: str


class Attribute(Struct):
    label: str
    value: object = None


class Profile(Struct):
    entityId: str
    publicProfessionals: list[Professional]
    attributeValues: list[Attribute] = field(default_factory=list)
    phone: str | None = None

    @property
    def by_telephone(self) -> bool:
        settings = [attribute.value for attribute in self.attributeValues if attribute.label == "booking_settings"]
        return any(isinstance(value, dict) and value.get("option") == BY_TELEPHONE for value in settings)


class ConsultationReason(Struct):
    id: str
    name: str
    canBookOnline: bool = False
    vaccineInjectionDose: int | None = None

    @property
    def reason(self) -> Reason:
        return Reason(self.name, str(self.vaccineInjectionDose))


class Reasons(Struct):
    reasons: list[ConsultationReason]


class FreeSlot(Struct):
    id: str
    timeStart: str


class Slots(Struct):
    slots: list[FreeSlot]
    nextAvailableSlotDate: str | None = None
