"""Maiia: reasons per centre, then availabilities per reason *name*, in UTC (docs/providers.md §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlencode

from providers.ask import Ask
from providers.base import MAX_PAGES, Provider
from providers.errors import InvalidAnswerError
from providers.phone import contact
from providers.reading import Draft, midnight
from providers.records import Centre, Department, Hours, Reason
from providers.text import page_segments, split_link
from providers.wire.maiia import (
    Address,
    AvailabilityPage,
    Closest,
    ConsultationReason,
    DaySchedule,
    Item,
    ListedCentre,
    Listing,
    OfficeInformation,
    PublicInformation,
    Reasons,
)

API = "/api/pat-public"
PAGE_SIZE = 100
LISTING_PAGE_SIZE = 50  # larger pages came back broken (§3.1)
SPECIALITIES = ("centre-de-vaccination", "pharmacie", "centre-hospitalier-(ch)")
DEMONSTRATION_CENTRE = "603e4fae8c512e753fc49ba1"  # left out like demonstrations (§3.1)
OTHER_REASONS = frozenset({"test", "antigenique", "antigénique", "pcr", "antigrippale", "grippe"})
WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class Maiia(Provider):
    slug = "maiia"
    page_query: ClassVar = {"centerid": "centerid", "centerId": "centerid"}

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        seen: set[str] = set()
        for speciality in SPECIALITIES:
            yield speciality, lambda ask, name=speciality: self._speciality(ask, name, seen)  # type: ignore[misc]

    def _speciality(self, ask: Ask, speciality: str, seen: set[str]) -> Iterator[Centre]:
        """The same centre answers under several specialities: read once (§3.1)."""
        for page in range(MAX_PAGES):
            query = urlencode(
                {
                    "AllVaccinationPlaces": "true",
                    "speciality.shortName": speciality,
                    "limit": LISTING_PAGE_SIZE,
                    "page": page,
                    "size": LISTING_PAGE_SIZE,
                }
            )
            items = ask.get(Listing, "api", f"{API}/hcd", query=query).items
            for centre in ask.each(items, lambda item: item.center and item.center.id, self._centre):
                if centre.source_id not in seen:
                    seen.add(centre.source_id)
                    yield centre
            if len(items) < LISTING_PAGE_SIZE:
                return
        ask.cut(f"{API}/hcd")

    def _centre(self, item: Item) -> Iterator[Centre]:
        """The centre of a listed item; nothing for a parent, a demonstration, or one that offers no vaccination."""
        centre = item.center
        if item.type != "CENTER" or centre is None or centre.childCenters or centre.isDemo:
            return
        identity = centre.id or centre.siret  # whole: its first eight digits are not unique (§3.1)
        if identity is None or identity == DEMONSTRATION_CENTRE or centre.url is None:
            return
        # A centre without any reason, or with nothing but these, offers no vaccination (§3.1).
        if all(reason.name.casefold() in OTHER_REASONS for reason in item.consultationReasons or []):
            return
        yield centre_of_listing(centre, centre.url, identity, self.config.booking_origin)

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        centre_id = centre_in(centre_url)
        if centre_id is None:
            raise InvalidAnswerError("the link carries no centerid: the centre has to be discovered first")
        path = f"/{'/'.join(page_segments(centre_url))}"
        draft.booking_url = deep_link(self.config.booking_origin, path, centre_id)
        draft.centre_id = f"maiia{centre_id}"
        kept = {
            reason.id: reason
            for reason in self._reasons(draft.ask, centre_id)
            if reason.injectionType is not None and self.wants(reason.reason)
        }
        by_id = {key: reason.reason for key, reason in kept.items()}
        for reason in kept.values():
            with draft.part():
                self._reason(draft, centre_id, reason, by_id)

    def _reasons(self, ask: Ask, centre_id: str) -> Iterator[ConsultationReason]:
        seen: set[str] = set()
        for page in range(MAX_PAGES):
            query = f"rootCenterId={quote(centre_id, safe='')}&limit={PAGE_SIZE}&page={page}&size={PAGE_SIZE}"
            items = ask.get(Reasons, "api", f"{API}/consultation-reason-hcd", query=query).items
            fresh = [item for item in items if item.id not in seen]
            seen.update(item.id for item in fresh)
            yield from fresh
            if not fresh or len(items) < PAGE_SIZE:  # nothing new: P24
                return
        ask.cut(f"{API}/consultation-reason-hcd")

    def _reason(self, draft: Draft, centre_id: str, asked: ConsultationReason, by_id: dict[str, Reason]) -> None:
        before = len(draft)
        seen = self._availabilities(draft, centre_id, asked, by_id, midnight(draft.window.start))
        # What was seen may add no slot, being known from another reason (§3.3): that is not "nothing there".
        if seen or len(draft) > before:
            return
        closest = draft.hint(self._closest(draft.ask, centre_id, asked.name, midnight(draft.window.start)))
        if closest is None:
            return
        if closest in draft.window:
            naive = closest.replace(tzinfo=None)  # `from` is naive (§3.3)
            self._availabilities(draft, centre_id, asked, by_id, naive.isoformat(timespec="seconds"))
        else:
            draft.later(closest)

    def _availabilities(
        self, draft: Draft, centre_id: str, asked: ConsultationReason, by_id: dict[str, Reason], start: str
    ) -> int:
        """Slots read. Pages hold any number of items, whatever `limit` says; the last one is short or empty (§3.3)."""
        # The reason is addressed by its name, percent-encoded whole, "/" included.
        name, end = quote(asked.name, safe=""), midnight(draft.window.end)
        seen: set[str] = set()
        for page in range(MAX_PAGES):
            query = (
                f"centerId={quote(centre_id, safe='')}&consultationReasonName={name}&from={start}&to={end}"
                f"&limit={PAGE_SIZE}&page={page}&size={PAGE_SIZE}"
            )
            items = draft.ask.get(AvailabilityPage, "api", f"{API}/availabilities", query=query).items
            fresh = [item for item in items if item.id not in seen]
            for item in fresh:
                seen.add(item.id)
                reason = by_id.get(item.consultationReasonId or "", asked.reason)
                draft.slot(item.startDateTime, reason, item.id)
            if not fresh or len(items) < PAGE_SIZE:  # nothing new: P24
                break
        return len(seen)

    def _closest(self, ask: Ask, centre_id: str, name: str, start: str) -> str | None:
        query = f"centerId={quote(centre_id, safe='')}&consultationReasonName={quote(name, safe='')}&from={start}"
        return ask.get(Closest, "api", f"{API}/availability-closests", query=query).firstPhysicalStartDateTime

    @classmethod
    def link_key(cls, url: str) -> str | None:
        """The path: official links lack the centerid, and the same path is the same centre."""
        segments = page_segments(url)
        return f"/{'/'.join(segments)}".lower() if len(segments) == 3 else None


def centre_in(url: str) -> str | None:
    """The value of `centerid`, however it is capitalised."""
    return next((value for key, value in parse_qsl(split_link(url).query) if key.lower() == "centerid"), None)


def deep_link(origin: str, path: str, centre_id: str) -> str:
    return f"{origin}{quote(path, safe='/-._~')}?centerid={quote(centre_id, safe='')}"


def centre_of_listing(centre: ListedCentre, url: str, identity: str, origin: str) -> Centre:
    information = centre.publicInformation or PublicInformation()
    address = information.address or Address()
    office = information.officeInformation or OfficeInformation()
    point = (address.location and address.location.lat_lon) or (
        address.locality and address.locality.location and address.locality.location.lat_lon
    )
    insee = address.inseeCode or ""
    return Centre(
        source="maiia",
        source_id=identity,
        name=centre.name,
        address=address.fullAddress or " ".join(filter(None, (address.number, address.street))),
        postcode=(address.zipCode or "").replace(" ", ""),
        city=address.city or "",
        insee=insee if len(insee) == 5 else None,
        lat=point[0] if point else None,
        lon=point[1] if point else None,
        phone=contact(office.phoneNumber),
        hours=opening_hours(office.openingSchedules or {}),
        booking_url=deep_link(origin, url, identity),
        kind="drugstore" if "pharmacie" in url else "vaccination-center",
    )


def opening_hours(schedules: dict[str, DaySchedule]) -> Hours:
    """Days that are not `isActive` are closed even when they carry hours (§3.1)."""
    if not schedules:
        return ()
    texts: list[str | None] = []
    for day in WEEK:
        schedule = schedules.get(day)
        if schedule is None:
            texts.append(None)
        elif not schedule.isActive:
            texts.append("")
        else:
            texts.append(", ".join(f"{part.startTime}-{part.endTime}" for part in schedule.schedules))
    return tuple(texts)
