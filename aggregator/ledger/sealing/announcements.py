"""What the log states before it is used, and anew when it changes: rules, witnesses, the program, hosting sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator import files, instants
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.sealing.program import Program
from aggregator.ledger.seeds import SeedChain


@dataclass(frozen=True, slots=True)
class Rules:
    """What there is to state.

    `contract`: text of the ranking contract; `hosting`: folder of the hosting sheets; `policy`: margins and thresholds
    that verdicts are made with; `witnesses`: the policy that says who signs beside us, empty when nobody does or did;
    `program`: what runs, None when that is not to be said.
    """

    contract: Path
    hosting: Path
    policy: Mapping[str, str]
    witnesses: bytes = b""
    program: Program | None = None


class Announcements:
    """Each text is kept in the log's folder under its hash, so that what was announced can be read for ever."""

    def __init__(self, log: TransparencyLog, folder: Path, chain: SeedChain, rules: Rules) -> None:
        self._log = log
        self._folder = folder
        self._chain = chain
        self._rules = rules

    def new(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The entries that are due; the anchor of the seed chain is announced once."""
        at, rules = instants.second(now), self._rules
        contract = rules.contract.read_bytes()
        yield from self._text("contract", "contracts", ".md", contract, {"at": at, "version": "order/1"})
        last = self._log.last("policy")
        if last is None or {k: v for k, v in last.items() if k not in ("t", "at")} != rules.policy:
            yield {"t": "policy", "at": at, **rules.policy}
        if rules.witnesses:
            yield from self._text("witnesses", "policies", ".txt", rules.witnesses, {"at": at})
        if rules.program:
            told = {"at": at, "version": rules.program.version, "files": rules.program.files}
            yield from self._text("program", "programs", ".sha256", rules.program.sums, told)
        if self._log.last("chain") is None:
            yield {"t": "chain", "start": self._chain.start.isoformat(), "anchor": self._chain.anchor.hex()}
        yield from self._disclosures(at)

    def _text(
        self, kind: str, folder: str, suffix: str, text: bytes, told: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """An entry of this kind, unless the last one is of the same text."""
        digest, last = hashlib.sha256(text).hexdigest(), self._log.last(kind)
        if last is None or last["sha256"] != digest:
            files.write_whole(self._folder / folder / f"{digest}{suffix}", text)
            yield {"t": kind, **told, "sha256": digest}

    def _disclosures(self, at: str) -> Iterator[dict[str, Any]]:
        known = {entry["provider"]: entry["sha256"] for _, entry in self._log.entries("disclosure")}
        for path in sorted(self._rules.hosting.glob("*.json")):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            if known.get(path.stem) != digest:
                files.write_whole(self._folder / "hosting" / f"{digest}.json", content)
                yield {"t": "disclosure", "at": at, "provider": path.stem, "sha256": digest}
