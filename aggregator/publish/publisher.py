"""Writes the snapshot and the tables beside it from the store, for the web to serve and auditors to replay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from aggregator import canonical, files, instants
from aggregator.collect.admission import Intake
from aggregator.config.campaign import as_plain
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.publish.coverage import coverage_of
from aggregator.publish.health import health_of
from aggregator.publish.place_record import describe, is_listed, reading_state, why_aside
from aggregator.snapshot import generation
from aggregator.snapshot.format import PLACES_FORMAT, SLOTS_FORMAT, keep, steps_of
from aggregator.snapshot.shelf import put_in_force
from aggregator.snapshot.supply import supply_of
from aggregator.store import Catalog, Registry, Stores, unpack
from providers.records import Centre

CHANGES_KEPT = 5


class Publisher:
    def __init__(self, settings: Settings, stores: Stores, gazetteer: Gazetteer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._stores = stores
        self._registry: Registry = stores.registry
        self._catalog: Catalog = stores.catalog
        self._gazetteer = gazetteer
        self._intake = Intake(gazetteer, settings.booking_sites())
        self._now = now
        self._folder = settings.published_dir
        self._known: tuple[Sequence[Centre], dict[str, Any], str] | None = None

    def publish(self, anew: bool = True) -> int | None:
        """Write the snapshot of now and put it in force. Returns the minute (UTC since 1970) of its first slot.

        `anew`: False when nothing was read, placed or decided since the last call, on the same day: its places and the
        tables beside the snapshot then still stand.
        """
        generation.take_over(self._folder)
        # The files name whole seconds: what is computed here must be what they say.
        at = self._now().replace(microsecond=0)
        if anew or self._known is None:
            self._known = self._know(at)
        centres, places, places_sha = self._known
        slots = self.slots_file(places, places_sha, at)
        slots_sha = keep(self._folder, slots)
        put_in_force(self._folder, places_sha, slots_sha, at)  # after both files: a name in force leads to its file
        firsts = [steps[0] for offer in slots["offers"].values() for _, steps in offer["slots"]]
        first = min(firsts, default=None)
        if not anew:
            return first
        health = health_of(self._settings, self._stores, at)
        for row in health["providers"]:
            self._catalog.note_outage(row["slug"], row["failing_since"], at)
        self._write("health.json", health)
        self._write("coverage.json", coverage_of(self._settings, self._registry, centres, places["places"], at))
        self._write("aside.json", self.aside_file(at.date(), centres))
        self._write("decisions.json", self._decisions())
        self._write("changes.json", self._changes())
        self._write("supply.json", supply_of(places["places"], slots["offers"]))
        return first

    def _know(self, at: datetime) -> tuple[Sequence[Centre], dict[str, Any], str]:
        """The centres, the places file that is made of them, and its hash."""
        centres = self._catalog.centres()
        # A new place waits for midnight in the half hour before, when the coming draw is known (docs/log.md §4.1).
        waits = self._settings.beacon is not None and instants.is_last_half_hour(at)
        places = self.places_file(at.date(), centres, waits)
        # Before the file: an id that has been published keeps its day whatever happens next.
        today = at.date().isoformat()
        self._registry.listed([place["id"] for place in places["places"] if place["drawn"] == today], today)
        return centres, places, keep(self._folder, places)

    def places_file(self, today: date, centres: Sequence[Centre], waits: bool) -> dict[str, Any]:
        """The places file: every listed place, and the points that questions start from. `waits`: but for new ones.

        It holds no time but days, so that places which have not changed are the same file, kept and loaded once.
        """
        return {
            "format": PLACES_FORMAT,
            "campaign": as_plain(self._settings.campaign),
            "communes": self._gazetteer.points,
            "places": list(self._places(today, centres, waits)),
        }

    def _centres_by_place(self, centres: Sequence[Centre]) -> dict[str, list[Centre]]:
        matches = self._registry.matches()
        by_place: dict[str, list[Centre]] = defaultdict(list)
        for centre in centres:
            place_id = matches.get((centre.source, centre.source_id))
            if place_id is not None:
                by_place[place_id].append(centre)
        return by_place

    def aside_file(self, today: date, centres: Sequence[Centre]) -> dict[str, dict[str, Any]]:
        """Places that are not listed, by id, and why: their page stays, and says so (docs/ranking.md §9)."""
        by_place = self._centres_by_place(centres)
        aside: dict[str, dict[str, Any]] = {}
        for place_id, row in self._registry.places().items():
            mine = by_place.get(place_id, [])
            if row["merged_into"]:
                aside[place_id] = {"state": "merged", "into": row["merged_into"]}
            elif row["withdrawn"] or not mine or not is_listed(mine, today):
                aside[place_id] = {"state": why_aside(row, mine, today), "on": (row["withdrawn_on"] or "")[:10]}
                if mine:
                    entry = describe(place_id, row["listed_on"] or row["drawn_on"], mine)
                    aside[place_id].update({key: entry[key] for key in ("name", "city", "insee")})
        return aside

    def _places(self, today: date, centres: Sequence[Centre], waits: bool) -> Iterable[dict[str, Any]]:
        offers = {(offer.provider, offer.link_key): offer for offer in self._registry.offers()}
        rows = self._registry.places()
        by_place = self._centres_by_place(centres)
        for place_id in sorted(by_place):
            row = rows[place_id]
            mine = by_place[place_id]
            if row["withdrawn"] or row["merged_into"] or not is_listed(mine, today):
                continue
            links = []
            for centre in mine:
                link = self._intake.link_of(centre)
                # A link may belong to another place by now: an offer stands on one card only.
                if link is not None and link in offers and offers[link].place_id == place_id:
                    links.append(offers[link])
            if row["listed_on"] is None and waits:
                continue
            # The day on which the id is first published, not that on which it was drawn: it is the one that others see.
            entry = describe(place_id, row["listed_on"] or today.isoformat(), mine)
            entry["offers"] = [
                {"id": offer.offer_id, "provider": offer.provider, "url": offer.booking_url}
                for offer in sorted({offer.offer_id: offer for offer in links}.values(), key=lambda o: o.offer_id)
            ]
            yield entry

    def slots_file(self, places: Mapping[str, Any], places_sha: str, at: datetime) -> dict[str, Any]:
        """The slots file: state and free slots of every offer of `places`, from the minute after `at` on."""
        wanted = {offer["id"] for place in places["places"] for offer in place["offers"]}
        kinds: dict[Any, int] = {}
        offers: dict[str, Any] = {}
        first_minute = int(at.timestamp()) // 60
        for row in self._catalog.readings():
            if row["offer_id"] not in wanted:
                continue
            slots = []
            for kind, minutes in unpack(row["classes"], row["slots"]).items():
                ahead = minutes[minutes > first_minute].astype(np.int64)
                if len(ahead):
                    slots.append([kinds.setdefault(kind, len(kinds)), steps_of(ahead)])
            offers[row["offer_id"]] = {
                "state": reading_state(row, bool(slots)),
                "answered": row["answered_at"] and row["answered_at"][:16],
                "since": row["failing_since"] and row["failing_since"][:16],
                "cause": None if row["failing_since"] is None else row["outcome"],
                "partial": bool(row["partial"]),
                "slots": slots,
            }
        return {
            "format": SLOTS_FORMAT,
            "places": places_sha,
            "at": instants.second(at),
            "until": (at.date() + timedelta(days=self._settings.horizon_days - 1)).isoformat(),
            "interval_s": self._settings.collect_every_s,
            "kinds": [{"needs": list(needs), "step": step, "audience": audience} for needs, step, audience in kinds],
            "offers": offers,
        }

    def _decisions(self) -> list[dict[str, Any]]:
        """Every decision of an operator, with its date and the role that took it; the log takes over each `n` once."""
        return [
            {
                "n": row["decision_id"],
                "at": row["at"][:19] + "Z",
                **{key: row[key] for key in ("role", "kind", "target", "detail")},
            }
            for row in self._registry.decisions()
        ]

    def _changes(self) -> dict[str, list[dict[str, Any]]]:
        """Place -> its last changes, newest first, at most `CHANGES_KEPT`."""
        by_place: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in reversed(self._registry.changes()):
            if len(by_place[row["place_id"]]) < CHANGES_KEPT:
                by_place[row["place_id"]].append({"at": row["at"][:19], "kind": row["kind"], "what": row["what"]})
        return by_place

    def _write(self, name: str, content: Any) -> None:
        files.write_changed(self._folder / name, canonical.to_json(content))
