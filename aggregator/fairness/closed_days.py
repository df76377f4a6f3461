"""Closes days and weeks: tables `metrics/2` and `service/1` (docs/figures.md §11), and `closed.json` for the pages.

A day is closed once its lists have been replayed and its totals are in the log. Places, bookable places and slots are
the mean of one sample an hour, the first snapshot of the hour, so that anyone can count them again from public files.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from aggregator import canonical, files
from aggregator.config.settings import Settings
from aggregator.fairness import metrics
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.metrics import Counts
from aggregator.fairness.windows import Windows
from aggregator.ledger.controls import WINDOW_DAYS
from aggregator.redirect.impressions import UNKNOWN_AGE
from aggregator.snapshot.format import SnapshotError, plain
from aggregator.snapshot.shelf import Shelf
from aggregator.snapshot.supply import PLACE, Samples, supply_sample
from aggregator.statistics import small_areas
from aggregator.statistics.small_areas import Cell
from aggregator.store import Catalog

log = logging.getLogger(__name__)

WEEKS_SHOWN = 13  # a quarter of a year
LOOK_BACK_DAYS = 60


class Closing:
    """Writes the tables of the days and weeks that are over. `regions`: département -> name of its region."""

    def __init__(self, settings: Settings, accounts: Accounts, catalog: Catalog, regions: Mapping[str, str]) -> None:
        self._settings = settings
        self._published = settings.published_dir
        self._accounts = accounts
        self._rollups = accounts.rollups
        self._windows = Windows(accounts)
        self._catalog = catalog
        self._regions = regions
        sealed = accounts.controls.all().get("log", {})
        self._log_size = sealed.get("size", 0)
        # A day's totals enter the log with the first sealing of the next day: before that it cannot be closed.
        self._sealed_on = sealed.get("at", "")[:10] if sealed.get("ok") else ""
        self._shelf = Shelf(settings.published_dir)
        self._folder = settings.published_dir / "log" / "metrics"

    def close(self, at: datetime) -> list[str]:
        """Close every finished day that is not closed yet, and the weeks that end with them. Returns their names.

        A day whose snapshots are not what their names say stays open, and so do those after it: no figure is signed
        that rests on a file which the web refuses. The control "figures" then fails, until the file is put right.
        """
        done: list[str] = []
        try:
            for name in self._close_days(at.date()):
                done.append(name)
        except SnapshotError as error:
            log.error("a day cannot be closed", extra={"cause": str(error)})
            self._accounts.controls.publish("figures", {"ok": False, "why": str(error)}, at)
        else:
            if "figures" in self._accounts.controls.all():
                self._accounts.controls.publish("figures", {"ok": True}, at)
        if done or not (self._published / "closed.json").exists():
            self._publish(at.date())
        return done

    def _close_days(self, today: date) -> Iterator[str]:
        for back in range(LOOK_BACK_DAYS, 0, -1):  # a week comes after its days
            day = today - timedelta(days=back)
            if self._is_to_close(day):
                self._close_day(day)
                yield day.isoformat()
            if day.isoweekday() == 7 and self._is_week_to_close(day - timedelta(days=6)):
                yield self._close_week(day - timedelta(days=6))

    def _is_to_close(self, day: date) -> bool:
        """Not closed yet, something was published that day, and no list of it waits for its replay."""
        if self._is_closed(day.isoformat()) or day.isoformat() >= self._sealed_on:
            return False
        return self._has_lists(day) and not self._accounts.reader.hours_of_lists(f"{day + timedelta(days=1)}T00")

    def _is_week_to_close(self, monday: date) -> bool:
        """Whenever its Sunday was closed: a stop between the two, or a Sunday without lists, loses no week."""
        if self._is_closed(week_name(monday)):
            return False
        days = [monday + timedelta(days=number) for number in range(7)]
        left = [day for day in days if not self._is_closed(day.isoformat())]
        return len(left) < len(days) and not any(self._has_lists(day) for day in left)

    def _is_closed(self, name: str) -> bool:
        return (self._folder / f"{name}.json").exists()

    def _has_lists(self, day: date) -> bool:
        return any(self._shelf.published(hour) for hour in hours_of(day))

    # Days

    def _close_day(self, day: date) -> None:
        samples, names, with_slots = self._sample(day)
        self._rollups.put_supply(
            day.isoformat(),
            (len(names), with_slots),
            [(basket, prov, places, seen, slots) for (basket, prov), (places, seen, slots) in samples.items()],
        )
        window = self._windows.window(day, day, "nation", "FR", self._windows.nation_of(day, day))
        rows = metrics.rows(window, self._log_size, self._settings.demo)
        self._write(day.isoformat(), rows, {"samples": names, "service": self._service(day)})

    def _sample(self, day: date) -> tuple[Samples, list[str], int]:
        """Sums over one snapshot an hour, the hashes of those snapshots, and how many of them had any slot."""
        sums: Samples = defaultdict(lambda: [0, 0, 0])
        names, with_slots = [], 0
        read: dict[str, dict[str, Any]] = {}
        for hour in hours_of(day):
            entries = self._shelf.published(hour)
            if not entries:
                continue
            names.append(entries[0]["snapshot"])
            # A places file is that of many hours: at national size it takes a second to decode.
            places = read.get(entries[0]["places"]) or plain(self._published, entries[0]["places"])
            read = {entries[0]["places"]: places}
            sample = supply_sample(places, plain(self._published, entries[0]["slots"]))
            with_slots += any(seen for _, _, seen in sample.values())
            for key, amounts in sample.items():
                for index, amount in enumerate(amounts):
                    sums[key][index] += amount
        return dict(sums), names, with_slots

    def _service(self, day: date) -> list[dict[str, Any]]:
        """`service/1`: how each provider could be read that day, and how old its readings were when shown (§11)."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        minutes = self._catalog.unread_minutes(start, start + timedelta(days=1))
        fetches = self._catalog.fetches_of_day(day)
        ages: dict[str, Counter[int]] = defaultdict(Counter)
        for prov, age, n in self._accounts.reader.ages(f"{day}T00", f"{day}T23"):
            ages[prov][age] += n
        return [
            {
                "day": day.isoformat(),
                "provider": slug,
                "minutes_unread": minutes.get(slug, 0),
                "interval_s": self._settings.collect_every_s,
                "fetches": fetches.get(slug, (0, 0))[0],
                "fetches_failed": fetches.get(slug, (0, 0))[1],
                **age_figures(ages[slug]),
            }
            for slug in sorted(self._settings.campaign.providers.read)
        ]

    # Weeks

    def _close_week(self, monday: date) -> str:
        """Nation, and every territory that the rules of small numbers allow."""
        sunday = monday + timedelta(days=6)
        name = week_name(monday)
        windows = [self._windows.window(monday, sunday, "nation", "FR", self._windows.nation_of(monday, sunday))]
        samples = max(self._rollups.samples(monday.isoformat(), sunday.isoformat()), 1)
        by_department = {code: by for code, by in self._windows.counts(monday, sunday, department).items() if code}
        cells = {
            code: {prov: Cell(row.redirects, row.places / (PLACE * samples)) for prov, row in by.items()}
            for code, by in by_department.items()
        }
        for row in small_areas.rows(cells, self._regions):
            counts = folded(_sum(by_department[code] for code in row.members), row.together)
            windows.append(self._windows.window(monday, sunday, row.kind, row.name, counts))
            if row.kind != "department":
                # Merged départements are named without figures: the table leaves none out in silence.
                windows += [self._windows.window(monday, sunday, "department", code, {}, True) for code in row.members]
        rows = [one for window in windows for one in metrics.rows(window, self._log_size, self._settings.demo)]
        self._write(name, rows, {})
        return name

    # What is written

    def _write(self, name: str, rows: list[dict[str, Any]], more: Mapping[str, Any]) -> None:
        """The CSV first: the JSON file marks that both are there."""
        files.write_whole(self._folder / f"{name}.csv", metrics.as_csv(rows).encode())
        if "service" in more:
            files.write_whole(self._folder / f"{name}-service.csv", metrics.as_csv(more["service"]).encode())
        content = {"format": metrics.FORMAT, "name": name, "rows": rows, **more}
        files.write_whole(self._folder / f"{name}.json", canonical.to_json(content))

    def _publish(self, today: date) -> None:
        """`closed.json`: what the pages print of closed days and weeks."""
        first, last = today - timedelta(days=WINDOW_DAYS), today - timedelta(days=1)
        counts = self._windows.nation_of(first, last)
        weeks = sorted(path.stem for path in self._folder.glob("*-W*.json"))[-WEEKS_SHOWN:]
        days = sorted(path.stem for path in self._folder.glob("????-??-??.json"))
        content = {
            "format": "closed/1",
            "first": first.isoformat(),
            "last": last.isoformat(),
            "effects": self._windows.effects(first, last, counts),
            "redirects": sum(row.redirects for row in counts.values()),
            "weeks": [self._week_of(name) for name in weeks],
            "territory": [row for row in self._rows_of(weeks[-1]) if row["stratum_type"] != "nation"] if weeks else [],
            "service": [row for day in days[-WINDOW_DAYS:] for row in self._json(day)["service"]],
            "files": [*days, *weeks],
        }
        files.write_whole(self._published / "closed.json", canonical.to_json(content))

    def _week_of(self, name: str) -> dict[str, Any]:
        kept = ("provider", "redirects", "share_redirects", "ci_low", "ci_high", "share_places", "window_start")
        national = [row for row in self._rows_of(name) if row["stratum_type"] == "nation"]
        return {"name": name, "rows": [{key: row[key] for key in kept} for row in national]}

    def _rows_of(self, name: str) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self._json(name)["rows"])

    def _json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        return content


