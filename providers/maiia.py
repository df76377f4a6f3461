"""Maiia: reasons per centre, then availabilities per reason *name*, in UTC (contracts.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from msgspec import Struct, field

from providers.base import MAX_PAGES, PARIS, Ask, Draft, Provider, day_in_paris, instant, midnight, phone_number
from providers.errors import InvalidAnswerError
from providers.records import Centre, Department, Hours, Reason

API = "/api/pat-public"
PAGE_SIZE = 100
LISTING_PAGE_SIZE = 50  # larger pages came back broken (§2.1)
SPECIALITIES = ("centre-de-vaccination", "pharmacie", "centre-hospitalier-(ch)")
DEMONSTRATION_CENTRE = "603e4fae8c512e753fc49ba1"
OTHER_REASONS = frozenset({"test", "antigenique", "antigénique", "pcr", "antigrippale", "grippe"})
WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class ConsultationReason(Struct):
    id: str
    name: str
    injectionType: str | None = None

    @property
    def reason(self) -> Reason:
        """NONE says "an injection, unspecified": the name has to tell, so no code is given (§2.2)."""
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
        """The wire has (lon, lat); x is the longitude (§2.1)."""
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


class Maiia(Provider):
    slug = "maiia"

    def parts(self, departments: Sequence[Department]) -> Iterable[tuple[str, Callable[[Ask], Iterable[Centre]]]]:
        seen: set[str] = set()
        for speciality in SPECIALITIES:
            yield speciality, lambda ask, name=speciality: self._speciality(ask, name, seen)  # type: ignore[misc]

    def _speciality(self, ask: Ask, speciality: str, seen: set[str]) -> Iterator[Centre]:
        """The same centre answers under several specialities: read once (§2.1)."""
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
            for item in items:
                centre = self._centre(item)
                if centre is not None and centre.source_id not in seen:
                    seen.add(centre.source_id)
                    yield centre
            if len(items) < LISTING_PAGE_SIZE:
                return

    def _centre(self, item: Item) -> Centre | None:
        """None for what is no centre of its own, for demonstrations, and where no reason is the campaign's."""
        centre = item.center
        if item.type != "CENTER" or centre is None or centre.childCenters or centre.isDemo:
            return None
        identity = centre.id or centre.siret
        if identity is None or identity == DEMONSTRATION_CENTRE or centre.url is None:
            return None
        # A centre without any reason, or with nothing but these, offers no vaccination (§2.1).
        if all(reason.name.casefold() in OTHER_REASONS for reason in item.consultationReasons or []):
            return None
        return centre_of_listing(centre, centre.url, identity, self.config.booking_origin)

    def read_slots(self, draft: Draft, centre_url: str) -> None:
        centre_id = centre_in(centre_url)
        if centre_id is None:
            raise InvalidAnswerError("the link carries no centerid: the centre has to be discovered first")
        draft.booking_url = deep_link(self.config.booking_origin, urlsplit(centre_url).path, centre_id)
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
            if not fresh or len(items) < PAGE_SIZE:
                return

    def _reason(self, draft: Draft, centre_id: str, asked: ConsultationReason, by_id: dict[str, Reason]) -> None:
        before = len(draft)
        seen = self._availabilities(draft, centre_id, asked, by_id, midnight(draft.window.start))
        if seen or len(draft) > before:
            return
        closest = self._closest(draft.ask, centre_id, asked.name, midnight(draft.window.start))
        if closest is None:
            return
        if day_in_paris(closest) in draft.window:
            naive = closest.astimezone(PARIS).replace(tzinfo=None)
            self._availabilities(draft, centre_id, asked, by_id, naive.isoformat(timespec="seconds"))
        else:
            draft.later(closest)

    def _availabilities(
        self, draft: Draft, centre_id: str, asked: ConsultationReason, by_id: dict[str, Reason], start: str
    ) -> int:
        """Slots read. Pages hold any number of items, whatever `limit` says; the last one is short or empty (§2.3)."""
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
                draft.add(instant(item.startDateTime), reason, item.id)
            if not fresh or len(items) < PAGE_SIZE:
                break
        return len(seen)

    def _closest(self, ask: Ask, centre_id: str, name: str, start: str) -> datetime | None:
        query = f"centerId={quote(centre_id, safe='')}&consultationReasonName={quote(name, safe='')}&from={start}"
        found = ask.get(Closest, "api", f"{API}/availability-closests", query=query)
        return instant(found.firstPhysicalStartDateTime) if found.firstPhysicalStartDateTime else None

    @classmethod
    def link_key(cls, url: str) -> str | None:
        """The path: official links lack the centerid, and the same path is the same centre."""
        path = urlsplit(url).path.rstrip("/").lower()
        return path if path.count("/") >= 3 else None


def centre_in(url: str) -> str | None:
    """The value of `centerid`, however it is capitalised."""
    return next((value for key, value in parse_qsl(urlsplit(url).query) if key.lower() == "centerid"), None)


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
        phone=phone_number(office.phoneNumber),
        hours=opening_hours(office.openingSchedules or {}),
        booking_url=deep_link(origin, url, identity),
        kind="drugstore" if "pharmacie" in url else "vaccination-center",
    )


def opening_hours(schedules: dict[str, DaySchedule]) -> Hours:
    """Days that are not `isActive` are closed even when they carry hours (§2.1)."""
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
