"""A citizen's question and its canonical form, which anyone can use to ask it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from aggregator.config.campaign import ANY
from aggregator.search.order import Sort, query_key

RADII_KM = (5, 10, 25, 50)
DEFAULT_RADIUS_KM = 10


class Moment(StrEnum):
    """Times of day in the place's own zone; the French names are those of the URL."""

    MORNING = "matin"
    AFTERNOON = "apres-midi"
    EVENING = "soir"
    WEEK_END = "week-end"


@dataclass(frozen=True, slots=True)
class Question:
    """What a citizen asked. The origin is a commune (`insee`) or a grid point (`lat`, `lon`, 0.01 degree).

    It holds no typed text and no exact position, so that one published list serves all who asked the same.
    """

    insee: str | None = None
    lat: float | None = None
    lon: float | None = None
    sort: Sort = Sort.NEAR
    radius_km: int = DEFAULT_RADIUS_KM
    need: str = ANY
    step: str = ANY
    audience: str = ANY
    first_day: date | None = None
    last_day: date | None = None
    moment: Moment | None = None
    seen: bool = False
    walk_in: bool = False
    access: bool = False

    @property
    def key(self) -> str:
        """The canonical form (docs/ranking.md §2.1); a filter that is not set is not named."""
        values: dict[str, str] = {
            "need": self.need,
            "radius": str(self.radius_km),
            "sort": self.sort.value,
            "step": self.step,
        }
        optional: dict[str, object] = {
            "insee": self.insee,
            "lat": None if self.lat is None else f"{self.lat:.2f}",
            "lon": None if self.lon is None else f"{self.lon:.2f}",
            "audience": None if self.audience == ANY else self.audience,
            "from": self.first_day,
            "to": self.last_day,
            "moment": self.moment,
            "seen": "1" if self.seen else None,
            "walkin": "1" if self.walk_in else None,
            "access": "1" if self.access else None,
        }
        values.update({name: str(value) for name, value in optional.items() if value is not None})
        return query_key(values)

    @classmethod
    def of_key(cls, key: str) -> Question:
        """The question of a canonical form. Raises ValueError when it is not one."""
        given = dict(part.split("=", 1) for part in key.split("&"))
        question = cls(
            insee=given.get("insee"),
            lat=float(given["lat"]) if "lat" in given else None,
            lon=float(given["lon"]) if "lon" in given else None,
            sort=Sort(given.get("sort", "")),
            radius_km=int(given.get("radius", "")),
            need=given.get("need", ANY),
            step=given.get("step", ANY),
            audience=given.get("audience", ANY),
            first_day=date.fromisoformat(given["from"]) if "from" in given else None,
            last_day=date.fromisoformat(given["to"]) if "to" in given else None,
            moment=Moment(given["moment"]) if "moment" in given else None,
            seen=given.get("seen") == "1",
            walk_in=given.get("walkin") == "1",
            access=given.get("access") == "1",
        )
        # The key is part of the draw: a second spelling of one question would be a second order of its list.
        if question.key != key:
            raise ValueError(f"not a question in canonical form: {key}")
        return question
