"""Keldoc: clinic -> cabinets -> motives -> timetables, whose answers have three shapes (docs/providers.md §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote

from providers.ask import Ask
from providers.base import MAX_PAGES, Provider
from providers.errors import GoneError, InvalidAnswerError, ProviderError
from providers.phone import contact
from providers.reading import Draft
from providers.records import Centre, Department, Reason
from providers.shapes import Oddities, as_shape
from providers.text import number_in, page_segments, slugify, split_link
from providers.wire.keldoc import Cabinet, Clinic, Details, Listing, Motive, MotiveCategory, Row, Specialty, Timetable

API = "/api/patients/v2"
DAYS_PER_PAGE = 5  # larger windows time out (§4.3)
SPECIALITY_SLUGS = ("maladies-infectieuses", "vaccination-covid-19", "vaccination-covid19")
SPECIALITY_IDS = frozenset({144, 496, 153})
SPECIALITY_NAMES = frozenset({"Maladies infectieuses", "COVID19 - Vaccination"})
SKILL = "Centre de vaccination COVID-19"
# Eleven départements go by another name here (§4.1).
RENAMED = {
    "bas-rhin": "rhin-bas",
    "haut-rhin": "rhin-haut",
    "hautes-alpes": "alpes-hautes",
    "haute-loire": "loire-haute",
    "haute-marne": "marne-haute",
    "hautes-pyrenees": "pyrenees-haute",
    "haute-saone": "saune-haute",  # its own spelling
    "haute-savoie": "savoie-haute",
    "deux-sevres": "sevres-deux",
    "haute-vienne": "vienne-haute",
    "territoire-de-belfort": "belfort-territoire-de",
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a booking link says: path segments, and the numbers of its query where it has them."""

    segments: tuple[str, ...]
    cabinet: int | None
    specialty: int | None


