"""When the worker makes editions: the first once readings have ended, asked each minute, then each hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.config.settings import Settings
from aggregator.worker import schedule
from aggregator.worker.schedule import EDITIONS_EVERY_S, RETRY_EVERY_S, Worker
from tests.clock import NOON


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
