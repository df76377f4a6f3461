"""Nobody finds a small number: an attack by arithmetic on everything that is published of a week, all files at once.

A thousand redirects in forty départements. Unknown are all counts by day, département, platform and class; known is
what a reader has: every table, edition, figure and page. Linear programming gives the least and the most that a count
can be (docs/figures.md §10).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.events import Event, EventClass
from aggregator.statistics.small_areas import FEW_PLACES, SMALL
from aggregator.store import open_stores
from aggregator.worker.editions.writing import write_editions
from app import create_app
from tests import conftest, tiny
from tests.clock import NOON, Clock
from tests.web.test_pages import plain

WEEK, MONDAY = "2026-W48", date(2026, 11, 23)
DAYS = [(MONDAY + timedelta(days=n)).isoformat() for n in range(7)]
PLATFORMS = ("doctolib", "keldoc", "maiia")
COUNTED = "counted"
APART = ("duplicate", "robot")
# Ten editions: half a minute. One process makes them for all these tests.
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("small numbers")]
# What a territory's row may hold: supply, which anybody counts in the public files, redirects, and what follows.
OF_TERRITORIES = {
    "window_start", "window_end", "stratum_type", "stratum", "provider", "samples", "places", "bookable", "slots",
    "redirects", "share_places", "share_bookable", "share_slots", "share_redirects", "dr_places", "dr_bookable",
    "dr_slots", "ci_low", "ci_high", "ci_method", "goodman_low", "goodman_high", "hhi_places", "hhi_redirects",
    "effective_providers", "contract", "checkpoint_size", "suppressed", "updated", "licence", "demo",
}  # fmt: skip

Cell = tuple[str, str, str, str]
"""(day, département, platform, class): what is unknown."""
Statement = tuple[str, Mapping[Cell, float], float]
"""(where it is printed, coefficients, value): what is known."""


class Country:
    """Places and redirects of a week, and the files that tell of them."""

    def __init__(self, settings: Settings, gazetteer: Gazetteer) -> None:
        self.settings, self.gazetteer, self.clock = settings, gazetteer, Clock(NOON)
        self.departments = sorted(gazetteer.regions)[:40]
        self.regions = gazetteer.regions
        self.places: dict[tuple[str, str], int] = {}
        self.truth: dict[Cell, int] = defaultdict(int)
        self._draw = np.random.default_rng(3)

    def live(self) -> None:
        """Eight days of places, clicks, robots, sealing and closing; then all editions."""
        rows = self._places()
        with closing(open_stores(self.settings.data_dir)):
            events = EventLog(self.settings.data_dir / "events.db")
        for _ in range(8):
            tiny.publish(self.settings.published_dir, rows, {}, at=self.clock())
            self._click(events)
            self._close()
            self.clock.forward(days=1)
        events.close()
        write_editions(self.settings, self.gazetteer, self.clock())

    def _places(self) -> list[tiny.Row]:
        rows: list[tiny.Row] = []
        for code in self.departments:
            for slug, n in zip(PLATFORMS, self._draw.multinomial(12, [0.7, 0.15, 0.15]), strict=True):
                self.places[code, slug] = int(n)
                rows += [tiny.place(len(rows) + at, slug, department=code) for at in range(n)]
        return rows

    def _click(self, events: EventLog) -> None:
        people = 1 / np.arange(1, len(self.departments) + 1)
        for code, n in zip(self.departments, self._draw.multinomial(100, people / people.sum()), strict=True):
            chances = np.array([self.places[code, slug] for slug in PLATFORMS], float)
            for slug, clicks in zip(PLATFORMS, self._draw.multinomial(n, chances / chances.sum()), strict=True):
                self._record(events, code, slug, EventClass.COUNTED, int(clicks))
        for cls in (EventClass.ROBOT, EventClass.DUPLICATE):
            for code in self._draw.choice(self.departments, 4):
                self._record(events, str(code), PLATFORMS[0], cls, 1)

    def _record(self, events: EventLog, code: str, slug: str, cls: EventClass, times: int) -> None:
        for _ in range(times):
            hour = f"{self.clock():%Y-%m-%dT%H}"
            events.record(Event(f"dep={code}", hour, f"p-{code}", cls, "0" * 32, "order/1", 1, slug))
        self.truth[hour[:10] if times else "", code, slug, cls.value] += times

    def _close(self) -> None:
        with closing(Accounts(self.settings)) as accounts, closing(open_stores(self.settings.data_dir)) as stores:
            accounts.seal(self.clock())
            accounts.replays.run(self.clock())
            accounts.replays.publish_control(self.clock())
            Closing(self.settings, accounts, stores.catalog, self.regions).close(self.clock())
            self.clock.forward(minutes=1)
            accounts.seal(self.clock())
            accounts.shares.publish(self.clock())

    def of_week(self, code: str, slug: str, cls: str = COUNTED) -> dict[Cell, float]:
        return {(day, code, slug, cls): 1.0 for day in DAYS}

    def count(self, cells: Iterable[Cell]) -> int:
        return sum(self.truth.get(cell, 0) for cell in cells)

    def members(self, kind: str, name: str, alone: set[str], of_regions: set[str]) -> list[str]:
        """The départements of a row. `alone`, `of_regions`: the départements and rests that have rows of their own."""
        left = [code for code in self.departments if code not in alone]
        if kind in ("nation", ""):
            return self.departments
        if kind in ("department", "département"):
            return [name]
        if kind in ("rest-of-region", "reste de région"):
            return [code for code in left if self.regions[code] == name]
        return [code for code in left if self.regions[code] not in of_regions]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Country:
    data = tmp_path_factory.mktemp("small") / "run"
    data.mkdir()
    conftest.geography(data, tmp_path_factory)
    made = Country(Settings(data_dir=data), gazetteer)
    made.live()
    return made


# --- what a reader has -----------------------------------------------------------------------------------------------


def tables(published: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every table that is published with a column of redirects, from CSV and JSON files, compressed or not."""
    for path in sorted(published.rglob("*")):
        name = path.relative_to(published).as_posix().removesuffix(".gz")
        if path.is_symlink() or not path.is_file() or "excel-fr" in name:
            continue
        if not name.endswith((".csv", ".json")):
            continue
        body = path.read_bytes()
        text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8")
        found = [list(csv.DictReader(io.StringIO(text)))] if name.endswith(".csv") else lists_of(json.loads(text))
        for rows in found:
            if rows and ("redirects" in rows[0] or "share_redirects" in rows[0]):
                yield name, rows


