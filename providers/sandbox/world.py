"""The simulated world: which centres exist, and which of their slots are free at a given minute."""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from providers.phone import written
from providers.records import Centre
from providers.text import slugify

# Shares of places by platform, from the count of July 2022 (7,250 places): the rest is reached by telephone,
# without appointment, or on a site of its own.
MIX = {"doctolib": 0.739, "ordoclic": 0.08, "keldoc": 0.026, "maiia": 0.021}
LISTED_ONLY = "official"
TWO_PLATFORMS = 0.03
# (name on the wire, national number, injection type, dose): what a centre may offer.
MOTIVES = (
    ("1ère injection vaccin COVID-19 (Pfizer-BioNTech)", 6970, "FIRST", 1),
    ("3ème injection vaccin COVID-19 (Pfizer-BioNTech)", 8192, "BOOSTER", 3),
    ("1ère injection vaccin COVID-19 (Moderna)", 7005, "FIRST", 1),
    ("3ème injection vaccin COVID-19 (Moderna)", 8193, "BOOSTER", 3),
    ("1ère injection vaccin COVID-19 (Pfizer-BioNTech) enfant 5-11 ans", 10515, "FIRST", 1),
)
STREETS = (
    "rue de la République",
    "avenue Jean-Jaurès",
    "place de la Mairie",
    "rue Victor-Hugo",
    "boulevard Gambetta",
    "rue des Écoles",
    "chemin du Stade",
    "rue Pasteur",
)
KINDS = (
    ("Pharmacie", "pharmacie"),
    ("Centre de vaccination", "centre-de-sante"),
    ("Maison de santé", "maison-de-sante"),
    ("Centre hospitalier", "hopital-public"),
)


@dataclass(frozen=True, slots=True)
class Town:
    """A commune as it is handed in."""

    insee: str
    name: str
    postcode: str
    department: str
    department_name: str
    lat: float
    lon: float
    population: int
    tz: str = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class SimCentre:
    """One place on one platform. `slug`: of its booking page; `practice`: a number of its own where one is needed."""

    number: int
    provider: str
    name: str
    address: str
    town: Town
    lat: float
    lon: float
    phone: str
    kind: str
    path: str
    slug: str
    practice: int
    hours: tuple[tuple[int, int], ...]
    busy: float
    motives: tuple[int, ...]
    phone_only: bool = False

    @property
    def key(self) -> str:
        """24 hexadecimal digits, for platforms whose ids look so."""
        return hashlib.sha256(f"{self.provider}:{self.number}".encode()).hexdigest()[:24]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.town.tz)

    @property
    def full_address(self) -> str:
        return f"{self.address}, {self.town.postcode} {self.town.name}"


