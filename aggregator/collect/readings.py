"""Finds which readings are due, and carries their results from the reading threads to the store."""

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
    """Readings older than this are due. A tenth of slack, so that a run every interval finds all of them."""
    return now - timedelta(seconds=interval_s * 0.9)


def unreadable(reading: Reading, error: Exception) -> Reading:
    """What is left of a reading that could not be understood or stored: that it was made, and why it is unknown."""
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
    """Futures as they end, at most `limit` begun: a national list never sits in memory as pending tasks."""
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
    """One part of a provider's list, as the log of fetches keeps it."""
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