def _sum(parts: Iterable[Mapping[str, Counts]]) -> dict[str, Counts]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for provider, counts in part.items():
            sums[provider].update(asdict(counts))
    return {provider: Counts(**row) for provider, row in sums.items()}


def folded(counts: Mapping[str, Counts], together: frozenset[str]) -> dict[str, Counts]:
    """What a territory tells: platforms that may not stand alone as one, and clicks of the counted class alone.

    Clicks that were set apart are few in a territory, and so is what they differ by; lists shown may be those of one.
    """
    told = {prov: row for prov, row in counts.items() if prov not in together}
    if together:
        told[metrics.OTHERS] = _sum([{metrics.OTHERS: counts[prov]} for prov in together])[metrics.OTHERS]
    return told


def age_figures(ages: Counter[int]) -> dict[str, Any]:
    """Median and 95th percentile of the age of readings when shown, in minutes; share shown as unknown."""
    shown = sum(ages.values())
    known = sorted((age, n) for age, n in ages.items() if age != UNKNOWN_AGE)
    return {
        "median_age_min": _quantile(known, 0.5),
        "p95_age_min": _quantile(known, 0.95),
        "offers_shown": shown,
        "unknown_share": ages[UNKNOWN_AGE] / shown if shown else None,
    }


def _quantile(known: list[tuple[int, int]], q: float) -> int | None:
    """The smallest value that at least a share `q` does not exceed."""
    total, reached = sum(n for _, n in known), 0
    for value, n in known:
        reached += n
        if reached >= q * total:
            return value
    return None


def hours_of(day: date) -> list[datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [start + timedelta(hours=hour) for hour in range(24)]


def week_name(monday: date) -> str:
    """ "2026-W47"."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def department(basket: str) -> str:
    return basket.partition("=")[2]
