"""Keeps the portal's own log: opens it under the key in force, appends, changes the key, collects cosignatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.ledger import seeds
from aggregator.ledger.controls import WINDOW_DAYS, Controls
from aggregator.ledger.log import LogError, TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.sealing import Rules, Sealer
from aggregator.ledger.witness import confirms
from aggregator.redirect.event_reader import EventReader

NEXT_KEY = "log-next.key"
TOLD = ("decision", "incident", "contract", "policy", "disclosure", "key")


class LogKeeper:
    """Not thread-safe: the worker holds its seal lock around each call. Closed with `close`."""

    def __init__(self, settings: Settings, before_signing: Callable[[], object] = lambda: None) -> None:
        """`before_signing`: see `Sealer`."""
        self._settings = settings
        self._published = settings.published_dir
        self._before_signing = before_signing
        self._controls = Controls(settings.published_dir)
        self._log: TransparencyLog | None = None
        self._opened = ""

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def open(self, at: datetime) -> TransparencyLog:
        """The log under the key now in force, with what other processes have appended. Raises LogError."""
        signer = load_or_create_signer(self._settings.keys_dir / "log.key", self._settings.log_origin)
        # Once an hour the whole tree is computed anew from its store: a line changed behind our back is found.
        if self._log is not None and (self._log.vkey != signer.vkey or self._opened != instants.hour(at)):
            self.close()
        if self._log is None:
            self._opened = instants.hour(at)
            location = self._settings.database_url or self._settings.data_dir / "log.db"
            self._log = TransparencyLog(location, self._published / "log", signer)
        else:
            self._log.catch_up()
        return self._log

    def seal(self, at: datetime, reader: EventReader, policy: Mapping[str, str], resume: bool = False) -> int:
        """Append what is new, and publish how that control went. Returns the number of new entries.

        Raises LogError when the log must not go on; the transparency page then suspends its verdict.
        """
        try:
            log = self.open(at)
            chain = seeds.load_or_create(self._settings.keys_dir / "seed-chain.json", at.date())
            rules = Rules(self._settings.contract_path, self._settings.hosting_dir, policy)
            sealer = Sealer(log, self._published, reader, chain, rules, self._before_signing)
            # A demonstration may be started again after a month: its draws need no protection from a wrong clock.
            added = sealer.seal(at, resume or self._settings.demo)
        except LogError as error:
            # The tree in memory may hold the refused entries, and `catch_up` checks new ones only: read it anew.
            self.close()
            self._controls.publish("log", {"ok": False, "why": str(error)}, at)
            raise
        self._controls.publish("log", {"ok": True, "size": log.size, "root": log.root.hex()}, at)
        self._publish_history(log)
        return added

    def count_witnesses(self, at: datetime, notes: Mapping[str, bytes]) -> int:
        """Store what declared witnesses have signed (`notes`: name -> note) beside the log.

        Returns how many of them confirmed one of our heads within seven days.
        """
        log, fresh = self.open(at), 0
        for one in self._settings.witnesses():
            note = notes.get(one["name"], b"")
            when = confirms(note.decode("utf-8", "replace"), one["vkey"], log.vkey, log.root_at)
            if when is not None:
                files.write_whole(self._published / "log" / "witnesses" / f"{one['name']}.checkpoint", note)
                fresh += at.timestamp() - when < WINDOW_DAYS * 86_400
        self._controls.publish("witnesses", {"ok": True, "count": fresh}, at)
        return fresh

    def rotate_key(self, at: datetime) -> str:
        """Announce a new key in the log under the old one, and go on with it. Returns the new verifier key."""
        log = self.open(at)
        path = self._settings.keys_dir / NEXT_KEY
        # In a file until it is in force: after a stop the same key is announced again.
        signer = load_or_create_signer(path, self._settings.log_origin)
        # Announced before it signs: verifiers follow to keys that the old one vouches for, and to no other (L8).
        log.announce_key(signer, instants.second(at))
        path.replace(self._settings.keys_dir / "log.key")
        log.sign_with(signer)
        files.write_whole(self._published / "log" / "vkey", f"{signer.vkey}\n".encode())
        return signer.vkey

    def _publish_history(self, log: TransparencyLog) -> None:
        """Decisions, incidents and changes of the rules, newest first, for the page that tells them."""
        entries = [{"index": index, **entry} for kind in TOLD for index, entry in log.entries(kind)]
        content = canonical.to_json(sorted(entries, key=lambda entry: -entry["index"]))
        files.write_changed(self._published / "history.json", content)
