"""Keeps the portal's own log: opens it under the key in force, appends, changes the key, collects cosignatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.ledger import seeds
from aggregator.ledger.controls import WINDOW_DAYS, Controls
from aggregator.ledger.log import LogError, TransparencyLog
from aggregator.ledger.notes import load_or_create_signer, text_of
from aggregator.ledger.sealing import program
from aggregator.ledger.sealing.announcements import Rules
from aggregator.ledger.sealing.sealer import Sealer
from aggregator.ledger.witnessing.asking import Asked, lines
from aggregator.ledger.witnessing.policy import load_policy
from aggregator.ledger.witnessing.visit import confirms, is_fresh
from aggregator.redirect.event_reader import EventReader

NEXT_KEY = "log-next.key"
TOLD = ("decision", "incident", "contract", "policy", "disclosure", "program", "key")


class LogKeeper:
    """Not thread-safe: the worker holds its seal lock around each call. Closed with `close`."""

    def __init__(self, settings: Settings, before_signing: Callable[[], object] = lambda: None) -> None:
        """`before_signing`: see `Sealer`. Raises PolicyError."""
        self._settings = settings
        self._published = settings.published_dir
        self._before_signing = before_signing
        self.policy = load_policy(settings.witness_policy)
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
            told = self.policy.witnesses or log.last("witnesses")
            witnesses = self._settings.witness_policy.read_bytes() if told else b""
            contract, hosting = self._settings.contract_path, self._settings.hosting_dir
            rules = Rules(contract, hosting, policy, witnesses, program.running())
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
        self._publish_policy(log)
        return added

    def count_witnesses(self, at: datetime, asked: Asked) -> int:
        """Store what witnesses of the policy have signed beside the log, and inside its head what is signed of that.

        Returns how many of them confirmed one of our heads within seven days.
        """
        log, fresh = self.open(at), 0
        folder = self._published / "log"
        for one in self.policy.witnesses.values():
            path, note = folder / "witnesses" / f"{one.name}.checkpoint", asked.notes.get(one.name, b"")
            # A date to come would stay fresh for ever: such a note is none.
            if self._confirmed(log, one.vkey, note, at):
                files.write_whole(path, note)
            fresh += path.exists() and self._confirmed(log, one.vkey, path.read_bytes(), at)
        log.cosigned(lines(self.policy.witnesses, folder, text_of((folder / "checkpoint").read_text(encoding="utf-8"))))
        self._controls.publish("witnesses", {"ok": True, "count": fresh, "refusals": asked.refusals}, at)
        return fresh

    def _confirmed(self, log: TransparencyLog, vkey: str, note: bytes, at: datetime) -> bool:
        when = confirms(note.decode("utf-8", "replace"), vkey, log.vkey, log.root_at)
        return when is not None and is_fresh(when, at, WINDOW_DAYS * 86_400)

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
        self._publish_policy(log)
        return signer.vkey

    def _publish_policy(self, log: TransparencyLog) -> None:
        """The witnesses and how many are needed, with the log's own key: other people's tools read it as it is."""
        entry = log.last("witnesses")
        if entry:
            text = (self._published / "log" / "policies" / f"{entry['sha256']}.txt").read_bytes()
            files.write_changed(self._published / "log" / "witness-policy", f"log {log.vkey}\n".encode() + text)

    def _publish_history(self, log: TransparencyLog) -> None:
        """Decisions, incidents and changes of the rules, newest first, for the page that tells them."""
        entries = [{"index": index, **entry} for kind in TOLD for index, entry in log.entries(kind)]
        content = canonical.to_json(sorted(entries, key=lambda entry: -entry["index"]))
        files.write_changed(self._published / "history.json", content)
