"""What the web process holds: the snapshot in force, the keys, the event writer. One object for all blueprints."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app, request

from aggregator.config import hosting
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.country import outlines
from aggregator.country.finder.finder import load_finder
from aggregator.country.geocoder import Addresses
from aggregator.country.towns import Towns
from aggregator.ledger import seeds
from aggregator.ledger.receipts import Receipts
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import replace_damaged
from aggregator.redirect.impressions import RANKS, Showing, Showings, showing_of
from aggregator.redirect.redirector import Redirector
from aggregator.redirect.tokens import Tokens, load_secret
from aggregator.redirect.visitors import (
    HEADERS_READ,
    ClickLimits,
    Duplicates,
    Visitor,
    address_in,
    is_prefetch,
    is_robot,
    networks_of,
)
from aggregator.search.order import epoch_of
from aggregator.search.search import Ranking
from aggregator.snapshot import generation
from aggregator.snapshot.format import SnapshotError
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.web.language.catalogues import gettext
from aggregator.web.serving.cache import SizedCache
from aggregator.web.serving.fragments import Fragment
from aggregator.web.serving.gate import Gate
from aggregator.web.serving.published import PUBLISHED, PublishedFile

log = logging.getLogger(__name__)

REFRESH_S = 1.0
FLUSH_S = 5.0  # what a crash can lose of the lists shown (docs/figures.md §1.2)
CARDS_BYTES = 64 * 1024 * 1024

READ = {f"HTTP_{name.upper().replace('-', '_')}": name for name in HEADERS_READ}


class Site:
    """What all requests share. Thread-safe. `now` returns aware UTC instants."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.campaign = settings.campaign
        self.now = now
        self.started = now()
        self.sites = settings.booking_sites()
        self.sheets = hosting.load_sheets(settings.hosting_dir)
        self.labels = settings.provider_labels()
        self.gazetteer = gazetteers.load_gazetteer(settings.gazetteer_path)
        self.outlines = outlines.load_outlines(settings.outlines_path)
        self.towns = Towns(self.gazetteer.communes.values())
        self.finder = load_finder(self.gazetteer)
        self.addresses = Addresses() if settings.ban else None
        self.shelf = Shelf(settings.published_dir)
        self.tokens = Tokens(load_secret(settings.keys_dir / "token.key"))
        if aside := replace_damaged(settings.data_dir / "events.db", now()):
            log.error("events.db is damaged; it was set aside and another begun", extra={"aside": str(aside)})
        receipts = Receipts(settings.keys_dir / "log.key", settings.log_origin)
        self.events = EventLog(settings.data_dir / "events.db", promising=receipts.promises)
        limits = ClickLimits(epoch_of(now()), several=settings.database_url is not None)
        self.redirector = Redirector(self.tokens, Duplicates(), limits, self.events, self.sites)
        chain = seeds.load_or_create(settings.keys_dir / "seed-chain.json", now().date())
        self.seed_of = lru_cache(maxsize=64)(seeds.DaySeeds(chain, self.log_dir).seed_of)
        self._files = {name: PublishedFile(settings.published_dir / f"{name}.json") for name in PUBLISHED}
        self.showings = Showings()
        self.gate = Gate()
        self.cards: SizedCache[Fragment] = SizedCache(CARDS_BYTES)
        self._mark_key = secrets.token_bytes(32)
        self._stop = threading.Event()
        self._flushing = threading.Lock()
        self._unread: str | None = None
        # Once before the threads: the first request finds a snapshot, if there is one.
        self.refresh()
        threading.Thread(target=self._every, args=(REFRESH_S, self.refresh), name="refresh", daemon=True).start()
        threading.Thread(target=self._every, args=(FLUSH_S, self.flush), name="flush", daemon=True).start()

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot in force; None while nothing has been published yet."""
        return self.shelf.current

    def published(self, name: str) -> Any:
        """The content of one of the worker's files, {} while there is none."""
        return self._files[name].content

    def version(self, name: str) -> int:
        """How many contents of one of the worker's files have been read: it grows when the content changes."""
        return self._files[name].version

    @property
    def health(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.published("health"))

    @property
    def log_dir(self) -> Path:
        """The static files of the public log."""
        return self.settings.published_dir / "log"

    @property
    def interval_s(self) -> int:
        """Seconds between two readings, as the worker last published them; else those of our settings."""
        return int(self.health.get("interval_s", self.settings.collect_every_s))

    @property
    def epoch(self) -> str:
        return epoch_of(self.now())

    def seed(self, epoch: str) -> bytes:
        return self.seed_of(epoch[:10])

    def label(self, slug: str) -> str:
        """The platform's name; sites that are only linked to are counted together, without one."""
        return self.labels.get(slug, slug) or gettext("Autres sites")

    def is_read(self, slug: str) -> bool:
        """True when this portal reads the provider; false for a site that is only linked to."""
        return slug in self.campaign.providers.read

    @property
    def unfit(self) -> str | None:
        """Why no page can be made of what is published, for the operator; None when it can, or when nothing is yet."""
        return self._unread if self.snapshot is None else None

    def refresh(self) -> None:
        """Take over what the worker has published; a file that cannot be read leaves the last good one in force."""
        self._unread = generation.why_unread(self.settings.published_dir)
        if self._unread:
            return
        try:
            self.shelf.refresh()
        except (SnapshotError, OSError, ValueError, KeyError) as error:
            self._unread = str(error) or type(error).__name__
            log.error("snapshot not loaded", extra={"cause": str(error)})
        for file in self._files.values():
            file.refresh()

    def visitor(self) -> Visitor:
        """The person behind the current request."""
        return self.visitor_of(request.environ)

    def visitor_of(self, environ: Mapping[str, Any]) -> Visitor:
        """The person behind a request, as far as counting needs; nothing of it is written anywhere."""
        return Visitor(
            address=self._address(environ),
            user_agent=environ.get("HTTP_USER_AGENT", ""),
            headers=_headers(environ),
            own_host=environ.get("HTTP_HOST", ""),
        )

    def visitor_mark(self) -> str:
        """Who is counted by the limit of searches: an address (IPv6: its /64), as a mark."""
        return self._mark(networks_of(self._address(request.environ))[0])

    def expensive_work(self) -> AbstractContextManager[None]:
        """A turn at the gate, for what the current request asks. Raises ServiceUnavailable (503)."""
        return self.gate.expensive_work(self._mark(networks_of(self._address(request.environ))[1]))

    def showing(self, answer: Ranking, facts: Snapshot) -> Showing:
        """What the first page of a list shows in this hour: its order, and the readings of `facts` on its cards."""
        named = (answer.epoch, answer.snapshot.hash, answer.question.key, answer.hash)
        return showing_of(self.epoch, named, [one.place for one in answer.found[:RANKS]], facts)

    def count_list(self, environ: Mapping[str, Any], list_hash: str, showing: Showing | None) -> None:
        """Count one GET of a list or of a place's page: one more click on each of its buttons may count.

        `showing`: what a person sees of it, None for nothing counted. Robots and prefetches are shown nothing.
        """
        if environ["REQUEST_METHOD"] != "GET" or is_robot(environ.get("HTTP_USER_AGENT", "")):
            return
        # For a prefetch too: its visitor may open that page later without another request, and press its buttons.
        self.redirector.limits.served(list_hash, self.epoch)
        if showing is not None and not is_prefetch(_headers(environ)):
            self.showings.add(showing, self.now())

    def flush(self) -> None:
        """Hand the lists shown since the last call to the event writer."""
        with self._flushing:  # whoever asks for it may rely on what another thread has just taken, too
            impressions, lists, ages = self.showings.take()
            if lists:
                self.events.add_showings(impressions, lists, ages)

    def close(self) -> None:
        self._stop.set()
        self.flush()  # before the writer closes, or the last seconds would be lost
        self.events.close()

    def _address(self, environ: Mapping[str, Any]) -> str:
        trusted = self.settings.trusted_proxies
        if trusted:
            # Each trusted proxy adds the address that it saw at the end; what stands before is the client's invention.
            hops = [hop for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            if len(hops) >= trusted:
                return address_in(hops[-trusted])
        return str(environ.get("REMOTE_ADDR", ""))

    def _mark(self, network: str) -> str:
        """A hash under a key that lives in memory only: nobody is kept there as they are."""
        return hashlib.blake2b(network.encode(), key=self._mark_key, digest_size=16).hexdigest()

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while not self._stop.wait(seconds):
            work()


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The few headers of a request that counting looks at."""
    return {name: environ[key] for key, name in READ.items() if key in environ}


def here() -> Site:
    """The site of the current request."""
    return cast(Site, current_app.extensions["aiguillage"])


def install(app: Flask, site: Site) -> None:
    app.extensions["aiguillage"] = site
