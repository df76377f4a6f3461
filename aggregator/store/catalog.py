"""`catalog.db`: what sources said, and how each attempt to ask them went. All of it can be asked for again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from aggregator.database import Location
from aggregator.store import schema
from aggregator.store.fetch_log import FetchLog
from aggregator.store.import_log import ImportLog
from aggregator.store.packed_slots import Packed
from providers.records import Centre, Outcome, Reading

_DATES = ("opens_on", "closes_on")
ASKED_AT_ONCE = 500  # SQLite bounds the parameters of one statement, in older builds to 999
# Taken to be about one offer, which then waits longer; other failures are the platform's, which has a breaker.
OWN_FAULTS = (Outcome.INVALID, Outcome.GONE)
_DEFAULTS = {field.name: field.default for field in fields(Centre) if field.default is not MISSING}


@dataclass(frozen=True, slots=True)
class Read:
    """One reading of one offer, as it is stored. `at`: when the answer came, UTC."""

    offer_id: str
    provider: str
    reading: Reading
    packed: Packed
    at: datetime


class Catalog(FetchLog, ImportLog):
    """Centres, readings, fetches, quarantines and imports. Times are ISO 8601 UTC texts, so that they sort."""

    def __init__(self, location: Location) -> None:
        super().__init__(location, "catalog", schema.CATALOG, "NORMAL")

    # Centres

    def put_centres(
        self,
        source: str,
        centres: Sequence[Centre],
        at: datetime,
        complete: bool,
        grace: timedelta = timedelta(0),
    ) -> dict[str, int]:
        """Store what a source lists now. Only a complete list makes the centres that it lacks "gone".

        `grace`: how long a centre must have been missing first; above zero for a list with unreadable rows.
        Returns how many were added, changed, unchanged and gone.
        """
        rows = list(self._revised(source, centres, at))
        counts = {"added": 0, "changed": 0, "unchanged": 0, "gone": 0}
        counts.update(Counter(row.pop("state") for row in rows))
        with self.transaction():
            self.run_many(
                "INSERT INTO centres VALUES (:source, :id, :content, :hash, :revision, :at, :at, NULL, NULL) "
                "ON CONFLICT (source, source_id) DO UPDATE SET content = :content, content_hash = :hash, "
                "revision = :revision, last_seen = :at, gone_at = NULL, held = NULL",
                rows,
            )
            if complete:
                counts["gone"] = self.run(
                    "UPDATE centres SET gone_at = :at "
                    "WHERE source = :source AND last_seen < :since AND gone_at IS NULL",
                    {"source": source, "at": at.isoformat(), "since": (at - grace).isoformat()},
                )
        return counts

    def _revised(self, source: str, centres: Sequence[Centre], at: datetime) -> Iterator[dict[str, Any]]:
        """The rows to write for what a source lists now; `state`: added, changed or unchanged."""
        held = self.rows("SELECT * FROM centres WHERE source = :source", {"source": source})
        known = {row["source_id"]: row for row in held}
        for centre in centres:
            content = dump(centre)
            digest = hashlib.sha256(content.encode()).hexdigest()
            old = known.get(centre.source_id)
            state = "added" if old is None else "unchanged" if old["content_hash"] == digest else "changed"
            yield {
                "state": state,
                "source": source,
                "id": centre.source_id,
                "content": content,
                "hash": digest,
                "at": at.isoformat(),
                "revision": 1 if old is None else old["revision"] + (state == "changed"),
            }

    def hold(self, centre: Centre, why: str) -> None:
        """Keep the known revision in force and note that a new one waits for an operator."""
        self.run(
            "UPDATE centres SET held = :why WHERE source = :source AND source_id = :id",
            {"source": centre.source, "id": centre.source_id, "why": why},
        )

    def centres(self, source: str | None = None) -> list[Centre]:
        # PostgreSQL cannot tell the type of a parameter that is only compared with NULL: hence the CAST.
        rows = self.rows(
            "SELECT content FROM centres WHERE gone_at IS NULL AND (CAST(:source AS TEXT) IS NULL OR source = :source) "
            "ORDER BY first_seen, source, source_id",
            {"source": source},
        )
        return [parse(row["content"]) for row in rows]

    def centre_count(self, source: str) -> int:
        row = self.row(
            "SELECT count(*) AS n FROM centres WHERE source = :source AND gone_at IS NULL", {"source": source}
        )
        return int(row["n"]) if row else 0

    # Readings

    def put_readings(self, read: Sequence[Read]) -> set[str]:
        """Store what was read. Slots are rewritten only when they changed; returns the offers whose slots did.

        A failed reading keeps the last slots and notes since when readings fail: whoever shows the slots must say so.
        """
        known = self._slot_hashes([one.offer_id for one in read])
        same: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for one in read:
            kept = one.offer_id in known and (
                not one.reading.outcome.readable or known[one.offer_id] == one.packed.digest
            )
            if kept:
                same.append(_status(one))
            else:
                changed.append({**_status(one), **_slots(one.packed)})
        with self.transaction():
            # Most readings bring what is known already: their slots are not written again.
            self.run_many(
                "UPDATE readings SET outcome = :outcome, read_at = :at, answered_at = coalesce(:answered, answered_at),"
                " failing_since = CASE WHEN :readable = 1 THEN NULL ELSE coalesce(failing_since, :at) END,"
                " partial = :partial, phone_only = CASE WHEN :readable = 1 THEN :phone_only ELSE phone_only END,"
                " faults = CASE WHEN :readable = 1 THEN 0 ELSE faults + :fault END"
                " WHERE offer_id = :id",
                same,
            )
            self.run_many(
                "INSERT INTO readings VALUES (:id, :provider, :outcome, :at, :answered, :failing, :partial, "
                ":phone_only, :count, :classes, :slots, :hash, :at, :fault) ON CONFLICT (offer_id) DO UPDATE SET "
                "outcome = :outcome, read_at = :at, answered_at = :answered, failing_since = :failing, "
                "partial = :partial, phone_only = :phone_only, slot_count = :count, classes = :classes, "
                "slots = :slots, slots_hash = :hash, changed_at = :at, faults = 0 WHERE :readable = 1",
                changed,
            )
        return {row["id"] for row in changed}

    def _slot_hashes(self, offer_ids: Sequence[str]) -> dict[str, str]:
        """Offer -> hash of its stored slots, for the offers that have been read before."""
        known: dict[str, str] = {}
        for start in range(0, len(offer_ids), ASKED_AT_ONCE):
            part = offer_ids[start : start + ASKED_AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = self.rows(f"SELECT offer_id, slots_hash FROM readings WHERE offer_id IN ({marks})", part)  # noqa: S608
            known.update((row["offer_id"], row["slots_hash"]) for row in rows)
        return known

    def mark_unread(self, offer_ids: Iterable[str], at: datetime) -> None:
        """Note that offers could not even be asked about: their provider has stopped answering."""
        # `read_at` stays as it is: nothing was read, and the offers stay due.
        self.run_many(
            "UPDATE readings SET outcome = 'skipped', failing_since = coalesce(failing_since, :at) "
            "WHERE offer_id = :id",
            [{"id": offer_id, "at": at.isoformat()} for offer_id in offer_ids],
        )

    def put_listed_offers(self, offer_ids: Iterable[str]) -> None:
        """Replace the set of offers that are to be asked about."""
        with self.transaction():
            self.run("DELETE FROM listed_offers")
            self.run_many("INSERT INTO listed_offers VALUES (:id)", [{"id": offer_id} for offer_id in offer_ids])

    def listed_offers(self) -> set[str]:
        return {row["offer_id"] for row in self.rows("SELECT offer_id FROM listed_offers")}

    def all_read_after(self, before: datetime) -> bool:
        """Has every listed offer been asked about after an instant? One cheap question, for what asks it often."""
        unread = self.row(
            "SELECT 1 AS yes FROM listed_offers LEFT JOIN readings USING (offer_id) "
            "WHERE read_at IS NULL OR read_at <= :before LIMIT 1",
            {"before": before.isoformat()},
        )
        return unread is None

    def readings(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM readings")

    def reading_times(self) -> dict[str, str]:
        """Offer -> when it was last asked about, ISO 8601 UTC."""
        return {row["offer_id"]: row["read_at"] for row in self.rows("SELECT offer_id, read_at FROM readings")}

    def offers_at_fault(self) -> dict[str, int]:
        """Offer -> how many times in a row, at least once, its own answer could not be used (`OWN_FAULTS`)."""
        rows = self.rows("SELECT offer_id, faults FROM readings WHERE faults > 0")
        return {row["offer_id"]: row["faults"] for row in rows}

    def end_pauses(self, provider: str, at: datetime) -> None:
        """End the pauses of a provider and its offers: the next reading asks them. Its failures stay noted."""
        state = self.breaker(provider)
        if state.open_until is not None:
            self.put_breaker(provider, replace(state, pauses=0, open_until=at))
        self.run("UPDATE readings SET faults = 0 WHERE provider = :provider", {"provider": provider})

    # Quarantine

    def quarantine(self, source: str, reason: str, known: int, found: int, at: datetime) -> None:
        """Note a sudden change of a source for an operator; the same reason is not noted twice while it is open."""
        if any(row["reason"] == reason for row in self.quarantines(source)):
            return
        self.run(
            "INSERT INTO quarantines (source, at, reason, known, found) VALUES (:source, :at, :reason, :known, :found)",
            {"source": source, "at": at.isoformat(), "reason": str(reason), "known": known, "found": found},
        )

    def quarantines(self, source: str | None = None) -> list[dict[str, Any]]:
        """The quarantines that wait for a decision, oldest first."""
        return self.rows(
            "SELECT * FROM quarantines WHERE decision IS NULL AND (CAST(:source AS TEXT) IS NULL OR source = :source) "
            "ORDER BY at",
            {"source": source},
        )

    def all_quarantines(self) -> list[dict[str, Any]]:
        """All quarantines, waiting and decided, oldest first."""
        return self.rows("SELECT * FROM quarantines ORDER BY at, quarantine_id")

    def decide_quarantine(self, quarantine_id: int, decision: str, at: datetime) -> bool:
        return bool(
            self.run(
                "UPDATE quarantines SET decision = :decision, decided_at = :at "
                "WHERE quarantine_id = :id AND decision IS NULL",
                {"id": quarantine_id, "decision": decision, "at": at.isoformat()},
            )
        )

    def release_granted(self, source: str, since: datetime) -> bool:
        """True when an operator released a quarantine of this source after `since` (its last accepted list)."""
        row = self.row(
            "SELECT 1 AS yes FROM quarantines WHERE source = :source AND decision = 'release' AND decided_at >= :since",
            {"source": source, "since": since.isoformat()},
        )
        return row is not None

    def released(self, source: str) -> bool:
        """True when an operator has released a quarantine since the last accepted list: the next one counts."""
        accepted = self.last_accepted(source)
        return accepted is not None and self.release_granted(source, accepted)

    def last_accepted(self, source: str) -> datetime | None:
        row = self.row("SELECT max(last_seen) AS at FROM centres WHERE source = :source", {"source": source})
        return datetime.fromisoformat(row["at"]) if row and row["at"] else None


def _status(one: Read) -> dict[str, Any]:
    readable, at = one.reading.outcome.readable, one.at.isoformat()
    return {
        "id": one.offer_id,
        "provider": one.provider,
        "outcome": one.reading.outcome.value,
        "at": at,
        "readable": int(readable),
        "fault": int(one.reading.outcome in OWN_FAULTS),
        "answered": at if readable else None,
        "failing": None if readable else at,
        "partial": int(one.reading.partial),
        "phone_only": int(one.reading.phone_only),
    }


def _slots(packed: Packed) -> dict[str, Any]:
    return {"count": packed.count, "classes": packed.classes, "slots": packed.blob, "hash": packed.digest}


def dump(centre: Centre) -> str:
    # Defaults are left out: a field that is added to Centre changes no stored content and no hash.
    content = {key: value for key, value in asdict(centre).items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def parse(text: str) -> Centre:
    content = json.loads(text)
    for name in _DATES:
        if name in content:
            content[name] = date.fromisoformat(content[name])
    for name in ("hours", "flags"):
        content[name] = tuple(content.get(name, ()))
    known = {field.name for field in fields(Centre)}  # a field that Centre has lost since is ignored
    return Centre(**{key: value for key, value in content.items() if key in known})
