"""Row 36: an operator who holds every key lies, in each way that an audit tried; who finds it, with which command.

A portal of a week, with clicks whose truth is known. Each lie is told as its operator would tell it: files, entries and
tables changed, hashed and signed again. `python -m tests.bench.dishonest` prints the table of docs/audit.md.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

import verify
from aggregator import canonical
from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.fairness import metrics
from aggregator.ledger import merkle
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.redirect.event_log import open_events
from tests.bench.score import Score, report
from tests.bench.sealed import verdict
from tests.bench.stage import BROWSER, LYON, TOKEN, staged
from tests.clock import NOON
from tests.portal import MONDAY, Portal

TITLE = "lies of an operator who signs them again, found by an outsider with published files and verify.py"
BAR = "all, or named as impossible"
WEEK, HOUR = "2026-W48", f"{MONDAY}T12"
Entries = list[dict[str, Any]]


@dataclass
class Published:
    """A copy of what a portal publishes, which its operator can change and sign again. `head`: what somebody kept."""

    folder: Path
    settings: Settings
    head: Path
    receipts: list[tuple[str, str]]
    """(receipt, platform that the citizen was sent to), of one whose click was dropped and of one relabelled."""
    page: Path
    """A list as one visitor has saved it."""

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def entries(self) -> Entries:
        source = verify.Source(str(self.log))
        found: Entries = verify.read_log(source, source.text("vkey").strip()).entries
        return found

    def sign(self, entries: Entries) -> None:
        signer = load_or_create_signer(self.settings.keys_dir / "log.key", self.settings.log_origin)
        shutil.rmtree(self.log / "tile")
        (self.log / "checkpoint").unlink()
        with (
            tempfile.TemporaryDirectory() as name,
            closing(TransparencyLog(Path(name) / "log.db", self.log, signer)) as log,
        ):
            log.append(entries)

    def change(self, kind: str, change: Callable[[dict[str, Any]], object], **fields: Any) -> None:
        """Change the first entry of a kind with these values, and sign all again."""
        entries = self.entries()
        change(next(one for one in entries if one["t"] == kind and fields.items() <= one.items()))
        self.sign(entries)

    def table(self, name: str, column: str, by: float) -> None:
        """Change one number of a table, in JSON and CSV, with its hash in the log."""
        path = self.log / "metrics" / f"{name}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["rows"][0][column] += by
        path.write_bytes(canonical.to_json(content))
        (self.log / "metrics" / f"{name}.csv").write_bytes(metrics.as_csv(content["rows"]).encode())

        def rehash(entry: dict[str, Any]) -> None:
            for file in entry["files"]:
                entry["files"][file] = hashlib.sha256((self.log / "metrics" / file).read_bytes()).hexdigest()

        self.change("metrics", rehash, name=name)


# --- the lies --------------------------------------------------------------------------------------------------------


def bit_flip(one: Published) -> None:
    path = max((one.log / "tile" / "entries").rglob("*"), key=lambda path: path.is_file() and path.stat().st_size)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


def withheld_minute(one: Published) -> None:
    next((one.log / "minutes").rglob("*.bin")).unlink()


def another_seed(one: Published) -> None:
    """A draw that suits somebody better, said to be the day's."""

    def draw(entry: dict[str, Any]) -> None:
        entry["seed"] = "00" * 32
        (one.log / "seeds" / f"{MONDAY}.json").write_bytes(canonical.to_json(entry))

    one.change("seed", draw, date=MONDAY)


def snapshot_removed(one: Published) -> None:
    line = json.loads((one.folder / "hours" / f"{HOUR}.ndjson").read_text(encoding="utf-8").splitlines()[0])
    (one.folder / "snapshots" / f"{line['slots']}.json.gz").unlink()


def past_day_rewritten(one: Published) -> None:
    """A click disappears from its minute, its root and its day's total, so that all of them agree without it."""
    entries = one.entries()
    minute = next(entry for entry in entries if entry["t"] == "minute" and entry["minute"].startswith(MONDAY))
    total = next(entry for entry in entries if entry["t"] == "day" and entry["day"] == MONDAY)
    path = one.log / minute["file"]
    kept = path.read_bytes()[32:]
    path.write_bytes(kept)
    leaves = (kept[at : at + 32] for at in range(0, len(kept), 32))
    minute["root"] = merkle.root_of(map(merkle.leaf_hash, leaves)).hex()
    minute["events"] -= 1
    total["events"] -= 1
    counted = total["classes"]["counted"]
    counted[max(counted, key=lambda slug: counted[slug])] -= 1
    one.sign(entries)


