"""The auditor's file: it agrees with an honest portal, and sees what a dishonest one would do."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import verify
from aggregator.config.settings import ROOT, Settings
from aggregator.ledger import seeds
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from aggregator.redirect.event_log import EventLog
from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import Event, EventClass
from aggregator.search.order import Sort
from aggregator.search.question import Moment, Question
from aggregator.search.search import search
from aggregator.snapshot.shelf import Shelf
from aggregator.web.serving.site import Site
from app import create_app
from tests.clock import NOON, Clock
from tests.conftest import seal
from tests.portal import MONDAY, Portal
from tests.web.conftest import BROWSER

DAY = NOON.date().isoformat()


def click(number: int) -> Event:
    return Event("dep=69", "2026-11-23T12", "p-a", EventClass.COUNTED, f"{number:032x}", "order/1", 1, "ab"[number % 2])


@pytest.fixture
def sealed(filled: Settings) -> Path:
    """A published folder with three minutes of events on one day, closed the day after."""
    clock = Clock()
    log = EventLog(filled.data_dir / "events.db", wait_s=5)
    for _ in range(3):
        for number in range(20):
            log.record(click(number))
        clock.forward(minutes=1)
        seal(filled, clock.at)
    log.close()
    clock.forward(days=1)
    seal(filled, clock.at)  # the day's totals
    clock.forward(minutes=1)
    seal(filled, clock.at)  # and what is opened of it
    return filled.published_dir / "log"


def run(*arguments: object) -> int:
    return verify.main([str(one) for one in arguments])


def test_it_imports_nothing_of_ours() -> None:
    tree = ast.parse((ROOT / "verify.py").read_text(encoding="utf-8"))
    modules = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    modules |= {
        node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }

    assert modules - set(sys.stdlib_module_names) == {"cryptography"}


def test_an_honest_log_is_whole(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("log", sealed) == 0

    said = capsys.readouterr().out
    assert "60 sealed events in 3 minutes" in said
    assert "signature holds" in said


def test_totals_are_the_sum_of_the_minutes(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("totals", "--day", DAY, sealed) == 0
    assert 'counted redirects: 60 {"a": 30, "b": 30}' in capsys.readouterr().out
    assert run("totals", "--day", "2020-01-01", sealed) == 2


def test_the_seed_of_a_day_was_fixed_by_the_anchor(
    sealed: Path, filled: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("seed", "--date", DAY, sealed) == 0
    chain = seeds.load_or_create(filled.keys_dir / "seed-chain.json", NOON.date())
    assert seeds.day_seed(NOON.date().isoformat(), chain.link(NOON.date())).hex() in capsys.readouterr().out


def test_a_log_that_only_grew_agrees_with_an_old_checkpoint(sealed: Path, filled: Settings, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copy(sealed / "checkpoint", old)
    log = EventLog(filled.data_dir / "events.db", wait_s=5)
    log.record(click(1))
    log.close()
    clock = Clock()
    clock.forward(days=2)
    seal(filled, clock.at)

    assert run("log", "--from", old, sealed) == 0


def test_a_log_that_was_begun_anew_does_not(
    sealed: Path, filled: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rollback: the store and the files are thrown away and signed again with the same key."""
    old = tmp_path / "old"
    shutil.copy(sealed / "checkpoint", old)
    shutil.rmtree(sealed)
    for path in filled.data_dir.glob("log.db*"):
        path.unlink()
    seal(filled, NOON)

    assert run("log", "--from", old, sealed) == 1
    assert "entries" in capsys.readouterr().out


def test_every_single_changed_byte_is_found(sealed: Path) -> None:
    """Tampering: one byte of each file that the log's truth hangs on."""
    files = [p for p in sealed.rglob("*") if p.is_file()]
    files = [p for p in files if ".p" not in p.parent.name or p == max(p.parent.iterdir(), key=lambda f: int(f.name))]
    assert len(files) >= 5
    for path in files:
        body = path.read_bytes()
        for position in {0, len(body) // 2, len(body) - 2}:
            path.write_bytes(body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :])
            assert run("log", sealed) in (1, 2), path
        path.write_bytes(body)
    assert run("log", sealed) == 0


@pytest.mark.parametrize("garbage", [b"", b"\x00" * 1000, b"{}", b"\xff\xfe", "— x y\n\n".encode()])
@pytest.mark.parametrize("name", ["checkpoint", "vkey"])
def test_garbage_gets_a_refusal_and_never_a_traceback(sealed: Path, name: str, garbage: bytes) -> None:
    (sealed / name).write_bytes(garbage)

    assert run("log", sealed) in (1, 2)


