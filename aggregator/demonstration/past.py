"""Makes the invented weeks before today with the portal's own parts, on a clock that is moved.

Simulated platforms are asked over HTTP, places are matched, snapshots published, lists served and buttons pressed on
the site itself, events sealed, hours replayed, days and weeks closed, editions written: nothing is written by hand.
What differs from a portal in service is its pace: all offers are read once a day, a snapshot is published once an hour,
so that a season takes minutes to make and little room to keep.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aggregator import canonical, files
from aggregator.collect.collector import Collector
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.demonstration import season
from aggregator.demonstration.citizens import Crowd
from aggregator.demonstration.season import When
from aggregator.fairness.accounts import Accounts
from aggregator.fairness.closed_days import Closing, week_name
from aggregator.opendata.editions import gaps, windows
from aggregator.publish.publisher import Publisher
from aggregator.snapshot.format import FOLDER, SUFFIX
from aggregator.snapshot.shelf import in_force
from aggregator.store import open_stores
from aggregator.web.serving.site import Site
from aggregator.worker.tasks import try_official_list
from providers.sandbox.server import Sandbox
from providers.sandbox.world import SimCentre, World

READ_AT = 4  # UTC
INTERVAL_S = 86_400
HORIZON_DAYS = 14
TURN_S = 3 * 86_400  # in three days one in a hundred of the free slots goes, and another comes
EDITIONS_OF_DAYS = 7
PARIS = ZoneInfo("Europe/Paris")
LATER_NEED = "moderna"  # joins the campaign in the course of the season
REDIRECTS_A_VISIT = 1.05

Progress = Callable[[str, int, int], None]
Serve = Callable[[Settings, Callable[[], datetime]], Any]
"""`app.create_app`, handed in: what makes the site lies above this room."""


class Past:
    """`settings`: of a folder that holds the country's tables and no more; the sandbox of `world` is on this clock."""

    def __init__(self, settings: Settings, gazetteer: Gazetteer, world: World, serve: Serve) -> None:
        self._last = settings.but(collect_every_s=INTERVAL_S, horizon_days=HORIZON_DAYS)
        self._settings = self._last.but(campaign_path=_campaign_of_before(settings))
        self._gazetteer, self._world, self._serve = gazetteer, world, serve
        self._draw = random.Random(season.SEED)
        self._crowd = Crowd(self._draw, list(gazetteer.communes.values()))
        self._slugs = sorted(settings.campaign.providers.read)
        self._kept_back: dict[str, list[SimCentre]] = {}
        self._lost: Path | None = None
        self.now = datetime.min.replace(tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def make(self, monday: date, days: int, redirects: int, sandbox: Sandbox, progress: Progress) -> datetime:
        """The days from `monday` on, with about `redirects` redirects in the season's weeks. Returns when they end."""
        self._world.turn_s = TURN_S
        self._sandbox = sandbox
        self._at(monday, 0)
        self._open()
        for number in range(days):
            progress("jours", number, days)
            when = When(number // 7 + 1, number % 7 + 1, 0)
            self._day(monday + timedelta(days=number), when, round(redirects / REDIRECTS_A_VISIT * season.share(when)))
        self._at(monday + timedelta(days=days), 0)
        self._publish(anew=True)
        self._close_days()
        self._leave_editions()
        self.now += timedelta(minutes=1)
        self._accounts.seal(self.now)  # the tables that were closed a minute ago
        self._accounts.shares.publish(self.now)
        self._close()
        return self.now

    # A day

    def _day(self, day: date, when: When, visits: int) -> None:
        minutes = self._minutes(day, visits)
        for hour in range(24):
            self._at(day, hour)
            for event in season.EVENTS:
                if event.when == replace(when, hour=hour):
                    getattr(self, f"_{event.what}")(*event.told)
            if hour == READ_AT:
                self._read(discovering=when.day == 1 or bool(self._kept_back))
            self._publish(anew=hour in (0, READ_AT))
            if hour == 0:
                self._close_days()
            for minute in sorted(minutes[hour]):
                self._at(day, hour, minute, self._draw.randrange(30))
                self._visit(liked=when.week == season.LIKED_WEEK)
            self._at(day, hour, 59, 50)
            self._accounts.seal(self.now)
            self._replay()

    def _minutes(self, day: date, visits: int) -> dict[int, list[int]]:
        """Hour (UTC) -> the minutes in which somebody comes."""
        found: dict[int, list[int]] = defaultdict(list)
        for local in self._draw.choices(range(24), season.HOURS, k=visits):
            at = datetime.combine(day, time(local), PARIS).astimezone(UTC)
            found[at.hour].append(self._draw.randrange(60))
        return found

    def _visit(self, liked: bool) -> None:
        """One person looks at a list, and leaves through one of its buttons or not; some come back and press again."""
        citizen = self._crowd.citizen()
        client = self._app.test_client()
        client.environ_base |= {"HTTP_USER_AGENT": citizen.kind.agent, "REMOTE_ADDR": citizen.address}
        page = client.get(citizen.question).text
        label = self._last.provider_labels()[self._slugs[season.LIKED]] if liked else None
        leaving = citizen.leaves
        while leaving and (button := self._crowd.press(citizen, page, label, season.ODDS)):
            client.post(button.path)
            leaving = self._draw.random() < season.AGAIN

    # The worker

    def _at(self, day: date, hour: int, minute: int = 0, second: int = 5) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)

    def _open(self) -> None:
        self._stores = open_stores(self._settings.data_dir)
        self._app = self._serve(self._settings, self.clock)
        self._site: Site = self._app.extensions["aiguillage"]
        self._accounts = Accounts(self._settings)
        self._publisher = Publisher(self._settings, self._stores, self._gazetteer, self.clock)

    def _close(self) -> None:
        self._accounts.close()
        self._site.close()
        self._stores.close()

    def _read(self, discovering: bool) -> None:
        collector = Collector(self._settings, self._stores, self._gazetteer, self.clock)
        if discovering:
            try_official_list(self._settings, self._stores, self._gazetteer)
            collector.discover()
        collector.read()

    def _publish(self, anew: bool) -> None:
        self._publisher.publish(anew)
        self._site.refresh()

    def _replay(self) -> None:
        """Make the lists of the hour that is ending again, three minutes after it."""
        self._site.flush()
        self._site.events.settle()
        self.now += timedelta(minutes=3)
        self._accounts.replays.run(self.now)
        self._accounts.replays.publish_control(self.now)
        self._accounts.shares.publish(self.now)

    def _close_days(self) -> None:
        self._accounts.seal(self.now)
        Closing(self._settings, self._accounts, self._stores.catalog, self._gazetteer.regions).close(self.now)

    def _leave_editions(self) -> None:
        """Name the editions that are not made: a season of them has 300 MB. The worker makes those of the last days."""
        closed = windows.closed(self._settings.published_dir)
        since = self.now.date() - timedelta(days=EDITIONS_OF_DAYS)
        left = [one.name for one in closed if one.first < since]
        rows = [{"edition": name, "cause": "left", "why": gaps.WHY["left"]} for name in left]
        files.write_whole(
            self._settings.editions_dir / gaps.FILE, canonical.to_json({"format": gaps.FORMAT, "gaps": rows})
        )

    # What happens (season.EVENTS)

    def _fails(self, number: int, fault: str) -> None:
        self._sandbox.faults[self._slugs[number]] = fault

    def _works(self, number: int) -> None:
        del self._sandbox.faults[self._slugs[number]]

    def _shrinks(self, number: int) -> None:
        """A platform lists one centre in twenty."""
        slug = self._slugs[number]
        centres = self._world.centres[slug]
        self._kept_back[slug] = centres.copy()
        del centres[len(centres) // 20 :]

    def _recovers(self, number: int) -> None:
        slug = self._slugs[number]
        self._world.centres[slug][:] = self._kept_back.pop(slug)
        for one in self._stores.catalog.quarantines(slug):
            self._stores.catalog.decide_quarantine(one["quarantine_id"], "reject", self.now)
            self._tells("quarantine", str(one["quarantine_id"]), "reject")

    def _opens(self) -> None:
        """The campaign takes in another need: the site and its worker start again with its new file."""
        self._close()
        self._settings.campaign_path.unlink()
        self._settings = self._last
        self._open()

    def _loses_a_file(self) -> None:
        """The readings in force, a sample of the day's figures, cannot be read any more."""
        named = in_force(self._settings.published_dir)
        if named is None:
            raise RuntimeError("nothing is in force")
        self._lost = self._settings.published_dir / FOLDER / f"{named['slots']}{SUFFIX}"
        self._lost.rename(self._lost.with_suffix(".lost"))

    def _finds_the_file(self) -> None:
        if self._lost is not None:
            self._lost.with_suffix(".lost").rename(self._lost)

    def _tells(self, kind: str, about: str, text: str) -> None:
        about = about.format(last_week=week_name(self.now.date() - timedelta(days=7 + self.now.weekday())))
        self._stores.registry.decide(kind, about, text, self.now, "operator")


def _campaign_of_before(settings: Settings) -> Path:
    """The campaign as it was before one of its needs joined, in a file of its own."""
    text = settings.campaign_path.read_text(encoding="utf-8")
    path = settings.data_dir / "campaign-of-before.toml"
    path.write_text(re.sub(rf'\[\[need\]\]\nslug = "{LATER_NEED}"\n(?:.+\n)*', "", text), encoding="utf-8")
    return path
