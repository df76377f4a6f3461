"""What goes into the public log, and when: announcements, seeds, minutes, days, snapshots, replays, figures, decisions.

A *minute* entry holds the number of new events and the Merkle root of their sorted commitments, nothing by provider;
the commitments are published beside it. A *day* entry holds exact national totals by class and provider of the minutes
sealed that day, so that anybody can add the minutes up and compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator import canonical, files, instants
from aggregator.ledger import merkle
from aggregator.ledger.log import LogError, TransparencyLog
from aggregator.ledger.sealing import ids
from aggregator.ledger.sealing.announcements import Announcements, Rules
from aggregator.ledger.seeds import DaySeeds, SeedChain
from aggregator.redirect.event_reader import EventReader

# Limits of docs/log.md §7: a small correction of the clock is forgiven; after a long sleep only an operator can tell a
# stopped portal from a clock set ahead, which would publish the seeds of days to come (S8).
MOST_BACK = timedelta(minutes=5)
MOST_ASLEEP = timedelta(days=7)
EDITIONS = ("????-??-??", "????-W??")  # folders of closed days and weeks


class Sealer:
    """Appends to the public log what has happened since the last call. The worker calls it each minute."""

    def __init__(
        self,
        log: TransparencyLog,
        published: Path,
        reader: EventReader,
        chain: SeedChain,
        rules: Rules,
        before_signing: Callable[[], object] = lambda: None,
    ) -> None:
        """`before_signing`: makes the files that entries name safe before the entries; its failure stops the log."""
        self._log = log
        self._published = published
        self._folder = published / "log"
        self._reader = reader
        self._chain = chain
        self._days_seeds = DaySeeds(chain, self._folder)
        self._announcements = Announcements(log, self._folder, chain, rules)
        self._before_signing = before_signing

    def seal(self, now: datetime, resume: bool = False) -> int:
        """Append what is new; returns how many entries that was.

        Raises LogError when the clock cannot be believed: a wrong one would reveal draws to come. `resume`: an
        operator says that the portal really has been asleep for so long.
        """
        self._refuse_a_clock_that_jumped(now, resume)
        files.write_changed(self._folder / "vkey", f"{self._log.vkey}\n".encode())
        before = self._log.size
        # Days before the minute: `_days` adds up the minutes that come after the last `day` entry. A minute of today
        # that stood before it would be missing in the total of today.
        for work in (
            self._announcements.new,
            self._seeds,
            self._days,
            self._minute,
            self._snapshots,
            self._replays,
            self._metrics,
            self._openings,
            self._releases,
            self._decisions,
            self._stamps,
        ):
            new = list(work(now))
            # By now the files that the entries name are written; they are made safe before the entries.
            if new:
                self._before_signing()
                self._log.append(new)
        return self._log.size - before

    def _refuse_a_clock_that_jumped(self, now: datetime, resume: bool) -> None:
        minute, seed = self._log.last("minute"), self._log.last("seed")
        if minute and now + MOST_BACK < datetime.fromisoformat(minute["minute"] + ":00+00:00"):
            raise LogError(
                f"the clock says {now:%Y-%m-%d %H:%M} UTC and {minute['minute']} has been sealed: set it right"
            )
        asleep = now.date() - date.fromisoformat(seed["date"]) if seed else timedelta(0)
        if asleep > MOST_ASLEEP and not resume:
            raise LogError(
                f"nothing has been sealed for {asleep.days} days: if the clock is right, run `aiguillage seal --resume`"
            )

    def _seeds(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The link of every day that has begun, published as it begins."""
        today = now.date()
        last = self._log.last("seed")
        day = date.fromisoformat(last["date"]) + timedelta(days=1) if last else self._chain.start
        while day <= today:
            entry = {"t": "seed", **self._days_seeds.entry(day.isoformat())}
            files.write_whole(self._folder / "seeds" / f"{day.isoformat()}.json", canonical.to_json(entry))
            yield entry
            day += timedelta(days=1)

    def _minute(self, now: datetime) -> Iterator[dict[str, Any]]:
        last = self._log.last("minute")
        rows = self._reader.commitments(after=last["upto"] if last else 0)
        if not rows:
            return
        sealed = sorted(commitment for _, commitment in rows)  # the order of arrival is not kept
        minute = instants.minute(now)
        if last and last["minute"] >= minute:
            return  # one entry a minute: what has come since waits for the next
        name = f"{now:%Y/%m/%d/%H-%M}.bin"
        files.write_whole(self._folder / "minutes" / name, b"".join(sealed))
        yield {
            "t": "minute",
            "minute": minute,
            "events": len(sealed),
            "upto": rows[-1][0],
            "root": merkle.root_of(map(merkle.leaf_hash, sealed)).hex(),
            "file": f"minutes/{name}",
        }

    def _days(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Totals of every finished day that has sealed minutes, from the day after the last one logged."""
        today, done = now.date(), self._log.last("day")
        by_day: dict[str, tuple[int, int]] = {}
        for _, entry in self._log.entries("minute", self._log.index_of_last("day") or 0):
            day = entry["minute"][:10]
            if day < today.isoformat() and (done is None or day > done["day"]):
                events, _ = by_day.get(day, (0, 0))
                by_day[day] = (events + entry["events"], entry["upto"])
        after = done["upto"] if done else 0
        for day, (events, upto) in sorted(by_day.items()):
            totals = self._reader.class_totals(after, upto)
            yield {"t": "day", "day": day, "events": events, "upto": upto, "classes": totals}
            after = upto

    def _snapshots(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Each finished hour: the Merkle root of all the snapshots published in it, in their order."""
        last = self._log.last("snapshots")
        before = next((e["ids"] for _, e in reversed([*self._log.entries("snapshots")]) if "ids" in e), ids.FIRST)
        for path in sorted(self._published.glob("hours/*.ndjson")):
            hour = path.stem
            if hour < instants.hour(now) and (last is None or hour > last["hour"]):
                rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
                root = merkle.root_of(merkle.leaf_hash(row["snapshot"].encode()) for row in rows)
                entry = {"t": "snapshots", "hour": hour, "count": len(rows), "root": root.hex()}
                try:
                    listed = ids.ids_of(self._published, [row["places"] for row in rows])
                except ids.IdsError as error:
                    # Sealing goes on: whoever checks is told of the hour, and sees the ids at the next.
                    yield {**entry, "without_ids": str(error)[:200]}
                    continue
                before = ids.chained(before, listed)
                yield {**entry, "places": len(listed), "ids": before}

    def _replays(self, now: datetime) -> Iterator[dict[str, Any]]:
        """How the control of the order went, hour by hour; a list that came out different is an incident."""
        logged = {entry.get("file", f"replays/{entry['hour']}.json") for _, entry in self._log.entries("replay")}
        for path in sorted((self._folder / "replays").glob("*.json")):
            name = f"replays/{path.name}"
            if name in logged:
                continue
            content = path.read_bytes()
            found = json.loads(content)
            digest = hashlib.sha256(content).hexdigest()
            counts = {name: found[name] for name in ("hour", "lists", "different", "root") if name in found}
            yield {"t": "replay", **counts, "file": name, "sha256": digest}
            if found["different"]:
                yield {
                    "t": "incident",
                    "at": instants.second(now),
                    "kind": "order",
                    "detail": found["first_difference"],
                }

    def _metrics(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The hash of every published table, once."""
        logged = {entry["name"] for _, entry in self._log.entries("metrics")}
        for path in sorted((self._folder / "metrics").glob("*.json")):
            if path.stem not in logged:
                files = sorted(self._folder.glob(f"metrics/{path.stem}[.-]*"))
                hashes = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
                yield {"t": "metrics", "at": instants.second(now), "name": path.stem, "files": hashes}

    def _openings(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The hash of the opened events of each day, once."""
        logged = {entry["day"] for _, entry in self._log.entries("openings")}
        for path in sorted((self._folder / "openings").glob("*.json")):
            if path.stem not in logged:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                yield {"t": "openings", "at": instants.second(now), "day": path.stem, "sha256": digest}

    def _releases(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The hash of the sums of every edition of a closed day or week, with a copy of the sums beside the log."""
        logged = {entry["name"] for _, entry in self._log.entries("release")}
        found = (path for name in EDITIONS for path in self._published.glob(f"data/{name}/SHA256SUMS"))
        for path in sorted(found):
            name = path.parent.name
            if name not in logged:
                sums = path.read_bytes()
                files.write_whole(self._folder / "releases" / f"{name}.sha256", sums)
                yield {
                    "t": "release",
                    "at": instants.second(now),
                    "name": name,
                    "sha256": hashlib.sha256(sums).hexdigest(),
                }

    def _stamps(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Each time stamp that an authority has given, and the head that it is of."""
        last = self._log.last("stamp")
        for path in sorted((self._folder / "stamps").glob("*.tsr")):
            if last is None or path.stem > last["day"]:
                head = hashlib.sha256(path.with_suffix(".checkpoint").read_bytes()).hexdigest()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                yield {"t": "stamp", "at": instants.second(now), "day": path.stem, "head": head, "sha256": digest}

    def _decisions(self, now: datetime) -> Iterator[dict[str, Any]]:
        """What operators decided, in the words of the registry, each once."""
        path = self._published / "decisions.json"
        if not path.exists():
            return
        last = self._log.last("decision")
        for row in json.loads(path.read_text(encoding="utf-8")):
            if last is None or row["n"] > last["n"]:
                yield {"t": "decision", **row}
