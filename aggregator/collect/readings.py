"""When a reading is due, and what the reading threads hand over to the store."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.store import FetchRecord, OfferRow, Packed
from providers.records import Discovered, Outcome, Reading


@dataclass(frozen=True, slots=True)
class Result:
    """What one reading gave, ready to be stored."""

    offer: OfferRow
    reading: Reading
    packed: Packed
    at: datetime
    duration_ms: int


def due_before(now: datetime, interval_s: int) -> datetime:
    """Readings older than this instant are due. A tenth of slack, so that a run every interval finds all of them."""
    return now - timedelta(seconds=interval_s * 0.9)


def unreadable(reading: Reading, error: Exception) -> Reading:
    """The reading to store instead of one that could not be understood or stored: invalid, without slots."""
    # The kind of the error only: its text may quote the answer, and raw answers are not kept (docs/providers.md §1.7).
    note = f"{type(error).__name__} when it was read"
    return Reading(Outcome.INVALID, http_status=reading.http_status, requests=reading.requests, note=note)


def record_of(result: Result) -> FetchRecord:
    reading = result.reading
    return FetchRecord(
        result.offer.provider,
        "slots",
        result.offer.offer_id,
        reading.outcome,
        result.at,
        result.duration_ms,
        reading.requests,
        partial=reading.partial,
        http_status=reading.http_status,
        dropped=reading.dropped,
        note=reading.note,
    )


def in_flight(
    pool: ThreadPoolExecutor, work: Callable[[OfferRow], Result], items: Iterable[OfferRow], limit: int
) -> Iterator[Future[Result]]:
    """Yields futures as they end. At most `limit` are begun, so a national list never waits in memory as tasks."""
    ended: queue.Queue[Future[Result]] = queue.Queue()
    running = 0
    for item in items:
        if running >= limit:
            yield ended.get()
            running -= 1
        pool.submit(work, item).add_done_callback(ended.put)
        running += 1
    for _ in range(running):
        yield ended.get()


def record_of_part(slug: str, part: Discovered, ended: datetime) -> FetchRecord:
    """The fetch record of one part of a provider's listing. `ended`: when the listing ended, UTC."""
    return FetchRecord(
        slug,
        "discover",
        part.part,
        part.outcome,
        ended - timedelta(milliseconds=part.duration_ms),
        part.duration_ms,
        part.requests,
        partial=bool(part.refused),
        http_status=part.http_status,
        note="; ".join(filter(None, (part.note, *part.refused[:5])))[:500],
    )
