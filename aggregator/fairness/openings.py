"""Some events of each day, opened: class, platform, rule and hour, so that anybody can hold the totals against them.

Three hundred of the day's commitments, all if there are fewer, drawn by the public seed of the day after. Place,
département, list and rank stay closed (docs/log.md §5). One opening a day and nothing more: a second would open others.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from aggregator import canonical, files
from aggregator.ledger.log import TransparencyLog
from aggregator.redirect import events
from aggregator.redirect.event_reader import EventReader

OPENED = 300  # all of them right: fewer than one in a hundred is otherwise, at 95 %
SHOWN = ("bin", "class", "policy", "prov")


def publish(log: TransparencyLog, reader: EventReader, folder: Path) -> list[str]:
    """Write `openings/<day>.json` of every day whose totals are in the log and that has none. Returns those days."""
    last = log.last("day")
    # Each minute: a look at one file. Only in the night is there more to do.
    if last is None or _path(folder, last["day"]).exists():
        return []
    seeds = {entry["date"]: bytes.fromhex(entry["seed"]) for _, entry in log.entries("seed")}
    since, done, before = promised_from(log), [], 0
    for _, entry in log.entries("day"):
        day, after = entry["day"], (date.fromisoformat(entry["day"]) + timedelta(days=1)).isoformat()
        if day >= since and after in seeds and not _path(folder, day).exists():
            drawn = draw(day, seeds[after], reader.commitments(before, entry["upto"]))
            content = {"format": "openings/1", "day": day, "opened": list(opening(reader.events(drawn)))}
            files.write_whole(_path(folder, day), canonical.to_json(content))
            done.append(day)
        before = entry["upto"]
    return done


def _path(folder: Path, day: str) -> Path:
    return folder / "openings" / f"{day}.json"


def promised_from(log: TransparencyLog) -> str:
    """The day since which the log announces events that can be opened field by field; "9999" before it does."""
    return min((entry["at"][:10] for _, entry in log.entries("policy") if entry.get("events") == events.FORMAT),
               default="9999")  # fmt: skip


def draw(day: str, seed: bytes, commitments: Sequence[tuple[int, bytes]]) -> list[int]:
    """The numbers of the events to be opened. `seed`: of the day after, which nobody outside had on the day."""
    head = f"aiguillage-opening/v1\n{day}\n".encode()
    keyed = sorted((hmac.digest(seed, head + commitment, "sha256"), seq) for seq, commitment in commitments)
    return [seq for _, seq in keyed[:OPENED]]


def opening(sealed: Sequence[tuple[bytes, bytes, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """What is published of each event: (commitment, nonce, fields). Sorted: the order they came in is not told."""
    for commitment, nonce, fields in sorted(sealed, key=lambda one: one[0]):
        if commitment != events.commitment(nonce, fields):
            # Sealed before the day's upgrade, as a whole: the log's policy says since when there are none of these.
            yield {"commitment": commitment.hex(), "event": "event/v1"}
            continue
        salts = dict(zip(events.FIELDS, events.salts(nonce), strict=True))
        yield {
            "commitment": commitment.hex(),
            "digests": [digest.hex() for digest in events.digests(nonce, fields)],
            "fields": {name: [salts[name].hex(), fields[name]] for name in SHOWN},
        }
