"""When the worker makes editions: the first once readings have ended, asked each minute, then each hour."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.settings import Settings
from aggregator.fairness.accounts import Accounts
from aggregator.instants import now
from aggregator.ledger.notes import load_or_create_signer
from aggregator.ledger.witnessing.memory import Memory
from aggregator.ledger.witnessing.server import AddCheckpoint
from aggregator.worker import schedule
from aggregator.worker.schedule import EDITIONS_EVERY_S, RETRY_EVERY_S, Worker
from tests.clock import NOON
from tests.loopback import Loopback, Request, Status


class Planned:
    """Keeps what is planned, as a scheduler would."""

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Any, dict[str, Any]]] = {}

    def add_job(self, work: Any, _kind: str, **how: Any) -> None:
        self.jobs[how.get("id", work.__name__)] = (work, how)

    def remove_job(self, name: str) -> None:
        del self.jobs[name]


def test_the_first_edition_is_tried_each_minute_until_readings_have_ended(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = [False]
    asked: list[datetime] = []

    def have_ended(_settings: Settings, start: datetime, _at: datetime) -> bool:
        asked.append(start)
        return ended[0]

    monkeypatch.setattr(schedule, "readings_have_ended", have_ended)
    plan, worker = Planned(), Worker(filled, lambda *_: None)
    worker._add_editions(plan, NOON)  # type: ignore[arg-type]
    begin, how = plan.jobs["first-edition"]

    begin()
    assert list(plan.jobs) == ["first-edition"]
    assert (how["seconds"], how["next_run_time"]) == (RETRY_EVERY_S, NOON + timedelta(seconds=45))

    ended[0] = True
    begin()
    assert list(plan.jobs) == ["editions"]
    assert plan.jobs["editions"][1]["seconds"] == EDITIONS_EVERY_S
    assert asked == [NOON, NOON]


def test_witnesses_beacon_and_stamp_have_jobs_of_their_own_and_sealing_waits_for_none(filled: Settings) -> None:
    plan, worker = Planned(), Worker(filled, lambda *_: None)

    worker._add_jobs(plan)  # type: ignore[arg-type]

    assert {"totals", "cosign", "visited", "beacon", "stamp"} <= set(plan.jobs)


def test_a_minute_of_the_worker_has_the_head_signed_and_a_refusal_is_warned_of(
    filled: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vkey = load_or_create_signer(filled.keys_dir / "log.key", filled.log_origin).vkey
    memory = Memory("temoin.example", tmp_path / "eye")
    other = Memory("autre.example", tmp_path / "other")
    adding = AddCheckpoint(memory, [vkey])

    def answer(request: Request) -> Status:
        reply = adding.answer(request.body, now())
        return Status(reply.status, reply.body.encode(), **{"Content-Type": reply.kind})

    with Loopback({"/a/add-checkpoint": answer}) as web:
        policy = tmp_path / "policy"
        lines = [f"witness a {memory.vkey} {web.origin}/a", f"witness b {other.vkey} {web.origin}/b"]
        policy.write_text("\n".join([*lines, f"witness c {third(tmp_path)} {web.origin}/c/checkpoint", "quorum a"]))
        settings = filled.but(witness_policy=policy)
        worker = Worker(settings, lambda *_: None)
        with closing(Accounts(settings)) as accounts:
            worker._accounts = accounts
            accounts.seal(NOON)
            worker.cosign()
            worker.visited()

    head = (filled.published_dir / "log" / "checkpoint").read_text()
    assert [line.split()[1] for line in head.splitlines() if line.startswith("— ")][1:] == ["temoin.example"]
    assert [(row.witness, row.cause) for row in caplog.records if row.msg == "a witness has not signed"] == [  # type: ignore[attr-defined]
        ("b", "does not know this log"), ("c", "404 on /c/checkpoint"),
    ]  # fmt: skip


def third(folder: Path) -> str:
    return Memory("visiteur.example", folder / "third").vkey


def test_a_beacon_and_an_authority_that_do_not_answer_are_warned_of_and_stop_nothing(
    filled: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9/x"
    settings = filled.but(beacon=nowhere, stamp_url=nowhere, stamp_roots=tmp_path / "roots.pem")
    (filled.published_dir / "log").mkdir(exist_ok=True)
    (filled.published_dir / "log" / "checkpoint").write_text("a\n0\nb\n\n")
    monkeypatch.setattr(schedule, "now", lambda: NOON.replace(hour=23, minute=35))
    worker = Worker(settings, lambda *_: None)

    worker.beacon()
    worker.stamp()

    assert [row.msg for row in caplog.records] == ["no round of the beacon yet", "the head has no time stamp"]
