"""What every simulated platform has: its centres of one world, and a clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from providers.sandbox.world import SimCentre, World

Query = Mapping[str, list[str]]
Clock = Callable[[], datetime]
DAYS_AHEAD = 30  # of a booking page: as far as the portal asks, unless told otherwise


@dataclass(frozen=True, slots=True)
class Offered:
    """What a booking page offers up to its day `last`: starts by motive, local and aware, in order."""

    starts: Mapping[int, list[datetime]]
    last: date


class Platform:
    """Answers of one platform about one world."""

    provider = ""

    def __init__(self, world: World, now: Clock) -> None:
        self._world = world
        self._now = now
        self._centres = world.centres[self.provider]
        self._by_slug: dict[str, list[SimCentre]] = defaultdict(list)
        for centre in self._centres:
            self._by_slug[centre.slug].append(centre)
        self._by_key = {centre.key: centre for centre in self._centres}
        self._by_number = {centre.number: centre for centre in self._centres}

    def answer(self, path: str, query: Query, body: bytes) -> Any:
        raise NotImplementedError

    def at_path(self, path: str, query: Query) -> SimCentre | None:
        """The centre whose booking page `path` is; of several practices the one that `pid` names, else the first."""
        slug = path.rstrip("/").rsplit("/", 1)[-1].lower()
        asked = query.get("pid", [""])[0]
        practices = self._by_slug.get(slug, [])
        named = [centre for centre in practices if f"practice-{centre.practice}" == asked]
        return next(iter(named or practices), None)

    def offered(self, centre: SimCentre) -> Offered:
        """The free starts of the next days, as `answer` tells them of the same minute."""
        today = self._now().astimezone(centre.zone).date()
        starts = {motive: self._free(centre, motive, today, DAYS_AHEAD) for motive in centre.motives}
        return Offered(starts, today + timedelta(days=DAYS_AHEAD - 1))

    def _free(self, centre: SimCentre, motive: int, first: date, days: int) -> list[datetime]:
        return self._world.free(centre, motive, first, days, self._now())

    def _next_free(self, centre: SimCentre, motive: int, first: date, days: int) -> datetime | None:
        return next(self._world.starts(centre, motive, first, days, self._now()), None)


def paged(items: list[Any], page: int, size: int) -> Any:
    return {"items": items[page * size : (page + 1) * size], "total": len(items)}


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