class Keldoc(Provider):
    slug = "keldoc"
    page_depth = 4  # the fourth names a cabinet
    page_query: ClassVar = {"cabinet": "cabinet", "specialty": "specialty"}
    origin_names = ("www", "booking")

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        seen: set[int] = set()
        for department in departments:
            yield department.code, lambda ask, chosen=department: self._department(ask, chosen, seen)  # type: ignore[misc]

    def _department(self, ask: Ask, department: Department, seen: set[int]) -> Iterator[Centre]:
        for speciality in SPECIALITY_SLUGS:
            rows = self._rows(ask, speciality, location_name(department))
            fresh = (row for row in rows if row.id not in seen and SPECIALITY_IDS & set(row.specialty_ids))
            yield from ask.each(fresh, lambda row: row.id, lambda row: self._centre(ask, row, seen))

    def _rows(self, ask: Ask, speciality: str, location: str) -> Iterator[Row]:
        for page in range(1, MAX_PAGES + 1):
            query = f"specialty_id={speciality}&raw_location={quote(location, safe='')}&page={page}"
            listing = ask.get(Listing, "www", f"{API}/searches/geo_location", query=query)
            for name, section in listing.results.items():
                if name.startswith("section_"):
                    yield from section.data
            if listing.options is None or not listing.options.next_page:
                return
        ask.cut(f"{API}/searches/geo_location")

    def _centre(self, ask: Ask, row: Row, seen: set[int]) -> Iterator[Centre]:
        seen.add(row.id)
        specialty = next(number for number in row.specialty_ids if number in SPECIALITY_IDS)
        clinic = self._clinic(ask, Link(_segments(row.url), row.id, specialty))
        try:
            details = ask.get(Details, "www", f"{API}/cabinets/{row.id}/details")
        except ProviderError as error:
            details = Details()  # the telephone is all that is missing
            ask.odd.field(f"{row.id}: {error}")
        lat, lon = coordinates(row.coordinates)
        yield Centre(
            source="keldoc",
            source_id=f"{clinic.id}pid{row.id}" if clinic.id != row.id else str(row.id),
            name=row.title,
            address=row.cabinet.location or row.cabinet.street or "",
            postcode=(row.cabinet.zipcode or "").replace(" ", ""),
            city=row.cabinet.city or "",
            lat=lat,
            lon=lon,
            phone=contact(details.phone_number),
            booking_url=deep_link(self.config.booking_origin, _segments(row.url), row.id, specialty),
        )

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        link = parse_link(centre_url)
        clinic = self._clinic(draft.ask, link)
        if clinic.specialties is None:
            raise InvalidAnswerError("a clinic that does not say its specialities", 200)
        specialties = specialities_to_ask(clinic.specialties)
        if link.specialty in specialties:
            specialties = [link.specialty]
        if not specialties:
            return
        cabinets = self._cabinets(draft.ask, clinic, specialties[0], link)
        draft.booking_url = deep_link(
            self.config.booking_origin, link.segments, cabinets[0] if len(cabinets) == 1 else None, specialties[0]
        )
        draft.centre_id = f"{clinic.id}pid{cabinets[0]}" if len(cabinets) == 1 else str(clinic.id)
        shapes: list[Timetable] = []
        for specialty in specialties:
            # Each speciality has cabinets of its own, unless the link has said which one it is about (§4.2).
            with draft.part():
                if specialty != specialties[0]:
                    cabinets = self._cabinets(draft.ask, clinic, specialty, link)
                for cabinet in cabinets:
                    with draft.part():
                        self._cabinet(draft, clinic.id, specialty, cabinet, shapes)
        draft.phone = contact(*(number for table in shapes for number in (table.phone_number, table.num)))
        draft.phone_only = bool(shapes) and all(t.phone_number or t.num for t in shapes)

    def _clinic(self, ask: Ask, link: Link) -> Clinic:
        return ask.get(Clinic, "booking", f"{API}/searches/resource", query=resource_query(link.segments))

    def _cabinets(self, ask: Ask, clinic: Clinic, specialty: int, link: Link) -> list[int]:
        if link.cabinet is not None:
            return [link.cabinet]
        if len(link.segments) == 4:
            named = [cabinet.id for cabinet in clinic.cabinets or [] if cabinet.slug == link.segments[3]]
            if named:
                return named
        path = f"{API}/clinics/{clinic.id}/specialties/{specialty}/cabinets"
        return [cabinet.id for cabinet in ask.get(list[Cabinet], "booking", path)]

    def _cabinet(self, draft: Draft, clinic: int, specialty: int, cabinet: int, shapes: list[Timetable]) -> None:
        path = f"{API}/clinics/{clinic}/specialties/{specialty}/cabinets/{cabinet}/motive_categories"
        answer = draft.ask.get_any("booking", path)
        for motive, reason in motives(answer, draft.ask.odd):
            if self.wants(reason) and motive.agendas:
                with draft.part():
                    shapes += self._timetables(draft, motive, reason)

    def _timetables(self, draft: Draft, motive: Motive, reason: Reason) -> Iterator[Timetable]:
        day = draft.window.start
        agendas = "".join(f"&agenda_ids[]={agenda.id}" for agenda in motive.agendas)  # repeated, never joined (§4.3)
        while day < draft.window.end:
            last = min(day + timedelta(days=DAYS_PER_PAGE), draft.window.end) - timedelta(days=1)
            query = f"from={day.isoformat()}&to={last.isoformat()}{agendas}"
            answer = draft.ask.get_any("www", f"{API}/timetables/{motive.id}", query=query)
            table = timetable(answer, draft.ask.odd)
            yield table
            for text, agenda in starts(table):
                draft.slot(text, reason, motive.id, agenda)
            day = self._next_day(draft, table, last)

    def _next_day(self, draft: Draft, table: Timetable, last: date) -> date:
        """Where to ask next: the following day, the date that the platform names, or nowhere."""
        # A motive booked by telephone has no days to ask about (§4.3).
        if table.phone_number or table.num:
            return date.max
        if not any(starts(table)) and (hint := draft.hint(table.date)):
            if hint.date() >= draft.window.end:
                draft.later(hint)
            return max(hint.date(), last + timedelta(days=1))  # never back: the same days would be asked for ever
        return last + timedelta(days=1)

    @classmethod
    def link_key(cls, url: str) -> str | None:
        segments = parse_link(url).segments
        return "/".join(segments).lower() if len(segments) >= 3 else None


