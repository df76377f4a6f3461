"""`registry.db`: ids of places and offers, what they were matched with, what operators decided. Never rebuilt."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.database import Location
from aggregator.database.migrations import Store
from aggregator.store import schema


@dataclass(frozen=True, slots=True)
class OfferRow:
    offer_id: str
    place_id: str
    provider: str
    link_key: str
    booking_url: str
    drawn_on: str


def draw(prefix: str) -> str:
    """A random id for life: prefix, hyphen, ten base32 characters (50 bits)."""
    # Drawn, not derived: an id decides ties (docs/ranking.md §6.3), so nothing of a place or platform may enter it.
    return f"{prefix}-{base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower()}"


CentreKey = tuple[str, str]
"""(source, the source's id of the centre)."""


@dataclass(frozen=True, slots=True)
class How:
    """How a centre was matched to its place. `score`: of the names, 0 to 100; None when names did not decide."""

    method: str
    score: float | None = None
    decided_by: str = "rule"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Another place that a centre may belong to. `distance_m`: None when one of the two has no position."""

    place_id: str
    score: float
    distance_m: int | None


class Registry(Store):
    """Places, offers, matches, reviews and decisions. Each write is one transaction; times are ISO 8601 UTC texts."""

    def __init__(self, location: Location, draw_id: Callable[[str], str] = draw) -> None:
        super().__init__(location, "registry", schema.REGISTRY, "FULL")  # an id that is lost cannot be had again
        self._draw = draw_id

    # Places

    def new_place(self, at: datetime) -> str:
        place_id = self._draw("p")
        self.run(
            "INSERT INTO places (place_id, drawn_on) VALUES (:id, :on)", {"id": place_id, "on": at.date().isoformat()}
        )
        return place_id

    def places(self) -> dict[str, dict[str, Any]]:
        return {row["place_id"]: row for row in self.rows("SELECT * FROM places")}

    def listed(self, place_ids: Iterable[str], on: str) -> None:
        """These places are published from the day `on`; those that were published before keep their day."""
        self.run_many(
            "UPDATE places SET listed_on = :on WHERE place_id = :id AND listed_on IS NULL",
            [{"id": place_id, "on": on} for place_id in place_ids],
        )

    def withdraw(self, place_id: str, reason: str | None, at: datetime, role: str) -> bool:
        """Take a place off the lists for a listed reason, or put it back (None). False when there is no such place."""
        with self.transaction():
            changed = self.run(
                "UPDATE places SET withdrawn = :reason, withdrawn_on = :at WHERE place_id = :id",
                {"id": place_id, "reason": reason, "at": at.isoformat()},
            )
            if changed:
                self.decide("withdraw" if reason else "restore", place_id, reason or "", at, role)
        return bool(changed)

    # Offers

    def offers(self) -> list[OfferRow]:
        return [OfferRow(**row) for row in self.rows("SELECT * FROM offers ORDER BY offer_id")]

    def put_offer(self, place_id: str, provider: str, link_key: str, booking_url: str, at: datetime) -> str:
        """The id of a place's offer at a provider, drawn when it has none. Every change of link or place is kept."""
        # The row of the link comes before that of the place: when two places exchange links, each link keeps its id.
        known = self.row(
            "SELECT * FROM offers WHERE provider = :provider AND (link_key = :key OR place_id = :place) "
            "ORDER BY link_key = :key DESC",
            {"provider": provider, "key": link_key, "place": place_id},
        )
        if known and (known["link_key"], known["booking_url"], known["place_id"]) == (link_key, booking_url, place_id):
            return str(known["offer_id"])
        offer_id = known["offer_id"] if known else self._draw("o")
        fields = {
            "id": offer_id,
            "place": place_id,
            "provider": provider,
            "key": link_key,
            "url": booking_url,
            "on": at.date().isoformat(),
            "at": at.isoformat(),
        }
        self.run(
            "INSERT INTO offers VALUES (:id, :place, :provider, :key, :url, :on) "
            "ON CONFLICT (offer_id) DO UPDATE SET place_id = :place, link_key = :key, booking_url = :url",
            fields,
        )
        self.run("INSERT INTO offer_links VALUES (:id, :url, :place, :at)", fields)
        return str(offer_id)

    # Matches

    def matches(self) -> dict[tuple[str, str], str]:
        """(source, source id) -> place id, for the matches in force."""
        rows = self.rows("SELECT source, source_id, place_id FROM matches WHERE undone_at IS NULL")
        return {(row["source"], row["source_id"]): row["place_id"] for row in rows}

    def matches_undone(self) -> dict[str, int]:
        """Source -> how many of its matches an operator has undone."""
        rows = self.rows(
            "SELECT source, count(*) AS n FROM matches WHERE method = 'split' GROUP BY source ORDER BY source"
        )
        return {row["source"]: row["n"] for row in rows}

    def match(self, centre: CentreKey, place_id: str, how: How, at: datetime) -> None:
        """Put a match in force; the earlier one of the same centre is undone, not erased."""
        key = {"source": centre[0], "id": centre[1], "at": at.isoformat()}
        # First the end of the old one: a unique index allows one match in force for each centre.
        self.run(
            "UPDATE matches SET undone_at = :at WHERE source = :source AND source_id = :id AND undone_at IS NULL", key
        )
        self.run(
            "INSERT INTO matches (source, source_id, place_id, method, score, matched_at, decided_by) "
            "VALUES (:source, :id, :place, :method, :score, :at, :by)",
            {**key, "place": place_id, "method": how.method, "score": how.score, "by": how.decided_by},
        )
        self.run(
            "INSERT INTO aliases VALUES (:source, :id, :place, :at, NULL) "
            "ON CONFLICT (kind, value, place_id) DO UPDATE SET until = NULL",
            {**key, "place": place_id},
        )
        self.run(
            "UPDATE aliases SET until = :at WHERE kind = :source AND value = :id AND place_id <> :place "
            "AND until IS NULL",
            {**key, "place": place_id},
        )

    def merge(self, place_id: str, into: str, at: datetime) -> None:
        """Move all centres and offers of `place_id` to `into`; both ids are kept.

        An id that was merged before stands for the place it went into: a centre matched with a merged place would be
        listed nowhere.
        """
        place_id, into = self._in_force(place_id), self._in_force(into)
        if place_id == into:  # operators may confirm "a is b" and "b is a": a place merged into itself would vanish
            return
        self.run("UPDATE places SET merged_into = :into WHERE place_id = :id", {"id": place_id, "into": into})
        for row in self.rows(
            "SELECT source, source_id FROM matches WHERE place_id = :id AND undone_at IS NULL", {"id": place_id}
        ):
            self.match((row["source"], row["source_id"]), into, How("merge", decided_by="operator"), at)
        self.run("UPDATE offers SET place_id = :into WHERE place_id = :id", {"id": place_id, "into": into})

    def _in_force(self, place_id: str) -> str:
        """The place that an id leads to in the end, through every merge."""
        row = self.row("SELECT merged_into FROM places WHERE place_id = :id", {"id": place_id})
        return self._in_force(row["merged_into"]) if row and row["merged_into"] else place_id

    # Reviews

    def open_review(self, centre: CentreKey, place_id: str, doubt: Doubt, at: datetime) -> None:
        """Ask an operator whether the centre's new place is one that is known already."""
        # A doubt that an operator has settled is not raised again: the row of the pair stays.
        self.run(
            "INSERT INTO reviews (source, source_id, place_id, other_place_id, score, distance_m, opened_at) "
            "VALUES (:source, :id, :place, :other, :score, :distance, :at) ON CONFLICT DO NOTHING",
            {
                "source": centre[0],
                "id": centre[1],
                "place": place_id,
                "other": doubt.place_id,
                "score": doubt.score,
                "distance": doubt.distance_m,
                "at": at.isoformat(),
            },
        )

    def open_reviews(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM reviews WHERE decision IS NULL ORDER BY score DESC, review_id")

    def decide_review(self, review_id: int, same: bool, at: datetime, role: str) -> bool:
        """Confirm that two places are one (merge), or that they are two. False when there is no such open review."""
        review = self.row("SELECT * FROM reviews WHERE review_id = :id AND decision IS NULL", {"id": review_id})
        if review is None:
            return False
        with self.transaction():
            self.run(
                "UPDATE reviews SET decision = :decision, decided_at = :at WHERE review_id = :id",
                {"id": review_id, "decision": "same" if same else "different", "at": at.isoformat()},
            )
            if same:
                self.merge(review["place_id"], review["other_place_id"], at)
            self.decide(
                "review", review["place_id"], f"{'same as' if same else 'not'} {review['other_place_id']}", at, role
            )
        return True

    def split(self, source: str, source_id: str, at: datetime, role: str) -> str | None:
        """Undo a match: the centre gets a place of its own. None when it is not matched."""
        if (source, source_id) not in self.matches():
            return None
        with self.transaction():
            place_id = self.new_place(at)
            self.match((source, source_id), place_id, How("split", decided_by="operator"), at)
            self.decide("split", place_id, f"{source}:{source_id}", at, role)
        return place_id

    # What changed

    def changes(self) -> list[dict[str, Any]]:
        """Rows of at, place_id, kind, what: decisions, sources lost, sources and links new after a place's first day.

        `what`: a source or provider for "matched", "unmatched" and "link", else the decision's detail.
        """
        return self.rows(
            "SELECT matched_at AS at, place_id, 'matched' AS kind, source AS what FROM matches "
            "JOIN places USING (place_id) WHERE substr(matched_at, 1, 10) > drawn_on "
            "UNION ALL SELECT undone_at, place_id, 'unmatched', source FROM matches WHERE undone_at IS NOT NULL "
            "UNION ALL SELECT offer_links.since, offer_links.place_id, 'link', provider FROM offer_links "
            "JOIN offers USING (offer_id) WHERE substr(offer_links.since, 1, 10) > drawn_on "
            "UNION ALL SELECT at, target, kind, detail FROM decisions WHERE target LIKE 'p-%' ORDER BY 1, 2, 3, 4"
        )

    def link_changes(self) -> list[dict[str, Any]]:
        """Rows of since, offer_id and booking_url: every link that replaced another one after its offer's first day.

        On the first day the link of the official list gives way to the platform's own: that is how a link is found. A
        row with the same link says that the offer came to another place.
        """
        return self.rows(
            "SELECT since, offer_id, links.booking_url FROM (SELECT since, offer_id, booking_url, "
            "lag(booking_url) OVER (PARTITION BY offer_id ORDER BY since) AS earlier FROM offer_links) AS links "
            "JOIN offers USING (offer_id) WHERE links.booking_url <> earlier AND substr(since, 1, 10) > drawn_on "
            "ORDER BY since, offer_id"
        )

    # Decisions

    def decide(self, kind: str, target: str, detail: str, at: datetime, role: str) -> None:
        self.run(
            "INSERT INTO decisions (at, role, kind, target, detail) VALUES (:at, :role, :kind, :target, :detail)",
            {"at": at.isoformat(), "role": role, "kind": kind, "target": target, "detail": detail},
        )

    def decisions(self, kinds: Iterable[str] = ()) -> list[dict[str, Any]]:
        wanted = set(kinds)
        rows = self.rows("SELECT * FROM decisions ORDER BY decision_id")
        return [row for row in rows if not wanted or row["kind"] in wanted]
