"""One run: every provider -> store. A failure becomes a fetch record; no provider waits for another.

Two jobs. *Discovery* asks each provider for its centres and places them. *Reading* asks each offer for its free slots,
the oldest reading first, with one target interval for all: a rate limit may delay a provider, never favour one.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from aggregator.collect.admission import Intake
from aggregator.collect.placement import place_centres
from aggregator.collect.quarantine import is_another, sudden_change
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.store import Catalog, FetchRecord, OfferRow, Packed, Read, Registry, Stores, pack
from providers import PROVIDERS
from providers.base import Provider, ProviderConfig
from providers.breaker import Breaker
from providers.records import Centre, Discovered, Outcome, Reading, Reason, SuddenChange

log = logging.getLogger(__name__)

WRITE_BATCH = 200

Progress = Callable[[str, int, int], None]
"""(what, done, of how many)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one reading gave, ready to be stored."""

    offer: OfferRow
    reading: Reading
    packed: Packed
    at: datetime
    duration_ms: int


class Collector:
    """Runs against one pair of stores. `now` gives aware UTC instants."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        gazetteer: Gazetteer,
        now: Callable[[], datetime],
        progress: Progress = lambda what, done, total: None,
        only: Iterable[str] = (),
    ) -> None:
        self._settings = settings
        self._registry: Registry = stores.registry
        self._catalog: Catalog = stores.catalog
        self._gazetteer = gazetteer
        self._intake = Intake(gazetteer, settings.booking_sites())
        self._now = now
        self._progress = progress
        wanted = set(only)
        self._providers: dict[str, Provider] = {
            slug: self._provider(slug, config)
            for slug, config in settings.provider_configs().items()
            if slug in PROVIDERS and (not wanted or slug in wanted)
        }

    @property
    def slugs(self) -> list[str]:
        return list(self._providers)

    # Discovery

    def discover(self) -> int:
        """Ask every provider for its centres, all at once; store and place them. Returns the id of the run."""
        run_id = self._catalog.start_run("discover", self._now())
        departments = list(self._gazetteer.departments.values())
        finished: queue.Queue[tuple[str, list[Discovered]]] = queue.Queue()

        def ask(slug: str, provider: Provider) -> None:
            found: list[Discovered] = []
            try:
                found += provider.discover(departments)
            finally:
                finished.put((slug, found))

        for slug, provider in self._providers.items():
            threading.Thread(target=ask, args=(slug, provider), name=f"discover-{slug}", daemon=True).start()
        for done in range(len(self._providers)):
            self._progress("plateformes", done, len(self._providers))
            slug, found = finished.get()
            self._catalog.put_fetches(run_id, (self._discovery_record(slug, part) for part in found))
            self._accept(slug, found)
            self._keep_breaker(slug)
            self.place()
        self._progress("plateformes", len(self._providers), len(self._providers))
        self._catalog.finish_run(run_id, self._now())
        return run_id

    def _discovery_record(self, slug: str, part: Discovered) -> FetchRecord:
        return FetchRecord(
            slug,
            "discover",
            part.part,
            part.outcome,
            self._now() - timedelta(milliseconds=part.duration_ms),
            part.duration_ms,
            part.requests,
            partial=bool(part.refused),
            http_status=part.http_status,
            note="; ".join(filter(None, (part.note, *part.refused[:5])))[:500],
        )

    def _accept(self, slug: str, parts: Sequence[Discovered]) -> None:
        """Store the centres that a provider lists, unless the change is too sudden to be believed."""
        at = self._now()
        centres: dict[str, Centre] = {}
        for part in parts:
            for centre in part.centres:
                centres.setdefault(centre.source_id, self._intake.admit(centre))
        complete = bool(parts) and all(part.outcome.readable for part in parts)
        known = self._catalog.centre_count(slug)
        reason = sudden_change(known, len(centres), complete)
        if reason and not self._released(slug):
            self._catalog.quarantine(slug, reason, known, len(centres), at)
            log.warning("list held back", extra={"provider": slug, "reason": reason})
            return
        self._catalog.put_centres(slug, self._without_moved(slug, centres, at), at, complete)

    def _released(self, slug: str) -> bool:
        accepted = self._catalog.last_accepted(slug)
        return accepted is not None and self._catalog.release_granted(slug, accepted)

    def _without_moved(self, slug: str, centres: dict[str, Centre], at: datetime) -> list[Centre]:
        """An id that now stands for another name and another place is not believed at once (P15)."""
        known = {centre.source_id: centre for centre in self._catalog.centres(slug)}
        moved = [
            centre
            for source_id, centre in centres.items()
            if source_id in known and is_another(known[source_id], centre)
        ]
        if not moved or self._released(slug):
            return list(centres.values())
        for centre in moved:
            self._catalog.hold(known[centre.source_id], f"now named {centre.name[:80]}")
        self._catalog.quarantine(slug, SuddenChange.MOVED, len(known), len(moved), at)
        return list({**centres, **{centre.source_id: known[centre.source_id] for centre in moved}}.values())

    # Placing

    def place(self) -> None:
        """Match every centre without a place, and give each booking link its offer."""
        place_centres(self._registry, self._catalog, self._intake, self._now())

    # Reading

    def read(self, due_before: datetime | None = None) -> int:
        """Read the free slots of every offer last asked before `due_before` (all, when None). Returns the run's id."""
        run_id = self._catalog.start_run("slots", self._now())
        work = self._due(due_before)
        results: queue.Queue[Result | str] = queue.Queue(maxsize=2 * WRITE_BATCH)
        for slug, offers in work.items():
            thread = threading.Thread(target=self._read_provider, args=(slug, offers, results), daemon=True)
            thread.start()
        total, done, running = sum(map(len, work.values())), 0, set(work)
        batch: list[Result] = []
        while running:
            item = results.get()
            if isinstance(item, str):
                running.discard(item)
            else:
                done += 1
                if item.reading.outcome is not Outcome.SKIPPED:
                    batch.append(item)
            if batch and (len(batch) >= WRITE_BATCH or results.empty()):
                self._write(run_id, batch)
                batch = []
                self._progress("offres", done, total)
        for slug, offers in work.items():
            self._after_provider(slug, offers, run_id)
        self._catalog.finish_run(run_id, self._now())
        return run_id

    def _due(self, due_before: datetime | None) -> dict[str, list[OfferRow]]:
        """Offers to read by provider, never read first, then the oldest reading."""
        times = self._catalog.reading_times()
        listed = self._catalog.listed_offers()
        work: dict[str, list[OfferRow]] = {slug: [] for slug in self._providers}
        for offer in self._registry.offers():
            if offer.provider in work and offer.offer_id in listed:
                last = times.get(offer.offer_id)
                if due_before is None or last is None or datetime.fromisoformat(last) <= due_before:
                    work[offer.provider].append(offer)
        for offers in work.values():
            offers.sort(key=lambda offer: (times.get(offer.offer_id, ""), offer.offer_id))
        return {slug: offers for slug, offers in work.items() if offers}

    def _read_provider(self, slug: str, offers: list[OfferRow], results: queue.Queue[Result | str]) -> None:
        provider = self._providers[slug]
        threads = provider.config.limits.connections
        try:
            if provider.breaker.state.open_until is not None:
                # After a pause one reading, alone, decides whether the others follow.
                results.put(self._read_offer(provider, offers[0]))
                offers = offers[1:] if provider.breaker.state.open_until is None else []
            with ThreadPoolExecutor(threads, thread_name_prefix=f"read-{slug}") as pool:
                for future in _in_flight(pool, lambda offer: self._read_offer(provider, offer), offers, threads * 2):
                    results.put(future.result())
        finally:
            results.put(slug)

    def _read_offer(self, provider: Provider, offer: OfferRow) -> Result:
        at, clock = self._now(), monotonic()
        reading = provider.slots(offer.booking_url, at.date(), self._settings.horizon_days)
        meaning = self._settings.campaign.meaning
        slots = []
        for slot in reading.slots:
            if slot.starts_at >= at and (meant := meaning(offer.provider, slot.reason)):
                slots.append((slot.starts_at, (meant.needs, meant.step, meant.audience)))
        return Result(offer, reading, pack(slots), at, round((monotonic() - clock) * 1000))

    def _write(self, run_id: int, batch: Sequence[Result]) -> None:
        with self._catalog.transaction():
            self._catalog.put_readings(
                [
                    Read(result.offer.offer_id, result.offer.provider, result.reading, result.packed, result.at)
                    for result in batch
                ]
            )
            self._catalog.put_fetches(run_id, map(_record, batch))

    def _after_provider(self, slug: str, offers: Sequence[OfferRow], run_id: int) -> None:
        """Keep the breaker; when the provider stopped answering, what was not even asked is unknown too."""
        self._keep_breaker(slug)
        state = self._providers[slug].breaker.state
        if state.open_until is None or state.cause == Outcome.RATE_LIMITED.value:
            return
        at = self._now()
        self._catalog.mark_unread((offer.offer_id for offer in offers), at)
        note = f"left alone until {state.open_until:%H:%M} UTC after {state.failures} failures ({state.cause})"
        self._catalog.put_fetches(run_id, [FetchRecord(slug, "slots", "*", Outcome.SKIPPED, at, 0, note=note)])

    def _keep_breaker(self, slug: str) -> None:
        self._catalog.put_breaker(slug, self._providers[slug].breaker.state)

    def _provider(self, slug: str, config: ProviderConfig) -> Provider:
        campaign = self._settings.campaign

        def wants(reason: Reason) -> bool:
            return campaign.meaning(slug, reason) is not None

        breaker = Breaker(self._now, self._catalog.breaker(slug))
        return PROVIDERS[slug](config, wants, breaker)

    def fetch_table(self, run_id: int) -> list[dict[str, Any]]:
        return self._catalog.fetch_table(run_id)


def due_before(now: datetime, interval_s: int) -> datetime:
    """Readings older than this are due. A tenth of slack, so that a run every interval finds all of them."""
    return now - timedelta(seconds=interval_s * 0.9)


def _record(result: Result) -> FetchRecord:
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


def _in_flight(
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
