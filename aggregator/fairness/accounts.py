"""What the worker does with redirects: seal them into the public log, count them, replay what was shown, publish.

Each minute: seal, then roll up, then print the shares (`shares.json`) and how the controls went (`controls.json`).
Each hour: replay the lists of the hour. The closing of days and weeks is in `closing.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from aggregator import canonical
from aggregator.config.settings import Settings
from aggregator.fairness import shares
from aggregator.fairness.replay import Control, publish, replay
from aggregator.ledger import seeds
from aggregator.ledger.log import LogError, TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.sealing import Sealer
from aggregator.ledger.witness import confirms
from aggregator.redirect.event_reader import erase
from aggregator.redirect.impressions import PLACE
from aggregator.redirect.rollups import STEP, RollUps
from aggregator.redirect.shared_events import event_reader
from aggregator.snapshot.shelf import Shelf

WINDOW_DAYS = 7
KEPT_DAYS = 396
REPLAY_DELAY = timedelta(minutes=2)
NEXT_KEY = "log-next.key"


class Accounts:
    """Not thread-safe: the worker holds its seal lock around each call. Closed with `close`."""

    def __init__(self, settings: Settings, before_signing: Callable[[], object] = lambda: None) -> None:
        """`before_signing`: see `Sealer`."""
        self._settings = settings
        self._before_signing = before_signing
        self._published = settings.published_dir
        self._log: TransparencyLog | None = None
        self._opened = ""
        self.reader = event_reader(settings.database_url or settings.data_dir / "events.db")
        self.rollups = RollUps(settings.database_url or settings.data_dir / "rollups.db")

    def close(self) -> None:
        self.rollups.close()
        self.reader.close()
        if self._log is not None:
            self._log.close()

    # Each minute

    def seal(self, at: datetime, resume: bool = False) -> int:
        """Bring the public log up to now, and publish how that control went. Returns the number of new entries.

        Raises LogError when the log must not go on; the transparency page then suspends its verdict.
        """
        try:
            log = self._open_log(at)
            chain = seeds.load_or_create(self._settings.keys_dir / "seed-chain.json", at.date())
            sealer = Sealer(
                log,
                self._published,
                self.reader,
                chain,
                self._settings.contract_path,
                shares.POLICY,
                self._settings.hosting_dir,
                self._before_signing,
            )
            # A demonstration that somebody starts again after a month owes nobody a draw.
            added = sealer.seal(at, resume or self._settings.demo)
        except LogError as error:
            self._forget_log()
            self._control("log", {"ok": False, "why": str(error)}, at)
            raise
        self._control("log", {"ok": True, "size": log.size, "root": log.root.hex()}, at)
        self.rollups.advance(self.reader, log.entries("minute", self.rollups.mark("minute")))
        self._publish_history(log)
        return added

    def publish_shares(self, at: datetime) -> dict[str, Any]:
        """Write the file that the transparency page prints. Returns it."""
        today = at.date().isoformat()
        since = self.rollups.first_day()
        first = max(since or today, (at.date() - timedelta(days=WINDOW_DAYS - 1)).isoformat())
        yesterday = (at.date() - timedelta(days=1)).isoformat()
        path = self._published / "supply.json"
        content = shares.table(
            shares.Counted(
                published=add(self.rollups.totals(first, yesterday), self.rollups.stepped(today)),
                totals=self._totals(first, yesterday, today),
                exposure=self.exposure(first, self._shown_upto(today)),
                supply=json.loads(path.read_text(encoding="utf-8")) if path.exists() else {},
                missed=self.reader.missed(),
                missed_by_provider=self.reader.missed_by_provider(f"{today}T00"),
            ),
            self._settings.provider_labels(),
        )
        content.update(format="shares/2", at=_moment(at), since=since, first=first if since else None)
        canonical.write_whole(self._published / "shares.json", canonical.to_json(content))
        return content

    def shares_of(self, first: date, last: date) -> dict[str, Any]:
        """The table of closed days, both included: exact counts, places and slots as the mean of their samples."""
        days = first.isoformat(), last.isoformat()
        totals, samples = self.rollups.totals(*days), self.rollups.samples(*days)
        places: dict[str, float] = {}
        slots: dict[str, float] = {}
        for _, provider, units, _, seen in self.rollups.supply(*days):
            places[provider] = places.get(provider, 0) + units / (PLACE * samples)
            slots[provider] = slots.get(provider, 0) + seen / samples
        counted = shares.Counted(
            published=totals,
            totals={cls: sum(by.values()) for cls, by in totals.items()},
            exposure=self.exposure(days[0], f"{days[1]}T23"),
            supply={"places": places, "slots": {slug: round(n) for slug, n in slots.items()}},
        )
        return {**shares.table(counted, self._settings.provider_labels()), "from": days[0], "to": days[1]}

    def _totals(self, first: str, yesterday: str, today: str) -> dict[str, int]:
        closed = {cls: sum(by.values()) for cls, by in self.rollups.totals(first, yesterday).items()}
        running = self.rollups.class_total(today)
        return {cls: closed.get(cls, 0) + running.get(cls, 0) for cls in {*closed, *running}}

    def exposure(self, first_day: str, last_hour: str) -> dict[str, int]:
        """Weighted exposure by provider that was served."""
        found: dict[str, int] = {}
        for _, provider, _, _, units in self.reader.exposure(f"{first_day}T00", last_hour):
            found[provider] = found.get(provider, 0) + units
        return found

    def _shown_upto(self, today: str) -> str:
        """The last hour whose exposure may be shown by provider: hours with few lists wait for the next."""
        last, waiting = f"{today}T", 0  # sorts before every hour of today
        for hour, lists in self.rollups.lists_by_hour(f"{today}T00", f"{today}T23"):
            waiting += lists
            if waiting >= STEP:
                last, waiting = hour, 0
        return last

    # Each hour

    def replay_hours(self, at: datetime) -> list[Control]:
        """Make the lists of every finished hour again, publish what came out, and forget them.

        May take minutes on a busy portal: the worker does it beside the sealing, with accounts of its own.
        """
        before = (at - REPLAY_DELAY).strftime("%Y-%m-%dT%H")
        hours = self.reader.hours_of_lists(before)
        if not hours:
            return []
        chain = seeds.load_or_create(self._settings.keys_dir / "seed-chain.json", at.date())
        shelf = Shelf(self._published)
        controls = []
        for hour in hours:
            lists, served = self.reader.shown(hour)
            control = replay(hour, lists, shelf, chain.seed_of)
            self._compare_exposure(control, served)
            self.rollups.put_replay(
                hour, control.lists, control.distinct, control.different, control.expected, control.digest
            )
            publish(control, self._published / "log")
            self.reader.forget_lists(hour, lists)
            self.rollups.replay_forgotten()
            controls.append(control)
        return controls

    def _compare_exposure(self, control: Control, served: Mapping[str, int]) -> None:
        """What was shown by provider must be what the replayed lists show, to the last unit.

        Lists may come in late, when a machine was cut off as the hour ended: then those replayed before count too. Or
        the same ones are replayed again, after a stop between counting and forgetting: then these alone are it.
        """
        replayed = {provider: units for provider, (_, _, units) in control.expected.items() if units}
        together = Counter(replayed)
        for provider, (_, _, units) in self.rollups.expected(control.hour, control.hour).items():
            together[provider] += units
        if served not in (replayed, +together) and not control.different:
            control.different, control.first_difference = 1, f"{control.hour} exposure"

    def publish_order_control(self, at: datetime) -> None:
        """How the replays of the last seven days went."""
        first = (at - timedelta(days=WINDOW_DAYS)).strftime("%Y-%m-%dT%H")
        lists, different = self.rollups.replays(first, at.strftime("%Y-%m-%dT%H"))
        self._control("order", {"ok": different == 0, "lists": lists, "different": different}, at)

    # Now and then

    def erase(self, at: datetime, files: Iterable[Any] = ()) -> int:
        """Erase events older than thirteen months, here and in the given copies. Returns how many went."""
        before = (at - timedelta(days=KEPT_DAYS)).strftime("%Y-%m-%dT%H")
        return self.reader.erase(before) + sum(erase(path, before) for path in files)

    def recount(self, at: datetime) -> dict[str, bool]:
        """Every logged day counted again from its events: day -> are the roll-ups the same to the last one?

        Days whose events have been erased since cannot be: they are left out.
        """
        erased = (at - timedelta(days=KEPT_DAYS)).date().isoformat()
        entries = [entry for _, entry in self._open_log(at).entries("day")]
        found = self.rollups.recount(self.reader, entries)
        return {day: same for day, same in found.items() if day > erased}

    def count_witnesses(self, at: datetime, notes: Mapping[str, bytes]) -> int:
        """Keep beside the log what declared witnesses publish (`notes`, by name); count those of seven days."""
        log, fresh = self._open_log(at), 0
        for one in self._settings.witnesses():
            note = notes.get(one["name"], b"")
            when = confirms(note.decode("utf-8", "replace"), one["vkey"], log.vkey, log.root_at)
            if when is not None:
                canonical.write_whole(self._published / "log" / "witnesses" / f"{one['name']}.checkpoint", note)
                fresh += at.timestamp() - when < WINDOW_DAYS * 86_400
        self._control("witnesses", {"ok": True, "count": fresh}, at)
        return fresh

    def rotate_key(self, at: datetime) -> str:
        """Announce a new key in the log under the old one, and go on with it. Returns the new verifier key."""
        log = self._open_log(at)
        path = self._settings.keys_dir / NEXT_KEY
        signer = load_or_create_signer(path, self._settings.log_origin)
        log.announce_key(signer, _moment(at))
        path.replace(self._settings.keys_dir / "log.key")
        log.sign_with(signer)
        canonical.write_whole(self._published / "log" / "vkey", f"{signer.vkey}\n".encode())
        return signer.vkey

    # The log itself

    def _open_log(self, at: datetime) -> TransparencyLog:
        """The log under the key now in force, with what other processes have appended."""
        signer = load_or_create_signer(self._settings.keys_dir / "log.key", self._settings.log_origin)
        hour = at.strftime("%Y-%m-%dT%H")
        # Once an hour the whole tree is computed anew from its store: a line changed behind our back is found.
        if self._log is not None and (self._log.vkey != signer.vkey or self._opened != hour):
            self._forget_log()
        if self._log is None:
            self._opened = hour
            self._log = TransparencyLog(
                self._settings.database_url or self._settings.data_dir / "log.db", self._published / "log", signer
            )
        else:
            self._log.catch_up()
        return self._log

    def _forget_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _publish_history(self, log: TransparencyLog) -> None:
        """Decisions, incidents and changes of the rules, newest first, for the page that tells them."""
        entries = [
            {"index": index, **entry}
            for kind in ("decision", "incident", "contract", "policy", "disclosure", "key")
            for index, entry in log.entries(kind)
        ]
        content = canonical.to_json(sorted(entries, key=lambda entry: -entry["index"]))
        path = self._published / "history.json"
        if not path.exists() or path.read_bytes() != content:
            canonical.write_whole(path, content)

    def controls(self) -> dict[str, Any]:
        """The outcome of each control as last published."""
        path = self._published / "controls.json"
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return content

    def _control(self, name: str, outcome: dict[str, Any], at: datetime) -> None:
        """Publish one control's outcome; the time of a first failure stays until the control holds again."""
        path, controls = self._published / "controls.json", self.controls()
        before = controls.get(name, {})
        failed = None if outcome["ok"] else before.get("failed_since") or _moment(at)
        controls[name] = {**outcome, "at": _moment(at), "failed_since": failed}
        canonical.write_whole(path, canonical.to_json(controls))


def add(one: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Sum of two tables class -> provider -> events."""
    whole: dict[str, dict[str, int]] = {}
    for part in (one, other):
        for cls, by_provider in part.items():
            for provider, n in by_provider.items():
                row = whole.setdefault(cls, {})
                row[provider] = row.get(provider, 0) + n
    return whole


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
