"""Doctolib: a booking card per centre, then availabilities per motive (docs/providers.md §2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from providers.ask import Ask
from providers.base import MAX_PAGES, Provider
from providers.errors import GoneError, InvalidAnswerError, ProviderError
from providers.reading import Draft
from providers.records import Centre, Department, Hours, Reason
from providers.text import page_segments, slugify, split_link
from providers.wire.doctolib import (
    Agenda,
    Availabilities,
    Card,
    CardAnswer,
    DayHours,
    Doctor,
    ListingAnswer,
    Motive,
    Place,
    SlotDict,
)

DAYS_PER_PAGE = 14  # `limit` is a number of days (§2.3)
BOOKING_CATEGORY = "vaccination-covid-19"  # first path segment of a deep link (§2.6)
# These names are also towns: the listing takes the département under a prefix (§2.1).
PREFIXED = {"indre", "gironde", "mayenne", "vienne"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The practice that a link is about. `same_address`: several practices at one address, one centre."""

    place: Place
    practices: tuple[int, ...]
    same_address: bool


class Doctolib(Provider):
    slug = "doctolib"
    page_query: ClassVar = {"pid": "pid", "placeId": "pid"}

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        seen: set[str] = set()
        for department in departments:
            yield department.code, lambda ask, name=department.name: self._department(ask, name, seen)  # type: ignore[misc]

    def _department(self, ask: Ask, name: str, seen: set[str]) -> Iterator[Centre]:
        """Pages until one is empty, or until rows of other départements begin; a link is read once (§2.1)."""
        path = f"/vaccination-covid-19/{department_slug(name)}.json"
        for page in range(1, MAX_PAGES + 1):
            doctors = ask.get(ListingAnswer, "api", path, [("page", str(page))]).data.doctors
            fresh = [doctor for doctor in doctors if doctor.link not in seen and doctor.exact_match]
            seen.update(doctor.link for doctor in fresh)
            yield from ask.each(
                fresh, lambda doctor: centre_slug(doctor.link) or doctor.link, lambda doctor: self._centres(ask, doctor)
            )
            if not fresh or len([d for d in doctors if d.exact_match]) < len(doctors):
                return
        ask.cut(path)

    def _centres(self, ask: Ask, doctor: Doctor) -> Iterator[Centre]:
        slug = centre_slug(doctor.link)
        if slug is None:
            raise InvalidAnswerError("a listed link names no centre", 200)
        card = self._card(ask, slug)
        if not card.visit_motives or any(self.wants(reason) for _, reason in reasons_of(card)):
            yield from centres_of_card(card, doctor, self.config.booking_origin)

    def _card(self, ask: Ask, slug: str) -> Card:
        return ask.get(CardAnswer, "api", f"/booking/{slug}.json").data

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        slug = centre_slug(centre_url)
        if slug is None:
            raise InvalidAnswerError("the link names no centre")
        card = self._card(draft.ask, slug)
        agendas = card.agendas or []
        practice = practice_in(centre_url)
        draft.booking_url = deep_link(centre_url, practice, self.config.booking_origin)
        draft.phone = next((place.phone for place in card.places or [] if place.phone), None)
        if not any(agenda.open for agenda in agendas):
            draft.phone_only = True
            draft.centre_id = centre_id(card, [practice] if practice else None, same_address=False)
            return
        if not all(agenda.known for agenda in agendas if agenda.open):
            draft.fail(InvalidAnswerError("an agenda of no known shape", 200))
        chosen = choose_practice(card, practice)
        draft.phone = chosen.place.phone or draft.phone
        draft.centre_id = centre_id(card, chosen.practices, chosen.same_address)
        for motive, reason in reasons_of(card):
            if motive.id is not None and motive.allow_new_patients is not False and self.wants(reason):
                with draft.part():
                    self._motive(draft, motive.id, reason, agendas, chosen.practices)
        # The first place alone was asked: saying "nothing free" would hide the slots of the others.
        if practice is None and elsewhere(card, chosen) and not len(draft):
            draft.fail(InvalidAnswerError("the link names no practice, and the card has others", 200))

    def _motive(
        self, draft: Draft, motive: int, reason: Reason, agendas: list[Agenda], practices: tuple[int, ...]
    ) -> None:
        agenda_ids, practice_ids = agendas_and_practices(agendas, motive, practices)
        if not agenda_ids:
            return
        day = draft.window.start
        while day < draft.window.end:
            page = self._availabilities(draft.ask, day, motive, agenda_ids, practice_ids)
            found = 0
            for text, agenda in slot_starts(page):
                moment = draft.slot(text, reason, motive, agenda)
                found += moment is not None and moment.date() >= day  # slots before the day asked are ignored (§2.3)
            day = _next_page(draft.hint(page.next_slot), day, found)

    def _availabilities(
        self, ask: Ask, day: date, motive: int, agenda_ids: list[str], practice_ids: list[str]
    ) -> Availabilities:
        # agenda_ids keep the order of the booking card: another order returns other results (§2.3).
        query = (
            f"start_date={day.isoformat()}&visit_motive_ids={motive}&agenda_ids={'-'.join(agenda_ids)}"
            f"&insurance_sector=public&practice_ids={'-'.join(practice_ids)}&destroy_temporary=true&limit={DAYS_PER_PAGE}"
        )
        return ask.get(Availabilities, "api", "/availabilities.json", query=query)

    def blocked_instead(self, error: ProviderError, path: str) -> bool:
        return error.status == 400 and path == "/availabilities.json"  # §2.5

    @classmethod
    def link_key(cls, url: str) -> str | None:
        slug = centre_slug(url)
        practice = practice_in(url)
        return slug and (f"{slug}#{practice}" if practice else slug)


