"""What Maiia answers (docs/providers.md §3)."""

from __future__ import annotations

from msgspec import Struct, field

from providers.records import Reason


class ConsultationReason(Struct):
    id: str
    name: str
    injectionType: str | None = None

    @property
    def reason(self) -> Reason:
        """NONE says "an injection, unspecified": the name has to tell, so no code is given (§3.2)."""
        return Reason(self.name, self.injectionType if self.injectionType != "NONE" else None)


class Reasons(Struct):
    items: list[ConsultationReason]
    total: int


class Availability(Struct):
    id: str
    startDateTime: str
    consultationReasonId: str | None = None


class AvailabilityPage(Struct):
    items: list[Availability]
    total: int


class Closest(Struct):
    firstPhysicalStartDateTime: str | None = None


class Point(Struct):
    x: float | None = None
    y: float | None = None
    coordinates: list[float] | None = None

    @property
    def lat_lon(self) -> tuple[float, float] | None:
        """The wire has (lon, lat); x is the longitude (§3.1)."""
        if self.coordinates and len(self.coordinates) == 2:
            return self.coordinates[1], self.coordinates[0]
        return (self.y, self.x) if self.x is not None and self.y is not None else None


class Locality(Struct):
    location: Point | None = None


class Address(Struct):
    number: str | None = None
    street: str | None = None
    zipCode: str | None = None
    city: str | None = None
    inseeCode: str | None = None
    fullAddress: str | None = None
    location: Point | None = None
    locality: Locality | None = None


class Interval(Struct):
    startTime: str
    endTime: str


class DaySchedule(Struct):
    schedules: list[Interval] = field(default_factory=list)
    isActive: bool = False


class OfficeInformation(Struct):
    phoneNumber: str | None = None
    openingSchedules: dict[str, DaySchedule] | None = None


class PublicInformation(Struct):
    address: Address | None = None
    officeInformation: OfficeInformation | None = None


class ChildCentre(Struct):
    id: str | None = None


class ListedCentre(Struct):
    name: str
    url: str | None = None
    id: str | None = None
    siret: str | None = None
    childCenters: list[ChildCentre] | None = None
    isDemo: bool | None = None
    publicInformation: PublicInformation | None = None


class Item(Struct):
    type: str
    center: ListedCentre | None = None
    consultationReasons: list[ConsultationReason] | None = None


class Listing(Struct):
    items: list[Item]
    total: int