def parse_link(url: str) -> Link:
    """Also the `/redirect/?dom=&inst=&user=` form, which names the same three segments (§4.1)."""
    url = url.strip()
    parts = split_link(url)
    query = {key: values[0].strip() for key, values in parse_qs(parts.query).items()}
    segments = tuple(page_segments(url, Keldoc.page_depth))
    if segments[:1] == ("redirect",):
        segments = tuple(query[key] for key in ("dom", "inst", "user") if key in query)
    return Link(segments, number_in(query.get("cabinet")), number_in(query.get("specialty")))


def resource_query(segments: Sequence[str]) -> str:
    """Raises GoneError for a path that names no clinic."""
    if len(segments) not in (3, 4):
        raise GoneError("the link names no clinic")
    names = ("type", "location", "slug", "cabinet")
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in zip(names, segments, strict=False))


def deep_link(origin: str, segments: Sequence[str], cabinet: int | None, specialty: int) -> str:
    query = "&".join(
        f"{name}={value}" for name, value in (("cabinet", cabinet), ("specialty", specialty)) if value is not None
    )
    return f"{origin}/{'/'.join(segments)}?{query}"


def location_name(department: Department) -> str:
    slug = slugify(department.name)
    return f"{RENAMED.get(slug, slug)}-{department.code.lower()}"


def specialities_to_ask(specialties: Sequence[Specialty]) -> list[int]:
    """Ids of the specialties about vaccination, by name or skill; without any, known ids that have no name."""
    relevant = [specialty.id for specialty in specialties if specialty.id is not None and is_relevant(specialty)]
    return relevant or [one.id for one in specialties if one.id in SPECIALITY_IDS and one.name is None and one.id]


def is_relevant(specialty: Specialty) -> bool:
    named = specialty.name in SPECIALITY_NAMES or any(skill.name == SKILL for skill in specialty.skills or [])
    return named and specialty.id is not None


def coordinates(text: str | None) -> tuple[float | None, float | None]:
    """(lat, lon) of "lat,lon", the opposite order of other platforms (§4.1)."""
    if not text:
        return None, None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidAnswerError(f"coordinates: not two numbers: {text[:40]!r}", 200) from error
    return lat, lon


def motives(answer: Any, odd: Oddities | None = None) -> Iterator[tuple[Motive, Reason]]:
    """(motive, reason) of a cabinet. `{}` and null are a dead cabinet: it has none (§4.2)."""
    if answer is None or answer == {}:
        return
    for category in as_shape(answer, list[MotiveCategory], "motive_categories", odd or Oddities()):
        for motive in category.motives:
            yield motive, Reason(motive.name, None, category.name or "")


def timetable(answer: Any, odd: Oddities | None = None) -> Timetable:
    """One of the three shapes, or `{}`: nothing. Anything else is an error, never "no slot" (§4.3)."""
    table = as_shape(answer, Timetable, "timetables", odd or Oddities())
    known = (table.availabilities, table.date, table.phone_number, table.num)
    if answer and all(value is None for value in known):
        raise InvalidAnswerError(f"timetables: none of the known shapes, keys {sorted(answer)[:6]}", 200)
    return table


def starts(table: Timetable) -> Iterator[tuple[str, int | None]]:
    """Availabilities win over `date` when both come; an element without start_time is ignored (§4.3)."""
    for entries in (table.availabilities or {}).values():
        for entry in entries:
            if entry.start_time:
                yield entry.start_time, entry.agenda_id


def _segments(path: str) -> tuple[str, ...]:
    return tuple(segment for segment in path.split("/") if segment)