def rollback(one: Published) -> None:
    entries = one.entries()
    one.sign(entries[: len(entries) // 2])


def swapped_entries(one: Published) -> None:
    entries = one.entries()
    at = next(number for number, entry in enumerate(entries) if entry["t"] == "minute")
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    one.sign(entries)


def day_never_published(one: Published) -> None:
    one.sign([entry for entry in one.entries() if not (entry["t"] == "day" and entry["day"] == MONDAY)])


def figures_edited(one: Published) -> None:
    """What the page prints, and the log does not sign."""
    path = one.folder / "closed.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["weeks"][0]["rows"][0]["redirects"] += 7
    path.write_bytes(canonical.to_json(content))


def relabelled_totals(one: Published) -> None:
    """Clicks of one platform told as another's in the day's totals and its table: sums and minutes stay right."""

    def relabel(entry: dict[str, Any]) -> None:
        counted = entry["classes"]["counted"]
        first, second = sorted(counted, key=lambda slug: -counted[slug])[:2]
        counted[first], counted[second] = counted[first] - 5, counted[second] + 5

    one.change("day", relabel, day=MONDAY)


def false_week(one: Published) -> None:
    one.table(WEEK, "goodman_low", 0.01)


def false_day(one: Published) -> None:
    one.table(MONDAY, "places", 1.0)


def grinded_ids(one: Published) -> None:
    """A place that suits the draw is said to have been known for weeks: its day is changed in the published file."""
    path = one.folder / "hours" / f"{HOUR}.ndjson"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    places = one.folder / "snapshots" / f"{lines[0]['places']}.json.gz"
    content = json.loads(gzip.decompress(places.read_bytes()))
    content["places"][0]["drawn"] = "2026-01-01"
    body = canonical.to_json(content)
    digest = hashlib.sha256(body).hexdigest()
    (one.folder / "snapshots" / f"{digest}.json.gz").write_bytes(gzip.compress(body))
    lines[0]["places"] = digest
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@dataclass(frozen=True)
class Lie:
    """`commands`: what an outsider runs; `{dropped}`, `{relabelled}` stand for receipts that citizens hold."""

    what: str
    tell: Callable[[Published], None]
    commands: tuple[tuple[str, ...], ...]


def reordered_page(one: Published) -> None:
    """Two cards change places for one visitor, ranks and all; what is published stays true."""
    cards = re.split(r'(?=<li class="carte" id="lieu-\d+">)', one.page.read_text(encoding="utf-8"))
    first, second = (re.sub(r'(lieu-|numero">)\d+', rf"\g<1>{n}", cards[at]) for n, at in ((2, 1), (1, 2)))
    one.page.write_text("".join([cards[0], second, first, *cards[3:]]), encoding="utf-8")


def nothing(_: Published) -> None:
    """Told already, by the portal itself: see `portal_with_a_week`."""


LIES = (
    Lie("bit flip in the log", bit_flip, (("log",),)),
    Lie("a minute's file withheld", withheld_minute, (("log",),)),
    Lie("another seed", another_seed, (("seed", "--date", MONDAY),)),
    Lie("a snapshot removed", snapshot_removed, (("metrics", "--day", MONDAY),)),
    Lie("a past day rewritten", past_day_rewritten, (("log", "--from", "{head}"),)),
    Lie("rollback", rollback, (("log", "--from", "{head}"),)),
    Lie("entries swapped", swapped_entries, (("log", "--from", "{head}"),)),
    Lie("a day's totals never published", day_never_published, (("all",),)),
    Lie("figures of a page edited", figures_edited, (("figures",),)),
    Lie("clicks relabelled in the totals", relabelled_totals, (("totals", "--day", MONDAY),)),
    Lie("a click dropped before it was sealed", nothing, (("receipt", "{dropped}"),)),
    Lie("a click relabelled at its source", nothing, (("receipt", "--platform", "{platform}", "{relabelled}"),)),
    Lie("two cards swapped for one visitor", reordered_page, (("page", "{page}"),)),
    Lie("a false day", false_day, (("metrics", "--day", MONDAY),)),
    Lie("a false week, in one column", false_week, (("metrics", "--day", WEEK),)),
    Lie("ids ground against seeds", grinded_ids, (("ids",),)),
)
IMPOSSIBLE = {
    "clicks that the operator makes itself": "they are real clicks; platforms' own counts and the press may contradict",
    "which events are opened, without a beacon": "the operator knows the next seed; receipts find what it relabels",
}


@contextmanager
def portal_with_a_week(folder: Path) -> Iterator[Published]:
    """Lists and clicks on Monday, two of them falsified before they were sealed, and the week closed."""
    with staged(folder / "run", at=lambda: NOON) as (settings, _):
        portal = Portal(settings, gazetteers.load_gazetteer(settings.gazetteer_path))
        portal.visit(60, 50)
        receipts = [dropped(portal), relabelled(portal)]
        page = folder / "page.html"
        page.write_text(portal.citizen(202).get(LYON).text, encoding="utf-8")
        portal.site.flush()
        portal.work()
        for _ in range(8):
            portal.clock.forward(days=1)
            portal.publish()
            portal.work()
        portal.release()
        portal.work()
        portal.app.extensions["aiguillage"].close()
        head = folder / "head"
        shutil.copy(settings.published_dir / "log" / "checkpoint", head)
        yield Published(settings.published_dir, settings, head, receipts, page)


def dropped(portal: Portal) -> tuple[str, str]:
    """A click whose event goes before the log has sealed it: (receipt, the platform's host)."""
    found = a_click(portal, 200)
    with closing(open_events(portal.settings.data_dir / "events.db")) as store:
        store.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")
    return found


def relabelled(portal: Portal) -> tuple[str, str]:
    """A click that the web process itself records as another platform's, in an event that is true but for that."""
    record = portal.site.events.record
    portal.site.events.record = lambda event: record(structs.replace(event, prov="autre"))  # type: ignore[method-assign]
    found = a_click(portal, 201)
    portal.site.events.record = record  # type: ignore[method-assign]
    return found


def a_click(portal: Portal, number: int) -> tuple[str, str]:
    citizen = portal.citizen(number)
    button = TOKEN.search(citizen.get(LYON, headers={"User-Agent": BROWSER}).text)
    assert button is not None
    answer = citizen.post(button[1])
    sent_to = portal.settings.booking_sites().owner(answer.headers["Location"])
    return answer.headers["Redirect-Receipt"], sent_to


def copied(honest: Published, target: Path) -> Published:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(honest.folder, target, symlinks=True)
    page = shutil.copy(honest.page, target.with_suffix(".html"))
    return Published(target, honest.settings, honest.head, honest.receipts, Path(page))


def found_by(lie: Lie, one: Published) -> list[str]:
    """The commands that do not agree."""
    words = {"{head}": str(one.head), "{dropped}": one.receipts[0][0], "{relabelled}": one.receipts[1][0]}
    words.update({"{platform}": one.receipts[1][1], "{page}": str(one.page)})
    return [
        f"verify.py {' '.join(command)}"
        for command in lie.commands
        if verdict(*(words.get(part, part) for part in command), one.log) != 0
    ]


def score() -> Score:
    with tempfile.TemporaryDirectory() as name, portal_with_a_week(Path(name)) as honest:
        caught = planted = found = 0
        for lie in LIES:
            one = copied(honest, Path(name) / "lie")
            if lie.tell is not nothing:
                # The control of each: before the lie is told, the same command agrees.
                planted += 1
                accused = found_by(lie, one)
                caught += not accused
                if accused:
                    print(f"{lie.what:42} ACCUSED BEFORE IT WAS TOLD: {', '.join(accused)}")
            lie.tell(one)
            by = found_by(lie, one)
            found += bool(by)
            print(f"{lie.what:42} {', '.join(by) if by else 'NOT FOUND'}"[:150], flush=True)
        for what, why in IMPOSSIBLE.items():
            print(f"{what:42} impossible: {why}")
    return Score(len(LIES), found, planted, caught, f"{len(IMPOSSIBLE)} named as impossible")


if __name__ == "__main__":
    report(TITLE, score)
