"""What a report says of its week: its own closed table, the log's entries about it, and what the program checked.

Nothing is counted anew here: whoever holds the table and the log finds each number in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.fairness import shares
from aggregator.opendata.editions import one_table, windows
from aggregator.opendata.editions.windows import Window
from aggregator.statistics import ties

Entry = Mapping[str, Any]
BLOCK = 1 << 16


class NoEvidenceError(RuntimeError):
    """No report can be made; the message says why."""


class NotClosedError(NoEvidenceError):
    """Nor of this week."""


@dataclass(frozen=True)
class Checked:
    """One command of verify.py as it was run on the published files. `code`: 0 agrees, 1 does not, 2 not checked."""

    command: str
    lines: Sequence[str]
    code: int


@dataclass(frozen=True)
class Proof:
    """The log as verify.py has read it. `checkpoint`: its signed head, with the lines of witnesses."""

    entries: Sequence[Entry]
    checkpoint: str
    vkey: str
    root: str


def closed_week(published: Path, name: str) -> tuple[Window, dict[str, Any]]:
    """The week's days and its table. Raises NotClosedError."""
    try:
        window = windows.window(name)
    except ValueError:
        raise NotClosedError(f"{name}: no such week; weeks are written like 2026-W48") from None
    if not window.since:
        raise NotClosedError(f"{name} is a day: a report is of a week, like {windows.week_of(window.first).name}")
    path = published / "log" / "metrics" / f"{name}.json"
    if not path.exists():
        raise NotClosedError(
            f"{name} is not closed: a week is closed after its Sunday ({window.last}, UTC), and there is no table of it"
        )
    return window, json.loads(path.read_text(encoding="utf-8"))


def told(table: Mapping[str, Any], window: Window, labels: Mapping[str, str], proof: Proof) -> dict[str, Any]:
    """The numbers of the report, as the pages' sentences and tables take them."""
    content = one_table.shares_of(table["rows"], window, labels)
    rows, step = content["providers"], content["step"]
    shares.compare(rows, step)
    choice = content["choice"]
    limit = ties.threshold(len(rows))
    for row in choice["providers"]:
        row["label"] = labels.get(row["slug"], row["slug"])
    return {
        "totals": {
            **content,
            "verdict": shares.verdict([row["stands"] for row in rows], step),
            "needed": shares.needed([row["places_share"] or 0.0 for row in rows]),
        },
        "providers": rows,
        "choice": {**choice, "beyond": [row for row in choice["providers"] if row["log_e"] >= limit]},
        "effects": one_table.effects(one_table.national(table["rows"])),
        "demo": any(row["demo"] for row in table["rows"]),
        "lists": lists(proof.entries, window),
        "contract": _last(proof.entries, "contract"),
        "policy": _last(proof.entries, "policy"),
        "stamps": [one for one in proof.entries if one["t"] == "stamp"],
        "events": [one for one in proof.entries if one["t"] == "day" and _within(window, one["day"])],
        "decisions": [one for one in proof.entries if _concerns(one, window)],
    }


def lists(entries: Sequence[Entry], window: Window) -> dict[str, int]:
    """The lists of the week that were made again, and how many came out different."""
    found = [one for one in entries if one["t"] == "replay" and _within(window, one["hour"])]
    return {name: sum(one[name] for one in found) for name in ("lists", "different")}


def files_of(published: Path, editions: Path, window: Window) -> Iterator[tuple[str, str]]:
    """(name, SHA-256) of each file that the report rests on: tables of the week and its days, its edition's sums."""
    log = published / "log"
    names = [window.name] + [one.name for one in windows.closed(published) if window.contains(one) and not one.since]
    for name in names:
        for path in sorted((log / "metrics").glob(f"{name}[.-]*")):
            yield f"log/metrics/{path.name}", sum_of(path)
    sums = editions / window.name / "SHA256SUMS"
    if sums.exists():
        yield f"donnees/{window.name}/SHA256SUMS", sum_of(sums)


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _within(window: Window, text: str) -> bool:
    return window.first.isoformat() <= text[:10] <= window.last.isoformat()


def _concerns(entry: Entry, window: Window) -> bool:
    """Incidents, corrections and disputes that were logged in the week or are about one of its days."""
    kind = entry.get("kind", "") if entry["t"] in ("decision", "incident") else ""
    if kind not in ("order", "incident", "correction", "dispute"):
        return False
    target = str(entry.get("target", ""))
    return _within(window, entry["at"]) or _within(window, target) or target == window.name


def _last(entries: Sequence[Entry], kind: str) -> Entry:
    return next((one for one in reversed(entries) if one["t"] == kind), {})
