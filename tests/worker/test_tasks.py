"""The first edition of a portal waits for the readings, within bounds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from aggregator.config.settings import Settings
from aggregator.instants import unread_after
from aggregator.worker.tasks import readings_have_ended
from tests.clock import NOON

SOON = NOON + timedelta(minutes=1)


def row(offers: int, read_once: bool) -> dict[str, Any]:
    return {"offers": offers, "read_once": read_once}


@pytest.mark.parametrize(
    ("rows", "ended"),
    [
        ([], False),
        ([row(0, True), row(0, True)], False),  # nothing is listed yet
        ([row(3, True), row(2, False)], False),
        ([row(3, True), row(2, True)], True),
        ([row(3, True), row(0, True)], True),  # one has failed, or lists nothing
    ],
)
def test_the_first_edition_waits_until_every_platform_was_read_or_failed(
    settings: Settings, rows: list[dict[str, Any]], ended: bool
) -> None:
    settings.published_dir.mkdir(parents=True, exist_ok=True)
    (settings.published_dir / "health.json").write_text(json.dumps({"providers": rows}))

    assert readings_have_ended(settings, NOON, SOON) is ended


def test_it_waits_no_longer_than_a_reading_may_be_late(settings: Settings) -> None:
    bound = NOON + unread_after(settings.collect_every_s)

    assert not readings_have_ended(settings, NOON, bound)
    assert readings_have_ended(settings, NOON, bound + timedelta(seconds=1))


def test_a_portal_that_has_an_edition_does_not_wait_again(a_week: Settings, settings: Settings) -> None:
    assert readings_have_ended(a_week, NOON, NOON)
    assert not readings_have_ended(settings, NOON, NOON)
