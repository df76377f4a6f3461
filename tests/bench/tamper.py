"""Row 5: eleven ways to falsify the log, a hundred times each, before the last head that somebody kept."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from tests.bench.score import Score, report
from tests.bench.sealed import sealed, verdict

TITLE = "falsified logs found: edited, deleted, swapped, inserted, signed again or not, truncated, rolled back, split"
BAR = "1,100 of 1,100"
TIMES = 100
BESIDE = ("vkey", "minutes", "contracts", "hosting", "seeds", "releases", "metrics", "replays")
Change = Callable[[list[bytes], random.Random], list[bytes]]


def edited(entries: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.choice([n for n, entry in enumerate(entries) if b'"t":"minute"' in entry])
    entry = json.loads(entries[at])
    entry["events"] -= 1
    return [*entries[:at], json.dumps(entry, sort_keys=True, separators=(",", ":")).encode(), *entries[at + 1 :]]


def deleted(entries: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(entries))
    return entries[:at] + entries[at + 1 :]


def swapped(entries: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(entries) - 1)
    return [*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]]


def inserted(entries: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(entries))
    return [*entries[:at], b'{"detail":"","kind":"correction","t":"incident"}', *entries[at:]]


def truncated(entries: list[bytes], draw: random.Random) -> list[bytes]:
    return entries[: draw.randrange(1, len(entries))]


def rolled_back(entries: list[bytes], draw: random.Random) -> list[bytes]:
    """An old backup, that has gone on with other entries since, to the same length."""
    at = draw.randrange(1, len(entries))
    more = [f'{{"at":"{number}","t":"incident"}}'.encode() for number in range(len(entries) - at)]
    return entries[:at] + more


def split(entries: list[bytes], draw: random.Random) -> list[bytes]:
    """Two heads of one size: what another reader was shown."""
    return [*entries[:-1], b'{"at":"%d","t":"incident"}' % draw.randrange(1000)]


SIGNED_AGAIN: tuple[Change, ...] = (edited, deleted, swapped, inserted, truncated, rolled_back, split)
LEFT_AS_SIGNED: tuple[Change, ...] = (edited, deleted, swapped, inserted)


def forge(settings: Settings, entries: list[bytes], target: Path) -> Path:
    """The log of `entries`, signed with the operator's own key."""
    shutil.rmtree(target, ignore_errors=True)
    signer = load_or_create_signer(settings.keys_dir / "log.key", settings.log_origin)
    with closing(TransparencyLog(target / "log.db", target / "log", signer)) as log:
        log.append([json.loads(entry) for entry in entries])
    for name in BESIDE:
        source = settings.published_dir / "log" / name
        if source.is_dir():
            (target / "log" / name).symlink_to(source)
        elif source.exists():
            shutil.copy(source, target / "log" / name)
    return target / "log"


def score() -> Score:
    draw, found, tried, fooled = random.Random(1), 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = sealed(folder / "run", minutes=12, events=5)
        honest = settings.published_dir / "log"
        head = folder / "head"
        shutil.copy(honest / "checkpoint", head)
        with closing(sqlite3.connect(settings.data_dir / "log.db")) as store:
            entries = [row[0] for row in store.execute("SELECT entry FROM entries ORDER BY n")]
        if verdict("log", "--from", head, forge(settings, entries, folder / "same")) != 0:
            raise SystemExit("the honest log does not verify: the row would mean nothing")
        for change in SIGNED_AGAIN:
            for _ in range(TIMES):
                log = forge(settings, change(entries, draw), folder / "forged")
                found += verdict("log", "--from", head, log) != 0
                fooled += change is swapped and verdict("log", log) == 0
                tried += 1
        for change in LEFT_AS_SIGNED:
            for _ in range(TIMES):
                log = forge(settings, change(entries, draw), folder / "forged")
                shutil.copy(head, log / "checkpoint")
                found += verdict("log", log) != 0
                tried += 1
    said = f"an auditor who kept no head was fooled by {fooled} of {TIMES} swaps"
    return Score(tried, found, 1, int(fooled > 0), said)


if __name__ == "__main__":
    report(TITLE, score)