def lists_of(content: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of objects inside a JSON document."""
    if isinstance(content, list) and content and isinstance(content[0], dict):
        yield content
    for inner in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from lists_of(inner)


def statements(country: Country) -> Iterator[Statement]:
    """All that is said of the week and its days, as equations between unknown counts."""
    for name, rows in tables(country.settings.published_dir):
        for group in by_territory(rows).values():
            yield from said(country, name, rows, group)


def by_territory(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        key = ("window", "window_start", "window_end", "week", "stratum_type", "stratum", "department", "class")
        groups[tuple(str(row.get(one)) for one in key)].append(row)
    return groups


def said(country: Country, name: str, rows: list[dict[str, Any]], group: list[dict[str, Any]]) -> Iterator[Statement]:
    """The equations of one territory in one window of one table."""
    first = group[0]
    days = window_of(name, first)
    if not days or is_suppressed(first):
        return
    codes = codes_of(country, rows, first)
    told = {
        row["provider"] for row in group if row.get("provider") in PLATFORMS and row.get("redirects") not in ("", None)
    }
    cls = first.get("class", COUNTED)
    for row in group:
        slug = row.get("provider", row.get("source"))
        slugs = {"*": [one for one in PLATFORMS if one not in told], "all": PLATFORMS}.get(slug, [slug])
        cells = {(day, code, one, cls): 1.0 for day in days for code in codes for one in slugs}
        if row.get("redirects") not in ("", None) and set(slugs) <= set(PLATFORMS):
            yield name, cells, float(row["redirects"])
        if row.get("share_redirects") not in ("", None) and set(slugs) <= set(PLATFORMS):
            share = float(row["share_redirects"])
            whole = {(day, code, one, COUNTED): -share for day in days for code in codes for one in PLATFORMS}
            yield name, {cell: whole[cell] + cells.get(cell, 0.0) for cell in whole}, 0.0


def is_suppressed(row: Mapping[str, Any]) -> bool:
    return str(row.get("suppressed")).lower() in ("1", "true")


def window_of(name: str, row: Mapping[str, Any]) -> list[str]:
    """The days that a row is about; none when they are not of this week, or move with the clock."""
    if row.get("window_start") and "window_end" not in row:
        return DAYS  # of closed.json's weeks
    if "window_start" in row:
        return [day for day in DAYS if row["window_start"] <= day <= row["window_end"]]
    if row.get("window", row.get("week")):
        return {WEEK: DAYS}.get(row.get("window", row.get("week")), [day for day in DAYS if day == row.get("window")])
    # Figures of the week's own edition bear no window in their rows: the edition is the window.
    return DAYS if f"/{WEEK}/" in name else []


def codes_of(country: Country, rows: Iterable[Mapping[str, Any]], row: Mapping[str, Any]) -> list[str]:
    if "department" in row:
        return [row["department"]] if row["department"] in country.departments else []
    open_rows = [one for one in rows if not is_suppressed(one)]
    alone = {one["stratum"] for one in open_rows if one.get("stratum_type") in ("department", "département")}
    regions = {one["stratum"] for one in open_rows if one.get("stratum_type") in ("rest-of-region", "reste de région")}
    return country.members(row.get("stratum_type", ""), row.get("stratum", ""), alone, regions)


# --- the attack ------------------------------------------------------------------------------------------------------


class Attack:
    """The least and the most that a sum of counts can be, given what is known; no count is negative."""

    def __init__(self, country: Country, known: Iterable[Statement]) -> None:
        listed = list({(tuple(sorted(left.items())), value) for _, left, value in known})
        # Where a platform has no place, nobody was sent to it: anybody sees that in the file of places.
        cells = sorted({cell for left, _ in listed for cell, _ in left if country.places[cell[1], cell[2]]})
        self._at = {cell: number for number, cell in enumerate(cells)}
        entries = [
            (line, self._at[cell], factor)
            for line, (left, _) in enumerate(listed)
            for cell, factor in left
            if cell in self._at
        ]
        lines, columns, factors = zip(*entries, strict=True)
        self._a = csr_matrix((factors, (lines, columns)), shape=(len(listed), len(cells)))
        self._b = np.array([value for _, value in listed])
        self.statements = len(listed)

    def bounds(self, asked: Mapping[Cell, float]) -> tuple[int, int]:
        target = np.zeros(len(self._at))
        for cell, factor in asked.items():
            if cell in self._at:
                target[self._at[cell]] = factor
        least, most = (linprog(sign * target, A_eq=self._a, b_eq=self._b, method="highs") for sign in (1, -1))
        assert least.success, least.message
        # Of counts that are not bounded from above nobody finds one.
        return int(np.ceil(least.fun - 1e-6)), int(np.floor(-most.fun + 1e-6)) if most.success else 10**9


def may_be_told(country: Country, code: str, slug: str) -> bool:
    n = country.count(country.of_week(code, slug))
    return n == 0 or (n >= SMALL and country.places[code, slug] >= FEW_PLACES)


def found_out(country: Country, attack: Attack) -> list[tuple[str, str, str, int]]:
    """(département, platform, class, count) of the week that may not be told, and that the attacker knows exactly."""
    found = []
    for code in country.departments:
        for slug in PLATFORMS:
            for cls in (COUNTED, *APART):
                asked = country.of_week(code, slug, cls)
                n = country.count(asked)
                if country.places[code, slug] and n and (cls != COUNTED or not may_be_told(country, code, slug)):
                    least, most = attack.bounds(asked)
                    assert least <= n <= most, "the attack rests on something false"
                    if least == most:
                        found.append((code, slug, cls, n))
    return found


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_what_is_said_is_true(country: Country) -> None:
    """Else the attack would prove nothing."""
    known = list(statements(country))

    assert {name.split("/")[0] for name, *_ in known} >= {"log", "data", "closed.json"}
    for name, left, value in known:
        assert sum(factor * country.truth.get(cell, 0) for cell, factor in left.items()) == pytest.approx(value), name


def test_nobody_finds_a_small_number_whatever_they_add_up(country: Country) -> None:
    known = list(statements(country))
    attack = Attack(country, known)

    assert attack.statements > 100
    assert found_out(country, attack) == []


def test_the_attack_finds_a_number_that_follows_from_one_more_sum(country: Country) -> None:
    """The control: what a file would tell that gave a département's sum, and its sum without one platform."""
    known = list(statements(country))
    code, slug = next(
        (code, slug)
        for code in country.departments
        for slug in PLATFORMS
        if country.count(country.of_week(code, slug)) and not may_be_told(country, code, slug)
    )
    n = country.count(country.of_week(code, slug))
    whole = {cell: 1.0 for one in PLATFORMS for cell in country.of_week(code, one)}
    others = {cell: factor for cell, factor in whole.items() if cell[2] != slug}
    leak: list[Statement] = [("all", whole, country.count(whole)), ("all others", others, country.count(others))]

    assert Attack(country, known).bounds(country.of_week(code, slug)) != (n, n)
    assert Attack(country, [*known, *leak]).bounds(country.of_week(code, slug)) == (n, n)


def test_a_territory_s_row_holds_supply_and_redirects_alone(country: Country) -> None:
    for name, rows in tables(country.settings.published_dir):
        for row in rows:
            if "window_start" in row and row.get("stratum_type") not in (None, "nation"):
                filled = {column for column, value in row.items() if value not in ("", None)}
                assert filled <= OF_TERRITORIES, (name, filled - OF_TERRITORIES)


def test_the_week_has_ten_departements_of_its_own_at_least(country: Country) -> None:
    rows = json.loads((country.settings.published_dir / "log" / "metrics" / f"{WEEK}.json").read_text())["rows"]

    alone = {row["stratum"] for row in rows if row["stratum_type"] == "department" and not row["suppressed"]}
    assert sum(country.count(country.of_week(code, slug)) for code in country.departments for slug in PLATFORMS) <= 800
    assert len(alone) >= 10


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/shares?format=json"])
def test_nothing_else_tells_redirects_of_a_territory(country: Country, path: str) -> None:
    app = create_app(country.settings, country.clock)
    body = app.test_client().get(path).text
    app.extensions["aiguillage"].close()

    assert len(body) > 200
    assert not re.search(r"department|dep=|stratum", body)


def test_the_page_prints_of_territories_what_the_log_s_table_says(country: Country) -> None:
    """Nothing more: its numbers are those of the table that the attack has read."""
    app = create_app(country.settings, country.clock)
    page = plain(app.test_client().get("/transparence").text)
    app.extensions["aiguillage"].close()
    rows = json.loads((country.settings.published_dir / "log" / "metrics" / f"{WEEK}.json").read_text())["rows"]
    told: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["stratum_type"] == "department" and not row["suppressed"]:
            told[row["stratum"]] += row["redirects"]

    printed = {
        code: [int(re.sub(r"\D", "", cell)) for cell in re.findall(r"<td>([0-9\s\u202f]+)</td>", cells)]
        for name, cells in re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', page, re.DOTALL)
        for code in country.departments
        if name == country.gazetteer.department_name(code)
    }
    assert {code for code, n in told.items() if n} == set(printed)
    assert all(told[code] in numbers for code, numbers in printed.items())