def _next_page(hint: datetime | None, day: date, found: int) -> date:
    """The day to ask from next; `date.max` when the platform has nothing more. `hint` (`next_slot`) is never a slot."""
    following = day + timedelta(days=DAYS_PER_PAGE)
    if hint:
        # Never back: a hint inside the days just asked would be followed for ever.
        return max(hint.date(), following)
    return following if found else date.max


def slot_starts(page: Availabilities) -> Iterator[tuple[str, int | None]]:
    """(start, agenda) of every slot in its four shapes; of a two-dose slot the first dose only (§2.3)."""
    for day in page.availabilities:
        for slot in day.slots:
            if isinstance(slot, SlotDict):
                yield slot.start_date, slot.agenda_id
            elif isinstance(slot, str):
                yield slot, None
            elif slot:
                yield slot[0], None


def department_slug(name: str) -> str:
    slug = slugify(name)
    return f"departement-{slug}" if slug in PREFIXED else slug


def centre_slug(url: str) -> str | None:
    """The third path segment, in lower case; None when the link stops at a town. Steps of a booking follow (§2.6)."""
    segments = page_segments(url)
    return segments[2].lower() if len(segments) == 3 else None


def practice_in(url: str) -> int | None:
    """The number in `pid=practice-165752`, `pid=162589` and their dirty spellings, else in `placeId=` (§2.2)."""
    found = (re.search(rf"[?&]{name}=(?:practice-)?([0-9]{{1,18}})", url) for name in ("pid", "placeId"))
    return next((int(match[1]) for match in found if match), None)


def deep_link(url: str, practice: int | None, origin: str) -> str:
    segments = page_segments(url)
    query = f"?pid=practice-{practice}" if practice else ""
    return f"{origin}/{BOOKING_CATEGORY}/{'/'.join(segments[-2:-1])}/{segments[-1].lower()}{query}"


def choose_practice(card: Card, practice: int | None) -> Choice:
    """The place that the link means, joined by the practices at its address that have no agenda of their own.

    Raises GoneError when the practice is no longer listed, or the card holds no place.
    """
    places = card.places or []
    if practice is None:
        place = places[0] if places else None
    else:
        place = next((place for place in places if practice in place.practices), None)
    if place is None:
        raise GoneError("the practice of this link is no longer listed")
    own = (practice,) if practice is not None else place.practices
    with_agenda = {agenda.practice_id for agenda in card.agendas or []}
    beside = tuple(
        number
        for other in places
        if other is not place and other.address and other.address == place.address
        for number in other.practices
        if number not in with_agenda and number not in own
    )
    return Choice(place, own + beside, bool(beside))


