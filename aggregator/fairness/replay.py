"""The control of the order: replays every list shown in an hour from the published files, and compares the hashes.

The outcome is published by hour (docs/ranking.md §8), with the exposure that each provider would have had by chance and
by the criteria alone (docs/figures.md §7). The lists shown are then forgotten: only questions asked eleven times or
more in the hour stay public, beside a commitment to every one, so that none can be added or taken away afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator import canonical, files, instants
from aggregator.config.settings import Settings
from aggregator.fairness.choices import Choices, offered
from aggregator.ledger import merkle, seeds
from aggregator.ledger.controls import WINDOW_DAYS, Controls
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import SALT_BYTES
from aggregator.redirect.impressions import WEIGHTS, exposure_of
from aggregator.redirect.rollups import RollUps
from aggregator.redirect.tokens import load_secret
from aggregator.search.order import tie_group
from aggregator.search.question import Question
from aggregator.search.search import Ranking, UnknownOriginError, search
from aggregator.snapshot.format import SnapshotError
from aggregator.snapshot.shelf import Shelf, Snapshot
from aggregator.snapshot.supply import PLACE
from aggregator.statistics import decomposition

MIN_ASKED = 11  # questions of fewer are not published (docs/figures.md §10)
DELAY = timedelta(minutes=2)  # what an hour has shown waits in memory for some seconds (docs/figures.md §1.2)

FORMAT = "replay/2"
LIST_DIGITS = 32  # of the hash of a list: what a token and an event hold of it

ListRow = tuple[str, str, str, str, int]
"""(hour of the order, snapshot, question, hash, times shown)."""


@dataclass
class Control:
    """How the replay of one hour went. `expected`: provider -> exposure (at random, by the criteria, replayed).

    `offered`: hour of the order -> list -> what it says of a click on it; `digest`: SHA-256 of the replayed lists;
    `root`: over what each list commits to, those of few askers (`closed`) included.
    """

    hour: str
    lists: int = 0
    distinct: int = 0
    different: int = 0
    first_difference: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    closed: list[bytes] = field(default_factory=list)
    root: bytes = merkle.EMPTY_ROOT
    expected: dict[str, tuple[float, float, int]] = field(default_factory=dict)
    offered: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    digest: str = ""


class Replays:
    """Replays what the events say was shown, and publishes how it went."""

    def __init__(self, settings: Settings, reader: EventReader, rollups: RollUps, choices: Choices) -> None:
        self._settings = settings
        self._published = settings.published_dir
        self._reader = reader
        self._rollups = rollups
        self._choices = choices
        self._controls = Controls(settings.published_dir)
        self._shelf: Shelf | None = None

    def run(self, at: datetime) -> list[Control]:
        """Make the lists of every finished hour again, publish what came out, and forget them.

        May take minutes on a busy portal: the worker does it beside the sealing, with accounts of its own.
        """
        over = instants.hour(at - DELAY)
        controls = self._replay(self._reader.hours_of_lists(over), at)
        self._choices.settle(min([over, *self._reader.hours_of_lists(over)]), at)
        return controls

    def _replay(self, hours: Sequence[str], at: datetime) -> list[Control]:
        if not hours:
            return []
        chain = seeds.load_or_create(self._settings.keys_dir / "seed-chain.json", at.date())
        drawn = seeds.DaySeeds(chain, self._published / "log")
        # Kept for the next hour, whose lists mostly rest on the same places; opened only when there is something to do.
        self._shelf = self._shelf or Shelf(self._published)
        controls = []
        for hour in hours:
            lists, served = self._reader.shown(hour)
            control = replay(hour, lists, self._shelf, drawn.seed_of)
            commit(control, lists, load_secret(self._settings.keys_dir / "token.key"))
            self._compare_exposure(control, served)
            for epoch, offered_then in control.offered.items():
                self._choices.keep(epoch, offered_then)
            # Counted, published, forgotten, in this order: a stop loses no list, and the digest keeps those that come
            # again from counting twice. The digest itself goes last.
            self._rollups.put_replay(
                hour, control.lists, control.distinct, control.different, control.expected, control.digest
            )
            publish(control, self._published / "log")
            self._reader.forget_lists(hour, lists)
            self._rollups.replay_forgotten()
            controls.append(control)
        return controls

    def _compare_exposure(self, control: Control, served: Mapping[str, int]) -> None:
        """Note a difference when the exposure served is not that of the replayed lists, to the last unit.

        Lists may arrive late, from a machine that was cut off as the hour ended: then those replayed earlier count too.
        After a stop between counting and forgetting the same lists come again: then they alone make up what was served.
        """
        replayed = {provider: units for provider, (_, _, units) in control.expected.items() if units}
        together = Counter(replayed)
        for provider, (_, _, units) in self._rollups.expected(control.hour, control.hour).items():
            together[provider] += units
        if served not in (replayed, +together) and not control.different:
            control.different, control.first_difference = 1, f"{control.hour} exposure"

    def publish_control(self, at: datetime) -> None:
        """How the replays of the last seven days went."""
        first = instants.hour(at - timedelta(days=WINDOW_DAYS))
        lists, different = self._rollups.replays(first, instants.hour(at))
        self._controls.publish("order", {"ok": different == 0, "lists": lists, "different": different}, at)


def replay(hour: str, rows: Sequence[ListRow], shelf: Shelf, seed_of: Callable[[str], bytes]) -> Control:
    """Make every list again. `seed_of`: the seed of a day, "2026-11-23"."""
    control = Control(hour)
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    drawn: dict[str, int] = defaultdict(int)
    for epoch, named, key, whole, times in rows:
        control.lists += times
        control.distinct += 1
        answer = _again(shelf, named, epoch, key, seed_of)
        if answer is None or answer.hash != whole:
            control.different += times
            control.first_difference = control.first_difference or f"{epoch} {key} {whole[:16]}"
        if answer is not None:
            _add(answer, times, totals, drawn)
            control.offered[epoch][whole[:LIST_DIGITS]] = offered(answer)
    control.digest = hashlib.sha256(canonical.to_json({"hour": hour, "lists": rows})).hexdigest()
    control.expected = {prov: (totals[prov][0], totals[prov][1], drawn[prov]) for prov in sorted(totals)}
    return control


def commit(control: Control, rows: Sequence[ListRow], secret: bytes) -> None:
    """Note what the replay says of each list: in full when it was asked often, else a digest that nobody can guess.

    The salt comes from a key of the portal, not from chance: the same lists, after a stop, are the same file.
    """
    digests = []
    for epoch, named, key, whole, times in sorted(rows):
        shown = {"epoch": epoch, "key": key, "snapshot": named, "hash": whole, "n": times}
        content = canonical.to_json(shown)
        head = f"aiguillage-shown/v1\n{control.hour}\n".encode()
        salt = hmac.digest(secret, head + content, "sha256")[:SALT_BYTES]
        digest = hashlib.sha256(head + salt + content).digest()
        digests.append(digest)
        if times >= MIN_ASKED:
            control.asked.append({**shown, "salt": salt.hex()})
        else:
            control.closed.append(digest)
    control.root = merkle.root_of(map(merkle.leaf_hash, sorted(digests)))


def publish(control: Control, folder: Path) -> None:
    """Write `replays/<hour>.json`, which the log then names.

    Lists that arrived late get a further file, `<hour>-2.json`: a file that the log names is never written again.
    """
    content = canonical.to_json(
        {
            "format": FORMAT,
            "hour": control.hour,
            "lists": control.lists,
            "distinct": control.distinct,
            "different": control.different,
            "first_difference": control.first_difference,
            "asked": sorted(control.asked, key=lambda row: (row["key"], row["epoch"], row["snapshot"])),
            "closed": sorted(digest.hex() for digest in control.closed),
            "root": control.root.hex(),
        }
    )
    for part in itertools.count(1):
        path = folder / "replays" / f"{control.hour}{f'-{part}' if part > 1 else ''}.json"
        if not path.exists():
            files.write_whole(path, content)
            return
        if path.read_bytes() == content:
            return  # the same lists once more, after a stop before they were forgotten


def _again(shelf: Shelf, named: str, epoch: str, key: str, seed_of: Callable[[str], bytes]) -> Ranking | None:
    """None when the list cannot be made from what is published: that counts as a difference."""
    try:
        snapshot: Snapshot | None = shelf.find(named, epoch)
        if snapshot is None:
            return None
        return search(snapshot, Question.of_key(key), epoch, seed_of(epoch[:10]), snapshot.places)
    except (SnapshotError, UnknownOriginError, ValueError, KeyError):
        return None


def _add(answer: Ranking, times: int, totals: dict[str, list[float]], drawn: dict[str, int]) -> None:
    lines = tuple(
        (tuple(offer.provider for offer in one.place.offers), tie_group(one.candidate, answer.question.sort))
        for one in answer.found
    )
    exposed = decomposition.exposures([decomposition.ListShown(times, lines)], [weight * PLACE for weight in WEIGHTS])
    for prov in exposed.uniform:
        totals[prov][0] += exposed.uniform[prov]
        totals[prov][1] += exposed.criteria[prov]
    # In whole units, not `exposed.drawn`, which are floats: compared with what was served, the difference must be 0.
    for (_, prov), (_, _, units) in exposure_of(one.place for one in answer.found).items():
        drawn[prov] += times * units
