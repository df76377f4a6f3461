"""Request parameters -> a question, and a sentence for each parameter that was not understood; a question -> words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aggregator.config.campaign import ANY, Campaign, Entry
from aggregator.country.finder.finder import Town
from aggregator.country.gazetteer import Commune
from aggregator.country.geography import in_territory
from aggregator.search.order import Sort
from aggregator.search.question import DEFAULT_RADIUS_KM, RADII_KM, Moment, Question
from aggregator.web.language.catalogues import gettext, lazy_gettext
from aggregator.web.serving.site import Site

MAX_TEXT = 100  # what is typed beyond is cut off (W8)
SORTS = {"proche": Sort.NEAR, "tot": Sort.SOON}
SORT_NAMES = {sort: name for name, sort in SORTS.items()}
MOMENTS = {
    Moment.MORNING: lazy_gettext("matin"),
    Moment.AFTERNOON: lazy_gettext("après-midi"),
    Moment.EVENING: lazy_gettext("soir"),
    Moment.WEEK_END: lazy_gettext("week-end"),
}
_REFERENCE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2})-([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A parameter that was set aside: « Nous n’avons pas compris « rayon=abc ». »"""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request understood as far as possible. `text`: what was typed; `reference`: (epoch, short hash) to pin."""

    question: Question
    text: str
    page: int
    reference: tuple[str, str] | None
    complaints: tuple[Complaint, ...]
    remarks: tuple[str, ...] = ()
    """What is to be said when the origin is not literally what was typed."""


class _Reader:
    def __init__(self, arguments: Mapping[str, str]) -> None:
        self._arguments = arguments
        self.complaints: list[Complaint] = []

    def text(self, name: str) -> str:
        # Of a parameter that is given twice the first counts (W10).
        return self._arguments.get(name, "").strip()

    def bad(self, name: str) -> None:
        self.complaints.append(Complaint(name, self.text(name)[:40]))

    def flag(self, name: str) -> bool:
        if self.text(name) not in ("", "0", "1"):
            self.bad(name)
        return self.text(name) == "1"

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        value = self.text(name)
        if not value:
            return default
        if value not in set(allowed):
            self.bad(name)
            return default
        return value

    def number(self, name: str, default: int, allowed: Iterable[int] = (), low: int = 1, high: int = 10_000) -> int:
        value = self.text(name)
        if not value:
            return default
        # int() takes digits of any script, and raises ValueError for thousands of them.
        found = int(value) if value.isascii() and value.isdigit() and len(value) < 8 else -1
        wanted = set(allowed)
        if found not in wanted if wanted else not low <= found <= high:
            self.bad(name)
            return default
        return found

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.bad(name)
            return None

    def degrees(self, name: str) -> float | None:
        value = self.text(name)
        if not value:
            return None
        if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,15})?", value):
            # Our pages round before they send; a link made elsewhere is rounded here (docs/ranking.md §2.2).
            return round(float(value), 2)
        self.bad(name)
        return None


def read(arguments: Mapping[str, str], campaign: Campaign, today: date) -> Asked:
    """The question that a request asks. Never raises: what is not understood becomes a complaint."""
    reader = _Reader(arguments)
    lat, lon = _position(reader)
    first, last = _days(reader)
    moment = reader.choice("moment", list(Moment), "")
    question = Question(
        insee=_commune(reader),
        lat=lat,
        lon=lon,
        sort=SORTS[reader.choice("tri", SORTS, "proche")],
        radius_km=reader.number("rayon", DEFAULT_RADIUS_KM, RADII_KM),
        need=reader.choice("besoin", _slugs(campaign.needs), campaign.facts.default),
        step=reader.choice("etape", _slugs(campaign.steps), ANY),
        audience=reader.choice("public", _slugs(campaign.audiences), ANY),
        first_day=first if first and first > today else None,  # or one list would have two keys (docs/ranking.md §2.1)
        last_day=last,
        moment=Moment(moment) if moment else None,
        seen=reader.flag("vu"),
        walk_in=reader.flag("sans-rdv"),
        access=reader.flag("acces"),
    )
    reference = _REFERENCE.fullmatch(reader.text("ref"))
    if reader.text("ref") and not reference:
        reader.bad("ref")
    return Asked(
        question=question,
        text=reader.text("q")[:MAX_TEXT],
        page=reader.number("page", 1, low=1, high=500),
        reference=(reference[1], reference[2]) if reference else None,
        complaints=tuple(reader.complaints),
    )


def _position(reader: _Reader) -> tuple[float | None, float | None]:
    lat, lon = reader.degrees("lat"), reader.degrees("lon")
    if (lat is None) != (lon is None) or (lat is not None and lon is not None and not in_territory(lat, lon)):
        reader.bad("lat" if lat is None else "lon")
        return None, None
    return lat, lon


def _commune(reader: _Reader) -> str | None:
    insee = reader.text("insee").upper()
    if insee and not re.fullmatch(r"([0-9]{2}|2[AB])[0-9]{3}", insee):
        reader.bad("insee")
        return None
    return insee or None


def _days(reader: _Reader) -> tuple[date | None, date | None]:
    first, last = reader.day("du"), reader.day("au")
    if first and last and first > last:
        reader.bad("au")
        return first, None
    return first, last


def parameters(question: Question, campaign: Campaign, text: str = "", **more: object) -> dict[str, str]:
    """The URL parameters that ask `question` again; defaults are left out, so that links stay short."""
    values: dict[str, object | None] = {
        "q": text if not (question.insee or question.lat is not None) else None,
        "insee": question.insee,
        "lat": None if question.lat is None else f"{question.lat:.2f}",
        "lon": None if question.lon is None else f"{question.lon:.2f}",
        "besoin": question.need if question.need != campaign.facts.default else None,
        "etape": question.step if question.step != ANY else None,
        "public": question.audience if question.audience != ANY else None,
        "du": question.first_day,
        "au": question.last_day,
        "moment": question.moment,
        "rayon": question.radius_km if question.radius_km != DEFAULT_RADIUS_KM else None,
        "tri": SORT_NAMES[question.sort] if question.sort is not Sort.NEAR else None,
        "vu": "1" if question.seen else None,
        "sans-rdv": "1" if question.walk_in else None,
        "acces": "1" if question.access else None,
        **more,
    }
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def lifted(question: Question) -> dict[str, dict[str, Any]]:
    """The filters of a question that can hide places -> what changes when that one is lifted."""
    # Moments, dates, steps and audiences choose slots; a place is hidden only where slots are asked for.
    of_slots = question.seen or question.need != ANY
    possible: dict[str, tuple[bool, dict[str, Any]]] = {
        "need": (question.need != ANY, {"need": ANY}),
        "step": (of_slots and question.step != ANY, {"step": ANY}),
        "audience": (of_slots and question.audience != ANY, {"audience": ANY}),
        "dates": (of_slots and bool(question.first_day or question.last_day), {"first_day": None, "last_day": None}),
        "moment": (of_slots and question.moment is not None, {"moment": None}),
        "radius": (question.radius_km < DEFAULT_RADIUS_KM, {"radius_km": DEFAULT_RADIUS_KM}),
        "seen": (question.seen, {"seen": False}),
        "walk_in": (question.walk_in, {"walk_in": False}),
        "access": (question.access, {"access": False}),
    }
    return {name: changes for name, (is_set, changes) in possible.items() if is_set}


def without_filters(question: Question, campaign: Campaign) -> dict[str, Any]:
    """What changes when all filters are lifted; a wide radius stays."""
    return {
        "need": campaign.facts.default,
        "step": ANY,
        "audience": ANY,
        "first_day": None,
        "last_day": None,
        "moment": None,
        "radius_km": max(question.radius_km, DEFAULT_RADIUS_KM),
        "seen": False,
        "walk_in": False,
        "access": False,
    }


def pinned_hour(epoch: str, now: datetime, hours: int = 2) -> bool:
    """True when lists of the hour `epoch` can still be shown again (docs/ranking.md §7.3)."""
    try:
        hour = datetime.strptime(epoch, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return False
    # One more: a list may have been made at the end of its hour.
    return now - timedelta(hours=hours + 1) < hour <= now


def filters_set(question: Question, campaign: Campaign) -> int:
    """How many filters a citizen has set."""
    return sum(
        (
            question.need != campaign.facts.default,
            question.step != ANY,
            question.audience != ANY,
            question.first_day is not None,
            question.last_day is not None,
            question.moment is not None,
            question.radius_km != DEFAULT_RADIUS_KM,
            question.seen,
            question.walk_in,
            question.access,
        )
    )


def where(site: Site, question: Question) -> str:
    """Where a question starts from, in words."""
    commune = site.gazetteer.get(question.insee or "")
    return f"{commune.name} ({commune.department})" if commune else gettext("votre position")


def written(site: Site, commune: Commune) -> str:
    """What to type to be understood to mean this commune: its name alone, or with its département (docs/places.md)."""
    alone = site.finder.find(commune.name).matches == (Town(commune),)
    return commune.name if alone else f"{commune.name} ({commune.department})"


def centre(site: Site, question: Question) -> str:
    """What distances are measured from, in words."""
    if question.insee:
        return gettext("le centre de %(town)s", town=where(site, question))
    return gettext("votre position arrondie")


def _slugs(entries: Iterable[Entry]) -> list[str]:
    return [ANY, *(entry.slug for entry in entries)]
