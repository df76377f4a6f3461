"""`shares.json`: the table of shares that the transparency page prints, made anew each minute."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.fairness import shares
from aggregator.fairness.choices import Choices
from aggregator.ledger.controls import WINDOW_DAYS
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.rollups import STEP, RollUps
from aggregator.snapshot.supply import PLACE


class PublishedShares:
    """Reads counts, publishes shares. The running day moves in steps of eleven (`redirect/rollups.py`)."""

    def __init__(self, settings: Settings, reader: EventReader, rollups: RollUps, choices: Choices) -> None:
        self._settings = settings
        self._published = settings.published_dir
        self._reader = reader
        self._rollups = rollups
        self._choices = choices

    def publish(self, at: datetime) -> dict[str, Any]:
        """Write the table of the last seven days. Returns it."""
        today = at.date().isoformat()
        since = self._rollups.first_day()
        first = max(since or today, (at.date() - timedelta(days=WINDOW_DAYS - 1)).isoformat())
        yesterday = (at.date() - timedelta(days=1)).isoformat()
        # A test that may be looked at every hour begins at a fixed moment: one that slid along would begin anew with
        # each look (docs/figures.md §6).
        monday = at.date() - timedelta(days=at.date().weekday())
        path = self._published / "supply.json"
        content = shares.table(
            shares.Counted(
                # Closed days exactly; of today whole elevens, or two readings would tell a single click (ADR 6).
                published=add(self._rollups.totals(first, yesterday), self._rollups.stepped(today)),
                totals=self._totals(first, yesterday, today),
                exposure=self.exposure(first, self._shown_upto(today)),
                supply=json.loads(path.read_text(encoding="utf-8")) if path.exists() else {},
                missed=self._reader.missed(),
                missed_by_provider=self._reader.missed_by_provider(f"{today}T00"),
                chosen=self._choices.between(f"{monday}T00", self._told_upto(today)),
            ),
            self._settings.provider_labels(),
        )
        content["choice"].update(since=monday.isoformat(), until=today)
        content.update(format="shares/3", at=instants.second(at), since=since, first=first if since else None)
        files.write_whole(self._published / "shares.json", canonical.to_json(content))
        return content

    def of_days(self, first: date, last: date) -> dict[str, Any]:
        """The table of closed days, both included: exact counts, places and slots as the mean of their samples."""
        days = first.isoformat(), last.isoformat()
        totals, samples = self._rollups.totals(*days), self._rollups.samples(*days)
        places: dict[str, float] = {}
        slots: dict[str, float] = {}
        for _, provider, units, _, seen in self._rollups.supply(*days):
            places[provider] = places.get(provider, 0) + units / (PLACE * samples)
            slots[provider] = slots.get(provider, 0) + seen / samples
        counted = shares.Counted(
            published=totals,
            totals={cls: sum(by.values()) for cls, by in totals.items()},
            exposure=self.exposure(days[0], f"{days[1]}T23"),
            supply={"places": places, "slots": {slug: round(n) for slug, n in slots.items()}},
        )
        return {**shares.table(counted, self._settings.provider_labels()), "from": days[0], "to": days[1]}

    def exposure(self, first_day: str, last_hour: str) -> dict[str, int]:
        """Weighted exposure by provider that was served."""
        found: dict[str, int] = {}
        for _, provider, _, _, units in self._reader.exposure(f"{first_day}T00", last_hour):
            found[provider] = found.get(provider, 0) + units
        return found

    def _totals(self, first: str, yesterday: str, today: str) -> dict[str, int]:
        closed = {cls: sum(by.values()) for cls, by in self._rollups.totals(first, yesterday).items()}
        running = self._rollups.class_total(today)
        return {cls: closed.get(cls, 0) + running.get(cls, 0) for cls in {*closed, *running}}

    def _shown_upto(self, today: str) -> str:
        """The last hour of today whose exposure may be shown by provider: hours wait until they have eleven lists."""
        return _in_steps(today, self._rollups.lists_by_hour(f"{today}T00", f"{today}T23"))

    def _told_upto(self, today: str) -> str:
        """The last hour of today whose choices may be told: hours wait until they have eleven clicks that tell."""
        return _in_steps(today, self._choices.hours(f"{today}T00", f"{today}T23"))


def _in_steps(today: str, hours: Iterable[tuple[str, int]]) -> str:
    """The last of these hours by which eleven more have come since the hour before that was told."""
    last, waiting = f"{today}T", 0  # sorts before every hour of today
    for hour, n in hours:
        waiting += n
        if waiting >= STEP:
            last, waiting = hour, 0
    return last


def add(one: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Sum of two tables class -> provider -> events."""
    whole: dict[str, dict[str, int]] = {}
    for part in (one, other):
        for cls, by_provider in part.items():
            for provider, n in by_provider.items():
                row = whole.setdefault(cls, {})
                row[provider] = row.get(provider, 0) + n
    return whole
