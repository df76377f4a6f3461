"""A portal that is nothing but a log, and the folder that it reads from and writes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import Signer
from aggregator.ledger.sealing.announcements import Rules
from aggregator.ledger.sealing.program import Program
from aggregator.ledger.sealing.sealer import Sealer
from aggregator.ledger.seeds import SeedChain
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from tests.clock import NOON

SIGNER = Signer("portail.example/log", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
CHAIN = SeedChain(date(2026, 11, 22), b"end" * 11, links=30)
TODAY = "2026-11-23"


class BareLog:
    """A log that is sealed, and the folder that it reads from and writes to."""

    def __init__(self, folder: Path) -> None:
        self.published = folder / "published"
        self.contract = folder / "contract.md"
        self.contract.write_text("la règle")
        self.hosting = folder / "hosting"
        self.hosting.mkdir()
        (self.hosting / "a.json").write_text("{}")
        self.policy = {"margin_points": "0.02"}
        self.witnesses = b""
        self.program: Program | None = None
        self.events = EventLog(folder / "events.db", wait_s=5)
        self.log = TransparencyLog(folder / "log.db", self.published / "log", SIGNER)
        self.reader = EventReader(folder / "events.db")

    def seal(self, at: datetime = NOON, resume: bool = False) -> int:
        """With a sealer of its own each time, as after a restart."""
        rules = Rules(self.contract, self.hosting, self.policy, self.witnesses, self.program)
        return Sealer(self.log, self.published, self.reader, CHAIN, rules).seal(at, resume)

    def click(self, prov: str = "a", cls: EventClass = EventClass.COUNTED) -> bytes:
        event = Event("dep=75", f"{TODAY}T12", "p-a", cls, "a" * 32, "order/1", 1, prov)
        return self.events.record(event)[0].commitment

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [entry for _, entry in self.log.entries(kind)]

    def file(self, name: str) -> bytes:
        return (self.published / "log" / name).read_bytes()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[BareLog]:
    made = BareLog(tmp_path)
    with closing(made.events), closing(made.log):
        yield made
