"""Where the auditor's program reads: a portal's address, its log, a copy; and what it refuses to read."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import verify
from tests.loopback import Loopback, Request, Status
from tests.portal import MONDAY, Portal


def run(*arguments: object) -> int:
    return verify.main([str(one) for one in arguments])


def test_a_copy_is_named_by_its_root_or_by_its_log_and_a_portal_by_its_address(
    day_over: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    def served(request: Request) -> Status:
        answer = day_over.app.test_client().get(request.raw)
        return Status(answer.status_code, answer.data)

    with Loopback({"/*": served}) as site:
        for where in (day_over.log, f"{day_over.log.parent}/", site.origin, f"{site.origin}/", f"{site.origin}/log/"):
            assert run("totals", "--day", MONDAY, where) == 0, where
        # A mirror holds a copy under an address of its own; its root is the log itself.
        copy = day_over.log.parent.parent / "copy"
        assert run("copy", "--to", copy, "--day", MONDAY, site.origin) == 0
        assert run("metrics", "--day", MONDAY, copy) == 0
        assert run("figures", "--edition", MONDAY, copy) == 2  # no edition was released yet

    # The control: a folder that neither is a log nor holds one.
    assert run("totals", "--day", MONDAY, day_over.settings.keys_dir) == 2
    assert "nothing sealed yet" in capsys.readouterr().out


def test_a_portal_of_one_minute_has_sealed_nothing_yet(portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that answers 404, a log that has no closed day: a sentence and a 2, never a traceback."""
    with Loopback({"/*": Status(404, b"not found")}) as site:
        assert run("all", site.origin) == 2
    assert "nothing sealed yet" in capsys.readouterr().out

    portal.work()
    assert run("all", portal.log) == 2
    said = capsys.readouterr().out
    assert "nothing sealed yet" in said
    assert "WRONG" not in said


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_FILE", 1_000_000)
    with Loopback({"/*": Status(200, b"x" * 3_000_000)}) as site:
        with pytest.raises(verify.CannotCheck, match="larger than 1000000 bytes"):
            verify.fetched(f"{site.origin}/log/checkpoint")
        monkeypatch.setattr(verify, "MAX_FILE", 4_000_000)
        assert len(verify.fetched(f"{site.origin}/log/checkpoint")) == 3_000_000

        monkeypatch.setattr(verify, "MAX_SECONDS", -1)
        with pytest.raises(verify.CannotCheck, match="too slow"):
            verify.fetched(f"{site.origin}/log/checkpoint")


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", gzip.compress(b"x" * 1000)[:-9], gzip.compress(b"x" * 1000)[:20] + b"\xff" * 30],
    ids=["other", "cut", "damaged"],
)
def test_what_is_no_gzip_file_is_wrong_and_no_traceback(packed: bytes) -> None:
    with pytest.raises(verify.Wrong, match="not a gzip file"):
        verify.unpacked(packed, "snapshots/x.json.gz")


def test_a_bomb_is_refused_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_FILE", 1_000_000)

    with pytest.raises(verify.CannotCheck, match="larger than"):
        verify.unpacked(gzip.compress(b" " * 50_000_000), "snapshots/x.json.gz")


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 10_000 + "]" * 10_000,
        json.dumps({"format": "metrics/2"}),
        json.dumps({"format": "metrics/2", "name": "x", "rows": [1e400, None]}),
        json.dumps({"format": "metrics/2", "name": "x", "rows": [{"suppressed": 0}], "samples": {}}),
        "9" * 10_000,
    ],
    ids=["deep", "nothing", "infinite", "empty row", "long number"],
)
def test_a_hostile_table_gets_a_refusal(tmp_path: Path, hostile: str) -> None:
    """Signed and hashed by whoever holds the key: it is read, and must not end in a traceback."""
    (tmp_path / "shares.json").write_text(hostile, encoding="utf-8")
    log = verify.Log(verify.Source(str(tmp_path)), "", "", b"", [], [{"t": "seed", "date": MONDAY}])

    with pytest.raises((verify.Wrong, *verify.FAILURES)):
        verify.of_shares(log)


def test_a_receipt_of_ten_megabytes_is_refused(portal: Portal) -> None:
    portal.work()

    assert run("receipt", f"2026-11-23T12.{'A' * 10_000_000}", portal.log) == 2


def test_a_head_of_more_entries_than_anyone_reads_is_refused(monkeypatch: pytest.MonkeyPatch, portal: Portal) -> None:
    """Tiles are asked for by number, so no log can lead in a circle; a huge size would only be a long walk."""
    portal.work()
    monkeypatch.setattr(verify, "MAX_ENTRIES", 3)

    assert run("log", portal.log) == 2


def test_what_several_checks_read_is_fetched_once_while_there_is_room(
    day_over: Portal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def served(request: Request) -> Status:
        answer = day_over.app.test_client().get(request.raw)
        return Status(answer.status_code, answer.data)

    def asked_by_all() -> Counter[str]:
        with Loopback({"/*": served}) as site:
            run("all", site.origin)
            names = Counter(one.path.removeprefix("/log/") for one in site.requests)
        assert re.search(rf"^totals +{MONDAY} +OK ", capsys.readouterr().out, re.MULTILINE)
        return Counter({name: n for name, n in names.items() if name.startswith(verify.READ_AGAIN)})

    kept = asked_by_all()
    monkeypatch.setattr(verify, "MAX_KEPT", 0)
    without_room = asked_by_all()

    assert {name.partition("/")[0] for name in kept} >= {"minutes", "metrics", "replays"}
    assert set(kept.values()) == {1}
    # The control: where nothing is kept, minutes are asked for again.
    assert set(without_room) == set(kept)
    assert max(n for name, n in without_room.items() if name.startswith("minutes/")) > 1
