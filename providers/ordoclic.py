"""Ordoclic: a profile per pharmacy, then slots per professional and reason, in UTC (docs/providers.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import quote, urlencode

from providers.ask import Ask
from providers.base import Provider
from providers.errors import InvalidAnswerError
from providers.phone import contact
from providers.reading import PARIS, Draft
from providers.records import Centre, Department
from providers.text import page_segments, split_link
from providers.wire.ordoclic import ConsultationReason, Item, Profile, Reasons, Search, Slots

PAGE_SIZE = 10_000  # the whole listing is one page (§5)


class Ordoclic(Provider):
    slug = "ordoclic"

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        yield "search", self._search

    def _search(self, ask: Ask) -> Iterator[Centre]:
        query = urlencode(
            {
                "page": 1,
                "per_page": PAGE_SIZE,
                "in.isPublicProfile": "true",
                "in.isCovidVaccineSupported": "true",
            }
        )
        items = ask.get(Search, "api", "/v1/public/search", query=query).items
        yield from ask.each(items, lambda item: item.id, lambda item: centre_of(item, self.config.booking_origin))

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        slug = slug_in(centre_url)
        if slug is None:
            raise InvalidAnswerError("the link names no pharmacy")
        kind = (
            "professionals" if {"pharmacien", "medecin"} & set(split_link(centre_url).path.split("/")) else "entities"
        )
        profile = draft.ask.get(Profile, "api", f"/v1/public/{kind}/profile/{quote(slug, safe='')}")
        draft.booking_url = f"{self.config.booking_origin}/{'/'.join(page_segments(centre_url))}"
        draft.centre_id = profile.entityId
        draft.phone = contact(profile.phone)
        if profile.by_telephone:
            draft.phone_only = True
            return
        path = f"/v1/solar/entities/{quote(profile.entityId, safe='')}/reasons"
        for reason in draft.ask.get(Reasons, "api", path).reasons:
            if reason.canBookOnline and reason.vaccineInjectionDose is not None and self.wants(reason.reason):
                for professional in profile.publicProfessionals:
                    with draft.part():
                        self._slots(draft, profile.entityId, professional.id, reason)

    def _slots(self, draft: Draft, entity: str, professional: str, reason: ConsultationReason) -> None:
        """`timeStart` is UTC. dateStart is the eve at 23:59:59, or the first day would be left out."""
        answer = draft.ask.post(
            Slots,
            "api",
            "/v1/solar/slots/availableSlots",
            {
                "entityId": entity,
                "medicalStaffId": professional,
                "reasonId": reason.id,
                "dateStart": _wire(draft.window.start - timedelta(days=1), time(23, 59, 59)),
                "dateEnd": _wire(draft.window.end, time(0)),
            },
        )
        for slot in answer.slots:
            draft.slot(slot.timeStart, reason.reason, slot.id)  # a repeated slot repeats its id
        if not answer.slots and (hint := draft.hint(answer.nextAvailableSlotDate)):
            draft.later(hint)

    @classmethod
    def link_key(cls, url: str) -> str | None:
        return slug_in(url)


def slug_in(url: str) -> str | None:
    segments = page_segments(url)
    return segments[2].lower() if len(segments) == 3 and segments[0] == "app" else None


def centre_of(item: Item, origin: str) -> Iterator[Centre]:
    """Pharmacies with a public page; nothing for the rest."""
    slug = item.publicProfile.slug if item.publicProfile else None
    if item.type != "Pharmacie" or not slug:
        return
    place = item.location
    yield Centre(
        source="ordoclic",
        source_id=item.id,
        name=item.name,
        address=place.address or "",
        postcode=(place.zip or "").replace(" ", ""),
        city=place.city or "",
        lat=place.coordinates.lat if place.coordinates else None,
        lon=place.coordinates.lon if place.coordinates else None,
        phone=contact(item.phone),
        booking_url=f"{origin}/app/pharmacie/{quote(slug, safe='-._~')}",
        kind="drugstore",
    )


def _wire(day: date, at: time) -> str:
    # A wall clock with "Z" behind it, as §5 has it: nothing is converted to UTC.
    moment = datetime.combine(day, at, PARIS)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