def test_nothing_there_cannot_be_checked(tmp_path: Path) -> None:
    assert run("log", tmp_path) == 2
    assert run("log", "http://127.0.0.1:9/log") == 2


QUESTIONS = [
    Question(insee="69123"),
    Question(insee="69123", radius_km=50, sort=Sort.SOON),
    Question(insee="97411", radius_km=50, sort=Sort.SOON, moment=Moment.MORNING),
    Question(insee="01053", radius_km=25, need="moderna"),
    Question(insee="69123", radius_km=50, step="3", audience="5-11", seen=True),
    Question(insee="69123", radius_km=50, walk_in=True),
    Question(lat=46.6, lon=4.9),
    Question(insee="69123", lat=46.6, lon=4.9, radius_km=50),  # the position comes before the commune
    Question(lat=45.75, lon=4.85, sort=Sort.SOON, first_day=NOON.date().replace(day=30)),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.key)
def test_any_list_is_recomputed_from_published_files_alone(
    sealed: Path, filled: Settings, covid: object, question: Question, capsys: pytest.CaptureFixture[str]
) -> None:
    """N9: a second implementation, written from the rule, gives the same list and the same hash."""
    shelf = Shelf(filled.published_dir)
    shelf.refresh()
    assert shelf.current is not None
    chain = seeds.load_or_create(filled.keys_dir / "seed-chain.json", NOON.date())
    seed = seeds.DaySeeds(chain, filled.published_dir / "log").seed_of(NOON.date().isoformat())
    shown = search(shelf.current, question, "2026-11-23T12", seed, filled.campaign)

    code = run("order", "--epoch", "2026-11-23T12", "--query", question.key, "--hash", shown.hash[:8], sealed)

    said = capsys.readouterr().out
    assert code == 0, said
    assert re.findall(r"^p-\w+$", said, re.MULTILINE) == [one.place.id for one in shown.found]


def test_a_list_that_was_not_shown_is_not_confirmed(sealed: Path) -> None:
    assert run("order", "--epoch", "2026-11-23T12", "--query", QUESTIONS[0].key, "--hash", "deadbeef", sealed) == 1