@dataclass
class World:
    """Centres by platform, and the rows of the simulated official list. `turn_s`: see `_is_free`."""

    seed: int
    centres: dict[str, list[SimCentre]] = field(default_factory=lambda: defaultdict(list))
    listed: list[dict[str, str]] = field(default_factory=list)
    turn_s: int = 600

    def of_department(self, provider: str, department: str) -> list[SimCentre]:
        return [centre for centre in self.centres[provider] if centre.town.department == department]

    def free(self, centre: SimCentre, motive: int, first: date, days: int, now: datetime) -> list[datetime]:
        """Free starts for one motive of `centre`, local and aware, from the minute after `now`; they come and go."""
        return list(self.starts(centre, motive, first, days, now))

    def starts(self, centre: SimCentre, motive: int, first: date, days: int, now: datetime) -> Iterator[datetime]:
        """The same starts as `free`, one by one, for callers that need only the first."""
        zone, turn, of_now = centre.zone, centre.motives.index(motive), now.timestamp()
        for offset in range(days):
            day = first + timedelta(days=offset)
            if day.weekday() == 6 or (day.weekday() == 5 and centre.number % 3):
                continue
            noon = datetime.combine(day, time(12), zone).timestamp()  # clocks change at night, when all is closed
            for start, end in centre.hours:
                for minute in range(start, end, 10):
                    if (minute // 10) % len(centre.motives) == turn:
                        at = noon + (minute - 720) * 60
                        if at > of_now and self._is_free(centre, at, of_now):
                            yield datetime.combine(day, time(minute // 60, minute % 60), zone)

    def _is_free(self, centre: SimCentre, at: float, now: float) -> bool:
        """A slot's phase turns by a hundredth every `turn_s`: most answers repeat, some slots go, some return."""
        # Not `hash`, which differs from process to process: a seed must give the same world again.
        phase = zlib.crc32(f"{self.seed}:{centre.number}:{at:.0f}".encode()) / 2**32 + int(now // self.turn_s) * 0.01
        return phase % 1 < centre.busy


def invented(towns: Sequence[Town], places: int, seed: int, mix: Mapping[str, float] | None = None) -> World:
    """A world of `places` places on real communes, in proportion to their population."""
    draw = random.Random(seed)
    world = World(seed)
    weights = list(accumulate(town.population + 200 for town in towns))
    shares = dict(MIX if mix is None else mix)
    names = [*shares, LISTED_ONLY]
    rest = max(0.0, 1 - sum(shares.values()))
    for number in range(1, places + 1):
        town = draw.choices(towns, cum_weights=weights)[0]
        provider = draw.choices(names, weights=[*shares.values(), rest])[0]
        centre = _centre(draw, number, provider, town)
        if provider == LISTED_ONLY:
            world.listed.append(_listed_row(draw, centre, link=None))
            continue
        world.centres[provider].append(centre)
        if draw.random() < 0.25:
            world.listed.append(_listed_row(draw, centre, link=public_link(centre)))
        if draw.random() < TWO_PLATFORMS and len(shares) > 1:
            other = draw.choice([name for name in shares if name != provider])
            world.centres[other].append(_on_another_platform(centre, other))
    return world


def of_list(centres: Iterable[Centre], owners: Mapping[str, str], towns: Mapping[str, Town], seed: int) -> World:
    """The centres of a real list, each on the platform that its link names. `owners`: booking origin -> slug."""
    world = World(seed)
    draw = random.Random(seed)
    for number, listed in enumerate(centres, 1):
        link = urlsplit(listed.booking_url or "")
        provider = owners.get(f"{link.scheme}://{link.netloc}")
        town = towns.get(listed.insee or "")
        if provider is None or town is None or listed.lat is None or listed.lon is None:
            continue
        segments = [segment for segment in link.path.split("/") if segment]
        if len(segments) < 3:
            continue
        base = _centre(draw, number, provider, town)
        world.centres[provider].append(
            SimCentre(
                number=number,
                provider=provider,
                name=listed.name,
                address=listed.address,
                town=town,
                lat=listed.lat,
                lon=listed.lon,
                phone=written(listed.phone) if listed.phone else base.phone,
                kind=segments[0],
                path=link.path,
                slug=segments[-1].lower(),
                practice=_practice(link.query) or number,
                hours=base.hours,
                busy=base.busy,
                motives=base.motives,
            )
        )
    return world


def public_link(centre: SimCentre) -> str:
    """The deep link that a platform's own site would show (docs/providers.md §2.6, §3.4, §4.4, §5)."""
    hosts = {
        "doctolib": "www.doctolib.fr",
        "maiia": "www.maiia.com",
        "keldoc": "vaccination-covid.keldoc.com",
        "ordoclic": "app.ordoclic.fr",
    }
    query = f"?pid=practice-{centre.practice}" if centre.provider == "doctolib" else ""
    return f"https://{hosts[centre.provider]}{centre.path}{query}"


def _centre(draw: random.Random, number: int, provider: str, town: Town) -> SimCentre:
    label, kind = draw.choices(KINDS, weights=(60, 25, 10, 5))[0]
    street = draw.choice(STREETS)
    name = f"{label} {street.split(' ', 1)[1].removeprefix('de ').removeprefix('la ')} {town.name}".replace("  ", " ")
    slug = f"{slugify(name)}-{number}"
    # Houses stand apart by a few hundred metres; a large town is wider.
    spread = 0.004 + min(town.population, 400_000) ** 0.5 * 0.00006
    opening = draw.choice((8, 9, 9, 10)) * 60
    return SimCentre(
        number=number,
        provider=provider,
        name=name,
        address=f"{draw.randint(1, 120)} {street}",
        town=town,
        lat=round(town.lat + draw.gauss(0, spread), 6),
        lon=round(town.lon + draw.gauss(0, spread), 6),
        phone=f"01 99 00 {draw.randint(0, 99):02d} {draw.randint(0, 99):02d}",
        kind=kind,
        path=_path(provider, kind, town, slug),
        slug=slug,
        practice=100_000 + number,
        hours=((opening, 12 * 60), (14 * 60, draw.choice((17, 18, 19)) * 60)),
        busy=draw.choice((0.0, 0.0, 0.0, 0.01, 0.02, 0.05, 0.1, 0.25)),
        motives=tuple(sorted(draw.sample(range(len(MOTIVES)), draw.choice((1, 2, 2, 3))))),
        phone_only=draw.random() < 0.03,
    )


def _path(provider: str, kind: str, town: Town, slug: str) -> str:
    city = slugify(town.name)
    if provider == "ordoclic":
        return f"/app/pharmacie/{slug}"
    if provider == "maiia":
        return f"/{'pharmacie' if kind == 'pharmacie' else 'centre-de-vaccination'}/{town.postcode}-{city}/{slug}"
    if provider == "keldoc":
        return f"/cabinet-medical/{city}-{town.postcode}/{slug}"
    return f"/{kind}/{city}/{slug}"


def _on_another_platform(centre: SimCentre, provider: str) -> SimCentre:
    fields = {name: getattr(centre, name) for name in SimCentre.__dataclass_fields__}
    fields.update(
        number=centre.number + 1_000_000,
        provider=provider,
        path=_path(provider, centre.kind, centre.town, centre.slug),
        practice=centre.practice + 1_000_000,
    )
    return SimCentre(**fields)


def _listed_row(draw: random.Random, centre: SimCentre, link: str | None) -> dict[str, str]:
    """A row of our template: with the platform's link, or without appointment, by telephone, on a site of its own."""
    other = draw.choice(
        ("sans-rdv", "", "", f"https://rendez-vous.{slugify(centre.town.name)[:30]}.example/vaccination")
    )
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi")
    hours = ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in centre.hours)
    return {
        "identifiant": f"demo-{centre.number}",
        "nom": centre.name,
        "adresse": centre.address,
        "code_postal": centre.town.postcode,
        "commune": centre.town.name,
        "code_insee": centre.town.insee,
        "latitude": str(centre.lat),
        "longitude": str(centre.lon),
        "telephone": centre.phone,
        "horaires": " | ".join([*(f"{day}: {hours}" for day in days), "samedi: fermé", "dimanche: fermé"]),
        "site_rdv": other if link is None else link,
        "remarque": draw.choice(("", "", "", "", "Réservé aux plus de 65 ans")),
    }


def _practice(query: str) -> int | None:
    number = re.search(r"[0-9]+", parse_qs(query).get("pid", [""])[0])
    return int(number[0]) if number else None