def elsewhere(card: Card, chosen: Choice) -> bool:
    """True when open agendas belong to practices of the card that were not asked about."""
    return any(
        agenda.open and agenda.practice_id is not None and agenda.practice_id not in chosen.practices
        for agenda in card.agendas or []
    )


def centre_id(card: Card, practices: Sequence[int] | None, same_address: bool) -> str | None:
    if card.profile is None or card.profile.id is None:
        return None
    numbers = practices or []
    if len(numbers) == 1 or (numbers and same_address):
        return f"doctolib{card.profile.id}pid{numbers[0]}"
    return f"doctolib{card.profile.id}"


def agendas_and_practices(
    agendas: Sequence[Agenda], motive: int, practices: Sequence[int]
) -> tuple[list[str], list[str]]:
    """Agendas to ask, in the card's order, and every practice under which they hold the motive (§2.3)."""
    agenda_ids: list[str] = []
    practice_ids: dict[str, None] = {}
    for agenda in agendas:
        holding = agenda.holding(motive, practices)
        if agenda.open and holding and (agenda.practice_id is None or agenda.practice_id in practices):
            agenda_ids.append(str(agenda.id))
            practice_ids.update(dict.fromkeys(holding))
    return agenda_ids, list(practice_ids)


def reasons_of(card: Card) -> list[tuple[Motive, Reason]]:
    """Every motive as a reason: its national number, and the category it stands under, which says for whom (§2.4).

    A motive of a category that the card does not list cannot be booked from it.
    """
    names = {category.id: category.name for category in card.visit_motive_categories or []}
    found = []
    for motive in card.visit_motives or []:
        category = motive.visit_motive_category_id
        if not names or category is None or category in names:
            code = str(motive.ref_visit_motive_id) if motive.ref_visit_motive_id is not None else None
            found.append((motive, Reason(motive.name, code, names.get(category, "") if category is not None else "")))
    return found


def centres_of_card(card: Card, doctor: Doctor, origin: str) -> Iterator[Centre]:
    """One centre per place of the card; what the place says wins over the listing's row (§2.1)."""
    for place in card.places or []:
        practices = place.practices
        practice = practices[0] if practices else None
        position = (place.latitude, place.longitude)
        if None in position and doctor.position:
            position = (doctor.position.lat, doctor.position.lng)
        yield Centre(
            source="doctolib",
            source_id=f"{centre_slug(doctor.link)}#{practice or place.id}",
            name=doctor.name_with_title,
            address=place.full_address or doctor.address or "",
            postcode=(place.zipcode or doctor.zipcode or "").replace(" ", ""),
            city=place.city or doctor.city or "",
            lat=position[0],
            lon=position[1],
            phone=place.phone,
            hours=opening_hours(place.opening_hours or []),
            booking_url=deep_link(doctor.link, practice, origin),
            kind=_kind(doctor.link, doctor.name_with_title, card),
        )


def opening_hours(days: Sequence[DayHours]) -> Hours:
    """Monday first; the wire counts 0 = Sunday; `enabled: false` is closed even when ranges are given (§2.2)."""
    if not days:
        return ()
    texts: list[str | None] = [None] * 7
    for day in days:
        ranges = ", ".join(f"{start}-{end}" for start, end in day.ranges) if day.enabled else ""
        texts[(day.day - 1) % 7] = ranges
    return tuple(texts)


def _kind(link: str, name: str, card: Card) -> str:
    speciality = card.profile.speciality.slug if card.profile and card.profile.speciality else None
    return "general-practitioner" if speciality == "medecin-generaliste" else centre_kind(link, name)


def centre_kind(link: str, name: str) -> str:
    path, label = split_link(link).path.casefold(), name.casefold()
    if "pharmacie" in path or label.startswith("pharmacie"):
        return "drugstore"
    if "medecin" in path:
        return "general-practitioner"
    return "vaccination-center"
