"""The part of `catalog.db` that keeps how each attempt to read a provider went: fetches, outages, breakers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from aggregator import instants
from aggregator.database.migrations import Store
from providers.breaker import BreakerState
from providers.records import Outcome

KEPT_FETCHES = timedelta(days=2)  # single fetches are cut early, so that the log cannot fill the disk (S13)
KEPT_HOURS = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One attempt to read one provider about one thing. `at` is its start, UTC."""

    provider: str
    kind: str
    target: str
    outcome: Outcome
    at: datetime
    duration_ms: int
    requests: int = 0
    partial: bool = False
    http_status: int | None = None
    dropped: int = 0
    note: str = ""


class FetchLog(Store):
    """Fetches, outages and breakers of the providers. Times are ISO 8601 UTC texts, so that they sort."""

    # Fetches

    def start_run(self, kind: str, at: datetime) -> int:
        self.run("INSERT INTO runs (kind, started_at) VALUES (:kind, :at)", {"kind": kind, "at": at.isoformat()})
        row = self.row("SELECT max(run_id) AS run_id FROM runs")
        return int(row["run_id"]) if row else 0

    def finish_run(self, run_id: int, at: datetime) -> None:
        self.run("UPDATE runs SET finished_at = :at WHERE run_id = :id", {"id": run_id, "at": at.isoformat()})
        self.run("DELETE FROM fetches WHERE at < :limit", {"limit": (at - KEPT_FETCHES).isoformat()})
        self.run("DELETE FROM fetch_hours WHERE hour < :limit", {"limit": (at - KEPT_HOURS).isoformat()})

    def put_fetches(self, run_id: int, records: Iterable[FetchRecord]) -> None:
        rows = [
            {
                **asdict(record),
                "run": run_id,
                "outcome": record.outcome.value,
                "at": record.at.isoformat(),
                "hour": instants.hour(record.at),
            }
            for record in records
        ]
        self.run_many(
            "INSERT INTO fetches VALUES (:run, :provider, :kind, :target, :outcome, :partial, :http_status, :at, "
            ":duration_ms, :requests, :dropped, :note)",
            rows,
        )
        self.run_many(
            "INSERT INTO fetch_hours VALUES (:hour, :provider, :kind, :outcome, 1, :requests, :duration_ms) "
            "ON CONFLICT (hour, provider, kind, outcome) DO UPDATE SET "
            "fetches = fetch_hours.fetches + 1, requests = fetch_hours.requests + excluded.requests, "
            "duration_ms = fetch_hours.duration_ms + excluded.duration_ms",
            rows,
        )

    def fetch_table(self, run_id: int) -> list[dict[str, Any]]:
        """Fetches of one run, by provider, kind and outcome."""
        # In PostgreSQL a sum of BIGINT is NUMERIC: without the CAST the mean would be a fraction there.
        return self.rows(
            "SELECT provider, kind, outcome, count(*) AS fetches, sum(requests) AS requests, "
            "CAST(sum(duration_ms) AS BIGINT) / count(*) AS mean_ms, sum(partial) AS partial FROM fetches "
            "WHERE run_id = :run GROUP BY provider, kind, outcome ORDER BY provider, kind, outcome",
            {"run": run_id},
        )

    def fetch_hours(self, since: datetime) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT * FROM fetch_hours WHERE hour >= :since ORDER BY hour, provider, kind, outcome",
            {"since": instants.hour(since)},
        )

    def fetches_of_day(self, day: date) -> dict[str, tuple[int, int]]:
        """Provider -> (attempts, attempts that failed) of a UTC day."""
        rows = self.rows(
            "SELECT provider, sum(fetches) AS n, sum(CASE WHEN outcome IN ('ok', 'empty') THEN 0 ELSE fetches END) "
            "AS failed FROM fetch_hours WHERE hour LIKE :day GROUP BY provider",
            {"day": f"{day.isoformat()}T%"},
        )
        return {row["provider"]: (row["n"], row["failed"]) for row in rows}

    def last_answers(self) -> dict[str, str]:
        """Provider -> start of its last fetch that was answered (be it with nothing free), among the fetches kept."""
        rows = self.rows(
            "SELECT provider, max(at) AS at FROM fetches WHERE outcome IN ('ok', 'empty') GROUP BY provider"
        )
        return {row["provider"]: row["at"] for row in rows}

    def first_run(self) -> str | None:
        """When the first run began, as stored; None before it."""
        row = self.row("SELECT min(started_at) AS at FROM runs")
        return row["at"] if row else None

    # Outages

    def note_outage(self, provider: str, since: str | None, at: datetime) -> None:
        """Open an outage that began at `since`, unless it is noted; with `since` None, close the open one at `at`."""
        if since is None:
            self.run(
                "UPDATE outages SET until = :at WHERE provider = :provider AND until IS NULL",
                {"provider": provider, "at": at.isoformat()[:19] + "Z"},
            )
            return
        # A worker that takes over may publish a failing reading once more: the same `since` opens no second outage.
        self.run(
            "INSERT INTO outages SELECT :provider, :since, NULL WHERE NOT EXISTS "
            "(SELECT 1 FROM outages WHERE provider = :provider AND (until IS NULL OR since = :since))",
            {"provider": provider, "since": since},
        )

    def outages(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM outages ORDER BY since, provider")

    def unread_minutes(self, start: datetime, end: datetime) -> dict[str, int]:
        """Provider -> minutes between `start` and `end` in which it could not be read, rounded, if any."""
        seconds: dict[str, float] = {}
        for row in self.outages():
            until = datetime.fromisoformat(row["until"]) if row["until"] else end  # it goes on
            overlap = min(until, end) - max(datetime.fromisoformat(row["since"]), start)
            if overlap > timedelta(0):
                seconds[row["provider"]] = seconds.get(row["provider"], 0) + overlap.total_seconds()
        return {provider: round(total / 60) for provider, total in seconds.items()}

    # Breakers

    def breaker(self, provider: str) -> BreakerState:
        row = self.row("SELECT * FROM breakers WHERE provider = :provider", {"provider": provider})
        if row is None:
            return BreakerState()
        until = datetime.fromisoformat(row["open_until"]) if row["open_until"] else None
        since = datetime.fromisoformat(row["since"]) if row["since"] else None
        return BreakerState(row["failures"], row["pauses"], until, row["cause"], since)

    def put_breaker(self, provider: str, state: BreakerState) -> None:
        self.run(
            "INSERT INTO breakers (provider, failures, pauses, open_until, cause, since) "
            "VALUES (:provider, :failures, :pauses, :until, :cause, :since) ON CONFLICT (provider) DO UPDATE SET "
            "failures = :failures, pauses = :pauses, open_until = :until, cause = :cause, since = :since",
            {
                "provider": provider,
                "failures": state.failures,
                "pauses": state.pauses,
                "until": state.open_until.isoformat() if state.open_until else None,
                "cause": state.cause,
                "since": state.since.isoformat() if state.since else None,
            },
        )
