"""What Doctolib answers (docs/providers.md §2)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from providers.phone import contact
from providers.text import number_in


class Position(Struct):
    lat: float
    lng: float


class Doctor(Struct):
    link: str
    name_with_title: str
    exact_match: bool = True
    address: str | None = None
    city: str | None = None
    zipcode: str | None = None
    position: Position | None = None


class Listing(Struct):
    doctors: list[Doctor]


class ListingAnswer(Struct):
    data: Listing


class DayHours(Struct):
    day: int
    enabled: bool = False
    ranges: list[tuple[str, str]] = field(default_factory=list)


class Place(Struct):
    id: str
    practice_ids: list[int] = field(default_factory=list)
    name: str | None = None
    full_address: str | None = None
    address: str | None = None
    city: str | None = None
    zipcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    landline_number: str | None = None
    phone_number: str | None = None
    opening_hours: list[DayHours] | None = None

    @property
    def practices(self) -> tuple[int, ...]:
        """`practice_ids`; else the number in "practice-37157", which in "establishment-…" is no practice id (§2.2)."""
        if self.practice_ids:
            return tuple(self.practice_ids)
        kind, _, number = self.id.partition("-")
        found = number_in(number)
        return (found,) if kind == "practice" and found is not None else ()

    @property
    def phone(self) -> str | None:
        return contact(self.landline_number, self.phone_number)


class Category(Struct):
    id: int
    name: str


class Motive(Struct):
    name: str
    id: int | None = None
    ref_visit_motive_id: int | None = None
    visit_motive_category_id: int | None = None
    allow_new_patients: bool | None = None


class Agenda(Struct):
    id: int
    booking_disabled: bool = False
    booking_temporary_disabled: bool | None = None
    practice_id: int | None = None
    visit_motive_ids_by_practice_id: dict[str, list[int]] | None = None
    visit_motive_ids: list[int] | None = None

    @property
    def open(self) -> bool:
        return not (self.booking_disabled or self.booking_temporary_disabled)

    @property
    def known(self) -> bool:
        """False for an agenda that says in neither shape which motives it holds."""
        return self.visit_motive_ids_by_practice_id is not None or self.visit_motive_ids is not None

    def holding(self, motive: int, practices: Sequence[int]) -> list[str]:
        """The practices under which it holds a motive: by practice, or flat, for its own or for all asked about."""
        if self.visit_motive_ids_by_practice_id is not None:
            return [key for key, motives in self.visit_motive_ids_by_practice_id.items() if motive in motives]
        if motive in (self.visit_motive_ids or []):
            return [str(self.practice_id)] if self.practice_id is not None else [str(number) for number in practices]
        return []


class Speciality(Struct):
    slug: str | None = None


class Profile(Struct):
    id: int | str | None = None  # both occur (§2.2)
    name_with_title: str | None = None
    speciality: Speciality | None = None


class Card(Struct):
    profile: Profile | None = None
    places: list[Place] | None = None
    visit_motives: list[Motive] | None = None
    visit_motive_categories: list[Category] | None = None
    agendas: list[Agenda] | None = None


class CardAnswer(Struct):
    data: Card


class SlotDict(Struct):
    start_date: str
    agenda_id: int | None = None


class Day(Struct):
    slots: list[str | SlotDict | list[str]]  # the four shapes of §2.3


class Availabilities(Struct):
    availabilities: list[Day]
    next_slot: str | None = None
