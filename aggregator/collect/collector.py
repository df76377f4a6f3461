"""Runs the two jobs of collection over all providers; a failure is recorded, and no provider waits for another.

*Discovery* asks each provider for its centres and places them. *Reading* asks each offer for its free slots,
the oldest reading first, with one target interval for all: a rate limit may delay a provider, never favour one.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from aggregator.collect.admission import Intake
from aggregator.collect.placement import place_centres
from aggregator.collect.quarantine import is_another, sudden_change
from aggregator.collect.readings import Result, in_flight, record_of, record_of_part, unreadable
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.country.outlines import load_outlines
from aggregator.database import StoreError
from aggregator.store import Catalog, FetchRecord, OfferRow, Read, Registry, Stores, pack
from aggregator.store.packed_slots import Kind
from providers import PROVIDERS
from providers.base import Provider, ProviderConfig
from providers.breaker import LONGEST_PAUSE_S, Breaker
from providers.records import Centre, Discovered, Outcome, Reading, Reason, SuddenChange

log = logging.getLogger(__name__)

WRITE_BATCH = 200
UNREAD_ROWS_GRACE = timedelta(days=1)
LONGEST_PAUSE_OF_AN_OFFER = timedelta(days=1)

Progress = Callable[[str, int, int], None]
"""(what, done, of how many)."""


class Collector:
    """Runs the jobs against one pair of stores. `now`: aware UTC instants; `only`: slugs, all providers when empty."""

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
        self._intake = Intake(gazetteer, settings.booking_sites(), load_outlines(settings.outlines_path))
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
            finished.put((slug, list(provider.discover(departments))))

        for slug, provider in self._providers.items():
            threading.Thread(target=ask, args=(slug, provider), name=f"discover-{slug}", daemon=True).start()
        for done in range(len(self._providers)):
            self._progress("plateformes", done, len(self._providers))
            slug, found = finished.get()
            try:
                self._take(run_id, slug, found)
            except StoreError:
                raise  # without the store no other list can be taken either
            except Exception as error:  # one platform's list never keeps the others' from being taken
                log.error("list not taken", extra={"provider": slug}, exc_info=error)
        self._progress("plateformes", len(self._providers), len(self._providers))
        self._catalog.finish_run(run_id, self._now())
        return run_id

    def _take(self, run_id: int, slug: str, found: Sequence[Discovered]) -> None:
        self._catalog.put_fetches(run_id, [record_of_part(slug, part, self._now()) for part in found])
        self._accept(slug, found)
        self._keep_breaker(slug)
        self.place()

    def _accept(self, slug: str, parts: Sequence[Discovered]) -> None:
        """Store the centres that a provider lists, unless the change is too sudden to be believed.

        A part that failed leaves its centres as they were; so, for a day, does a row that could not be read.
        """
        at = self._now()
        centres, refused = self._intake.admit_all(centre for part in parts for centre in part.centres)
        answered = bool(parts) and all(part.outcome.readable for part in parts)
        known = self._catalog.centre_count(slug)
        reason = sudden_change(known, len(centres), answered)
        if reason and not self._catalog.released(slug):
            self._catalog.quarantine(slug, reason, known, len(centres), at)
            log.warning("list held back", extra={"provider": slug, "reason": reason})
            return
        whole = not refused and all(part.complete for part in parts)
        kept = self._without_moved(slug, centres, at)
        self._catalog.put_centres(slug, kept, at, answered, grace=timedelta(0) if whole else UNREAD_ROWS_GRACE)

    def _without_moved(self, slug: str, centres: dict[str, Centre], at: datetime) -> list[Centre]:
        """The centres to store: where an id seems to stand for another place now, the known one, held back (P15)."""
        known = {centre.source_id: centre for centre in self._catalog.centres(slug)}
        moved = [
            centre
            for source_id, centre in centres.items()
            if source_id in known and is_another(known[source_id], centre)
        ]
        if not moved or self._catalog.released(slug):
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

    def read_due(self, before: datetime) -> int | None:
        """Read the offers last asked before an instant. Returns the run's id; None, and no trace, when none is due."""
        if self._catalog.all_read_after(before):
            return None
        work = self._due(before)
        return self._read(work) if work else None

    def read(self) -> int:
        """Read the free slots of every offer. Returns the run's id."""
        return self._read(self._due(None))

    def _read(self, work: dict[str, list[OfferRow]]) -> int:
        run_id = self._catalog.start_run("slots", self._now())
        results: queue.Queue[Result | str] = queue.Queue(maxsize=2 * WRITE_BATCH)  # a slow store slows readers
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
                # Not asked, so not read: its last reading keeps its time, and the offer stays due.
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
        """Provider -> its offers that are due: those never read first, then the oldest reading."""
        times = self._catalog.reading_times()
        faults = self._catalog.offers_at_fault()
        listed = self._catalog.listed_offers()
        work: dict[str, list[OfferRow]] = {slug: [] for slug in self._providers}
        for offer in self._registry.offers():
            if offer.provider in work and offer.offer_id in listed:
                last = times.get(offer.offer_id)
                pause = self._pause(faults.get(offer.offer_id, 0))
                if due_before is None or last is None or datetime.fromisoformat(last) + pause <= due_before:
                    work[offer.provider].append(offer)
        for offers in work.values():
            offers.sort(key=lambda offer: (times.get(offer.offer_id, ""), offer.offer_id))
        return {slug: offers for slug, offers in work.items() if offers}

    def _pause(self, faults: int) -> timedelta:
        """How much longer than others an offer waits after so many unusable answers in a row: its wait doubles."""
        interval = timedelta(seconds=self._settings.collect_every_s)
        longer: int = 2 ** min(faults, 10) - 1  # faults grow without end, a timedelta does not
        return min(interval * longer, LONGEST_PAUSE_OF_AN_OFFER)

    def _read_provider(self, slug: str, offers: list[OfferRow], results: queue.Queue[Result | str]) -> None:
        provider = self._providers[slug]
        threads = provider.config.limits.connections
        try:
            if provider.breaker.state.open_until is not None:
                # After a pause one reading, alone, decides whether the others follow.
                results.put(self._read_offer(provider, offers[0]))
                offers = offers[1:] if provider.breaker.state.open_until is None else []
            with ThreadPoolExecutor(threads, thread_name_prefix=f"read-{slug}") as pool:
                for future in in_flight(pool, lambda offer: self._read_offer(provider, offer), offers, threads * 2):
                    results.put(future.result())
        finally:
            results.put(slug)

    def _read_offer(self, provider: Provider, offer: OfferRow) -> Result:
        at, clock = self._now(), monotonic()
        reading = provider.slots(offer.booking_url, at.date(), self._settings.horizon_days)
        try:
            packed = pack(self._meant(offer, reading, at))
        except Exception as error:  # what no adapter foresaw is an answer that cannot be read, of this offer alone
            log.error("reading not understood", extra={"offer": offer.offer_id, "kind": type(error).__name__})
            reading, packed = unreadable(reading, error), pack(())
        return Result(offer, reading, packed, at, round((monotonic() - clock) * 1000))

    def _meant(self, offer: OfferRow, reading: Reading, at: datetime) -> Iterator[tuple[datetime, Kind]]:
        """(start, kind) of the slots that lie ahead and that the campaign is about."""
        for slot in reading.slots:
            meant = self._settings.campaign.meaning(offer.provider, slot.reason) if slot.starts_at >= at else None
            if meant:
                yield slot.starts_at, (meant.needs, meant.step, meant.audience)

    def _write(self, run_id: int, batch: Sequence[Result]) -> None:
        """Store a batch in one transaction; when one result cannot be stored, each in its own, to save the others."""
        try:
            self._store(run_id, batch)
        except StoreError:
            raise
        except Exception as error:
            if len(batch) > 1:
                for result in batch:
                    self._write(run_id, [result])
                return
            (result,) = batch
            log.error("reading not stored", extra={"offer": result.offer.offer_id, "kind": type(error).__name__})
            self._store(run_id, [replace(result, reading=unreadable(result.reading, error), packed=pack(()))])

    def _store(self, run_id: int, batch: Sequence[Result]) -> None:
        with self._catalog.transaction():
            self._catalog.put_readings(
                [
                    Read(result.offer.offer_id, result.offer.provider, result.reading, result.packed, result.at)
                    for result in batch
                ]
            )
            self._catalog.put_fetches(run_id, map(record_of, batch))

    def _after_provider(self, slug: str, offers: Sequence[OfferRow], run_id: int) -> None:
        """Store the breaker; when it is open, mark all offers of this run as unread, those not asked about included."""
        self._keep_breaker(slug)
        state = self._providers[slug].breaker.state
        # A wait that the platform asked for itself is no outage.
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

        # No pause of our own outlasts an interval: after an outage all platforms are asked again equally soon.
        pause_s = min(LONGEST_PAUSE_S, self._settings.collect_every_s)
        breaker = Breaker(self._now, self._catalog.breaker(slug), pause_s)
        return PROVIDERS[slug](config, wants, breaker)

    def fetch_table(self, run_id: int) -> list[dict[str, Any]]:
        return self._catalog.fetch_table(run_id)
