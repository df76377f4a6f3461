"""What Keldoc answers (docs/providers.md §4)."""

from __future__ import annotations

from msgspec import Struct, field


class RowCabinet(Struct):
    street: str | None = None
    zipcode: str | None = None
    city: str | None = None
    location: str | None = None


class Row(Struct):
    id: int
    title: str
    url: str
    cabinet: RowCabinet
    specialty_ids: list[int] = field(default_factory=list)
    coordinates: str | None = None


class Section(Struct):
    data: list[Row] = field(default_factory=list)


class Options(Struct):
    next_page: bool = False


class Listing(Struct):
    options: Options | None = None
    results: dict[str, Section] = field(default_factory=dict)


class Details(Struct):
    phone_number: str | None = None


class Skill(Struct):
    name: str | None = None


class Specialty(Struct):
    id: int | None = None
    name: str | None = None
    skills: list[Skill] | None = None


class Cabinet(Struct):
    id: int
    slug: str | None = None


class Clinic(Struct):
    id: int
    cabinets: list[Cabinet] | None = None
    specialties: list[Specialty] | None = None


class Agenda(Struct):
    id: int


class Motive(Struct):
    id: int
    name: str
    agendas: list[Agenda] = field(default_factory=list)


class MotiveCategory(Struct):
    motives: list[Motive]
    name: str | None = None


class Entry(Struct):
    start_time: str | None = None
    agenda_id: int | None = None


class Timetable(Struct, forbid_unknown_fields=False):
    availabilities: dict[str, list[Entry]] | None = None
    date: str | None = None
    phone_number: str | None = None
    num: str | None = None
    text: str | None = None
