"""What every simulated platform has: its centres of one world, and a clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from providers.sandbox.world import SimCentre, World

Query = Mapping[str, list[str]]
Clock = Callable[[], datetime]


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

    def at_path(self, path: str) -> SimCentre | None:
        """The centre whose booking page `path` is."""
        slug = path.rstrip("/").rsplit("/", 1)[-1].lower()
        return next(iter(self._by_slug.get(slug, [])), None)

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
