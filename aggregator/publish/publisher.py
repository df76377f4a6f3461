"""Store -> the snapshot's two files, and the state of the providers, as the web serves them and auditors replay them.

`snapshots/<sha256>.json.gz` holds a places file or a slots file, named by the hash of its uncompressed bytes;
`current.json` names the pair in force. A file whose content has not changed is not written again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from aggregator import canonical
from aggregator.collect.admission import Intake
from aggregator.config.campaign import as_plain
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer, department_of, time_zone
from aggregator.fairness.shares import supply_of
from aggregator.publish.health import coverage_of, health_of
from aggregator.store import Catalog, Registry, Stores, unpack
from providers.official_list import SOURCE as OFFICIAL
from providers.records import Centre

KEPT = timedelta(days=396)
CHANGES_KEPT = 5


@dataclass(frozen=True, slots=True)
class Published:
    """Hashes of the pair in force."""

    places: str
    slots: str
    snapshot: str
    at: datetime
    place_count: int
    offer_count: int


class Publisher:
    def __init__(self, settings: Settings, stores: Stores, gazetteer: Gazetteer, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._registry: Registry = stores.registry
        self._catalog: Catalog = stores.catalog
        self._gazetteer = gazetteer
        self._intake = Intake(gazetteer, settings.booking_sites())
        self._now = now
        self._folder = settings.published_dir

    def publish(self) -> Published:
        """Write the snapshot of now and put it in force."""
        at = self._now().replace(microsecond=0)
        centres = self._catalog.centres()
        places = self.places_file(at.date(), centres)
        places_bytes = canonical.to_json(places)
        places_sha = self._keep(places_bytes)
        slots = self.slots_file(places, places_sha, at)
        slots_sha = self._keep(canonical.to_json(slots))
        published = Published(
            places_sha,
            slots_sha,
            canonical.snapshot_hash(places_sha, slots_sha),
            at,
            len(places["places"]),
            len(slots["offers"]),
        )
        self._announce(published)
        health = health_of(self._settings, self._catalog, at)
        for row in health["providers"]:
            self._catalog.note_outage(row["slug"], row["failing_since"], at)
        self._write("health.json", health)
        self._write("coverage.json", coverage_of(self._settings, self._registry, centres, places["places"], at))
        self._write("aside.json", self.aside_file(at.date(), centres))
        self._write("decisions.json", self._decisions())
        self._write("changes.json", self._changes())
        self._write("supply.json", supply_of(places["places"], slots["offers"]))
        return published

    def places_file(self, today: date, centres: Sequence[Centre]) -> dict[str, Any]:
        """Every place that may be listed, with the points that questions start from. Holds no time but days."""
        return {
            "format": "places/1",
            "campaign": as_plain(self._settings.campaign),
            "communes": [
                [commune.insee, commune.lat, commune.lon]
                for commune in sorted(self._gazetteer.communes.values(), key=lambda commune: commune.insee)
            ],
            "places": list(self._places(today, centres)),
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
        """Places that are not listed, by id, and why: their page stays, and says so (screens §7)."""
        by_place = self._centres_by_place(centres)
        aside: dict[str, dict[str, Any]] = {}
        for place_id, row in self._registry.places().items():
            mine = by_place.get(place_id, [])
            if row["merged_into"]:
                aside[place_id] = {"state": "merged", "into": row["merged_into"]}
            elif row["withdrawn"] or not mine or not is_listed(mine, today):
                aside[place_id] = {"state": why_aside(row, mine, today), "on": (row["withdrawn_on"] or "")[:10]}
                if mine:
                    entry = describe(place_id, row["drawn_on"], mine)
                    aside[place_id].update({key: entry[key] for key in ("name", "city", "insee")})
        return aside

    def _places(self, today: date, centres: Sequence[Centre]) -> Iterable[dict[str, Any]]:
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
                if link is not None and link in offers and offers[link].place_id == place_id:
                    links.append(offers[link])
            entry = describe(place_id, row["drawn_on"], mine)
            entry["offers"] = [
                {"id": offer.offer_id, "provider": offer.provider, "url": offer.booking_url}
                for offer in sorted({offer.offer_id: offer for offer in links}.values(), key=lambda o: o.offer_id)
            ]
            yield entry

    def slots_file(self, places: Mapping[str, Any], places_sha: str, at: datetime) -> dict[str, Any]:
        """What is known of the free slots of every offer, from the minute after `at` on."""
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
                    deltas = np.diff(ahead, prepend=0).tolist()
                    slots.append([kinds.setdefault(kind, len(kinds)), deltas])
            offers[row["offer_id"]] = {
                "state": reading_state(row, bool(slots)),
                "answered": row["answered_at"] and row["answered_at"][:16],
                "since": row["failing_since"] and row["failing_since"][:16],
                "cause": None if row["failing_since"] is None else row["outcome"],
                "partial": bool(row["partial"]),
                "slots": slots,
            }
        return {
            "format": "slots/1",
            "places": places_sha,
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "until": (at.date() + timedelta(days=self._settings.horizon_days - 1)).isoformat(),
            "interval_s": self._settings.collect_every_s,
            "kinds": [{"needs": list(needs), "step": step, "audience": audience} for needs, step, audience in kinds],
            "offers": offers,
        }

    def _decisions(self) -> list[dict[str, Any]]:
        """Every decision of an operator, dated and signed by a role; the log takes each over once."""
        return [
            {
                "n": row["decision_id"],
                "at": row["at"][:19] + "Z",
                **{key: row[key] for key in ("role", "kind", "target", "detail")},
            }
            for row in self._registry.decisions()
        ]

    def _changes(self) -> dict[str, list[dict[str, Any]]]:
        """By place, newest first."""
        by_place: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in reversed(self._registry.changes()):
            if len(by_place[row["place_id"]]) < CHANGES_KEPT:
                by_place[row["place_id"]].append({"at": row["at"][:19], "kind": row["kind"], "what": row["what"]})
        return by_place

    def _write(self, name: str, content: Any) -> None:
        """A file whose content has not changed is left alone, so that nobody reads it again."""
        path, data = self._folder / name, canonical.to_json(content)
        if not path.exists() or path.read_bytes() != data:
            canonical.write_whole(path, data)

    def _keep(self, content: bytes) -> str:
        digest = canonical.sha256(content)
        path = self._folder / "snapshots" / f"{digest}.json.gz"
        if not path.exists():
            canonical.write_gzip(path, content)
        return digest

    def _announce(self, published: Published) -> None:
        """Put the pair in force, and in the list of the hour, which auditors follow."""
        entry = {
            "places": published.places,
            "slots": published.slots,
            "snapshot": published.snapshot,
            "at": published.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        hour = self._folder / "hours" / f"{published.at:%Y-%m-%dT%H}.ndjson"
        hour.parent.mkdir(parents=True, exist_ok=True)
        with hour.open("ab") as file:
            file.write(canonical.to_json(entry) + b"\n")
        canonical.write_whole(self._folder / "current.json", canonical.to_json(entry))


def is_listed(centres: Iterable[Centre], today: date) -> bool:
    """A place is listed while one of its sources says that the public may come."""
    return any(
        not centre.closed and not centre.professionals_only and not (centre.closes_on and centre.closes_on < today)
        for centre in centres
    )


def why_aside(row: Mapping[str, Any], centres: Sequence[Centre], today: date) -> str:
    """ "withdrawn" by an operator, "closed", "professionals" only, or "gone": no source lists it any more."""
    if row["withdrawn"]:
        return "closed" if row["withdrawn"] == "closed" else "withdrawn"
    if not centres:
        return "gone"
    still_open = [c for c in centres if not c.closed and not (c.closes_on and c.closes_on < today)]
    return "professionals" if still_open else "closed"


def describe(place_id: str, drawn_on: str, centres: list[Centre]) -> dict[str, Any]:
    """One place from what its sources say: the official list first, then the source that listed it first."""
    ordered = sorted(centres, key=lambda centre: centre.source != OFFICIAL)

    def first(name: str) -> Any:
        return next((value for c in ordered if (value := getattr(c, name)) not in (None, "", ())), None)

    positioned = [c for c in ordered if c.lat is not None and "position" not in c.flags] or [
        c for c in ordered if c.lat is not None
    ]
    insee, postcode = first("insee"), first("postcode")
    department = department_of(insee or postcode or "")
    return {
        "id": place_id,
        "drawn": drawn_on,
        "name": ordered[0].name,
        "address": first("address") or "",
        "postcode": postcode or "",
        "city": first("city") or "",
        "insee": insee,
        "department": department,
        "lat": round(positioned[0].lat or 0.0, 6) if positioned else None,
        "lon": round(positioned[0].lon or 0.0, 6) if positioned else None,
        "exact": bool(positioned) and "position" not in positioned[0].flags,
        "tz": time_zone(department),
        "phone": first("phone"),
        "hours": list(first("hours") or ()),
        "wheelchair": first("wheelchair"),
        "walk_in": any(centre.walk_in for centre in ordered),
        "note": first("note") or "",
        "site": first("booking_site"),
        "kind": ordered[0].kind,
        "sources": sorted({centre.source for centre in ordered}),
        "official_id": first("official_id"),
    }


def reading_state(row: Mapping[str, Any], has_slots: bool) -> str:
    """ "No slot" and "did not answer" are different facts; so is "by telephone only"."""
    if row["failing_since"] is not None or row["answered_at"] is None:
        return "unknown"
    if row["phone_only"]:
        return "phone"
    return "seen" if has_slots else "none"


def prune(folder: Path, now: datetime) -> int:
    """Delete snapshot files older than thirteen months that no kept hour names. Returns how many."""
    limit = (now - KEPT).timestamp()
    old = [path for path in folder.glob("snapshots/*.json.gz") if path.stat().st_mtime < limit]
    current = (folder / "current.json").read_text(encoding="utf-8") if (folder / "current.json").exists() else ""
    removed = 0
    for path in old:
        if path.name.removesuffix(".json.gz") not in current:
            path.unlink()
            removed += 1
    return removed
