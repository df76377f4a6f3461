"""`verify.py all`: one table of every check, and the worst of them as the exit code."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

import verify
from aggregator.config.settings import ROOT, Settings
from aggregator.fairness import metrics
from aggregator.ledger.log import TransparencyLog
from aggregator.ledger.notes import load_or_create_signer
from tests.portal import MONDAY

pytestmark = pytest.mark.xdist_group("week")


def all_of(where: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return verify.main(["all", str(where)]), capsys.readouterr().out


def outcomes(said: str) -> dict[str, str]:
    rows = re.findall(r"^(\w+) +(\S+(?: \S+)?) +(OK|WRONG|CANNOT CHECK|nothing yet) ", said, re.MULTILINE)
    # How many entries the log has is said on its row, and changes with what it comes to hold.
    return {check if check == "log" else f"{check} {what.strip()}": outcome for check, what, outcome in rows}


@pytest.fixture(scope="module")
def run(a_week: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("everything") / "run"
    shutil.copytree(a_week.data_dir, data, symlinks=True)
    return data


def test_an_honest_week_is_right_from_end_to_end(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = all_of(run / "published", capsys)

    found = outcomes(said)
    assert (code, set(found.values())) == (0, {"OK"}), said
    assert {"log", f"totals {MONDAY}", "metrics 2026-W48", "figures shares.json", "figures cumul"} <= set(found)
    assert len(found) == 25
    assert "not recomputed: " in said


def test_one_number_that_was_signed_again_is_named_and_all_else_is_still_checked(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the key, from the store up: the table, its hash, every tile and the head are made anew."""
    data = shutil.copytree(run, tmp_path / "run", symlinks=True)
    folder = data / "published" / "log"
    content = json.loads((folder / "metrics" / f"{MONDAY}.json").read_text(encoding="utf-8"))
    content["rows"][0]["goodman_low"] += 0.01
    (folder / "metrics" / f"{MONDAY}.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "metrics" / f"{MONDAY}.csv").write_bytes(metrics.as_csv(content["rows"]).encode())
    with sqlite3.connect(data / "log.db") as store:
        entries = [json.loads(row[0]) for row in store.execute("SELECT entry FROM entries ORDER BY n")]
    for entry in entries:
        if entry["t"] == "metrics" and entry["name"] == MONDAY:
            entry["files"] = {
                name: hashlib.sha256((folder / "metrics" / name).read_bytes()).hexdigest() for name in entry["files"]
            }
    shutil.rmtree(folder / "tile")
    (folder / "checkpoint").unlink()
    settings = Settings(data_dir=data)
    log = TransparencyLog(
        tmp_path / "log.db", folder, load_or_create_signer(data / "keys/log.key", settings.log_origin)
    )
    log.append(entries)
    log.close()

    code, said = all_of(data / "published", capsys)

    found = outcomes(said)
    assert code == 1
    assert "goodman_low: " in said
    assert (found["log"], found[f"metrics {MONDAY}"], found["metrics 2026-W48"]) == ("OK", "WRONG", "OK")
    assert said.rstrip().splitlines()[-1].startswith("WRONG: ")


def test_what_is_missing_is_a_two_and_never_a_one(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shutil.copytree(run, tmp_path / "run", symlinks=True)
    (data / "published" / "closed.json").unlink()
    shutil.rmtree(data / "published" / "data" / MONDAY)

    code, said = all_of(data / "published", capsys)

    found = outcomes(said)
    assert code == 2
    assert [name for name, outcome in found.items() if outcome != "OK"] == ["figures closed.json", f"figures {MONDAY}"]


def test_a_few_days_are_enough_when_asked_for(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["all", "--days", "2", str(run / "published")]) == 0

    assert f"metrics  {MONDAY}" not in capsys.readouterr().out


def test_the_file_says_which_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verify.main(["--version"])

    said = capsys.readouterr().out
    assert hashlib.sha256((ROOT / "verify.py").read_bytes()).hexdigest() in said
    assert re.match(r"verify\.py \d+, SHA-256 ", said)