def test_a_snapshot_that_was_changed_after_the_hour_is_found(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hours = sealed.parent / "hours" / "2026-11-23T12.ndjson"
    hours.write_bytes(hours.read_bytes().replace(b'"snapshot":"', b'"snapshot":"00', 1))

    assert run("order", "--epoch", "2026-11-23T12", "--query", QUESTIONS[0].key, sealed) == 1
    assert "not the list of snapshots that was logged" in capsys.readouterr().out


def test_what_the_page_prints_is_enough_to_replay_it(
    sealed: Path, filled: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(filled, lambda: NOON)
    site: Site = app.extensions["aiguillage"]
    page = app.test_client().get("/recherche?insee=69123").text
    served = app.test_client().get("/log/checkpoint")
    tool = app.test_client().get("/verify.py")
    site.close()

    fingerprint = re.search(r'class="insecable">((?:[0-9a-f]{4} ?){4})<', page)
    assert fingerprint is not None
    printed = fingerprint[1].replace(" ", "")
    assert served.data == (sealed / "checkpoint").read_bytes()
    assert tool.data == (ROOT / "verify.py").read_bytes()
    assert run("order", "--epoch", "2026-11-23T12", "--query", QUESTIONS[0].key, "--hash", printed, sealed) == 0


def test_the_page_that_keeps_a_proof_counts_once_and_links_on(filled: Settings) -> None:
    app = create_app(filled, lambda: NOON)
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = BROWSER
    token = re.search(r'action="/rdv/([^"?]+)"', client.get("/recherche?insee=69123").text)
    assert token is not None
    page = client.post(f"/rdv/{token[1]}?preuve=1")
    app.extensions["aiguillage"].close()

    receipt = re.search(r"<code>(r2\.[\w-]+)</code>", page.text)
    assert receipt is not None
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert EventReader(filled.data_dir / "events.db").totals() == 1
    seal(filled, NOON)
    assert run("receipt", receipt[1], filled.published_dir / "log") == 0


def test_a_log_cannot_make_the_verifier_touch_another_file(sealed: Path, tmp_path: Path) -> None:
    """A hostile log names a file outside itself: nothing is read, and nothing is written where it says."""
    source = verify.Source(str(sealed), tmp_path / "copy")

    for name in ("../log.db", "/etc/passwd", "minutes/../../x", "a//b", "", "é", "a\nb"):
        with pytest.raises(verify.Wrong, match="outside itself"):
            source.get(name)
    assert not (tmp_path / "copy").exists()


def test_a_copy_is_as_good_as_the_portal(sealed: Path, tmp_path: Path) -> None:
    assert run("copy", "--to", tmp_path / "copy", "--day", DAY, sealed) == 0

    copy = tmp_path / "copy"
    shutil.rmtree(sealed.parent)
    assert run("log", copy) == 0
    assert run("totals", "--day", DAY, copy) == 0
    assert run("seed", "--date", DAY, copy) == 0
    assert run("order", "--epoch", "2026-11-23T12", "--query", QUESTIONS[0].key, copy) == 0


def test_a_copy_brings_the_program_that_checks_it_and_the_sum_of_each_file(sealed: Path, tmp_path: Path) -> None:
    """Only the folder, and nothing of ours beside it: neither modules nor a portal that could be asked."""
    copy = tmp_path / "copy"
    assert run("copy", "--to", copy, "--day", DAY, sealed) == 0
    shutil.rmtree(sealed.parent)

    alone = [sys.executable, "-I", "verify.py", "log", "."]
    checked = subprocess.run(alone, cwd=copy, env={}, capture_output=True, text=True, check=False)
    lines = (copy / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "OK")
    there = {path.relative_to(copy).as_posix(): path for path in copy.rglob("*") if path.is_file()}
    assert {*sums} == {*there} - {"SHA256SUMS"}
    assert {name: hashlib.sha256(there[name].read_bytes()).hexdigest() for name in sums} == sums
    # The control: in a copy that somebody has touched, the program says so.
    tile = next(path for path in there.values() if "tile/entries" in path.as_posix())
    tile.write_bytes(tile.read_bytes()[:-1] + b"!")
    assert subprocess.run(alone, cwd=copy, env={}, capture_output=True, check=False).returncode != 0


def rewritten(sealed: Path, filled: Settings, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """The operator changes its entries and signs the whole tree again with its own key (L1 to L5)."""
    store = sqlite3.connect(filled.data_dir / "log.db")
    entries = change([row[0] for row in store.execute("SELECT entry FROM entries ORDER BY n")])
    store.close()
    signer = load_or_create_signer(filled.keys_dir / "log.key", filled.log_origin)
    forged = filled.data_dir / "forged"
    log = TransparencyLog(forged / "log.db", forged / "log", signer)
    log.append([json.loads(entry) for entry in entries])
    log.close()
    for name in ("vkey", "minutes", "contracts", "hosting", "seeds"):
        source, target = sealed / name, forged / "log" / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return forged / "log"


def edited(entries: list[bytes]) -> list[bytes]:
    at = next(number for number, entry in enumerate(entries) if b'"t":"minute"' in entry)
    return [*entries[:at], entries[at].replace(b'"events":20', b'"events":19'), *entries[at + 1 :]]


@pytest.mark.parametrize(
    "change",
    [
        edited,
        lambda entries: entries[:5] + entries[6:],
        lambda entries: [*entries[:3], entries[4], entries[3], *entries[5:]],
        lambda entries: [*entries[:5], b'{"kind":"incident","t":"decision"}', *entries[5:]],
        lambda entries: entries[:-3],
    ],
    ids=["edited", "deleted", "swapped", "inserted", "truncated"],
)
def test_a_history_rewritten_with_the_right_key_betrays_itself_to_an_old_head(
    sealed: Path, filled: Settings, tmp_path: Path, change: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    shutil.copy(sealed / "checkpoint", old)

    forged = rewritten(sealed, filled, change)

    assert run("log", "--from", old, forged) == 1
    assert "WRONG" in capsys.readouterr().out


def test_a_gzip_bomb_is_refused(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_FILE", 1_000_000)
    for path in (sealed.parent / "snapshots").iterdir():
        path.write_bytes(gzip.compress(b" " * 5_000_000))

    assert run("order", "--epoch", "2026-11-23T12", "--query", QUESTIONS[0].key, sealed) == 2


def test_the_copy_of_a_log_is_enough(day_over: Portal, tmp_path: Path) -> None:
    """A downloaded folder: the log with its snapshots and hours beside it, and no site."""
    shutil.copytree(day_over.settings.published_dir, tmp_path / "copy")

    assert verify.main(["log", str(tmp_path / "copy" / "log")]) == 0
    assert verify.main(["metrics", "--day", MONDAY, str(tmp_path / "copy" / "log")]) == 0
    assert verify.main(["totals", "--day", MONDAY, str(tmp_path / "copy" / "log")]) == 0
